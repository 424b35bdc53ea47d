/**
 * Positions of a picture at which hyper-columns are read: seeded, distinct pixels that move on together from round to
 * round, and the values of a map of any size at them, linear between the map's own positions.
 */
import { createRandom } from '../random.ts';
import { tf } from '../tensor.ts';
import { rounds } from './loss.ts';
import { splitRows } from './rows.ts';

/** Where hyper-columns are read in each round. */
export type Positions = MovingPixels | ListedPixels;

/** Pixels of a part of a picture, which move on along the list of all of its pixels, from its end to its beginning. */
interface ListedPixels {
  /** Rows and columns of all pixels of the part. */
  readonly list: { readonly rows: Float32Array; readonly columns: Float32Array };
  /** Places in the list at which a round begins, and how far they move. */
  readonly places: Float32Array;
  readonly step: number;
  readonly complete: boolean;
}

/** Pixels of a picture, and how far they move in a round, around the edges. */
interface MovingPixels {
  readonly height: number;
  readonly width: number;
  readonly rows: Float32Array;
  readonly columns: Float32Array;
  readonly stepDown: number;
  readonly stepAcross: number;
  /** Whether every pixel is among them, so that moving changes nothing but their order. */
  readonly complete: boolean;
}

/**
 * `count` distinct pixels, or all of them where there are no more than that.
 *
 * @param keys - what the positions are for
 */
export function drawPositions(
  height: number,
  width: number,
  count: number,
  seed: number,
  ...keys: readonly string[]
): MovingPixels {
  const total = height * width;
  const pixels = chosenOf(total, count, seed, keys);
  return {
    height,
    width,
    rows: Float32Array.from(pixels, (pixel) => Math.floor(pixel / width)),
    columns: Float32Array.from(pixels, (pixel) => pixel % width),
    // The golden ratio's and the plastic number's inverse: rounds spread evenly (Roberts, The unreasonable
    // effectiveness of quasirandom sequences, 2018).
    stepDown: coprimeTo(height, 0.618 * height),
    stepAcross: coprimeTo(width, 0.7549 * width),
    complete: count >= total,
  };
}

/** The same among some pixels of a picture of this width, counted row by row. */
export function drawAmong(
  pixels: Int32Array,
  width: number,
  count: number,
  seed: number,
  ...keys: readonly string[]
): ListedPixels {
  const total = pixels.length;
  return {
    list: {
      rows: Float32Array.from(pixels, (pixel) => Math.floor(pixel / width)),
      columns: Float32Array.from(pixels, (pixel) => pixel % width),
    },
    places: Float32Array.from(chosenOf(total, count, seed, keys)),
    // All places must be whole numbers that float32 holds.
    step: coprimeTo(total, Math.min(0.618 * total, (2 ** 24 - total) / (rounds + 1))),
    complete: count >= total,
  };
}

/** `count` distinct numbers below `total`, or all of them in order where there are no more. */
function chosenOf(total: number, count: number, seed: number, keys: readonly string[]): number[] {
  const random = createRandom(seed, ...keys);
  const chosen = new Set<number>();
  if (count >= total) for (let i = 0; i < total; i++) chosen.add(i);
  while (chosen.size < Math.min(count, total)) chosen.add(random.integer(total));
  return [...chosen];
}

/** The least integer from `wanted` on that shares no factor with `size`: its multiples visit every residue. */
function coprimeTo(size: number, wanted: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let step = Math.max(1, Math.round(wanted));
  while (divisor(step, size) !== 1) step++;
  return step;
}

/** Rows and columns [n] of the positions in a round, as whole float32 numbers. */
export function positionsAt(
  positions: Positions,
  round: tf.Scalar,
): { rows: tf.Tensor1D; columns: tf.Tensor1D } {
  const moved = (begin: Float32Array, step: number, size: number): tf.Tensor1D => {
    const places = tf.add(tf.tensor1d(begin), tf.mul(round, step));
    // The half keeps a quotient that should be whole from being rounded below it.
    const turns = tf.floor(tf.mul(tf.add(places, 0.5), 1 / size));
    return tf.sub(places, tf.mul(turns, size)) as tf.Tensor1D;
  };
  if ('list' in positions) {
    const { list, places, step } = positions;
    const count = list.rows.length;
    const near = moved(places, step, count);
    // A long list's quotients are too fine for float32: a place may come out one turn off.
    const off = tf.sub(
      tf.cast(tf.less(near, 0), 'float32'),
      tf.cast(tf.greaterEqual(near, count), 'float32'),
    );
    const indices = tf.cast(tf.add(near, tf.mul(off, count)), 'int32');
    const read = (table: Float32Array) => tf.gather(tf.tensor1d(table), indices);
    return { rows: read(list.rows), columns: read(list.columns) };
  }
  return {
    rows: moved(positions.rows, positions.stepDown, positions.height),
    columns: moved(positions.columns, positions.stepAcross, positions.width),
  };
}

/**
 * Which rows of a map as a matrix to read for n positions, int32 [k·n], all first corners before all second ones, and
 * what each counts, [k,n,1]. A map of the picture's own size has one corner for each position.
 */
export interface Corners {
  readonly indices: tf.Tensor1D;
  readonly shares: tf.Tensor3D;
}

/**
 * Where the centres of pixels lie in a map of [height, width] positions that covers the same picture, as the four
 * positions around each, which share it linearly; beyond the outermost centres the nearest one has it all.
 */
export function cornersIn(
  { rows, columns }: { rows: tf.Tensor1D; columns: tf.Tensor1D },
  picture: readonly [number, number],
  [height, width]: readonly [number, number],
): Corners {
  const along = (pixels: tf.Tensor1D, from: number, to: number) => {
    if (from === to) return [{ at: pixels, share: tf.onesLike(pixels) }];
    const place = tf.clipByValue(tf.sub(tf.mul(tf.add(pixels, 0.5), to / from), 0.5), 0, to - 1);
    const below = tf.floor(place);
    const above = tf.minimum(tf.add(below, 1), to - 1);
    const share = tf.sub(place, below);
    return [
      { at: below, share: tf.sub(1, share) },
      { at: above, share },
    ];
  };
  const down = along(rows, picture[0], height);
  const across = along(columns, picture[1], width);
  const corners = down.flatMap((y) =>
    across.map((x) => ({ at: tf.add(tf.mul(y.at, width), x.at), share: tf.mul(y.share, x.share) })),
  );
  return {
    indices: tf.cast(tf.concat(corners.map(({ at }) => at)), 'int32') as tf.Tensor1D,
    shares: tf.expandDims(tf.stack(corners.map(({ share }) => share)), 2) as tf.Tensor3D,
  };
}

/** The values of a map, as a matrix [M,c], at positions described by their corners: [n,c]. */
export function readAt(matrix: tf.Tensor2D, { indices, shares }: Corners): tf.Tensor2D {
  const [corners, count] = shares.shape;
  const read = tf.gather(matrix, indices);
  if (corners === 1) return read;
  return tf.sum(tf.mul(tf.reshape(read, [corners, count, matrix.shape[1]]), shares), 0) as tf.Tensor2D;
}

/** The same for several lists of positions at once, one result for each. */
export function readAllAt(matrix: tf.Tensor2D, lists: readonly Corners[]): tf.Tensor2D[] {
  const counts = lists.map(({ shares }) => shares.shape[1]);
  const indices = lists.map(({ indices, shares: { shape } }) => tf.reshape(indices, [shape[0], shape[1]]));
  const all: Corners = {
    indices: tf.reshape(tf.concat(indices, 1), [-1]) as tf.Tensor1D,
    shares: tf.concat(
      lists.map(({ shares }) => shares),
      1,
    ),
  };
  return splitRows(readAt(matrix, all), counts);
}
