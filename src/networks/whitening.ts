/**
 * Whitening and colouring: maps are given the covariance of others (Li et al., NeurIPS 2017). In tfjs operations alone,
 * without an eigen-decomposition, which no engine has.
 *
 * The inverse root of a covariance comes from Newton and Schulz's iteration (`losses/square-root.ts`), which resolves
 * eigenvalues down to 1e-6 of the covariance's norm; those of VGG's maps go below. So maps are whitened again, by the
 * covariance that they have after the round before: what was not resolved then is much nearer to the rest now. As each
 * round's matrix is a polynomial of the covariance, their product is its symmetric inverse root.
 *
 * Where maps do not vary (dead channels, fewer positions than channels) nothing but rounding would be enlarged. A variance
 * that is added in all directions bounds the factors, and what is whitened is multiplied by its own covariance in the end:
 * 1 in directions that were whitened, 0 in the others.
 *
 * Against an eigen-decomposition in double precision, whitened values of variances from 1e-5 up are right to some 1e-4 of
 * the largest. That is less than what single precision costs an eigen-decomposition.
 */
import { defaultSteps, inverseSquareRoot } from '../losses/square-root.ts';
import { tf } from '../tensor.ts';

const rounds = 2;

/** The variance that is added: of no weight where a map varies by the 1e-5 that published programs regard. */
const least = 1e-8;

/** Rows with the mean zero, and that mean. */
function centred(rows: tf.Tensor2D): { readonly rows: tf.Tensor2D; readonly mean: tf.Tensor2D } {
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
  let white = rows;
  // What is added goes through the rounds beside the rows.
  let added = tf.mul(tf.eye(rows.shape[1]), Math.sqrt(least)) as tf.Tensor2D;
  for (let round = 0; round < rounds; round++) {
    const variances = tf.add(products(white, white), tf.matMul(added, added, true)) as tf.Tensor2D;
    const inverse = inverseSquareRoot(variances, defaultSteps);
    white = tf.matMul(white, inverse);
    added = tf.matMul(added, inverse);
  }
  return tf.matMul(white, products(white, white));
}

/** What a style's maps colour others by: the root of their covariance, [C,C], and their mean, [1,C]. */
export interface Color {
  readonly root: tf.Tensor2D;
  readonly mean: tf.Tensor2D;
}

/** @param rows - positions of the style's map, [n,C] */
export function colorOf(rows: tf.Tensor2D): Color {
  const { rows: own, mean } = centred(rows);
  // S^½ = S·S^−½, with S^−½ already multiplied onto the rows.
  return { root: products(own, whitened(own)), mean };
}

/**
 * Positions of a content's map with the covariance and the mean of a style's.
 * @param rows - [n,C]
 */
export function colored(rows: tf.Tensor2D, { root, mean }: Color): tf.Tensor2D {
  return tf.add(tf.matMul(whitened(centred(rows).rows), root), mean);
}
