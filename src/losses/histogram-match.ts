/**
 * Histogram matching of feature maps, channel by channel, in tfjs operations whose shapes depend on nothing but
 * the map's shape.
 *
 * A channel's histogram has B bins, which are centred on B equally spaced points from its own least to its own
 * greatest value. A value between two points counts for both, in proportion to its nearness (linear binning), so
 * that the histogram is a continuous function of the map. With m_k the shares so counted, mixed with 0.001 of a
 * uniform distribution, the cumulative distribution at point k is
 *
 *   C_k = m_0 + … + m_{k−1} + m_k/2
 *
 * and linear in between; thanks to the mixture it increases strictly, and its inverse Q is defined everywhere (and
 * constant beyond C_0 and C_{B−1}). Every point of the current map's histogram is matched to R_k = Q_A(C_k), Q_A
 * being the style's inverse, and a value between two points to the value that lies between their matches.
 *
 * Two maps of one distribution, of whatever sizes, leave each other as they are. A channel without spread lies on
 * its first point and is matched to the style's median.
 *
 * Hard bins would be cheaper by a scatter but let a match jump when a rounding error moves one value across an
 * edge, which upsets line searches and keeps engines from agreeing.
 */
import { type NamedTensors, tf } from '../tensor.ts';
import type { Covered } from './statistics.ts';

/** A range smaller than this counts as none. */
const leastRange = 1e-20;

/** The share of the uniform distribution that is mixed in. */
const uniformShare = 1e-3;

/** Where the values [M,N] of a map lie among the points of their channels. */
interface Binning {
  /** Least value of each channel and the distance of its points, [1,N]. */
  readonly least: tf.Tensor2D;
  readonly spacing: tf.Tensor2D;
  /** Index of the point at or below each value in a flat table [N·B], a row for each channel; int32 [M,N]. */
  readonly cells: tf.Tensor2D;
  /** How far each value lies on the way from that point to the next, in [0,1), [M,N]. */
  readonly fractions: tf.Tensor2D;
  /** C at each point, [N,B]. */
  readonly cumulative: tf.Tensor2D;
}

function binning({ matrix, relative }: Covered, bins: number): Binning {
  const [rows, channels] = matrix.shape;
  const least = tf.min(matrix, 0, true) as tf.Tensor2D;
  const range = tf.sub(tf.max(matrix, 0, true) as tf.Tensor2D, least);
  const pointsPerUnit = tf.div(bins - 1, tf.maximum(range, leastRange));
  const positions = tf.mul(tf.sub(matrix, least), pointsPerUnit);
  const points = tf.floor(positions);
  const fractions = tf.sub(positions, points) as tf.Tensor2D;
  const rowStarts = tf.reshape(columnOf(channels, bins), [1, channels]);
  const cells = tf.cast(tf.add(points, rowStarts), 'int32') as tf.Tensor2D;
  const sums = (values: tf.Tensor): tf.Tensor2D =>
    tf.reshape(tf.scatterND(tf.reshape(cells, [-1, 1]), tf.reshape(values, [-1]), [channels * bins]), [
      channels,
      bins,
    ]);
  const ones = tf.ones([rows, channels]);
  const counts = sums(relative === undefined ? ones : tf.mul(ones, relative));
  const moved = sums(relative === undefined ? fractions : tf.mul(fractions, relative));
  const arrived = tf.pad(tf.slice(moved, [0, 0], [channels, bins - 1]), [
    [0, 0],
    [1, 0],
  ]);
  const masses = tf.add(
    tf.mul(tf.add(tf.sub(counts, moved), arrived), (1 - uniformShare) / rows),
    uniformShare / bins,
  );
  const cumulative = tf.sub(tf.cumsum(masses, 1), tf.mul(masses, 0.5)) as tf.Tensor2D;
  return { least, spacing: tf.mul(range, 1 / (bins - 1)), cells, fractions, cumulative };
}

/**
 * The style's side of a match, from its map, or a part of it, as a matrix [M_A,N]; shares are weighted as it says.
 *
 * @param bins - B, at least 4
 * @returns `least` and `spacing` [1,N] and `cumulative` [N,B]; their shapes do not depend on M_A
 */
export function histogramTarget(
  part: Covered,
  bins: number,
): { least: tf.Tensor2D; spacing: tf.Tensor2D; cumulative: tf.Tensor2D } {
  const { least, spacing, cumulative } = binning(part, bins);
  return { least, spacing, cumulative };
}

/**
 * R of every value of a map, as the file's head defines it.
 *
 * @param part - the current map, [M,N], or a part of it
 * @param target - what `histogramTarget` gave for the style with the same `bins`
 * @returns the matched values, [M,N]
 */
export function matchHistogram(part: Covered, target: NamedTensors, bins: number): tf.Tensor2D {
  const channels = part.matrix.shape[1];
  const { cells, fractions, cumulative } = binning(part, bins);
  const spacing = tf.reshape(target.spacing!, [channels, 1]);
  const least = tf.reshape(target.least!, [channels, 1]);
  const positions = quantiles(target.cumulative as tf.Tensor2D, cumulative);
  const matches = tf.add(tf.mul(positions, spacing), least);
  const following = tf.slice(matches, [0, 1], [channels, bins - 1]);
  // Nothing lies beyond the last point but what rounding put there.
  const steps = tf.pad(tf.sub(following, tf.slice(matches, [0, 0], [channels, bins - 1])), [
    [0, 0],
    [0, 1],
  ]);
  const table = (values: tf.Tensor) => tf.gather(tf.reshape(values, [-1]), cells);
  return tf.add(table(matches), tf.mul(table(steps), fractions));
}

/**
 * The inverse of a cumulative distribution given at its points, in points: for a share u the position q with
 * C(q) = u, in [0, B−1].
 *
 * @param cumulative - strictly ascending within a row, in (0,1), [N,B]
 * @param shares - [N,Q] in (0,1)
 */
function quantiles(cumulative: tf.Tensor2D, shares: tf.Tensor2D): tf.Tensor2D {
  const [channels, bins] = cumulative.shape;
  const inner = tf.slice(cumulative, [0, 1], [channels, bins - 2]) as tf.Tensor2D;
  const point = countUpTo(inner, shares);
  const flat = tf.reshape(cumulative, [-1]);
  const index = tf.add(point, columnOf(channels, bins));
  const from = tf.gather(flat, tf.cast(index, 'int32'));
  const to = tf.gather(flat, tf.cast(tf.add(index, 1), 'int32'));
  const fraction = tf.clipByValue(tf.div(tf.sub(shares, from), tf.sub(to, from)), 0, 1);
  return tf.add(point, fraction) as tf.Tensor2D;
}

/**
 * How many values of each row of `sorted` [N,K] are at or below each query [N,Q] of that row, as floats. Values and
 * queries lie in [0,1]. Searches the last values of blocks of √K, then one block: 2√K comparisons a query.
 */
function countUpTo(sorted: tf.Tensor2D, queries: tf.Tensor2D): tf.Tensor2D {
  const [rows, length] = sorted.shape;
  const size = Math.ceil(Math.sqrt(length));
  const blocks = Math.floor(length / size) + 1;
  // At least one value above every query ends the last block.
  const padding: [number, number][] = [
    [0, 0],
    [0, blocks * size - length],
  ];
  const table = tf.reshape(tf.pad(sorted, padding, 2), [rows, blocks, size]);
  const query = tf.expandDims(queries, 2);
  const count = (values: tf.Tensor): tf.Tensor => tf.sum(tf.cast(tf.lessEqual(values, query), 'float32'), 2);
  const last = tf.reshape(tf.slice(table, [0, 0, size - 1], [rows, blocks, 1]), [rows, 1, blocks]);
  const block = count(last);
  const index = tf.cast(tf.add(block, columnOf(rows, blocks)), 'int32');
  const candidates = tf.gather(tf.reshape(table, [rows * blocks, size]), index);
  return tf.add(tf.mul(block, size), count(candidates)) as tf.Tensor2D;
}

/** 0, step, 2·step, … as a column [rows,1]: where the rows of a flattened table begin. */
function columnOf(rows: number, step: number): tf.Tensor2D {
  return tf.tensor2d(
    Float32Array.from({ length: rows }, (_, row) => row * step),
    [rows, 1],
  );
}
