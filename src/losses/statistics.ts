/**
 * Differentiable statistics of feature maps. Those that read a whole map carry a gradient derived by hand: it
 * visits the map fewer times than the one composed from single operations (a Gram matrix needs one product
 * instead of two, a squared distance no expanded upstream gradient).
 */
import type { EncoderOutline } from '../encoders/encoder.ts';
import { tf } from '../tensor.ts';
import { differentiable } from './differentiable.ts';
import type { Region, RegionGrid } from './region.ts';
import { once, rowsWithin } from './together.ts';

/** Below this a target counts as zero, whatever the encoder: `relative` conventions divide by at least so much. */
export const leastNorm = 1e-20;

/** A map [1,h,w,c] as a matrix [M,N], M = h·w positions by N = c channels. */
export function asMatrix(features: tf.Tensor4D): tf.Tensor2D {
  const [, height, width, channels] = features.shape;
  return tf.reshape(features, [height * width, channels]) as tf.Tensor2D;
}

/** What of a map a statistic is of. */
export interface Covered {
  /** Features at the positions that count, [m,c]. */
  readonly matrix: tf.Tensor2D;
  /** How much each of them counts, of mean 1, [m,1]; absent where all count alike. */
  readonly relative?: tf.Tensor2D;
  /** The weights of the region itself over its share of the picture, [m,1]; absent without a region. */
  readonly membership?: tf.Tensor2D;
}

/** The features of a map [1,h,w,c] at positions that a region names, one row for each. */
export function positionsWithin(
  map: tf.Tensor4D,
  region: Region,
  what: string,
  positionsIn: (grid: RegionGrid) => Int32Array,
): tf.Tensor2D {
  const [, height, width] = map.shape;
  const matrix = once(map, 'matrix', () => asMatrix(map));
  return rowsWithin(matrix, region, `${what} in ${height}×${width}`, (one) =>
    positionsIn(one.at(height, width)),
  );
}

/** The positions of a map [1,h,w,c] that lie in a region, or all of them without one. */
export function covered(map: tf.Tensor4D, region?: Region): Covered {
  if (region === undefined) return { matrix: asMatrix(map) };
  const { weights, relative } = region.at(map.shape[1], map.shape[2]);
  const column = (values: Float32Array) => tf.tensor2d(values, [values.length, 1]);
  return {
    matrix: positionsWithin(map, region, 'covered', ({ positions }) => positions),
    membership: column(weights.map((weight) => weight / region.share)),
    ...(relative && { relative: column(relative) }),
  };
}

/** The matrix of covered positions, each times the root of how much it counts. */
export function rooted({ matrix, relative }: Covered): tf.Tensor2D {
  return relative === undefined ? matrix : tf.mul(matrix, tf.sqrt(relative));
}

/** Weighted mean of each column of the covered positions, [1,c]. */
export function weightedMeans({ matrix, relative }: Covered): tf.Tensor2D {
  return tf.mean(relative === undefined ? matrix : tf.mul(matrix, relative), 0, true);
}

/**
 * 1/(weighted mean over positions of Σ x²), a scalar, for a target; bounded like `inverseSquaredNorm`.
 *
 * @param least - what Σ x² counts as at least
 */
export function inverseMeanEnergy(target: Covered, least: number): tf.Scalar {
  const positions = target.matrix.shape[0];
  return tf.mul(inverseSquaredNorm(rooted(target), positions * least), positions);
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

/**
 * 1/Σ x², a scalar, for a target. A target of less than `least` counts as having that: what is relative to a picture
 * of one colour, whose features are rounding, would be beyond all measure.
 */
export function inverseSquaredNorm(target: tf.Tensor, least: number): tf.Scalar {
  return inverseOf(squaredNorm(target), least);
}

/** 1/x of a scalar that counts as `least` where it is less. */
export function inverseOf(x: tf.Tensor, least: number): tf.Scalar {
  return tf.div(1, tf.maximum(x, Math.max(least, leastNorm)));
}

/**
 * The least energy per position of a map of so many channels (`EncoderOutline.leastEnergy`), Σ over channels. It is what
 * squared norms of means, and traces of second moments, count as at least; its square is that of second moments'
 * squared norms.
 */
export function leastEnergyOf(
  { leastEnergy = 0 }: Pick<EncoderOutline, 'leastEnergy'>,
  channels: number,
): number {
  return channels * leastEnergy;
}

/**
 * 1/‖Σ‖² of a target's covariance, a scalar. It counts as at least that of a picture whose features vary by 3 % of
 * their root mean square: one of a single colour does not vary at all.
 *
 * @param least - as `leastEnergyOf` gives it
 */
export function inverseSquaredCovariance(target: tf.Tensor2D, mean: tf.Tensor, least: number): tf.Scalar {
  const energy = tf.add(squaredNorm(mean), traceOf(target));
  const floor = tf.maximum(tf.mul(energy, leastVariation ** 2), Math.max(least, Math.sqrt(leastNorm)));
  return tf.div(1, tf.maximum(squaredNorm(target), tf.square(floor)));
}

/** Of features, over their root mean square. */
const leastVariation = 0.03;

/** Σ_i A_ii of a matrix [n,n], a scalar. */
export function traceOf(matrix: tf.Tensor2D): tf.Tensor {
  return tf.sum(tf.mul(matrix, tf.eye(matrix.shape[0])));
}

/**
 * FᵀF/M of a map [1,h,w,c], [c,c]: the second moments of its channels, which is the Gram matrix over the number
 * of positions; in a region, Σ_p w_p F(p)ᵀF(p)/Σ w. The gradient for an upstream S is F(S + Sᵀ)/M.
 */
export function secondMoments(features: tf.Tensor4D, region?: Region): tf.Tensor2D {
  return gramOverPositions(rooted(covered(features, region)));
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
export function means(features: tf.Tensor4D, region?: Region): tf.Tensor2D {
  return weightedMeans(covered(features, region));
}

/** Population variances of the channels, [1,c]: the mean squared distance from the mean. */
export function variances(features: tf.Tensor4D, region?: Region): tf.Tensor2D {
  const part = covered(features, region);
  if (part.relative === undefined) return centeredVariances(part.matrix);
  const scattered = rooted(centered(part));
  return tf.mean(tf.mul(scattered, scattered), 0, true);
}

function centered(part: Covered): Covered {
  return { ...part, matrix: tf.sub(part.matrix, weightedMeans(part)) };
}

// The centred map sums to zero over positions, so the gradient through the mean vanishes.
const centeredVariances = differentiable<tf.Tensor2D>(
  (matrix, save) => {
    const centered = tf.sub(matrix, tf.mean(matrix, 0, true));
    save([centered]);
    return tf.mean(tf.mul(centered, centered), 0, true);
  },
  (dy, [centered]) => tf.mul(centered!, tf.mul(dy, 2 / centered!.shape[0]!)),
);

/** Population covariance of the channels, [c,c]. */
export function covariance(features: tf.Tensor4D, region?: Region): tf.Tensor2D {
  const part = covered(features, region);
  if (part.relative === undefined) return matrixCovariance(part.matrix);
  return gramOverPositions(rooted(centered(part)));
}

/** Population covariance of the columns of a matrix [n,d], [d,d]. */
export function matrixCovariance(matrix: tf.Tensor2D): tf.Tensor2D {
  return centeredProduct(matrix);
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

const centeredProduct = differentiable<tf.Tensor2D>(
  (matrix, save) => {
    const centered = tf.sub(matrix, tf.mean(matrix, 0, true));
    save([centered]);
    return tf.mul(
      tf.matMul(centered as tf.Tensor2D, centered as tf.Tensor2D, true, false),
      1 / matrix.shape[0]!,
    );
  },
  (dy, [centered]) =>
    tf.matMul(centered! as tf.Tensor2D, tf.mul(tf.add(dy, tf.transpose(dy)), 1 / centered!.shape[0]!)),
);

/**
 * FᵀH/M of two maps, [c_F,c_H]: the second moments between their channels. The map with more positions is
 * average-pooled to the other's height and width by `poolTo`; M counts the positions of the smaller map, which are
 * those that a region weights.
 */
export function crossMoments(first: tf.Tensor4D, second: tf.Tensor4D, region?: Region): tf.Tensor2D {
  const height = Math.min(first.shape[1], second.shape[1]);
  const width = Math.min(first.shape[2], second.shape[2]);
  const a = rooted(covered(poolTo(first, height, width), region));
  const b = rooted(covered(poolTo(second, height, width), region));
  return tf.mul(tf.matMul(a, b, true, false), 1 / a.shape[0]);
}

/**
 * A map [1,h,w,c] average-pooled to [1,height,width,c], both at most its own. Down (and likewise across) the
 * window and stride k is the least power of two that takes h to `height` with h/k rounded either way, or h/height
 * rounded where none does. Rows beyond k·height are left out; where rows are missing (an odd map halved upwards)
 * the last one is repeated.
 */
export function poolTo(features: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  return once(features, `pooled to ${height}×${width}`, () => pooled(features, height, width));
}

function pooled(features: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
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
