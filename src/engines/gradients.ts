/** Gradients that tfjs-core has wrong. Loaded together with tfjs, so that every engine has them. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * The gradient of a padding by reflection. A border pixel is a copy of an inner one, so its gradient is added
 * there; tfjs-core's own gradient drops it. Padding is separable: one axis after the other.
 */
function mirrorPadGradient(
  dy: tf.Tensor,
  saved: tf.Tensor[],
  attrs: tf.NamedAttrMap,
): { x: () => tf.Tensor } {
  const shape = saved[0]!.shape;
  const paddings = attrs.paddings as unknown as [number, number][];
  // `reflect` leaves the edge itself out of the copy, `symmetric` repeats it.
  const skipped = attrs.mode === 'reflect' ? 1 : 0;
  return {
    x: () => {
      let gradient = dy;
      for (const [axis, [before, after]] of paddings.entries()) {
        gradient = foldAxis(gradient, axis, shape[axis]!, before, after, skipped);
      }
      return gradient;
    },
  };
}

/** Adds the `before` and `after` copies at both ends of an axis back onto the `size` positions they came from. */
function foldAxis(dy: tf.Tensor, axis: number, size: number, before: number, after: number, skipped: number) {
  if (before === 0 && after === 0) return dy;
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

tf.registerGradient({
  kernelName: tf.MirrorPad,
  inputsToSave: ['x'],
  gradFunc: mirrorPadGradient as unknown as tf.GradFunc,
});
