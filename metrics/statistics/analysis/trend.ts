/** A quantity that a question says rises, or falls, from level to level of a factor. */
import { leastTrendP, pageTrend } from '../page-trend.ts';
import { isRoundedEqual } from '../rounding.ts';

export type TrendDirection = 'rising' | 'falling';

/** Whether a quantity follows the foretold order. */
export interface Trend {
  readonly direction: TrendDirection;
  /** Indices of the treatments in the order foretold. */
  readonly order: readonly number[];
  /** Page's L, its one-sided p, and the mean rank correlation with the order foretold, in [−1,1]. */
  readonly L: number;
  readonly p: number;
  readonly method: 'exact' | 'normal';
  readonly concordance: number;
  /** Whether the order is decided at the analysis's level. */
  readonly shown: boolean;
  /** The least p that this many treatments and pairs can have. */
  readonly least: number;
  /** For each step of the order: the pairs that take it as foretold. */
  readonly steps: readonly number[];
}

/**
 * Page's test of a foretold order, pairs as blocks.
 *
 * @param byPair - a row for each pair, a column for each treatment
 * @param names - of the treatments: numbers are taken in their order, names in that of the experiment
 */
export function trendOf(
  byPair: readonly (readonly number[])[],
  names: readonly string[],
  direction: TrendDirection,
  alpha: number,
): Trend {
  const sign = direction === 'rising' ? 1 : -1;
  const order = [...names.keys()];
  const numbers = names.map(Number);
  if (numbers.every(Number.isFinite)) order.sort((a, b) => numbers[a]! - numbers[b]!);
  const table = byPair.map((row) => order.map((index) => sign * row[index]!));
  const test = pageTrend(table);
  return {
    direction,
    order,
    ...test,
    shown: test.p <= alpha,
    least: leastTrendP(names.length, byPair.length),
    steps: order.slice(1).map((_, j) => table.filter((row) => isStep(row[j]!, row[j + 1]!)).length),
  };
}

/** Whether a value is above the one before by more than rounding. */
function isStep(before: number, after: number): boolean {
  return after > before && !isRoundedEqual(before, after);
}
