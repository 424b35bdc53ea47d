/**
 * Differentiable statistics of feature maps. Those that read a whole map carry a gradient derived by hand: it
 * visits the map fewer times than the one composed from single operations (a Gram matrix needs one product
 * instead of two, a squared distance no expanded upstream gradient).
 */
import { tf } from '../tensor.ts';

type Save = (tensors: tf.Tensor[]) => void;

/** A scalar-valued or tensor-valued function of one tensor with its own gradient. */
function differentiable<T extends tf.Tensor>(
  forward: (x: tf.Tensor, save: Save) => tf.Tensor,
  backward: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor,
): (x: tf.Tensor) => T {
  return tf.customGrad((...args: unknown[]) => {
    const [x, save] = args as [tf.Tensor, Save];
    return {
      value: forward(x, save),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => backward(dy, saved),
    };
  }) as (x: tf.Tensor) => T;
}

/** Below this a target counts as zero: `relative` conventions divide by at least so much. */
export const leastNorm = 1e-20;

/** A map [1,h,w,c] as a matrix [M,N], M = h·w positions by N = c channels. */
export function asMatrix(features: tf.Tensor4D): tf.Tensor2D {
  const [, height, width, channels] = features.shape;
  return tf.reshape(features, [height * width, channels]) as tf.Tensor2D;
}

/**
 * Σ w·(x − target)², a scalar. `target` and `weights` (which broadcasts to x, default 1) count as constants.
 */
export function squaredDistance(x: tf.Tensor, target: tf.Tensor, weights?: tf.Tensor): tf.Scalar {
  return differentiable<tf.Scalar>(
    (x, save) => {
      const difference = tf.sub(x, target);
      const weighted = weights === undefined ? difference : tf.mul(difference, weights);
      save([weighted]);
      return tf.sum(tf.mul(difference, weighted));
    },
    (dy, [weighted]) => tf.mul(weighted!, tf.mul(dy, 2)),
  )(x);
}

/** Σ x², a scalar. */
export function squaredNorm(x: tf.Tensor): tf.Scalar {
  return tf.sum(tf.mul(x, x));
}

/** 1/Σ x², a scalar, for a target; never more than 1/leastNorm. */
export function inverseSquaredNorm(target: tf.Tensor): tf.Scalar {
  return tf.div(1, tf.maximum(squaredNorm(target), leastNorm));
}

/**
 * FᵀF/M of a map [1,h,w,c], [c,c]: the second moments of its channels, which is the Gram matrix over the number
 * of positions. The gradient for an upstream S is F(S + Sᵀ)/M.
 */
export function secondMoments(features: tf.Tensor4D): tf.Tensor2D {
  return gramOverPositions(asMatrix(features));
}

const gramOverPositions = differentiable<tf.Tensor2D>(
  (matrix, save) => {
    save([matrix]);
    return tf.mul(tf.matMul(matrix, matrix, true, false), 1 / matrix.shape[0]!);
  },
  (dy, [matrix]) =>
    tf.matMul(matrix! as tf.Tensor2D, tf.mul(tf.add(dy, tf.transpose(dy)), 1 / matrix!.shape[0]!)),
);

/**
 * Means of the channels of a map [1,h,w,c], [1,c].
 */
export function means(features: tf.Tensor4D): tf.Tensor2D {
  return tf.mean(asMatrix(features), 0, true);
}

/** Population variances of the channels, [1,c]: the mean squared distance from the mean. */
export function variances(features: tf.Tensor4D): tf.Tensor2D {
  return centredVariances(asMatrix(features));
}

// The centred map sums to zero over positions, so the gradient through the mean vanishes.
const centredVariances = differentiable<tf.Tensor2D>(
  (matrix, save) => {
    const centred = tf.sub(matrix, tf.mean(matrix, 0, true));
    save([centred]);
    return tf.mean(tf.mul(centred, centred), 0, true);
  },
  (dy, [centred]) => tf.mul(centred!, tf.mul(dy, 2 / centred!.shape[0]!)),
);

/** Population covariance of the channels, [c,c]. */
export function covariance(features: tf.Tensor4D): tf.Tensor2D {
  return matrixCovariance(asMatrix(features));
}

/** Population covariance of the columns of a matrix [n,d], [d,d]. */
export function matrixCovariance(matrix: tf.Tensor2D): tf.Tensor2D {
  return centredProduct(matrix);
}

/** All products XXᵀ of the rows of a matrix [n,d], [n,n]. The gradient for an upstream S is (S + Sᵀ)X. */
export function rowProducts(matrix: tf.Tensor2D): tf.Tensor2D {
  return productsOfRows(matrix);
}

const productsOfRows = differentiable<tf.Tensor2D>(
  (matrix, save) => {
    save([matrix]);
    return tf.matMul(matrix as tf.Tensor2D, matrix as tf.Tensor2D, false, true);
  },
  (dy, [matrix]) => tf.matMul(tf.add(dy, tf.transpose(dy)) as tf.Tensor2D, matrix! as tf.Tensor2D),
);

const centredProduct = differentiable<tf.Tensor2D>(
  (matrix, save) => {
    const centred = tf.sub(matrix, tf.mean(matrix, 0, true));
    save([centred]);
    return tf.mul(
      tf.matMul(centred as tf.Tensor2D, centred as tf.Tensor2D, true, false),
      1 / matrix.shape[0]!,
    );
  },
  (dy, [centred]) =>
    tf.matMul(centred! as tf.Tensor2D, tf.mul(tf.add(dy, tf.transpose(dy)), 1 / centred!.shape[0]!)),
);

/**
 * FᵀH/M of two maps, [c_F,c_H]: the second moments between their channels. The map with more positions is
 * average-pooled to the other's height and width by `poolTo`; M counts the positions of the smaller map.
 */
export function crossMoments(first: tf.Tensor4D, second: tf.Tensor4D): tf.Tensor2D {
  const height = Math.min(first.shape[1], second.shape[1]);
  const width = Math.min(first.shape[2], second.shape[2]);
  const a = asMatrix(poolTo(first, height, width));
  const b = asMatrix(poolTo(second, height, width));
  return tf.mul(tf.matMul(a, b, true, false), 1 / (height * width));
}

/**
 * The second moments between a map [1,h,w,c] and its own copy shifted by `down` rows and `across` columns, [c,c]:
 * the mean of F(p)ᵀF(p + shift) over the positions p whose shifted neighbour lies inside the map.
 */
export function shiftedMoments(features: tf.Tensor4D, down: number, across: number): tf.Tensor2D {
  const [, height, width, channels] = features.shape;
  const size: [number, number, number, number] = [1, height - down, width - across, channels];
  const near = asMatrix(tf.slice(features, [0, 0, 0, 0], size));
  const far = asMatrix(tf.slice(features, [0, down, across, 0], size));
  return tf.mul(tf.matMul(near, far, true, false), 1 / near.shape[0]);
}

/**
 * A map [1,h,w,c] average-pooled to [1,height,width,c], both at most its own. Down (and likewise across) the
 * window and stride k is the least power of two that takes h to `height` with h/k rounded either way, or h/height
 * rounded where none does. Rows beyond k·height are left out; where rows are missing (an odd map halved upwards)
 * the last one is repeated.
 */
export function poolTo(features: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const rows = poolingWindow(features.shape[1], height);
  const columns = poolingWindow(features.shape[2], width);
  const fitted = fitAxis(fitAxis(features, 1, rows * height), 2, columns * width);
  // Whole windows only: tfjs divides the gradient of a part window by the whole one.
  return rows === 1 && columns === 1 ? fitted : tf.avgPool(fitted, [rows, columns], [rows, columns], 'valid');
}

function poolingWindow(from: number, to: number): number {
  for (let k = 1; k <= 2 * from; k *= 2) {
    if (Math.floor(from / k) === to || Math.ceil(from / k) === to) return k;
  }
  return Math.max(1, Math.round(from / to));
}

/** Cuts an axis at the end, or lengthens it by repeating its last slice, to `extent`. */
function fitAxis(x: tf.Tensor4D, axis: 1 | 2, extent: number): tf.Tensor4D {
  const size = x.shape[axis];
  if (extent === size) return x;
  const sizes = [...x.shape] as [number, number, number, number];
  if (extent < size) {
    sizes[axis] = extent;
    return tf.slice(x, [0, 0, 0, 0], sizes);
  }
  const begin: [number, number, number, number] = [0, 0, 0, 0];
  begin[axis] = size - 1;
  sizes[axis] = 1;
  const last = tf.slice(x, begin, sizes);
  return tf.concat([x, ...Array.from({ length: extent - size }, () => last)], axis);
}

/** The sum over `names` of what `value` gives for each, a scalar; 0 for none. */
export function sumOf<Name>(names: readonly Name[], value: (name: Name) => tf.Tensor): tf.Scalar {
  if (names.length === 0) return tf.scalar(0);
  return names.map(value).reduce((sum, term) => tf.add(sum, term)) as tf.Scalar;
}
