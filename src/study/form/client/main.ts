/** From the first page to the last. */

import type { Facts, PublicSession } from '../exchange.ts';
import { fileTransport } from './file.ts';
import { type Outbox, type OutboxState, openOutbox } from './outbox.ts';
import { openPictures } from './pictures.ts';
import {
  backgroundScreen,
  conditionsScreen,
  consentScreen,
  endScreen,
  problemScreen,
  refusedScreen,
  type ShownStudy,
  withdrawScreen,
} from './screens.ts';
import { type Ending, runSession } from './session.ts';
import { randomId, withdrawalCodeOf } from './sha256.ts';
import { formData, languageNow, preferredLanguage, setLanguage, text } from './texts.ts';
import type { Beginning, Transport } from './transport.ts';
import { openVault, type Vault } from './vault.ts';
import { asProblem, webTransport } from './web.ts';

/** Longer than this nobody reads or fills in one page. */
const longestScreenMilliseconds = 180_000;

/** What a session needs at all times. */
interface Session {
  readonly transport: Transport;
  readonly vault: Vault;
  readonly study: ShownStudy;
}

async function start(): Promise<void> {
  const { embedded } = formData;
  const fileVault = embedded && openVault(`form ${embedded.form}`);
  const transport =
    embedded === undefined || fileVault === undefined ? webTransport() : fileTransport(embedded, fileVault);
  setLanguage(preferredLanguage());
  const study = { ...(await insist(() => transport.study())), fromDisk: transport.fromDisk };
  const vault = fileVault ?? openVault(study.study);
  if (vault.record.language !== undefined) setLanguage(vault.record.language);
  if (location.hash === '#withdraw' && !transport.fromDisk) return await withdraw(transport);

  const all = { transport, vault, study };
  const session = vault.record.begun ? await resume(all) : await begin(all);
  if (session === undefined) return;
  if (session.finished || vault.record.finished) return await end(all);
  await go(all, session);
}

/** Consent, background, conditions: then the session. Undefined when the reader withdrew instead. */
async function begin({ transport, vault, study }: Session): Promise<PublicSession | undefined> {
  const token = vault.record.token ?? randomId();
  vault.put({ token });
  let problem: string | undefined;
  for (;;) {
    const agreed = await timed(vault, () => consentScreen(study, problem));
    problem = undefined;
    if (agreed.withdraw) {
      await withdraw(transport);
      return undefined;
    }
    vault.put({ language: languageNow() });
    if (agreed.again) continue;
    // A wrong code is told before anything else is asked.
    const { accessCode } = agreed;
    if (accessCode) problem = await refusalOf(() => insist(() => transport.code(accessCode)));
    if (problem !== undefined) continue;
    const facts = await askFacts(vault);
    if (facts === undefined) continue;
    transport.useToken(token);
    try {
      const body: Beginning = {
        study: study.study,
        token,
        ...(accessCode && { accessCode }),
        consent: true,
        language: languageNow(),
        ...facts,
      };
      const session = await insist(() => transport.start(body));
      vault.put({ begun: true });
      return session;
    } catch (error) {
      problem = asProblem(error).code;
      if (problem === 'other-study') location.reload();
    }
  }
}

async function askFacts(
  vault: Vault,
): Promise<{ readonly background: Facts; readonly conditions: Facts } | undefined> {
  for (;;) {
    const kept = vault.record.draft ?? {};
    const background =
      formData.background.length === 0
        ? {}
        : await timed(vault, () => backgroundScreen(formData.background, kept, keep));
    if (background === undefined) return undefined;
    const conditions = await timed(vault, () =>
      conditionsScreen(formData.conditions, vault.record.draft ?? {}, keep),
    );
    if (conditions !== undefined) return { background, conditions };
    if (formData.background.length === 0) return undefined;
  }

  function keep(chosen: Facts): void {
    const { colourRedGreen: _, colourBlueYellow: __, ...words } = chosen;
    vault.put({ draft: { ...vault.record.draft, ...words } });
  }
}

async function resume(all: Session): Promise<PublicSession | undefined> {
  const { transport, vault, study } = all;
  transport.useToken(vault.record.token);
  try {
    return await insist(() => transport.session());
  } catch (error) {
    const { code } = asProblem(error);
    if (code !== 'expired') {
      await lost(vault, code);
      return undefined;
    }
    // Given in time, but never sent: the server takes them, and marks them as late.
    const waiting = vault.record.outbox ?? [];
    let refused = 0;
    if (waiting.length > 0) {
      const { outcomes } = await insist(() => transport.answers(study.study, waiting)).catch(() => ({
        outcomes: waiting.map(({ id }) => ({ id, saved: false })),
      }));
      refused = outcomes.filter(({ saved }) => !saved).length;
      vault.put({ outbox: [] });
    }
    // The code with which all of it can be deleted stays within reach.
    await end(all, { ending: 'expired', refused });
    return undefined;
  }
}

async function go(all: Session, session: PublicSession): Promise<void> {
  const { transport, vault, study } = all;
  let status: HTMLElement | undefined;
  const describe = ({ waiting, problem, refused }: OutboxState) => {
    if (status === undefined) return;
    const state =
      refused > 0 ? 'refused' : waiting === 0 ? 'saved' : problem === undefined ? 'saving' : 'kept';
    const key = state === 'kept' && problem !== 'offline' ? 'kept.server' : state;
    status.textContent = text(key, { count: state === 'refused' ? refused : waiting });
    status.dataset.state = state;
  };
  // Whatever ends the questions takes the page over; keys and late pictures change nothing any more.
  const stop = new AbortController();
  const instead = (work: () => unknown) => {
    if (stop.signal.aborted) return;
    stop.abort();
    work();
  };
  const onlost = (problem: string) => instead(() => lost(vault, problem));
  const outbox = openOutbox({
    vault,
    transport,
    study: study.study,
    onchange: describe,
    onlost,
    onended: (how) =>
      instead(() =>
        how === 'gone'
          ? lost(vault, 'no-session')
          : end(all, { ending: how === 'finished' ? 'elsewhere' : how }),
      ),
    onrefused: (codes) =>
      instead(async () => {
        await refusedScreen(codes);
        // The server's answers are the ones that count: the session goes on from them.
        location.reload();
      }),
  });
  outbox.send();
  const { ending } = await runSession({
    vault,
    outbox,
    study,
    session,
    pictures: openPictures(transport),
    onlost,
    stopped: stop.signal,
    onstatus: (node) => {
      status = node;
      if (session.answers.length > 0 || vault.record.answered) describe(outbox.state);
    },
  });
  if (stop.signal.aborted) return;
  await end(all, { ending, outbox });
}

/**
 * @param ending - why the session ends, where not all of it was answered here
 * @param refused - how many answers the server did not take
 */
async function end(
  { transport, vault, study }: Session,
  {
    ending,
    outbox,
    refused = 0,
  }: { readonly ending?: Ending; readonly outbox?: Outbox; readonly refused?: number } = {},
): Promise<void> {
  transport.useToken(vault.record.token);
  const saved = (async () => {
    await outbox?.emptied();
    if (vault.record.finished || ending === 'expired') return;
    await insistQuietly(() => transport.finish(study.study));
    vault.put({ finished: true });
  })();
  saved.catch(() => {});
  endScreen({
    code: withdrawalCodeOf(vault.record.token ?? ''),
    ending,
    waiting: outbox?.waiting ?? 0,
    refused,
    saved,
    file: transport.file && (() => transport.file!()),
    onwithdraw: async (code) => {
      if (await withdrawScreen(transport, code)) vault.clear();
      else location.reload();
    },
  });
}

async function withdraw(transport: Transport): Promise<void> {
  if (await withdrawScreen(transport)) return;
  history.replaceState(undefined, '', location.pathname);
  location.reload();
}

/** What a screen takes is time spent, unless someone left it open and went away. */
async function timed<Result>(vault: Vault, work: () => Promise<Result>): Promise<Result> {
  const since = performance.now();
  const result = await work();
  const spent = Math.min(performance.now() - since, longestScreenMilliseconds);
  vault.put({ spent: (vault.record.spent ?? 0) + spent });
  return result;
}

/** The code of what went wrong, or undefined. */
async function refusalOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return asProblem(error).code;
  }
}

/**
 * The session cannot go on: says why, what is not saved and how to delete what is, and begins anew. Of another study
 * nothing here is cleared: its record has another name, and this one is of use when the study is served again.
 */
async function lost(vault: Vault, code: string): Promise<void> {
  const { token, outbox = [] } = vault.record;
  const kept = code === 'other-study';
  const lines = [
    ...(outbox.length > 0
      ? [text(kept ? 'problem.unsent.kept' : 'problem.unsent', { count: outbox.length })]
      : []),
    ...(kept && token !== undefined ? [text('problem.code', { code: withdrawalCodeOf(token) })] : []),
  ];
  await problemScreen(code, 'problem.begin', lines);
  if (!kept) vault.clear();
  location.reload();
}

/** Tries until it works or is refused for good; the reader decides when. */
async function insist<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const { passing, code } = asProblem(error);
      if (!passing) throw error;
      await problemScreen(code);
    }
  }
}

async function insistQuietly<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let delay = 1000; ; delay = Math.min(delay * 2, 30_000)) {
    try {
      return await work();
    } catch (error) {
      if (!asProblem(error).passing) throw error;
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
}

start();
