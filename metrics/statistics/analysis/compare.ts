/** One quantity, compared between treatments over pairs. */

import { differenceRange, type Range, unbounded } from '../../range.ts';
import { hedgesGz, minimumDetectableDifference, seedVariance } from '../effects.ts';
import { type FriedmanResult, friedman } from '../friedman.ts';
import { indistinctGroups } from '../groups.ts';
import { intervalOfMean, type MeanInterval } from '../mean-interval.ts';
import { holm } from '../multiplicity.ts';
import { isConstant, largestOf, pairedDifferences } from '../rounding.ts';
import { wilcoxonSignedRank } from '../wilcoxon.ts';
import type { Cells } from './design.ts';
import { type Trend, type TrendDirection, trendOf } from './trend.ts';

export type Role = 'primary' | 'exploratory';

/** A mean over pairs and where the mean over all such pairs is expected to lie. */
export type Estimate = MeanInterval;

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
  /**
   * Two-sided Wilcoxon signed-rank test over pairs, before and after Holm's adjustment. Of three treatments and more the
   * adjusted p is at least that of the test of all together: no two are told apart where nothing shows that any differ.
   */
  readonly p: number;
  readonly adjusted: number;
  /** How many tests the adjustment is for. */
  readonly family: number;
  /** Standardised mean difference with Hedges' correction; null when all pairs differ by the same but for rounding. */
  readonly gz: number | null;
  /** Matched-pairs rank-biserial correlation: 1 when a is larger in every pair, −1 when b is. */
  readonly rankBiserial: number;
  /** Which one is better, where the adjusted test says so. */
  readonly favours?: 'a' | 'b';
  /** The mean of a − b in each context, where there are several. */
  readonly contexts?: readonly number[];
  /**
   * The mean difference that this design finds with probability 0.8, at its variance and the family's level; null when
   * there are too few pairs to find any, no variance to tell it from, or none so large in the quantity's range.
   */
  readonly detectable: number | null;
}

/** Friedman's test of all treatments together; mean ranks over pairs, 1 is best. */
export interface Overall extends FriedmanResult {
  /**
   * Indices of treatments of which the differences tell no two apart, group by group, in the order of mean ranks; absent
   * for more treatments than bars are drawn for.
   */
  readonly groups?: readonly (readonly number[])[];
}

/** How much of a score is luck. */
export interface SeedSpread {
  /** Standard deviation between the seeds of a cell, pooled. */
  readonly deviation: number;
  /** The part of seeds in the variance of single trials; null where nothing varies. */
  readonly share: number | null;
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
  /** Of the quantity: no interval leaves it. Default: any number. */
  readonly range?: Range;
  /** Of the bootstrap; default 2 000. */
  readonly resamples?: number;
  /** Leave out the differences, of which there are k(k−1)/2. */
  readonly meansOnly?: boolean;
}

/**
 * Means, differences and tests of a full table: seeds are averaged within a cell, cells within a pair (so that what is
 * compared was always made under the same other factors), and pairs are what is resampled and tested.
 *
 * @param cells - at least two pairs, one context and two treatments; no cell empty, no value NaN
 */
export function compareCells(cells: Cells, names: readonly string[], options: CompareOptions): Compared {
  const { better, role, reference, trend, level = 0.95, range = unbounded, resamples } = options;
  const alpha = 1 - level;
  const byContext = cells.map((contexts) => contexts.map((row) => row.map(mean)));
  const byPair = byContext.map((contexts) => names.map((_, t) => mean(contexts.map((row) => row[t]!))));
  const column = (t: number) => byPair.map((row) => row[t]!);
  const treatments = names.map((name, t) => ({
    name,
    values: column(t),
    ...estimate(column(t), { level, range, resamples }),
  }));

  const couples = names.flatMap((_, b) => names.slice(b + 1).map((_, i) => [b + 1 + i, b] as const));
  const isPrimary = ([a, b]: readonly [number, number]) =>
    role === 'primary' &&
    trend === undefined &&
    (reference === undefined || a === reference || b === reference);
  const tests = couples.map(([a, b]) => wilcoxonSignedRank(column(a), column(b)));
  const inFamily = couples.map(isPrimary);
  const primaries = inFamily.filter(Boolean).length;
  const overall = names.length > 2 ? overallOf(byPair, better) : undefined;
  // What all together do not show, no two of them do: the page tells one story.
  const gated = (ps: readonly number[]) => holm(ps).map((p) => Math.max(p, overall?.p ?? 0));
  const forAll = gated(tests.map(({ p }) => p));
  const forPrimary = gated(tests.filter((_, i) => inFamily[i]).map(({ p }) => p));
  let nextPrimary = 0;
  const adjusted = forAll.map((p, i) => (inFamily[i] ? forPrimary[nextPrimary++]! : p));
  const differences = options.meansOnly
    ? []
    : couples.map(([first, second], i): Difference => {
        // A reference is what the other one is compared with.
        const flip = first === reference ? -1 : 1;
        const [a, b] = flip < 0 ? [second, first] : [first, second];
        const gaps = pairedDifferences(column(a), column(b));
        const magnitude = largestOf([...column(a), ...column(b)]);
        const isSteady = isConstant(gaps, magnitude);
        const family = inFamily[i] ? primaries : couples.length;
        const rankBiserial = flip * tests[i]!.rankBiserial;
        const larger = better === 'higher' ? 'a' : 'b';
        const contexts = cells[0]!.map((_, c) => mean(byContext.map((rows) => rows[c]![a]! - rows[c]![b]!)));
        return {
          a,
          b,
          ...estimate(gaps, { level, range: differenceRange(range), magnitude, resamples }),
          role: inFamily[i] ? 'primary' : 'exploratory',
          p: tests[i]!.p,
          adjusted: adjusted[i]!,
          family,
          // Of two pairs the correction leaves nothing.
          gz: gaps.length > 2 && !isSteady ? hedgesGz(gaps, magnitude) : null,
          rankBiserial,
          ...(adjusted[i]! <= alpha && {
            favours: rankBiserial > 0 ? larger : larger === 'a' ? 'b' : 'a',
          }),
          ...(contexts.length > 1 && { contexts }),
          detectable:
            gaps.length < leastPairs(family, alpha) || isSteady
              ? null
              : possible(
                  minimumDetectableDifference(deviation(gaps), gaps.length, 0.8, alpha / family),
                  range,
                ),
        };
      });
  const groups = overall && groupsOf(overall.meanRanks, couples, (couple) => adjusted[couple]! <= alpha);
  const seeds = seedSpread(cells);
  return {
    treatments,
    differences,
    ...(overall !== undefined && { overall: { ...overall, ...(groups !== undefined && { groups }) } }),
    ...(trend !== undefined && role === 'primary' && { trend: trendOf(byPair, names, trend, alpha) }),
    ...(seeds !== undefined && { seeds }),
  };
}

/** A difference, unless it is larger than any in the range. */
function possible(difference: number, [least, most]: Range): number | null {
  return difference < most - least ? difference : null;
}

/** The fewest pairs with which a Wilcoxon test can reach `alpha` after adjustment for a family of tests. */
export function leastPairs(family: number, alpha = 0.05): number {
  return Math.ceil(1 + Math.log2(family / alpha));
}

/** A mean over pairs with its interval, on the scale of its range; of one pair there is none. */
export function estimate(
  values: readonly number[],
  options: NonNullable<Parameters<typeof intervalOfMean>[1]> = {},
): Estimate {
  if (values.length > 1) return intervalOfMean(values, options);
  const [value] = values as [number];
  return { estimate: value, low: value, high: value, method: 'alike' };
}

function overallOf(byPair: readonly (readonly number[])[], better: 'higher' | 'lower'): FriedmanResult {
  const sign = better === 'higher' ? -1 : 1;
  return friedman(byPair.map((row) => row.map((value) => sign * value)));
}

/** What the decisions leave together, best first. */
function groupsOf(
  meanRanks: readonly number[],
  couples: readonly (readonly [number, number])[],
  isDecided: (couple: number) => boolean,
): number[][] | undefined {
  const apart = new Set(couples.flatMap(([a, b], i) => (isDecided(i) ? [`${a} ${b}`, `${b} ${a}`] : [])));
  const order = [...meanRanks.keys()].sort((a, b) => meanRanks[a]! - meanRanks[b]!);
  return indistinctGroups(meanRanks.length, (a, b) => apart.has(`${a} ${b}`), order);
}

function seedSpread(cells: Cells): SeedSpread | undefined {
  const all = cells.flat(2);
  const counts = all.map((seeds) => seeds.length);
  const most = Math.max(...counts);
  if (most < 2) return undefined;
  const { within, share } = seedVariance(all);
  return {
    deviation: Math.sqrt(within),
    share: Number.isFinite(share) ? share : null,
    least: Math.min(...counts),
    most,
  };
}

/** Arithmetic mean; summed plainly, as resampling calls it a million times. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}
