/** How large a difference is, how much seeds contribute, and what the design could have found. */
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { studentQuantile } from './distributions.ts';
import { isConstant } from './rounding.ts';

/**
 * Cohen's d_z of paired differences with Hedges' small-sample factor 1 − 3/(4(n−1) − 1); NaN when they do not vary beyond
 * rounding.
 *
 * @param magnitude - of the numbers that they are differences of, where that is larger than their own
 */
export function hedgesGz(differences: readonly number[], magnitude = 0): number {
  if (isConstant(differences, magnitude)) return Number.NaN;
  const deviation = sampleStandardDeviation([...differences]);
  const correction = 1 - 3 / (4 * (differences.length - 1) - 1);
  return (mean([...differences]) / deviation) * correction;
}

/** Mean and its two-sided t interval: `half` is t_{n−1} · s/√n. */
export function meanInterval(values: readonly number[], level = 0.95): { mean: number; half: number } {
  if (values.length < 2) throw new RangeError('an interval of a mean needs at least two values');
  const n = values.length;
  const t = studentQuantile((1 + level) / 2, n - 1);
  return { mean: mean([...values]), half: (t * sampleStandardDeviation([...values])) / Math.sqrt(n) };
}

/**
 * The smallest mean paired difference, in the differences' own unit, that a two-sided t test over `n` pairs finds
 * with the given power when the differences deviate by `deviation`. The noncentral t is taken as a shifted t, which
 * is within a few per cent from n = 6 on.
 *
 * @returns Infinity below two pairs; NaN where nothing deviates, as then no spread is known
 */
export function minimumDetectableDifference(deviation: number, n: number, power = 0.8, alpha = 0.05): number {
  if (n < 2) return Number.POSITIVE_INFINITY;
  if (!(deviation > 0)) return Number.NaN;
  const critical = studentQuantile(1 - alpha / 2, n - 1);
  return ((critical + studentQuantile(power, n - 1)) * deviation) / Math.sqrt(n);
}

/**
 * Variance between seeds of the same cell (pooled within-cell variance, n−1 weighted) and between the cells' means:
 * what part of the spread is luck. Cells with one value say nothing about seeds; a spread that is rounding is 0.
 *
 * @returns NaN for what is not known: `within` without a second seed, `between` of one cell, `share` when nothing varies
 */
export function seedVariance(cells: readonly (readonly number[])[]): {
  within: number;
  between: number;
  share: number;
} {
  let squares = 0;
  let freedom = 0;
  const means: number[] = [];
  for (const cell of cells) {
    const center = mean([...cell]);
    means.push(center);
    if (!isConstant(cell)) for (const value of cell) squares += (value - center) ** 2;
    freedom += cell.length - 1;
  }
  const within = freedom === 0 ? Number.NaN : squares / freedom;
  const between = means.length < 2 ? Number.NaN : isConstant(means) ? 0 : sampleStandardDeviation(means) ** 2;
  return { within, between, share: within / (within + between) };
}
