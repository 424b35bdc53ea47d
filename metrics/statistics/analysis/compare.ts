/** One quantity, compared between treatments over pairs. */
import { bcaInterval } from '../bootstrap.ts';
import { hedgesGz, meanInterval, minimumDetectableDifference, seedVariance } from '../effects.ts';
import { criticalDifference, friedman, indistinctGroups } from '../friedman.ts';
import { holm } from '../multiplicity.ts';
import { wilcoxonSignedRank } from '../wilcoxon.ts';
import type { Cells } from './design.ts';
import { type Trend, type TrendDirection, trendOf } from './trend.ts';

export type Role = 'primary' | 'exploratory';

/** A mean over pairs and where the mean over all such pairs is expected to lie. */
export interface Estimate {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** `t`: Student's, for so few pairs that resampling says nothing; `point`: all pairs agree to the last digit. */
  readonly method: 'bca' | 't' | 'point';
}

export interface Treatment extends Estimate {
  readonly name: string;
  /** Its mean in each pair, in the design's order. */
  readonly values: readonly number[];
}

export interface Difference extends Estimate {
  /** Indices of the treatments; `estimate` is the mean of a − b. */
  readonly a: number;
  readonly b: number;
  readonly role: Role;
  /** Two-sided Wilcoxon signed-rank test over pairs, before and after Holm's adjustment. */
  readonly p: number;
  readonly adjusted: number;
  /** How many tests the adjustment is for. */
  readonly family: number;
  /** Standardised mean difference with Hedges' correction; null when all pairs differ by the same. */
  readonly gz: number | null;
  /** Matched-pairs rank-biserial correlation: 1 when a is larger in every pair, −1 when b is. */
  readonly rankBiserial: number;
  /** Which one is better, where the adjusted test says so. */
  readonly favours?: 'a' | 'b';
  /** The mean of a − b in each context, where there are several. */
  readonly contexts?: readonly number[];
  /**
   * The mean difference that this design finds with probability 0.8, at its variance and the family's level; null when
   * there are too few pairs to find any.
   */
  readonly detectable: number | null;
}

export interface Overall {
  readonly chiSquared: number;
  readonly df: number;
  readonly p: number;
  readonly W: number;
  /** Mean rank of each treatment over pairs; 1 is best. */
  readonly meanRanks: readonly number[];
  /** Nemenyi's: mean ranks further apart than this differ. */
  readonly criticalDifference: number;
  /** Indices of treatments that cannot be told apart, group by group. */
  readonly groups: readonly (readonly number[])[];
}

/** How much of a score is luck. */
export interface SeedSpread {
  /** Standard deviation between the seeds of a cell, pooled. */
  readonly deviation: number;
  /** The part of seeds in the variance of single trials. */
  readonly share: number;
  readonly least: number;
  readonly most: number;
}

export interface Compared {
  readonly treatments: readonly Treatment[];
  readonly differences: readonly Difference[];
  /** From three treatments on. */
  readonly overall?: Overall;
  /** Where the question foretells an order; it is then what is primary, not any single difference. */
  readonly trend?: Trend;
  /** Where a cell has several seeds. */
  readonly seeds?: SeedSpread;
}

export interface CompareOptions {
  readonly better: 'higher' | 'lower';
  readonly role: Role;
  /** Index of the treatment that the others are compared with: those differences alone are primary. */
  readonly reference?: number;
  /** The order that a primary quantity is foretold to follow over the treatments. */
  readonly trend?: TrendDirection;
  readonly level?: number;
  /** Of the bootstrap. Default: 2 000, or 4 000 for fewer than eight pairs, whose outer quantiles are read. */
  readonly resamples?: number;
  /** Leave out the differences, of which there are k(k−1)/2. */
  readonly meansOnly?: boolean;
}

/** From this many pairs on, resampling them says something about others. */
export const leastForBootstrap = 5;

/**
 * Means, differences and tests of a full table: seeds are averaged within a cell, cells within a pair (so that what is
 * compared was always made under the same other factors), and pairs are what is resampled and tested.
 *
 * @param cells - at least two pairs, one context and two treatments; no cell empty, no value NaN
 */
export function compareCells(cells: Cells, names: readonly string[], options: CompareOptions): Compared {
  const { better, role, reference, trend, level = 0.95, resamples } = options;
  const alpha = 1 - level;
  const byContext = cells.map((contexts) => contexts.map((row) => row.map(mean)));
  const byPair = byContext.map((contexts) => names.map((_, t) => mean(contexts.map((row) => row[t]!))));
  const column = (t: number) => byPair.map((row) => row[t]!);
  const treatments = names.map((name, t) => ({
    name,
    values: column(t),
    ...estimate(column(t), level, resamples),
  }));

  const couples = names.flatMap((_, b) => names.slice(b + 1).map((_, i) => [b + 1 + i, b] as const));
  const isPrimary = ([a, b]: readonly [number, number]) =>
    role === 'primary' &&
    trend === undefined &&
    (reference === undefined || a === reference || b === reference);
  const tests = couples.map(([a, b]) => wilcoxonSignedRank(column(a), column(b)));
  const inFamily = couples.map(isPrimary);
  const primaries = inFamily.filter(Boolean).length;
  const forAll = holm(tests.map(({ p }) => p));
  const forPrimary = holm(tests.filter((_, i) => inFamily[i]).map(({ p }) => p));
  let nextPrimary = 0;
  const differences = options.meansOnly
    ? []
    : couples.map(([first, second], i): Difference => {
        // A reference is what the other one is compared with.
        const flip = first === reference ? -1 : 1;
        const [a, b] = flip === 1 ? [first, second] : [second, first];
        const gaps = byPair.map((row) => row[a]! - row[b]!);
        const family = inFamily[i] ? primaries : couples.length;
        const adjusted = inFamily[i] ? forPrimary[nextPrimary++]! : forAll[i]!;
        const at = estimate(gaps, level, resamples);
        const rankBiserial = flip * tests[i]!.rankBiserial;
        const larger = better === 'higher' ? 'a' : 'b';
        const contexts = cells[0]!.map((_, c) => mean(byContext.map((rows) => rows[c]![a]! - rows[c]![b]!)));
        const gz = hedgesGz(gaps);
        return {
          a,
          b,
          ...at,
          role: inFamily[i] ? 'primary' : 'exploratory',
          p: tests[i]!.p,
          adjusted,
          family,
          // Of two pairs the correction leaves nothing.
          gz: gaps.length > 2 && Number.isFinite(gz) ? gz : null,
          rankBiserial,
          ...(adjusted <= alpha && { favours: rankBiserial > 0 ? larger : larger === 'a' ? 'b' : 'a' }),
          ...(contexts.length > 1 && { contexts }),
          detectable:
            gaps.length < leastPairs(family, alpha)
              ? null
              : minimumDetectableDifference(deviation(gaps), gaps.length, 0.8, alpha / family),
        };
      });
  const seeds = seedSpread(cells);
  return {
    treatments,
    differences,
    ...(names.length > 2 && { overall: overallOf(byPair, better, alpha) }),
    ...(trend !== undefined && role === 'primary' && { trend: trendOf(byPair, names, trend, alpha) }),
    ...(seeds !== undefined && { seeds }),
  };
}

/** The fewest pairs with which a Wilcoxon test can reach `alpha` after adjustment for a family of tests. */
export function leastPairs(family: number, alpha = 0.05): number {
  return Math.ceil(1 + Math.log2(family / alpha));
}

/** A mean over pairs with its interval; resampled from `leastForBootstrap` pairs on. */
export function estimate(
  values: readonly number[],
  level = 0.95,
  resamples = values.length < 8 ? 4000 : 2000,
): Estimate {
  const at = mean(values);
  if (values.every((value) => value === values[0])) {
    return { estimate: at, low: at, high: at, method: 'point' };
  }
  if (values.length < leastForBootstrap) {
    const { half } = meanInterval(values, level);
    return { estimate: at, low: at - half, high: at + half, method: 't' };
  }
  const { low, high } = bcaInterval(values, mean, { level, expanded: true, resamples });
  return { estimate: at, low, high, method: 'bca' };
}

function overallOf(
  byPair: readonly (readonly number[])[],
  better: 'higher' | 'lower',
  alpha: number,
): Overall {
  const sign = better === 'higher' ? -1 : 1;
  const test = friedman(byPair.map((row) => row.map((value) => sign * value)));
  const difference = criticalDifference(test.meanRanks.length, byPair.length, alpha);
  return { ...test, criticalDifference: difference, groups: indistinctGroups(test.meanRanks, difference) };
}

function seedSpread(cells: Cells): SeedSpread | undefined {
  const all = cells.flat(2);
  const counts = all.map((seeds) => seeds.length);
  const most = Math.max(...counts);
  if (most < 2) return undefined;
  const { within, share } = seedVariance(all);
  return { deviation: Math.sqrt(within), share, least: Math.min(...counts), most };
}

/** Arithmetic mean; summed plainly, as resampling calls it a million times. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
