/**
 * Histogram matching of feature maps, channel by channel, in tfjs operations whose shapes depend on nothing but
 * the map's shape.
 *
 * A channel's histogram has B equal bins between its own least and greatest value, the last one closed. Its
 * cumulative distribution C is linear inside a bin, and so is its inverse Q inside a bin that is not empty. The
 * match of a value x in bin k of the current map, at the fraction t of the bin, is
 *
 *   R(x) = (1 − t)·Q⁺(C(e_k)) + t·Q⁻(C(e_{k+1}))
 *
 * with e the bin edges, C the current distribution, Q the style's, and Q⁺, Q⁻ its limits from above and below,
 * which differ where the style has empty bins. Two maps of one distribution, of whatever sizes, leave x as it is.
 * A channel without spread lies on the lower edge of its first bin and is mapped to the style's least value.
 */
import { type NamedTensors, tf } from '../tensor.ts';

/** A range smaller than this counts as none. */
const leastRange = 1e-20;

/** Where the values [M,N] of a map lie in the bins of their channels. */
interface Binning {
  /** Least value and bin width of each channel, [1,N]. */
  readonly least: tf.Tensor2D;
  readonly binWidth: tf.Tensor2D;
  /** Distance from the least value in bins, 0 to `bins`, [M,N]. */
  readonly positions: tf.Tensor2D;
  /** Index into a table [N·(bins+1)], row after row of one channel; a greatest value has the index `bins`. */
  readonly cells: tf.Tensor2D;
  /** The share of values below each edge e_0 … e_bins, [N,bins+1]. */
  readonly cumulative: tf.Tensor2D;
}

function binning(matrix: tf.Tensor2D, bins: number): Binning {
  const [rows, channels] = matrix.shape;
  const least = tf.min(matrix, 0, true) as tf.Tensor2D;
  const range = tf.sub(tf.max(matrix, 0, true) as tf.Tensor2D, least);
  const binsPerUnit = tf.div(bins, tf.maximum(range, leastRange));
  const positions = tf.mul(tf.sub(matrix, least), binsPerUnit) as tf.Tensor2D;
  const rowStarts = tf.tensor2d(
    Float32Array.from({ length: channels }, (_, channel) => channel * (bins + 1)),
    [1, channels],
  );
  const cells = tf.cast(tf.add(tf.floor(positions), rowStarts), 'int32') as tf.Tensor2D;
  const size = channels * (bins + 1);
  const counts = tf.scatterND(tf.reshape(cells, [-1, 1]), tf.ones([rows * channels]), [size]);
  const below = tf.cumsum(tf.reshape(counts, [channels, bins + 1]), 1, true);
  // The last edge closes the last bin: everything lies below it, the greatest values included.
  const inner = tf.slice(below, [0, 0], [channels, bins]);
  const cumulative = tf.concat([tf.div(inner, rows), tf.ones([channels, 1])], 1) as tf.Tensor2D;
  return { least, binWidth: tf.mul(range, 1 / bins), positions, cells, cumulative };
}

/**
 * The style's side of a match, from its map as a matrix [M_A,N].
 *
 * @returns `least` and `binWidth` [1,N] and `cumulative` [N,bins+1]; their shapes do not depend on M_A
 */
export function histogramTarget(
  matrix: tf.Tensor2D,
  bins: number,
): { least: tf.Tensor2D; binWidth: tf.Tensor2D; cumulative: tf.Tensor2D } {
  const { least, binWidth, cumulative } = binning(matrix, bins);
  return { least, binWidth, cumulative };
}

/**
 * R of every value of a map, as the file's head defines it.
 *
 * @param matrix - the current map, [M,N]
 * @param target - what `histogramTarget` gave for the style with the same `bins`
 * @returns the matched values, [M,N]
 */
export function matchHistogram(matrix: tf.Tensor2D, target: NamedTensors, bins: number): tf.Tensor2D {
  const channels = matrix.shape[1];
  const { positions, cells, cumulative } = binning(matrix, bins);
  const ofStyle = target.cumulative as tf.Tensor2D;
  const lower = tf.slice(cumulative, [0, 0], [channels, bins]) as tf.Tensor2D;
  const upper = tf.slice(cumulative, [0, 1], [channels, bins]) as tf.Tensor2D;
  // Matched values of the bins' two ends in units of the style's bins, [N,bins].
  const start = quantiles(ofStyle, lower, 'above', bins);
  const end = quantiles(ofStyle, upper, 'below', bins);
  // R = intercept + slope·position, one pair per cell; the cell of greatest values maps to the style's greatest.
  const slope = tf.pad(tf.sub(end, start), [
    [0, 0],
    [0, 1],
  ]);
  const edges = tf.tensor1d(Float32Array.from({ length: bins }, (_, edge) => edge));
  const intercept = tf.pad(
    tf.sub(start, tf.mul(tf.sub(end, start), edges)),
    [
      [0, 0],
      [0, 1],
    ],
    bins,
  );
  const binWidth = tf.reshape(target.binWidth!, [channels, 1]);
  const least = tf.reshape(target.least!, [channels, 1]);
  const intercepts = tf.reshape(tf.add(tf.mul(intercept, binWidth), least), [-1]);
  const slopes = tf.reshape(tf.mul(slope, binWidth), [-1]);
  return tf.add(tf.gather(intercepts, cells), tf.mul(tf.gather(slopes, cells), positions));
}

/**
 * The inverse of a cumulative distribution given at its bins' edges, in bins: for a share u the position q with
 * C(q) = u. Where C is flat, the limit from above or below.
 *
 * @param cumulative - shares below the edges, ascending from 0 to 1, [N,bins+1]
 * @param shares - [N,Q] in [0,1]
 */
function quantiles(
  cumulative: tf.Tensor2D,
  shares: tf.Tensor2D,
  limit: 'above' | 'below',
  bins: number,
): tf.Tensor2D {
  const [channels, edges] = cumulative.shape;
  const bin = countBelow(
    tf.slice(cumulative, [0, 1], [channels, bins]) as tf.Tensor2D,
    shares,
    limit === 'above',
  );
  // One edge more than there are: from above, the share 1 lies beyond the last bin, at its end.
  const padded = tf.pad(
    cumulative,
    [
      [0, 0],
      [0, 1],
    ],
    2,
  );
  const flat = tf.reshape(padded, [-1]);
  const index = tf.add(bin, columnOf(channels, edges + 1));
  const from = tf.gather(flat, tf.cast(index, 'int32'));
  const to = tf.gather(flat, tf.cast(tf.add(index, 1), 'int32'));
  return tf.add(bin, tf.div(tf.sub(shares, from), tf.sub(to, from))) as tf.Tensor2D;
}

/**
 * How many values of each row of `sorted` [N,K] lie below each query [N,Q] of that row (`orEqual`: at or below),
 * as floats. Values and queries lie in [0,1]. Searches blocks of √K, then the block: 2√K comparisons a query.
 */
function countBelow(sorted: tf.Tensor2D, queries: tf.Tensor2D, orEqual: boolean): tf.Tensor2D {
  const [rows, length] = sorted.shape;
  const size = Math.ceil(Math.sqrt(length));
  const blocks = Math.floor(length / size) + 1;
  // At least one value above every query ends the last block.
  const table = tf.reshape(
    tf.pad(
      sorted,
      [
        [0, 0],
        [0, blocks * size - length],
      ],
      2,
    ),
    [rows, blocks, size],
  );
  const query = tf.expandDims(queries, 2);
  const count = (values: tf.Tensor): tf.Tensor =>
    tf.sum(tf.cast(orEqual ? tf.lessEqual(values, query) : tf.less(values, query), 'float32'), 2);
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
