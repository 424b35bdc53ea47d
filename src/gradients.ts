/**
 * Gradients that tfjs-core lacks or has wrong, in tfjs operations, so that every engine has them right. Loaded
 * together with tfjs.
 */
import * as tf from '@tensorflow/tfjs-core';

/** Functions that give the gradient with respect to each input, as tfjs's registry wants them. */
type InputGradients = Record<string, () => tf.Tensor>;

// biome-ignore lint/suspicious/noExplicitAny: every kernel has attributes of its own.
type GradientFunction = (dy: tf.Tensor, saved: tf.Tensor[], attrs: any) => InputGradients;

function register(kernelName: string, inputsToSave: string[], gradient: GradientFunction): void {
  tf.registerGradient({ kernelName, inputsToSave, gradFunc: gradient as unknown as tf.GradFunc });
}

/** Sums what was broadcast from a shape back to it. */
function reducedTo(gradient: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.backend_util.getReductionAxes(shape, gradient.shape);
  return tf.reshape(axes.length === 0 ? gradient : tf.sum(gradient, axes), shape);
}

// A truth value does not move with its operands; tfjs has no gradient for most of them, and `where` then fails.
for (const kernelName of [
  tf.Equal,
  tf.NotEqual,
  tf.Greater,
  tf.GreaterEqual,
  tf.Less,
  tf.LessEqual,
  tf.LogicalAnd,
  tf.LogicalOr,
]) {
  register(kernelName, ['a', 'b'], (_dy, [a, b]) => ({
    a: () => tf.zeros(a!.shape),
    b: () => tf.zeros(b!.shape),
  }));
}
register(tf.LogicalNot, ['x'], (_dy, [x]) => ({ x: () => tf.zeros(x!.shape) }));

// The next three are not summed over broadcast axes in tfjs.
register(tf.SquaredDifference, ['a', 'b'], (dy, [a, b]) => {
  const slope = () => tf.mul(dy, tf.mul(tf.sub(a!, b!), 2));
  return {
    a: () => reducedTo(slope(), a!.shape),
    b: () => reducedTo(tf.neg(slope()), b!.shape),
  };
});
register(tf.Maximum, ['a', 'b'], (dy, [a, b]) => ({
  a: () => reducedTo(tf.mul(dy, tf.cast(tf.greaterEqual(a!, b!), 'float32')), a!.shape),
  b: () => reducedTo(tf.mul(dy, tf.cast(tf.less(a!, b!), 'float32')), b!.shape),
}));
register(tf.Minimum, ['a', 'b'], (dy, [a, b]) => ({
  a: () => reducedTo(tf.mul(dy, tf.cast(tf.lessEqual(a!, b!), 'float32')), a!.shape),
  b: () => reducedTo(tf.mul(dy, tf.cast(tf.greater(a!, b!), 'float32')), b!.shape),
}));

// tfjs permutes the axes of this one the wrong way when there are more than two.
register(tf.Cumsum, ['x'], (dy, _saved, { axis, exclusive, reverse }) => ({
  x: () => tf.cumsum(dy, axis, exclusive, !reverse),
}));

/**
 * Padding by reflection. A border pixel is a copy of an inner one, so its gradient is added there; tfjs drops it.
 * Padding is separable: one axis after the other.
 */
register(tf.MirrorPad, ['x'], (dy, [x], attrs) => ({
  x: () => {
    const paddings = attrs.paddings as [number, number][];
    // `reflect` leaves the edge itself out of the copy, `symmetric` repeats it.
    const skipped = attrs.mode === 'reflect' ? 1 : 0;
    let gradient = dy;
    for (const [axis, [before, after]] of paddings.entries()) {
      gradient = foldedAxis(gradient, axis, x!.shape[axis]!, before, after, skipped);
    }
    return gradient;
  },
}));

/** Adds the `before` and `after` copies at both ends of an axis back onto the `size` positions they came from. */
function foldedAxis(
  dy: tf.Tensor,
  axis: number,
  size: number,
  before: number,
  after: number,
  skipped: number,
): tf.Tensor {
  let sum = part(dy, axis, before, size);
  if (before > 0) {
    const copy = tf.reverse(part(dy, axis, 0, before), axis);
    sum = tf.add(sum, padded(copy, axis, skipped, size - before - skipped));
  }
  if (after > 0) {
    const copy = tf.reverse(part(dy, axis, before + size, after), axis);
    sum = tf.add(sum, padded(copy, axis, size - after - skipped, skipped));
  }
  return sum;
}

function part(x: tf.Tensor, axis: number, begin: number, size: number): tf.Tensor {
  const begins = x.shape.map((_, i) => (i === axis ? begin : 0));
  const sizes = x.shape.map((extent, i) => (i === axis ? size : extent));
  return tf.slice(x, begins, sizes);
}

function padded(x: tf.Tensor, axis: number, before: number, after: number): tf.Tensor {
  const paddings = x.shape.map((_, i): [number, number] => (i === axis ? [before, after] : [0, 0]));
  return tf.pad(x, paddings);
}

const averagePoolGradient = tf.getGradient(tf.AvgPool).gradFunc as unknown as GradientFunction;

/**
 * Average pooling divides by the number of pixels a window holds; tfjs's gradient (but not libtensorflow's) divides
 * by the window's whole area even where it hangs over the border. Without padding all agree, so the gradient is
 * taken on the padded image, of shares enlarged where windows hold less.
 */
register(tf.AvgPool, ['x'], (dy, [x], attrs) => {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const shape = x!.shape as [number, number, number, number];
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { top, left } = info.padInfo;
  const height = info.strideHeight * (info.outHeight - 1) + info.filterHeight;
  const width = info.strideWidth * (info.outWidth - 1) + info.filterWidth;
  const overhangs = top > 0 || left > 0 || height > info.inHeight || width > info.inWidth;
  if (!overhangs) return averagePoolGradient(dy, [x!], attrs);
  const rows = shares(info.outHeight, info.filterHeight, info.strideHeight, top, info.inHeight);
  const columns = shares(info.outWidth, info.filterWidth, info.strideWidth, left, info.inWidth);
  return {
    x: () => {
      const share = tf.mul(tf.mul(dy, tf.reshape(rows, [1, -1, 1, 1])), tf.reshape(columns, [1, 1, -1, 1]));
      const wide = tf.zeros([info.batchSize, height, width, info.inChannels]);
      const unpadded = averagePoolGradient(share, [wide], { ...attrs, pad: 'valid' }).x!();
      // Beyond the last window nothing is received.
      const below = Math.max(0, info.inHeight + top - height);
      const beside = Math.max(0, info.inWidth + left - width);
      const filled = tf.pad(unpadded, [
        [0, 0],
        [0, below],
        [0, beside],
        [0, 0],
      ]);
      return tf.slice(filled, [0, top, left, 0], shape);
    },
  };
});

/** For each window along an axis: its length over the number of pixels it holds. */
function shares(
  windows: number,
  length: number,
  stride: number,
  before: number,
  pixels: number,
): tf.Tensor1D {
  const ratios = Array.from({ length: windows }, (_, i) => {
    const begin = i * stride - before;
    return length / (Math.min(pixels, begin + length) - Math.max(0, begin));
  });
  return tf.tensor1d(ratios);
}

/**
 * Resizing is a matrix per axis, found by resizing a unit matrix, and its gradient the transpose. (tfjs's own kernels
 * mistake the axes of images that are not square, and forget half-pixel centres.)
 */
for (const kernelName of [tf.ResizeBilinear, tf.ResizeNearestNeighbor] as const) {
  const resize = kernelName === tf.ResizeBilinear ? tf.image.resizeBilinear : tf.image.resizeNearestNeighbor;
  register(kernelName, ['images'], (dy, [images], { alignCorners, halfPixelCenters }) => {
    const [batch, height, width, channels] = images!.shape as [number, number, number, number];
    const [, newHeight, newWidth] = dy.shape as [number, number, number, number];
    const matrix = (from: number, to: number) => {
      const unit = tf.reshape(tf.eye(from), [1, from, 1, from]) as tf.Tensor4D;
      return tf.reshape(resize(unit, [to, 1], alignCorners, halfPixelCenters), [1, to, from]);
    };
    const [rows, columns] = [newHeight / height, newWidth / width];
    if (
      kernelName === tf.ResizeNearestNeighbor &&
      !alignCorners &&
      Number.isInteger(rows) &&
      Number.isInteger(columns)
    ) {
      // Every pixel has become a block of equal ones: their gradients are summed.
      const window: [number, number] = [rows, columns];
      return {
        images: () => tf.mul(tf.avgPool(dy as tf.Tensor4D, window, window, 'valid'), rows * columns),
      };
    }
    return {
      images: () => {
        const byRow = tf.reshape(dy, [batch, newHeight, newWidth * channels]);
        const vertical = tf.matMul(matrix(height, newHeight), byRow, true);
        const byColumn = tf.reshape(vertical, [batch * height, newWidth, channels]);
        const both = tf.matMul(matrix(width, newWidth), byColumn, true);
        return tf.reshape(both, [batch, height, width, channels]);
      },
    };
  });
}
