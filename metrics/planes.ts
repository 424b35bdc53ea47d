/** Small filters on single planes. */
import type { Plane } from '../src/images/image.ts';

/**
 * The mean over a factor×factor box, taken at every factor-th pixel from the first, the plane mirrored at its border
 * (edge pixel repeated): MATLAB's imfilter(x, ones(f)/f², 'symmetric') at 1:f:end. For an even factor the box
 * reaches from ½f−1 pixels before to ½f after its pixel.
 */
export function averageDown(plane: Plane, factor: number): Plane {
  if (factor === 1) return plane;
  const before = Math.ceil(factor / 2) - 1;
  const width = Math.ceil(plane.width / factor);
  const height = Math.ceil(plane.height / factor);
  const columns = new Float64Array(width * plane.height);
  for (let y = 0; y < plane.height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let tap = 0; tap < factor; tap++) {
        sum += plane.data[y * plane.width + mirror(x * factor - before + tap, plane.width)]!;
      }
      columns[y * width + x] = sum;
    }
  }
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let tap = 0; tap < factor; tap++) {
        sum += columns[mirror(y * factor - before + tap, plane.height) * width + x]!;
      }
      data[y * width + x] = sum / (factor * factor);
    }
  }
  return { width, height, data };
}

/**
 * A plane filtered by the same symmetric taps along rows and columns, mirrored at its border (edge pixel repeated).
 *
 * @param taps - an odd number of weights
 */
export function blur(plane: Plane, taps: ArrayLike<number>): Plane {
  const { width, height } = plane;
  const reach = (taps.length - 1) / 2;
  const rows = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let tap = 0; tap < taps.length; tap++) {
        sum += taps[tap]! * plane.data[y * width + mirror(x + tap - reach, width)]!;
      }
      rows[y * width + x] = sum;
    }
  }
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let tap = 0; tap < taps.length; tap++) {
      const from = mirror(y + tap - reach, height) * width;
      const weight = taps[tap]!;
      for (let x = 0; x < width; x++) data[y * width + x]! += weight * rows[from + x]!;
    }
  }
  return { width, height, data };
}

/** Gaussian taps that sum to 1, cut off at 3σ. */
export function gaussianTaps(sigma: number): Float64Array {
  const reach = Math.ceil(3 * sigma);
  const taps = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)),
  );
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}

/** An index reflected into [0,n), the edge repeated: −1 ↦ 0, n ↦ n−1. */
function mirror(index: number, n: number): number {
  if (n === 1) return 0;
  const period = 2 * n;
  const folded = ((index % period) + period) % period;
  return folded < n ? folded : period - 1 - folded;
}
