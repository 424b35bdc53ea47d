/** What holds for other raters and other pictures: both are drawn from many, and both differ. */
import { normalQuantile, studentCdf, studentQuantile } from '../../../metrics/statistics/distributions.ts';
import { clopperPearsonInterval } from '../../../metrics/statistics/proportions.ts';

export interface Estimate {
  readonly value: number;
  /** NaN where there are too few raters or pairs for an interval. */
  readonly low: number;
  readonly high: number;
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
  /** The degrees of freedom of the smaller of the samples, of raters or of pairs. */
  readonly least: number;
}

/** Below this many raters or pairs, weighed by their answers, nothing can be said about others. */
const fewest = 1.5;

/** The degrees of freedom are at most this many times those of the smaller sample. */
const most = 2;

/**
 * Why answers cannot tell anything about other raters and pictures; undefined when they can.
 *
 * What is drawn once shows nothing of how much it varies. Where one rater or one pair has nearly all answers, the others
 * count for little: the effective number is (Σ n)²/Σ n² (Carter, Schnepel & Steigerwald, Asymptotic behavior of a t-test
 * robust to cluster heterogeneity, 2017).
 */
export function whyUntested(answers: readonly Pick<Influence, 'rater' | 'pair'>[]): string | undefined {
  const needed = 'A test and an interval need at least two of each';
  const missing = (['rater', 'pair'] as const).flatMap((unit) => {
    const { groups, effective } = sizesOf(answers, unit);
    const units = unit === 'rater' ? 'raters' : 'content/style pairs';
    if (groups < 2) return [groups === 0 ? `no ${unit}` : `one ${units.slice(0, -1)}`];
    return effective < fewest ? [`${groups} ${units}, one of which has nearly all answers`] : [];
  });
  if (missing.length === 0) return undefined;
  return `Not tested: there is ${missing.join(' and ')}. ${needed}; with few of either only large differences can be shown.`;
}

/**
 * How far an estimate deviates when raters, pairs and single answers vary: the variance over raters, plus that over
 * pairs, minus that of what is left, which either holds too – crossed random effects as in Clark, The
 * language-as-fixed-effect fallacy (1973), and Cameron, Gelbach & Miller, Robust inference with multiway clustering
 * (2011). What is left is estimated as in an analysis of variance, so that three pairs do not pass their own variance
 * off as noise, and never taken for more than either.
 *
 * The degrees of freedom are Satterthwaite's (1946). They are at least those of the smaller of the two samples, and at
 * most twice as many: of two or three pairs the variance often comes out small by chance, and a true null would be refused in
 * up to 9 % of studies (normal effects of 40 raters and 2 pairs; with the limit at most 5.4 %).
 *
 * @param least - the variance that independent answers have at least, such as the inverse of the information; where
 *   answers are unanimous, what is observed falls short of it
 */
export function twoWaySpread(influences: readonly Influence[], least = 0): Spread {
  const raters = variance(influences, 'rater');
  const pairs = variance(influences, 'pair');
  const cells = sums(influences, ({ rater, pair }) => `${rater} ${pair}`);
  const left = cells.length - raters.groups - pairs.groups + 1;
  const residual =
    left <= 0
      ? 0
      : (cells.length * squares(cells) -
          (raters.groups - 1) * raters.variance -
          (pairs.groups - 1) * pairs.variance) /
        left;
  const shared = Math.min(Math.max(0, residual), raters.variance, pairs.variance);
  const total = raters.variance + pairs.variance - shared;
  const uncertainty = raters.variance ** 2 / raters.freedom + pairs.variance ** 2 / pairs.freedom;
  const fewer = Math.min(raters.freedom, pairs.freedom);
  const freedom = uncertainty === 0 ? fewer : total ** 2 / uncertainty;
  return {
    deviation: Math.sqrt(Math.max(total, least)),
    freedom: Math.min(Math.max(freedom, fewer), most * fewer),
    least: fewer,
  };
}

/** The two-sided p value of a deviation that is `t` times its spread. */
export function twoSided(t: number, { freedom }: Spread): number {
  return Math.min(1, 2 * studentCdf(-Math.abs(t), freedom));
}

/** How many times its spread an estimate is within of the truth, `level` of the time. */
export function reachOf({ freedom }: Spread, level: number): number {
  return studentQuantile((1 + level) / 2, freedom);
}

/**
 * The mean of values between 0 and 1 with an interval within [0, 1]: Clopper and Pearson's of as many independent answers
 * as would be just as uncertain (Korn & Graubard, Confidence intervals for proportions with small expected number of
 * positive counts estimated from survey data, 1998).
 *
 * @param answers - at least one, their values in [0, 1]
 * @returns no bounds (NaN) when there are fewer than two raters or pairs
 */
export function twoWayShare(answers: readonly Influence[], level: number): Estimate {
  const n = answers.length;
  const value = answers.reduce((sum, one) => sum + one.value, 0) / n;
  if (whyUntested(answers) !== undefined) return { value, low: Number.NaN, high: Number.NaN };
  const independent = (value * (1 - value)) / n;
  const spread = twoWaySpread(
    answers.map((one) => ({ ...one, value: (one.value - value) / n })),
    independent,
  );
  // Unanimous answers show nothing of how raters and pictures differ.
  const freedom = independent === 0 ? spread.least : spread.freedom;
  const ratio = independent === 0 ? 1 : independent / spread.deviation ** 2;
  const worth =
    n * ratio * (normalQuantile((1 + level) / 2) / studentQuantile((1 + level) / 2, freedom)) ** 2;
  return { value, ...clopperPearsonInterval(value * worth, worth, level) };
}

/** The variance of sums over groups, corrected for how few there are, and its degrees of freedom. */
function variance(influences: readonly Influence[], unit: 'rater' | 'pair') {
  const { groups, effective } = sizesOf(influences, unit);
  const raw = squares(sums(influences, (one) => one[unit]));
  return {
    groups,
    variance: groups < 2 ? 0 : (raw * groups) / (groups - 1),
    freedom: Math.max(1, effective - 1),
  };
}

function sizesOf(answers: readonly Pick<Influence, 'rater' | 'pair'>[], unit: 'rater' | 'pair') {
  const counts = new Map<number, number>();
  for (const one of answers) counts.set(one[unit], (counts.get(one[unit]) ?? 0) + 1);
  return { groups: counts.size, effective: answers.length ** 2 / squares([...counts.values()]) };
}

function sums(influences: readonly Influence[], group: (one: Influence) => number | string): number[] {
  const found = new Map<number | string, number>();
  for (const one of influences) found.set(group(one), (found.get(group(one)) ?? 0) + one.value);
  return [...found.values()];
}

function squares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}
