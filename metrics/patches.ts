/** Exact nearest patches between two pictures. */
import type { RgbImage } from '../src/images/image.ts';

/** The P×P patches of a picture on a grid. Each is a point in ℝ^(3P²). */
export interface Patches {
  readonly size: number;
  readonly stride: number;
  readonly columns: number;
  readonly rows: number;
  /** Patch after patch, 3P² values each (or some of them) in an orthonormal basis that puts coarse structure first. */
  readonly data: Float32Array;
}

/**
 * The patches whose top left corners lie on every `stride`-th pixel. Colours are turned to grey and two opponent
 * axes, pixels to their discrete cosine transform: an isometry, so that distances stay those of the RGB values, but
 * most of a distance lies in the first few coefficients.
 *
 * @throws RangeError when the picture is smaller than a patch
 */
export function patchesOf(image: RgbImage, size: number, stride: number): Patches {
  if (Math.min(image.width, image.height) < size) {
    throw new RangeError(`no ${size}×${size} patch fits into ${image.width}×${image.height}`);
  }
  const columns = Math.floor((image.width - size) / stride) + 1;
  const rows = Math.floor((image.height - size) / stride) + 1;
  const pixels = size * size;
  const basis = cosineBasis(size);
  const order = coarseFirst(size);
  const data = new Float32Array(columns * rows * 3 * pixels);
  const planes = opponentPlanes(image);
  const block = new Float64Array(pixels);
  const half = new Float64Array(pixels);
  for (let patch = 0; patch < columns * rows; patch++) {
    const left = (patch % columns) * stride;
    const top = Math.floor(patch / columns) * stride;
    for (const [channel, plane] of planes.entries()) {
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) block[y * size + x] = plane[(top + y) * image.width + left + x]!;
      }
      // Along rows, then along columns; `half` holds the transpose in between.
      transformRows(block, half, basis, size);
      transformRows(half, block, basis, size);
      const at = patch * pixels * 3 + channel;
      for (let k = 0; k < pixels; k++) data[at + 3 * k] = block[order[k]!]!;
    }
  }
  return { size, stride, columns, rows, data };
}

/**
 * For every patch of `from` the index of its nearest patch in `among` and the squared distance, exactly (the first
 * of several equally near). Both hold the same values, three and three, of each patch. Patches are tried outwards from
 * the one nearest in the first value (mean grey, in a whole patch), until that difference alone exceeds the best
 * distance; each distance is given up as soon as it does.
 */
export function nearestPatches(
  from: Patches,
  among: Patches,
): { readonly index: Int32Array; readonly square: Float64Array } {
  const count = among.columns * among.rows;
  const d = among.data.length / count;
  const order = Array.from({ length: count }, (_, i) => i).sort(
    (i, j) => among.data[i * d]! - among.data[j * d]! || i - j,
  );
  // In the order of mean grey, so that neighbours in the search are neighbours in memory.
  const sorted = new Float32Array(count * d);
  for (const [to, i] of order.entries()) sorted.set(among.data.subarray(i * d, (i + 1) * d), to * d);
  const total = from.columns * from.rows;
  const index = new Int32Array(total);
  const square = new Float64Array(total);
  for (let patch = 0; patch < total; patch++) {
    const at = patch * d;
    const gray = from.data[at]!;
    let best = Number.POSITIVE_INFINITY;
    let bestIndex = -1;
    let above = lowerBound(sorted, d, count, gray);
    let below = above - 1;
    while (above < count || below >= 0) {
      const up = above < count ? sorted[above * d]! - gray : Number.POSITIVE_INFINITY;
      const down = below >= 0 ? gray - sorted[below * d]! : Number.POSITIVE_INFINITY;
      const nearer = Math.min(up, down);
      if (nearer * nearer > best) break;
      const candidate = up <= down ? above++ : below--;
      let sum = 0;
      const other = candidate * d;
      for (let k = 0; k < d && sum <= best; k += 3) {
        const a = from.data[at + k]! - sorted[other + k]!;
        const b = from.data[at + k + 1]! - sorted[other + k + 1]!;
        const c = from.data[at + k + 2]! - sorted[other + k + 2]!;
        sum += a * a + b * b + c * c;
      }
      if (sum < best || (sum === best && order[candidate]! < bestIndex)) {
        best = sum;
        bestIndex = order[candidate]!;
      }
    }
    index[patch] = bestIndex;
    square[patch] = best;
  }
  return { index, square };
}

/** The first position in `sorted` whose leading coefficient is at least `grey`. */
function lowerBound(sorted: Float32Array, d: number, count: number, gray: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle * d]! < gray) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Row k: the k-th orthonormal DCT-II basis vector. */
function cosineBasis(size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, i) => {
    const k = Math.floor(i / size);
    const x = i % size;
    return Math.sqrt((k === 0 ? 1 : 2) / size) * Math.cos((Math.PI * k * (2 * x + 1)) / (2 * size));
  });
}

/** to[k][y] = Σ_x basis[k][x]·from[y][x]. */
function transformRows(from: Float64Array, to: Float64Array, basis: Float64Array, size: number): void {
  for (let y = 0; y < size; y++) {
    for (let k = 0; k < size; k++) {
      let sum = 0;
      for (let x = 0; x < size; x++) sum += basis[k * size + x]! * from[y * size + x]!;
      to[k * size + y] = sum;
    }
  }
}

/** Indices of a size×size block by rising frequency. */
function coarseFirst(size: number): number[] {
  const frequency = (i: number) => (i % size) ** 2 + Math.floor(i / size) ** 2;
  return Array.from({ length: size * size }, (_, i) => i).sort(
    (i, j) => frequency(i) - frequency(j) || i - j,
  );
}

function opponentPlanes({ width, height, data }: RgbImage): Float32Array[] {
  const planes = [0, 1, 2].map(() => new Float32Array(width * height));
  for (let i = 0, at = 0; i < width * height; i++, at += 3) {
    const [r, g, b] = [data[at]!, data[at + 1]!, data[at + 2]!];
    planes[0]![i] = (r + g + b) / Math.sqrt(3);
    planes[1]![i] = (r - g) / Math.sqrt(2);
    planes[2]![i] = (r + g - 2 * b) / Math.sqrt(6);
  }
  return planes;
}
