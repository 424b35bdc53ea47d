/** Fewer points of the same distribution, always the same ones. */

/** The golden section, whose multiples modulo 1 fill an interval as evenly as any sequence does. */
const golden = (Math.sqrt(5) - 1) / 2;

/**
 * At most `most` of the given points: all of them, or those at ⌊count·{iφ}⌋, i = 0 … most−1. In reading order of a
 * picture these are spread evenly over rows and columns, where every k-th pixel would stay in a few columns.
 *
 * @param data - `dimensions` values per point, point by point
 */
export function thinned(data: Float32Array, dimensions: number, most: number): Float32Array {
  const count = data.length / dimensions;
  if (count <= most) return data;
  const kept = new Float32Array(most * dimensions);
  for (let i = 0; i < most; i++) {
    const from = Math.floor(((i * golden) % 1) * count) * dimensions;
    kept.set(data.subarray(from, from + dimensions), i * dimensions);
  }
  return kept;
}
