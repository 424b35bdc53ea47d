/** How much an experiment may ask for: beyond that it is a slip, and would fill the memory before it is noticed. */
import { NeckarError } from '../errors.ts';

/** Values of one sweep, and trials of one experiment. A tenth of these is planned in half a second. */
export const mostTrials = 100_000;

/**
 * Refuses a sweep, or a combination of sweeps, that is too large, before it is made.
 * @param count - of values or cases; may be infinite
 * @param what - such as `range(0, 1000000000)` or `sweep`
 * @throws NeckarError that names it and its size
 */
export function refuseTooMany(count: number, what: string): void {
  if (count <= mostTrials) return;
  const shown = Number.isFinite(count) ? count.toLocaleString('en-US') : 'infinitely many';
  throw new NeckarError(
    `${what}: this makes ${shown} values, and an experiment has at most ${mostTrials.toLocaleString('en-US')} trials; give fewer values, a larger step, or draw some of them with sample(…)`,
  );
}

/**
 * A count that is told of each trial, or case, as it is made, and refuses the first that is too many.
 * @param what - of which they are
 */
export function countTrials(what: string): () => void {
  let count = 0;
  return () => {
    if (++count <= mostTrials) return;
    throw new NeckarError(
      `${what}: its sweeps together make more than ${mostTrials.toLocaleString('en-US')} trials, the most an experiment may have; sweep less, or draw some of the values with sample(…)`,
    );
  };
}

/** The items as a list, unless they become too many. */
export function allOf<T>(items: Iterable<T>, what: string): T[] {
  const count = countTrials(what);
  const all: T[] = [];
  for (const item of items) {
    count();
    all.push(item);
  }
  return all;
}
