/** Ctrl-C, once and twice, as signals for `runExperiment`. */

export interface Interrupts {
  /** Aborted at the first Ctrl-C (or SIGTERM, SIGHUP): finish what is at hand and keep checkpoints. */
  readonly stop: AbortSignal;
  /** Aborted at the second: end now. */
  readonly kill: AbortSignal;
  /** Gives the signals back their usual meaning. */
  dispose(): void;
}

/**
 * Takes over the process's interruption signals until `dispose`.
 *
 * @param onStop - called at the first, to say what happens now
 */
export function watchInterrupts(onStop: () => void = () => {}): Interrupts {
  const stop = new AbortController();
  const kill = new AbortController();
  const interrupted = (): void => {
    if (stop.signal.aborted) kill.abort(new Error('interrupted twice'));
    else {
      stop.abort(new Error('interrupted'));
      onStop();
    }
  };
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, interrupted);
  return {
    stop: stop.signal,
    kill: kill.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, interrupted);
    },
  };
}
