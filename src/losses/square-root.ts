/**
 * The square root of a positive semi-definite matrix without an eigen-decomposition, which no engine has: the coupled
 * Newton–Schulz iteration (Higham, Functions of Matrices, SIAM 2008, ch. 6), matrix products only. From
 * Y₀ = B/‖B‖, Z₀ = I,
 *
 *   T = (3I − Z·Y)/2,   Y ← Y·T,   Z ← T·Z,
 *
 * Y tends to (B/‖B‖)^½ and Z to its inverse (Frobenius norm). With b an eigenvalue of B/‖B‖, the value that stands
 * for √b after k steps grows from b by 1.5 a step until it is near √b. So k steps resolve b down to some 2.25^−k
 * and count smaller ones for less, down to nothing, always between 0 and √b: a singular matrix does no harm. More
 * than 17 steps would blow up the rounding of float32, whose eigenvalues may be some −1e-7.
 *
 * After 15 steps, relative to ‖B‖^½, roots of b ≥ 1e-3 are exact but for rounding, and none is off by more than 7e-4
 * (12 steps: 2.1e-3; 17 steps: 3e-4).
 */
import { tf } from '../tensor.ts';
import { leastNorm } from './statistics.ts';

/** Steps by default, and the most that float32 bears. */
export const defaultSteps = 15;
export const mostSteps = 17;

/** Y, half of Z and ‖B‖ after `steps` steps. */
function iterate(
  matrix: tf.Tensor2D,
  steps: number,
): { y: tf.Tensor2D; halfZ: tf.Tensor2D; norm: tf.Tensor } {
  const norm = tf.sqrt(tf.maximum(tf.sum(tf.mul(matrix, matrix)), leastNorm));
  const threeHalves = tf.mul(tf.eye(matrix.shape[0]), 1.5);
  const start = tf.div(matrix, norm) as tf.Tensor2D;
  // The first step has Z = I.
  const first = tf.sub(threeHalves, tf.mul(start, 0.5)) as tf.Tensor2D;
  let y = tf.matMul(start, first) as tf.Tensor2D;
  // Carried along halved, Z needs no halving at every step.
  let halfZ = tf.mul(first, 0.5) as tf.Tensor2D;
  for (let step = 1; step < steps; step++) {
    const t = tf.sub(threeHalves, tf.matMul(halfZ, y)) as tf.Tensor2D;
    y = tf.matMul(y, t);
    halfZ = tf.matMul(t, halfZ);
  }
  return { y, halfZ, norm };
}

/** B^½ of a symmetric positive semi-definite matrix [n,n]; carries no useful gradient. */
export function squareRoot(matrix: tf.Tensor2D, steps: number): tf.Tensor2D {
  const { y, norm } = iterate(matrix, steps);
  return tf.mul(tf.add(y, tf.transpose(y)), tf.mul(tf.sqrt(norm), 0.5)) as tf.Tensor2D;
}

/**
 * tr B^½ of a symmetric positive semi-definite matrix [n,n], a scalar. Its gradient is ½B^−½, which the iteration
 * gives along with the root; where an eigenvalue is too small to be resolved it is bounded by ½·1.5^steps/√‖B‖.
 */
export function traceOfSquareRoot(matrix: tf.Tensor2D, steps: number): tf.Scalar {
  const trace = tf.customGrad((...args: unknown[]) => {
    const [x, save] = args as [tf.Tensor2D, (tensors: tf.Tensor[]) => void];
    const { y, halfZ, norm } = iterate(x, steps);
    const root = tf.sqrt(norm);
    save([tf.div(tf.add(halfZ, tf.transpose(halfZ)), tf.mul(root, 2))]);
    return {
      value: tf.mul(tf.sum(tf.mul(y, tf.eye(x.shape[0]))), root),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy),
    };
  }) as (x: tf.Tensor) => tf.Tensor;
  return trace(matrix) as tf.Scalar;
}
