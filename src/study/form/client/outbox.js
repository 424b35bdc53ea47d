/** Answers on their way: kept here until the server has said that it has them. */

/**
 * @param onchange - called with `{waiting, problem}` whenever something was given, saved or refused to be sent
 * @param onlost - called once when the session is gone or the study is another
 */
export function openOutbox({ vault, transport, study, onchange, onlost }) {
  let sending = false;
  let delay = 1000;
  let timer;
  let problem;
  const waiting = () => vault.record.outbox ?? [];
  const stateNow = () => ({ waiting: waiting().length, problem });
  const changed = () => onchange(stateNow());

  const send = async () => {
    clearTimeout(timer);
    if (sending || waiting().length === 0) return;
    sending = true;
    const batch = waiting().slice(0, 100);
    try {
      const { outcomes } = await transport.answers(study, batch);
      // What the server will never take is not sent for ever either.
      const done = new Set(outcomes.map(({ id }) => id));
      vault.put({ outbox: waiting().filter(({ id }) => !done.has(id)) });
      problem = undefined;
      delay = 1000;
    } catch (error) {
      problem = error.code ?? 'defect';
      if (error.passing === false) {
        onlost(problem);
        return;
      }
      timer = setTimeout(send, delay * (0.75 + Math.random() / 2));
      delay = Math.min(delay * 2, 30_000);
    } finally {
      sending = false;
      changed();
    }
    if (problem === undefined && waiting().length > 0) await send();
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
    /** Resolves when nothing waits any more. */
    async emptied() {
      while (waiting().length > 0) {
        await send();
        if (waiting().length > 0) await new Promise((resolve) => setTimeout(resolve, 500));
      }
    },
  };
}
