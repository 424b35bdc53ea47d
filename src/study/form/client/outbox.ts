/** Answers on their way: kept here until the server has said what became of them. */
import type { GivenAnswer, Outcome } from '../exchange.ts';
import type { Transport } from './transport.ts';
import type { Vault } from './vault.ts';
import { asProblem, Problem } from './web.ts';

/** What the server says of the session, not of an answer: nothing more of it will ever be taken. */
const ofSession = ['no-session', 'other-study', 'expired'];

export interface OutboxState {
  /** How many answers are not acknowledged. */
  readonly waiting: number;
  /** Why the last attempt failed. */
  readonly problem: string | undefined;
  readonly refused: number;
}

export interface OutboxOptions {
  readonly vault: Vault;
  readonly transport: Transport;
  readonly study: string;
  /** Called whenever something was given, saved or refused to be sent. */
  onchange(state: OutboxState): void;
  /** Called with the codes of answers that the server will never take; they are not saved. */
  onrefused(codes: readonly string[]): void;
  /** Called when the session has ended elsewhere. */
  onended(how: 'finished' | 'expired' | 'gone'): void;
  /** Called once when the session is gone or the study is another. */
  onlost(problem: string): void;
}

export interface Outbox {
  readonly waiting: number;
  readonly state: OutboxState;
  send(): Promise<void>;
  put(answer: GivenAnswer): void;
  /** Resolves when nothing waits any more; never, when the session is lost or an answer was refused. */
  emptied(): Promise<void>;
}

export function openOutbox(options: OutboxOptions): Outbox {
  const { vault, transport, study, onchange, onrefused, onended, onlost } = options;
  let sending = false;
  let halted = false;
  let delay = 1000;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let problem: string | undefined;
  let refused = 0;
  let most = 100;
  const waiting = () => vault.record.outbox ?? [];
  const stateNow = () => ({ waiting: waiting().length, problem, refused });
  const changed = () => onchange(stateNow());
  const settle = (outcomes: readonly Outcome[]) => {
    const done = new Set(outcomes.map(({ id }) => id));
    vault.put({ outbox: waiting().filter(({ id }) => !done.has(id)) });
    problem = undefined;
    delay = 1000;
    const codes = outcomes.filter(({ saved }) => !saved).map(({ code }) => code ?? 'unfit');
    refused += codes.length;
    return codes;
  };

  const send = async () => {
    clearTimeout(timer);
    if (sending || halted) return;
    if (waiting().length === 0) {
      // Another tab of this session may have sent what waited here.
      problem = undefined;
      changed();
      return;
    }
    sending = true;
    const batch = waiting().slice(0, most);
    let refusals: string[] = [];
    let session: 'open' | 'finished' | 'expired' | 'gone' = 'open';
    try {
      const said = await transport.answers(study, batch);
      session = said.session ?? 'open';
      refusals = settle(said.outcomes);
    } catch (error) {
      const { code } = asProblem(error);
      // A defect of the form says nothing of the answers: they stay.
      const passing = !(error instanceof Problem) || error.passing;
      problem = code;
      if (!passing && ofSession.includes(code)) {
        halted = true;
        onlost(code);
      } else if (!passing && batch.length > 1) {
        // One answer among them is what the server cannot read: sent one by one it is found, and the others are kept.
        most = 1;
        timer = setTimeout(send, 0);
      } else if (!passing) {
        refusals = settle([{ id: batch[0]!.id, saved: false, code: 'unfit' }]);
      } else {
        timer = setTimeout(send, delay * (0.75 + Math.random() / 2));
        delay = Math.min(delay * 2, 30_000);
      }
    } finally {
      sending = false;
      changed();
    }
    if (halted) return;
    if (session !== 'open') halted = true;
    if (refusals.includes('gone') || session === 'gone') onended('gone');
    else if (refusals.length > 0) {
      halted = true;
      onrefused(refusals);
    } else if (session !== 'open') onended(session);
    else if (problem === undefined && waiting().length > 0) await send();
  };
  addEventListener('online', send);
  return {
    send,
    get waiting() {
      return waiting().length;
    },
    get state() {
      return stateNow();
    },
    put(answer) {
      vault.put({ outbox: [...waiting(), answer] });
      changed();
      send();
    },
    async emptied() {
      while (halted || sending || waiting().length > 0) {
        if (halted) await new Promise(() => {});
        await send();
        if (waiting().length > 0) await new Promise((resolve) => setTimeout(resolve, 500));
      }
    },
  };
}
