/** Intervals that hold for other raters and other pictures: both are drawn anew. */
import { studentQuantile } from '../../../metrics/statistics/distributions.ts';
import type { Random } from '../../random.ts';

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Weights of answers when raters and pairs are each drawn anew with replacement: the product (Owen 2007). */
export function drawWeights(
  raters: number,
  pairs: number,
  random: Random,
): (answer: { readonly rater: number; readonly pair: number }) => number {
  const draw = (n: number) => {
    const times = new Float64Array(n);
    for (let i = 0; i < n; i++) times[random.integer(n)]!++;
    return times;
  };
  const rater = draw(raters);
  const pair = draw(pairs);
  return (one) => rater[one.rater]! * pair[one.pair]!;
}

/** What one answer contributes to an estimate's deviation from the truth, to first order; all of them add up to 0. */
export interface Influence {
  readonly rater: number;
  readonly pair: number;
  readonly value: number;
}

/** A standard deviation, and how many degrees of freedom it was estimated with. */
export interface Spread {
  readonly deviation: number;
  readonly freedom: number;
}

/**
 * How far an estimate deviates when raters, pairs and single answers vary: the variance over raters, plus that over
 * pairs, minus that over both together, which either holds too (Cameron, Gelbach & Miller, Robust inference with
 * multiway clustering, 2011), no part below zero. The degrees of freedom are Satterthwaite's (1946).
 */
export function twoWaySpread(influences: readonly Influence[]): Spread {
  const raters = sums(influences, ({ rater }) => rater);
  const pairs = sums(influences, ({ pair }) => pair);
  const cells = sums(influences, ({ rater, pair }) => `${rater} ${pair}`);
  const single = squares(cells);
  let variance = single;
  let uncertainty = single ** 2 / Math.max(1, cells.length - 1);
  for (const groups of [raters, pairs]) {
    if (groups.length < 2) continue;
    const enlarged = (squares(groups) * groups.length) / (groups.length - 1);
    const own = enlarged - single;
    if (own <= 0) continue;
    variance += own;
    uncertainty += enlarged ** 2 / (groups.length - 1);
  }
  return { deviation: Math.sqrt(variance), freedom: uncertainty === 0 ? 1 : variance ** 2 / uncertainty };
}

/**
 * The percentile interval of two-way bootstrap replicates, stretched about the estimate to the width that is due.
 *
 * The product of two draws counts what varies from answer to answer three times over (Owen, The pigeonhole bootstrap,
 * 2007, theorem 2): where raters and pictures hardly differ it would be up to √3 times too wide. No bootstrap of
 * crossed factors is free of that (McCullagh, Resampling and exchangeable arrays, 2000), so the replicates give the
 * interval its shape and `due` its width: narrower where chance prevails, and wider where three or four pictures, drawn
 * anew, cannot show how much pictures differ.
 *
 * @param replicates - in any order; those that are no numbers are left out
 * @param due - undefined leaves the percentiles as they are
 */
export function twoWayInterval(
  value: number,
  replicates: ArrayLike<number>,
  due: Spread | undefined,
  level = 0.95,
): Estimate {
  const sorted = Float64Array.from(replicates)
    .filter((one) => !Number.isNaN(one))
    .sort();
  const deviation = deviationOf(sorted);
  const factor = due === undefined || deviation === 0 ? 1 : widthOf(due, level) / deviation;
  const stretched = (bound: number) => value + factor * (bound - value);
  return {
    value,
    low: stretched(percentile(sorted, (1 - level) / 2)),
    high: stretched(percentile(sorted, (1 + level) / 2)),
  };
}

/** Linear interpolation between order statistics. */
export function percentile(sorted: Float64Array, p: number): number {
  const position = p * (sorted.length - 1);
  const lower = Math.floor(position);
  const upper = Math.min(lower + 1, sorted.length - 1);
  return sorted[lower]! + (position - lower) * (sorted[upper]! - sorted[lower]!);
}

/** The deviation, enlarged by what Student's distribution is wider than the normal one. */
function widthOf({ deviation, freedom }: Spread, level: number): number {
  const p = (1 + level) / 2;
  return (deviation * studentQuantile(p, Math.max(1, freedom))) / studentQuantile(p, 1e6);
}

/** The standard deviation of a sample. */
export function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sum = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  return Math.sqrt(sum / (values.length - 1));
}

function sums(influences: readonly Influence[], group: (one: Influence) => number | string): number[] {
  const found = new Map<number | string, number>();
  for (const one of influences) found.set(group(one), (found.get(group(one)) ?? 0) + one.value);
  return [...found.values()];
}

function squares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}
