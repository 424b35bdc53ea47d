/** Votes: tests, intervals and how many are needed. */
import { betaQuantile, binomialPmf, normalQuantile } from './distributions.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Exact two-sided binomial test of k successes in n against probability p0: the sum of the probabilities of all
 * outcomes no likelier than the observed one.
 */
export function binomialTest(k: number, n: number, p0 = 0.5): number {
  const observed = binomialPmf(k, n, p0) * (1 + 1e-7);
  let p = 0;
  for (let i = 0; i <= n; i++) {
    const probability = binomialPmf(i, n, p0);
    if (probability <= observed) p += probability;
  }
  return Math.min(1, p);
}

/** Wilson's score interval of a proportion (Wilson 1927). */
export function wilsonInterval(k: number, n: number, level = 0.95): Interval {
  const z = normalQuantile((1 + level) / 2);
  const share = k / n;
  const center = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { low: Math.max(0, center - half), high: Math.min(1, center + half) };
}

/** Clopper and Pearson's exact interval of a proportion. */
export function clopperPearsonInterval(k: number, n: number, level = 0.95): Interval {
  const tail = (1 - level) / 2;
  return {
    low: k === 0 ? 0 : betaQuantile(tail, k, n - k + 1),
    high: k === n ? 1 : betaQuantile(1 - tail, k + 1, n - k),
  };
}

/**
 * Independent votes needed to tell a preference of `share` from one half, two-sided, by the normal approximation:
 * n = ((z_{1−α/2}/2 + z_{power} √(p(1−p)))/(p − ½))², rounded up.
 */
export function votesNeeded(share: number, power = 0.8, alpha = 0.05): number {
  if (!(share > 0 && share < 1) || share === 0.5) {
    throw new RangeError(`a share of ${share} cannot be told from one half`);
  }
  const numerator =
    normalQuantile(1 - alpha / 2) / 2 + normalQuantile(power) * Math.sqrt(share * (1 - share));
  return Math.ceil((numerator / (share - 0.5)) ** 2);
}
