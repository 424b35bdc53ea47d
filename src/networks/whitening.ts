/**
 * Whitening and colouring: maps are given the covariance of others (Li et al., NeurIPS 2017). In tfjs operations alone,
 * without an eigen-decomposition, which no engine has.
 *
 * The inverse root of a covariance comes from Newton and Schulz's iteration (`losses/square-root.ts`), which in single
 * precision is exact for well-conditioned matrices only; the covariances of VGG's maps have eigenvalues down to 1e-6 of the
 * largest, and none at all in directions of dead channels, or where positions are fewer than channels. So maps are whitened
 * in rounds, each by the covariance that the one before has left, to which a thousandth of its norm is added in all
 * directions: what a round leaves too small is nearer to the rest in the next, and no round enlarges rounding by much. As
 * each round's matrix is a polynomial of the covariance, their product is its symmetric inverse root. What is whitened is
 * then multiplied by its own covariance, which is 1 in directions that vary and 0 where there is nothing but rounding, and
 * brought nearer to the unit covariance by Newton's steps for an orthogonal matrix, X(3I − XᵀX)/2.
 *
 * Variances down to some 1e-8 of the largest are whitened. The published programs leave out those below 1e-5 by an
 * eigen-decomposition.
 */
import { inverseSquareRoot } from '../losses/square-root.ts';
import { tf } from '../tensor.ts';

/** The part of the covariance's norm that is added to it. */
const part = 1e-3;
const rounds = 4;
/** The last steps, each of which multiplies small variances by 2.25 and squares what large ones lack of 1. */
const steps = 5;

/** Rows with the mean zero, and that mean. */
function centered(rows: tf.Tensor2D): { readonly rows: tf.Tensor2D; readonly mean: tf.Tensor2D } {
  const mean = tf.mean(rows, 0, true) as tf.Tensor2D;
  return { rows: tf.sub(rows, mean), mean };
}

/** AᵀB/(n − 1). */
function products(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  return tf.div(tf.matMul(a, b, true), Math.max(1, a.shape[0] - 1));
}

/**
 * Rows of mean zero with the unit matrix for their covariance, in all directions in which they vary at all.
 * @param rows - [n,C], of mean zero
 */
export function whitened(rows: tf.Tensor2D): tf.Tensor2D {
  const identity = tf.eye(rows.shape[1]);
  let white = rows;
  for (let round = 0; round < rounds; round++) {
    const covariance = products(white, white);
    const more = tf.mul(identity, tf.mul(tf.sqrt(tf.sum(tf.square(covariance))), part));
    white = tf.matMul(white, inverseSquareRoot(tf.add(covariance, more) as tf.Tensor2D, part));
  }
  white = tf.matMul(white, products(white, white));
  for (let step = 0; step < steps; step++) {
    const near = tf.sub(tf.mul(identity, 1.5), tf.mul(products(white, white), 0.5)) as tf.Tensor2D;
    white = tf.matMul(white, near);
  }
  return white;
}

/** What a style's maps colour others by: the root of their covariance, [C,C], and their mean, [1,C]. */
export interface Color {
  readonly root: tf.Tensor2D;
  readonly mean: tf.Tensor2D;
}

/** @param rows - positions of the style's map, [n,C] */
export function colorOf(rows: tf.Tensor2D): Color {
  const { rows: own, mean } = centered(rows);
  // S^½ = S·S^−½, with S^−½ already multiplied onto the rows.
  return { root: products(own, whitened(own)), mean };
}

/**
 * Positions of a content's map with the covariance and the mean of a style's.
 * @param rows - [n,C]
 */
export function colored(rows: tf.Tensor2D, { root, mean }: Color): tf.Tensor2D {
  return tf.add(tf.matMul(whitened(centered(rows).rows), root), mean);
}
