/** Bootstrap intervals over blocks. */
import { createRandom } from '../../src/random.ts';
import { normalCdf, normalQuantile, studentQuantile } from './distributions.ts';

export interface BootstrapInterval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly level: number;
  readonly resamples: number;
  /** `degenerate`: the statistic is the same in every resample, so that the interval is a point. */
  readonly method: 'bca' | 'degenerate';
}

/**
 * The bias-corrected and accelerated interval of a statistic (Efron 1987; Efron & Tibshirani 1993, ch. 14), the
 * units (blocks: content/style pairs with all their trials) resampled as wholes.
 *
 * @param units - at least 2
 * @param statistic - of a list of units (repetitions included); must be finite
 * @param options - `level` (default 0.95), `resamples` (default 2 000), `seed` (default 1); `expanded` (default false)
 *   reads the quantiles further out, at Φ(∓t_{n−1}·√(n/(n−1))) instead of Φ(∓z), so that the interval of a mean of few
 *   units is as wide as it must be (Hesterberg 2015, section 4.2: the plug-in variance is too small by (n−1)/n, and the
 *   normal's quantile too small by t/z)
 */
export function bcaInterval<Unit>(
  units: readonly Unit[],
  statistic: (sample: readonly Unit[]) => number,
  options: { level?: number; resamples?: number; seed?: number; expanded?: boolean } = {},
): BootstrapInterval {
  const { level = 0.95, resamples = 2000, seed = 1, expanded = false } = options;
  const n = units.length;
  if (n < 2) throw new RangeError('a bootstrap interval needs at least two units');
  const estimate = statistic(units);
  const random = createRandom(seed);
  const replicates = new Float64Array(resamples);
  const sample = new Array<Unit>(n);
  for (let r = 0; r < resamples; r++) {
    for (let i = 0; i < n; i++) sample[i] = units[random.integer(n)]!;
    replicates[r] = statistic(sample);
  }
  replicates.sort();
  if (replicates[0] === replicates[resamples - 1]) {
    return { estimate, low: estimate, high: estimate, level, resamples, method: 'degenerate' };
  }
  // Replicates equal to the estimate count half, so that discrete statistics are not biased.
  let below = 0;
  for (const value of replicates) below += value < estimate ? 1 : value === estimate ? 0.5 : 0;
  const share = Math.min(Math.max(below / resamples, 0.5 / resamples), 1 - 0.5 / resamples);
  const bias = normalQuantile(share);
  const jackknife = units.map((_, left) => statistic(units.filter((_, index) => index !== left)));
  const centre = jackknife.reduce((sum, value) => sum + value, 0) / n;
  let squares = 0;
  let cubes = 0;
  for (const value of jackknife) {
    squares += (centre - value) ** 2;
    cubes += (centre - value) ** 3;
  }
  const acceleration = squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
  const reach = expanded
    ? studentQuantile((1 + level) / 2, n - 1) * Math.sqrt(n / (n - 1))
    : normalQuantile((1 + level) / 2);
  const bound = (side: number): number => {
    const z = bias + side * reach;
    return quantile(replicates, normalCdf(bias + z / (1 - acceleration * z)));
  };
  return {
    estimate,
    low: bound(-1),
    high: bound(1),
    level,
    resamples,
    method: 'bca',
  };
}

/** Linear interpolation between order statistics (type 7 of Hyndman & Fan 1996). */
function quantile(sorted: Float64Array, p: number): number {
  const position = Math.min(Math.max(p, 0), 1) * (sorted.length - 1);
  const lower = Math.floor(position);
  const upper = Math.min(lower + 1, sorted.length - 1);
  return sorted[lower]! + (position - lower) * (sorted[upper]! - sorted[lower]!);
}
