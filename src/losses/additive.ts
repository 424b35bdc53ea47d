/**
 * Losses of statistics that are sums over positions. Such a loss can be computed of a picture strip by strip: the sums
 * are taken over each strip's own rows, added up, and only then compared; the gradient of the comparison with respect
 * to the sums is all that a strip needs to know of the others.
 */
import type { Features } from '../encoders/encoder.ts';
import { type NamedTensors, tf } from '../tensor.ts';
import { differentiable } from './differentiable.ts';
import type { Region } from './region.ts';
import { asMatrix, poolTo } from './statistics.ts';

/** A sum over the positions of a layer, or of a pair of layers (then over the coarser one's). */
export interface Statistic {
  /** Unique in its loss. */
  readonly key: string;
  readonly layers: readonly string[];
  /** What of the picture it is over; absent: all of it. */
  readonly region?: Region;
  /**
   * The sum over positions of weight times something; with weights that add up to 1 over the picture, its mean.
   * @param weights - [M,1], one for each position of the layer
   * @param targets - of the loss; those named in `maps` cut to the rows of `features`
   */
  of(features: Features, weights: tf.Tensor2D, targets: NamedTensors): tf.Tensor;
}

/** Targets made of statistics of the content or of the style; later steps know the targets of earlier ones. */
export interface TargetStep {
  readonly source: 'content' | 'style';
  /** Which of several styles; default 0. */
  readonly style?: number;
  /** Steps of one round do not read each other's targets, those of a later one all earlier ones'; default: its place in the list. */
  readonly round?: number;
  readonly statistics: readonly Statistic[];
  targets(statistics: NamedTensors, known: NamedTensors): NamedTensors;
}

/**
 * A loss term put together from sums; what it gives equals what the term's `targets` and `value` give. `comparing` makes
 * all three of one description.
 */
export interface Additive {
  /** Layers of the content that are targets as they are, each under the layer's name. */
  readonly maps: readonly string[];
  readonly steps: readonly TargetStep[];
  readonly statistics: readonly Statistic[];
  /** The unweighted value; `statistics` by key, over the whole picture. */
  value(statistics: NamedTensors, targets: NamedTensors): tf.Scalar;
}

/** Σ w·f over the rows f of a map as a matrix, [1,N]. */
export function weightedSum(map: tf.Tensor4D | tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(weights, matrixOf(map), true, false);
}

/** Σ w·(f − centre)² over the rows f of a map, channel by channel, [1,N]; `centre` is [1,N]. */
export function weightedSquares(map: tf.Tensor4D, weights: tf.Tensor2D, center: tf.Tensor): tf.Tensor2D {
  return weightedSum(tf.square(tf.sub(asMatrix(map), center)) as tf.Tensor2D, weights);
}

/**
 * Σ w·(f − centre)ᵀ(f − centre) over the rows f of a map, [N,N]; `centre` is [1,N], default 0. The gradient for an
 * upstream S is w(F − centre)(S + Sᵀ).
 */
export function weightedMoments(map: tf.Tensor4D, weights: tf.Tensor2D, center?: tf.Tensor): tf.Tensor2D {
  const moments = differentiable<tf.Tensor2D>(
    (matrix, save) => {
      const centered = center === undefined ? matrix : tf.sub(matrix, center);
      const weighted = tf.mul(centered, weights) as tf.Tensor2D;
      save([weighted]);
      return tf.matMul(centered as tf.Tensor2D, weighted, true, false);
    },
    (dy, [weighted]) => tf.matMul(weighted as tf.Tensor2D, tf.add(dy, tf.transpose(dy)) as tf.Tensor2D),
  );
  return moments(asMatrix(map));
}

/** Σ w·fᵀh over the positions of two maps, [c_F,c_H], the finer one average-pooled to the coarser one's by `poolTo`. */
export function weightedCross(first: tf.Tensor4D, second: tf.Tensor4D, weights: tf.Tensor2D): tf.Tensor2D {
  const height = Math.min(first.shape[1], second.shape[1]);
  const width = Math.min(first.shape[2], second.shape[2]);
  const a = asMatrix(poolTo(first, height, width));
  const b = asMatrix(poolTo(second, height, width));
  return tf.matMul(a, tf.mul(b, weights) as tf.Tensor2D, true, false);
}

/** The variances [1,N] from the means [1,N] and the mean squares about `centre`. */
export function varianceFrom(mean: tf.Tensor, squares: tf.Tensor, center: tf.Tensor): tf.Tensor {
  return tf.sub(squares, tf.square(tf.sub(mean, center)));
}

/** The covariance [N,N] from the mean [1,N] and the second moments about `centre`. */
export function covarianceFrom(mean: tf.Tensor, moments: tf.Tensor, center: tf.Tensor): tf.Tensor2D {
  const shift = tf.sub(mean, center) as tf.Tensor2D;
  return tf.sub(moments, tf.matMul(shift, shift, true, false));
}

function matrixOf(map: tf.Tensor4D | tf.Tensor2D): tf.Tensor2D {
  return map.rank === 2 ? (map as tf.Tensor2D) : asMatrix(map as tf.Tensor4D);
}
