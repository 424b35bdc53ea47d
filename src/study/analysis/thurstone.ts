/** Thurstone's case V with ties and sides. */
import { normalCdf } from '../../../metrics/statistics/distributions.ts';
import { solveSymmetric } from '../../../metrics/statistics/linear.ts';
import { jodSigma, type PairedCounts } from '../../../metrics/statistics/pair-scale.ts';

export interface ThurstoneScale {
  /** In JOD: a preference of 75 % (without ties) is a distance of 1. Their mean is 0. */
  readonly scores: readonly number[];
  /** What being shown first adds, in JOD. */
  readonly side: number;
  /** Differences smaller than this are not told apart, in JOD; 0 without ties. */
  readonly threshold: number;
}

/**
 * Maximum-likelihood scale of P(first) = Φ((d + δ − τ)/σ), P(second) = Φ((−d − δ − τ)/σ), the rest neither, where
 * d = s_first − s_second (Glenn & David 1960 for τ; σ as in Perez-Ortiz & Mantiuk 2017). Fisher scoring.
 *
 * @param items - how many; wins must lead from each to each, else the maximum lies at infinity
 * @param options - `side`: estimate δ (default true)
 */
export function thurstoneWithTies(
  items: number,
  counts: readonly PairedCounts[],
  options: { side?: boolean; sigma?: number } = {},
): ThurstoneScale {
  const { side = true, sigma = jodSigma } = options;
  const withTies = counts.some(({ ties = 0 }) => ties > 0);
  const sideAt = side ? items : -1;
  const tieAt = withTies ? items + (side ? 1 : 0) : -1;
  const size = items + (side ? 1 : 0) + (withTies ? 1 : 0);
  const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

  const evaluate = (at: Float64Array) => {
    const gradient = new Float64Array(size);
    const information = Array.from({ length: size }, () => new Float64Array(size));
    let logLikelihood = 0;
    const threshold = tieAt < 0 ? 0 : Math.exp(at[tieAt]!);
    for (const { first, second, firstWins, secondWins, ties = 0 } of counts) {
      const total = firstWins + secondWins + ties;
      if (total === 0) continue;
      const d = at[first]! - at[second]! + (sideAt < 0 ? 0 : at[sideAt]!);
      const above = (d - threshold) / sigma;
      const below = (-d - threshold) / sigma;
      const p1 = Math.max(normalCdf(above), 1e-12);
      const p2 = Math.max(normalCdf(below), 1e-12);
      const p0 = Math.max(1 - p1 - p2, 1e-12);
      const slope1 = density(above) / sigma;
      const slope2 = density(below) / sigma;
      // Derivatives of the three probabilities by d and by log τ.
      const byD = [slope1, -slope2, slope2 - slope1];
      const byTie = [-slope1 * threshold, -slope2 * threshold, (slope1 + slope2) * threshold];
      const observed = [firstWins, secondWins, ties];
      const probabilities = [p1, p2, p0];
      const places: [number, number][] = [
        [first, 1],
        [second, -1],
        ...(sideAt < 0 ? [] : [[sideAt, 1] as [number, number]]),
      ];
      for (let k = 0; k < (withTies ? 3 : 2); k++) {
        const p = probabilities[k]!;
        if (observed[k]! > 0) logLikelihood += observed[k]! * Math.log(p);
        const direction = new Float64Array(size);
        for (const [place, sign] of places) direction[place]! += sign * byD[k]!;
        if (tieAt >= 0) direction[tieAt] = byTie[k]!;
        for (let i = 0; i < size; i++) {
          if (direction[i] === 0) continue;
          gradient[i]! += (observed[k]! / p) * direction[i]!;
          for (let j = 0; j < size; j++) information[i]![j]! += (total / p) * direction[i]! * direction[j]!;
        }
      }
    }
    // Only differences matter: (Σ s)²/2 is taken off, which holds the mean at zero.
    let sum = 0;
    for (let i = 0; i < items; i++) sum += at[i]!;
    for (let i = 0; i < items; i++) {
      gradient[i]! -= sum;
      for (let j = 0; j < items; j++) information[i]![j]! += 1;
    }
    return { value: logLikelihood - sum ** 2 / 2, gradient, information };
  };

  let parameters = new Float64Array(size);
  if (tieAt >= 0) parameters[tieAt] = Math.log(0.3 * sigma);
  let here = evaluate(parameters);
  for (let iteration = 0; iteration < 200; iteration++) {
    const step = solveSymmetric(here.information, here.gradient);
    let fraction = Math.min(1, 3 / Math.max(1e-12, ...step.map(Math.abs)));
    let next = here;
    let candidate = parameters;
    for (; fraction > 1e-7; fraction /= 2) {
      candidate = parameters.map((value, i) => value + fraction * step[i]!);
      next = evaluate(candidate);
      if (next.value >= here.value - 1e-12 * Math.abs(here.value)) break;
    }
    parameters = candidate;
    here = next;
    if (Math.max(...step.map(Math.abs)) * fraction < 1e-9) break;
  }
  const scores = [...parameters.subarray(0, items)];
  const mean = scores.reduce((sum, value) => sum + value, 0) / items;
  return {
    scores: scores.map((score) => score - mean),
    side: sideAt < 0 ? 0 : parameters[sideAt]!,
    threshold: tieAt < 0 ? 0 : Math.exp(parameters[tieAt]!),
  };
}
