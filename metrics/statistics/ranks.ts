/** Ranks with ties at their mean. */
import { isRoundedEqual } from './rounding.ts';

/**
 * Ranks 1..n of the values, those that are equal but for rounding sharing the mean of their ranks (values must be numbers,
 * no NaN).
 */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const result = new Array<number>(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    // All are compared with the least of them, so that a chain of near neighbours does not become one tie.
    while (end + 1 < order.length && isRoundedEqual(values[order[start]!]!, values[order[end + 1]!]!)) end++;
    for (let i = start; i <= end; i++) result[order[i]!] = (start + end) / 2 + 1;
    start = end + 1;
  }
  return result;
}

/** Σ(t³ − t) over groups of t equal ranks: the tie correction of rank tests. */
export function tieSum(ofRanks: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const rank of ofRanks) counts.set(rank, (counts.get(rank) ?? 0) + 1);
  return [...counts.values()].reduce((sum, t) => sum + t ** 3 - t, 0);
}
