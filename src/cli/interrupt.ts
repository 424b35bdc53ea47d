/** Ctrl-C: once to finish cleanly, twice to stop now. */

export interface Interrupts {
  /** Aborts at the first Ctrl-C (or SIGTERM, SIGHUP): finish what is at hand, keep checkpoints. */
  readonly stop: AbortSignal;
  /** Aborts at the second: end everything now. */
  readonly kill: AbortSignal;
  /** Gives the signals back their usual meaning. */
  release(): void;
}

/**
 * Takes over the process's interruption signals until released.
 * @param announce - called at the first, to say what happens now
 */
export function watchInterrupts(announce: () => void): Interrupts {
  const stop = new AbortController();
  const kill = new AbortController();
  const interrupted = () => {
    if (stop.signal.aborted) return kill.abort(new Error('interrupted twice'));
    stop.abort(new Error('interrupted'));
    announce();
  };
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, interrupted);
  return {
    stop: stop.signal,
    kill: kill.signal,
    release() {
      for (const signal of signals) process.off(signal, interrupted);
    },
  };
}
