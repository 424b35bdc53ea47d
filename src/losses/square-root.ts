/**
 * The square root of a positive semi-definite matrix without an eigen-decomposition, which no engine has: the coupled
 * Newton–Schulz iteration (Higham, Functions of Matrices, SIAM 2008, ch. 6), matrix products only, each step scaled (Chen &
 * Chow, A stable scaling of Newton–Schulz for improving the sign function computation, 2014). From Y₀ = B/‖B‖, Z₀ = I,
 *
 *   T = a(3I − a²Z·Y)/2,   Y ← Y·T,   Z ← T·Z,
 *
 * Y tends to (B/‖B‖)^½ and Z to its inverse (Frobenius norm). With √b the root of an eigenvalue of B/‖B‖, a step takes
 * x = √b·(what Z has for its inverse) to ax(3 − a²x²)/2, which for a = 1 grows by 1.5 while x is small. With all x in
 * [l, 1], a = √(3/(1 + l + l²)) brings them nearest to 1: small ones grow by 2.6 a step. The first l is 1e-3, so that 10
 * steps resolve eigenvalues b ≥ 1e-6 and count smaller ones for less, down to nothing: a singular matrix does no harm.
 * More steps, from a smaller l, would blow up the rounding of float32, whose eigenvalues may be some −1e-7.
 *
 * Of matrices BB with eigenvalues that fall like k^−2 (as those of `bures.ts` at identical pictures, the worst case), the
 * trace of the root is too small by .6 % of its own (96×96), where 15 unscaled steps leave 3 %; with two such covariances
 * that differ by 2e-5 (unscaled 1.5e-3).
 */
import { tf } from '../tensor.ts';
import { leastNorm } from './statistics.ts';

/** Steps by default, which are also the most that float32 bears. */
export const defaultSteps = 10;
export const mostSteps = 10;

/** The least √b that the steps are scaled for. */
const leastRoot = 1e-3;

/** The factor a of each step, for all x in [from,1]. */
function scales(steps: number, from = leastRoot): number[] {
  let least = from;
  return Array.from({ length: steps }, () => {
    const a = Math.sqrt(3 / (1 + least + least * least));
    least = (a * least * (3 - (a * least) ** 2)) / 2;
    return a;
  });
}

/** Y, half of Z and ‖B‖ after `steps` steps. */
function iterate(
  matrix: tf.Tensor2D,
  steps: number,
  from?: number,
): { y: tf.Tensor2D; halfZ: tf.Tensor2D; norm: tf.Tensor } {
  const norm = tf.sqrt(tf.maximum(tf.sum(tf.mul(matrix, matrix)), leastNorm));
  const identity = tf.eye(matrix.shape[0]);
  const [beginning, ...following] = scales(steps, from) as [number, ...number[]];
  const start = tf.div(matrix, norm) as tf.Tensor2D;
  // The first step has Z = I.
  const first = tf.sub(tf.mul(identity, 1.5 * beginning), tf.mul(start, beginning ** 3 / 2)) as tf.Tensor2D;
  let y = tf.matMul(start, first) as tf.Tensor2D;
  // Carried along halved, Z needs no halving at every step.
  let halfZ = tf.mul(first, 0.5) as tf.Tensor2D;
  for (const a of following) {
    const product = tf.mul(tf.matMul(halfZ, y), a ** 3);
    const t = tf.sub(tf.mul(identity, 1.5 * a), product) as tf.Tensor2D;
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
 * B^−½ of a symmetric positive definite matrix [n,n]; carries no useful gradient.
 *
 * @param least - eigenvalue of B/‖B‖ from which on they are resolved, 1e-6 or more; the larger it is the more exact all are,
 *   to some 1e-5 of the result's norm for 1e-3
 */
export function inverseSquareRoot(matrix: tf.Tensor2D, least: number): tf.Tensor2D {
  const from = Math.sqrt(least);
  // As many steps as bring the least root within rounding of 1: each more than doubles it, and then the digits.
  const steps = Math.ceil(Math.log(1 / from) / Math.log(2.5)) + 3;
  const { halfZ, norm } = iterate(matrix, steps, from);
  return tf.div(tf.add(halfZ, tf.transpose(halfZ)), tf.sqrt(norm)) as tf.Tensor2D;
}

/**
 * tr B^½ of a symmetric positive semi-definite matrix [n,n], a scalar. Its gradient is ½B^−½, which the iteration
 * gives along with the root; where an eigenvalue is too small to be resolved it is bounded by some 1400/√‖B‖.
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
