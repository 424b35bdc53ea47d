/** What is taken from a feature map before two of them are compared: positions × channels, F of shape [M, N]. */
import type { FeatureMap } from './metric.ts';

export interface Normal {
  readonly mean: Float64Array;
  /** N×N, population. */
  readonly covariance: Float64Array;
}

/** G = FᵀF/M, N×N; do not change it, it is kept while the features live. */
export function gramMatrix(map: FeatureMap): Float64Array {
  const kept = grams.get(map);
  if (kept !== undefined) return kept;
  const gram = secondMoments(map);
  grams.set(map, gram);
  return gram;
}

/** Several metrics of one picture want the same sums, and they are most of the work. */
const grams = new WeakMap<FeatureMap, Float64Array>();

/**
 * Means and population covariances of the channels over all positions: Σ = FᵀF/M − μμᵀ, in double precision; of
 * (F − μ)ᵀ(F − μ)/M where so little of FᵀF/M is variance that the difference would be rounding.
 */
export function normalOf(map: FeatureMap): Normal {
  const n = map.channels;
  const mean = channelMeans(map);
  const moments = gramMatrix(map);
  const covariance = moments.map((moment, at) => moment - mean[Math.floor(at / n)]! * mean[at % n]!);
  if (trace(covariance, n) >= leastVariance * trace(moments, n)) return { mean, covariance };
  const centered = Float64Array.from(map.data, (value, at) => value - mean[at % n]!);
  return { mean, covariance: secondMoments({ data: centered, channels: n }) };
}

/** The share of variance in the second moments below which their difference from μμᵀ keeps too few digits. */
const leastVariance = 1e-6;

/** Σ_i A_ii of a matrix [n,n]. */
export function trace(matrix: ArrayLike<number>, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += matrix[i * n + i]!;
  return sum;
}

/** The mean and the population standard deviation of every channel. */
export function channelMoments(map: FeatureMap): { mean: Float64Array; deviation: Float64Array } {
  const { data, channels: n } = map;
  const mean = channelMeans(map);
  const squares = new Float64Array(n);
  for (let at = 0; at < data.length; at += n) {
    for (let i = 0; i < n; i++) squares[i]! += (data[at + i]! - mean[i]!) ** 2;
  }
  return { mean, deviation: squares.map((sum) => Math.sqrt((sum * n) / data.length)) };
}

/** Σ(a−b)²/Σb², the relative squared distance of a from b. */
export function relativeSquare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return difference / norm;
}

function channelMeans({ data, channels: n }: FeatureMap): Float64Array {
  const mean = new Float64Array(n);
  for (let at = 0; at < data.length; at += n) {
    for (let i = 0; i < n; i++) mean[i]! += data[at + i]!;
  }
  return mean.map((sum) => (sum * n) / data.length);
}

function secondMoments({
  data,
  channels: n,
}: {
  readonly data: ArrayLike<number>;
  readonly channels: number;
}): Float64Array {
  const moments = new Float64Array(n * n);
  const row = new Float64Array(n);
  for (let at = 0; at < data.length; at += n) {
    for (let i = 0; i < n; i++) row[i] = data[at + i]!;
    for (let i = 0; i < n; i++) {
      const factor = row[i]!;
      // Rectified features are zero at about half of the places.
      if (factor === 0) continue;
      const to = i * n;
      for (let j = 0; j <= i; j++) moments[to + j]! += factor * row[j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = (moments[i * n + j]! * n) / data.length;
      moments[i * n + j] = value;
      moments[j * n + i] = value;
    }
  }
  return moments;
}
