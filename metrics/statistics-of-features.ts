/** What is taken from a feature map before two of them are compared: positions × channels, F of shape [M, N]. */
import type { FeatureMap } from './metric.ts';

export interface Normal {
  readonly mean: Float64Array;
  /** N×N, population. */
  readonly covariance: Float64Array;
}

/** G = FᵀF/M, N×N. */
export function gramMatrix({ data, channels: n }: FeatureMap): Float64Array {
  return secondMoments(data, n, new Float64Array(n));
}

/** Means and population covariances of the channels over all positions. */
export function normalOf(map: FeatureMap): Normal {
  const mean = channelMeans(map);
  return { mean, covariance: secondMoments(map.data, map.channels, mean) };
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

/** Every k-th position, k the least that keeps at most `most`. */
export function thinnedPositions({ data, channels: n }: FeatureMap, most: number): Float32Array {
  const positions = data.length / n;
  const step = Math.ceil(positions / most);
  if (step === 1) return data;
  const kept = new Float32Array(Math.ceil(positions / step) * n);
  for (let i = 0, to = 0; i < positions; i += step, to += n) kept.set(data.subarray(i * n, (i + 1) * n), to);
  return kept;
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

/** Σ (f−c)(f−c)ᵀ/M about a centre c. */
function secondMoments(data: Float32Array, n: number, centre: Float64Array): Float64Array {
  const moments = new Float64Array(n * n);
  const row = new Float64Array(n);
  for (let at = 0; at < data.length; at += n) {
    for (let i = 0; i < n; i++) row[i] = data[at + i]! - centre[i]!;
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
