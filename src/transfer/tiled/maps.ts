/**
 * How maps lie in memory: the picture row by row with its colours innermost, everything between stages channel by
 * channel, which is how convolutions are computed, so that nothing is turned over on the way in and out.
 */
import type { MapShape } from '../../encoders/links.ts';
import { tf } from '../../tensor.ts';

/** A map as `blocks` one after the other, each of `rows` rows of `row` values. */
export interface Layout {
  readonly blocks: number;
  readonly rows: number;
  readonly row: number;
  /** As an engine is given it: [1,h,w,3] for the picture, [1,c,h,w] between stages. */
  readonly shape: readonly [number, number, number, number];
}

export function layoutOf([height, width, channels]: MapShape, isPicture: boolean): Layout {
  return isPicture
    ? { blocks: 1, rows: height, row: width * channels, shape: [1, height, width, channels] }
    : { blocks: channels, rows: height, row: width, shape: [1, channels, height, width] };
}

/** Number of values. */
export function sizeOf({ blocks, rows, row }: Layout): number {
  return blocks * rows * row;
}

/** Copies `count` rows from row `from` of one map to row `to` of another, in all blocks. */
export function copyRows(
  source: Float32Array,
  sourceLayout: Layout,
  from: number,
  target: Float32Array,
  targetLayout: Layout,
  to: number,
  count: number,
): void {
  const { blocks, row } = sourceLayout;
  for (let block = 0; block < blocks; block++) {
    const begin = (block * sourceLayout.rows + from) * row;
    target.set(source.subarray(begin, begin + count * row), (block * targetLayout.rows + to) * row);
  }
}

/** Adds all rows of a map to those from row `to` on of another. */
export function addRows(
  source: Float32Array,
  sourceLayout: Layout,
  target: Float32Array,
  targetLayout: Layout,
  to: number,
): void {
  const { blocks, rows, row } = sourceLayout;
  for (let block = 0; block < blocks; block++) {
    const begin = block * rows * row;
    const offset = (block * targetLayout.rows + to) * row;
    for (let i = 0; i < rows * row; i++) target[offset + i]! += source[begin + i]!;
  }
}

/** A map between stages as tfjs takes it, [1,c,h,w] to [1,h,w,c]. */
export function channelsLast(map: tf.Tensor): tf.Tensor4D {
  return tf.transpose(map, [0, 2, 3, 1]) as tf.Tensor4D;
}

/** The way back, [1,h,w,c] to [1,c,h,w]. */
export function channelsFirst(map: tf.Tensor): tf.Tensor4D {
  return tf.transpose(map, [0, 3, 1, 2]) as tf.Tensor4D;
}
