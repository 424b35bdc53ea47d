/**
 * Sliced Wasserstein distance: optimal transport along many lines. J. Rabin, G. Peyré, J. Delon & M. Bernot,
 * "Wasserstein barycenter and its application to texture mixing", SSVM 2011.
 */
import { createRandom } from '../src/random.ts';

/** Points in ℝᵈ: `data` holds count·d values, point by point. */
export interface Points {
  readonly dimensions: number;
  readonly data: ArrayLike<number>;
}

/**
 * The squared 2-Wasserstein distance of two samples on a line, ∫₀¹ (F⁻¹(q) − G⁻¹(q))² dq; the samples are sorted
 * ascending and may differ in number.
 */
export function squaredWasserstein1d(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const n = first.length;
  const m = second.length;
  let sum = 0;
  // Between two neighbouring multiples of 1/n and 1/m both quantile functions are constant; in units of 1/(n·m).
  for (let i = 0, j = 0, at = 0; i < n && j < m; ) {
    const next = Math.min((i + 1) * m, (j + 1) * n);
    sum += (next - at) * (first[i]! - second[j]!) ** 2;
    at = next;
    if (next === (i + 1) * m) i++;
    if (next === (j + 1) * n) j++;
  }
  return sum / (n * m);
}

/**
 * The mean over `directions` unit vectors θ of the squared 2-Wasserstein distance of the two samples projected onto
 * θ, and of the variance of the second sample's projections (its own spread, to measure the distance in).
 *
 * The directions are normal draws made unit length, always the same for the same d and number.
 */
export function slicedWasserstein(
  first: Points,
  second: Points,
  directions: number,
): { squaredDistance: number; spread: number } {
  const d = first.dimensions;
  const random = createRandom(0, 'sliced-wasserstein', d);
  const theta = new Float64Array(d);
  let squaredDistance = 0;
  let spread = 0;
  for (let i = 0; i < directions; i++) {
    let norm = 0;
    for (let k = 0; k < d; k++) {
      theta[k] = random.normal();
      norm += theta[k]! ** 2;
    }
    norm = Math.sqrt(norm);
    for (let k = 0; k < d; k++) theta[k]! /= norm;
    const a = project(first, theta);
    const b = project(second, theta);
    squaredDistance += squaredWasserstein1d(a, b);
    spread += variance(b);
  }
  return { squaredDistance: squaredDistance / directions, spread: spread / directions };
}

/** The projections, sorted. */
function project({ data, dimensions }: Points, theta: Float64Array): Float32Array {
  const projected = new Float32Array(data.length / dimensions);
  for (let i = 0, at = 0; i < projected.length; i++, at += dimensions) {
    let sum = 0;
    for (let k = 0; k < dimensions; k++) sum += theta[k]! * data[at + k]!;
    projected[i] = sum;
  }
  return projected.sort();
}

function variance(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
