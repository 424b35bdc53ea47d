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

/** A unit vector and its share in a mean over directions; all shares sum to 1. */
export interface Direction {
  readonly vector: Float64Array;
  readonly weight: number;
}

/**
 * `count` directions in ℝᵈ of equal weight: the vectors of random orthonormal bases, always the same for the same d and
 * number. Within a basis they leave no direction out, so that a mean over them varies less than over free draws.
 */
export function orthogonalDirections(d: number, count: number): Direction[] {
  const random = createRandom(0, 'sliced-wasserstein', d);
  const basis: Float64Array[] = [];
  return Array.from({ length: count }, () => {
    if (basis.length === d) basis.length = 0;
    const vector = Float64Array.from({ length: d }, () => random.normal());
    // Twice: what the first pass leaves of the others is rounding of its own size.
    for (let pass = 0; pass < 2; pass++) {
      for (const other of basis) {
        const along = dot(vector, other);
        for (let k = 0; k < d; k++) vector[k]! -= along * other[k]!;
      }
    }
    const norm = Math.sqrt(dot(vector, vector));
    for (let k = 0; k < d; k++) vector[k]! /= norm;
    basis.push(vector);
    return { vector, weight: 1 / count };
  });
}

/** The positive nodes of the eight-point Gauss–Legendre rule and their weights (Abramowitz & Stegun, table 25.4). */
const legendre8 = [
  [0.1834346424956498, 0.362683783378362],
  [0.525532409916329, 0.3137066458778873],
  [0.7966664774136267, 0.2223810344533745],
  [0.9602898564975363, 0.1012285362903763],
] as const;

/**
 * 64 directions in ℝ³, one of each opposite pair of a product rule on the sphere: Gauss–Legendre in the first
 * coordinate, 16 equal steps around it. Means over them are exact for even polynomials of degree up to 15 (Stroud,
 * Approximate calculation of multiple integrals, 1971, ch. 2), and a distance along a direction is even in it.
 */
export function sphereDirections(): Direction[] {
  const around = 16;
  return legendre8.flatMap(([node, weight]) =>
    Array.from({ length: around }, (_, i) => {
      const angle = (2 * Math.PI * i) / around;
      const radius = Math.sqrt(1 - node * node);
      return {
        vector: Float64Array.of(node, radius * Math.cos(angle), radius * Math.sin(angle)),
        weight: weight / around,
      };
    }),
  );
}

/**
 * The mean over directions θ of the squared 2-Wasserstein distance of the two samples projected onto θ, and of the
 * variance of the second sample's projections (its own spread, to measure the distance in).
 *
 * Of both, what has a closed form is not left to the finite number of directions: a distance along θ is ⟨Δμ, θ⟩² more
 * than that of the same samples about their means, whose mean over the sphere is ‖Δμ‖²/d, and the spread is tr Σ/d. Shifted
 * samples have their exact distance, whatever the directions are.
 */
export function slicedWasserstein(
  first: Points,
  second: Points,
  directions: readonly Direction[],
): { squaredDistance: number; spread: number } {
  const d = first.dimensions;
  const [a, b] = [meanOf(first), meanOf(second)];
  let squaredDistance = 0;
  for (let k = 0; k < d; k++) squaredDistance += (a[k]! - b[k]!) ** 2 / d;
  for (const { vector, weight } of directions) {
    squaredDistance += weight * squaredWasserstein1d(project(first, vector, a), project(second, vector, b));
  }
  return { squaredDistance, spread: totalVariance(second, b) / d };
}

/** The projections of the points about their mean, sorted. */
function project({ data, dimensions }: Points, theta: Float64Array, mean: Float64Array): Float32Array {
  const projected = new Float32Array(data.length / dimensions);
  const center = dot(mean, theta);
  for (let i = 0, at = 0; i < projected.length; i++, at += dimensions) {
    let sum = -center;
    for (let k = 0; k < dimensions; k++) sum += theta[k]! * data[at + k]!;
    projected[i] = sum;
  }
  return projected.sort();
}

function meanOf({ data, dimensions }: Points): Float64Array {
  const mean = new Float64Array(dimensions);
  for (let at = 0; at < data.length; at++) mean[at % dimensions]! += data[at]!;
  return mean.map((sum) => (sum * dimensions) / data.length);
}

/** tr Σ, over the whole sample. */
function totalVariance({ data, dimensions }: Points, mean: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < data.length; at++) sum += (data[at]! - mean[at % dimensions]!) ** 2;
  return (sum * dimensions) / data.length;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
