/** Padding by reflection, made of operations whose gradients are right. */
import { tf } from '../tensor.ts';

/**
 * Pads height and width of an NHWC tensor by `margin` on every side by reflection about the outermost pixels, which
 * are not repeated (… c b a b c …). A margin larger than the image is bounced to and fro between its edges; a side of
 * one pixel is repeated.
 *
 * Built of slices, because tfjs's own gradient of `mirrorPad` drops what flows into the mirrored margin.
 */
export function reflectionPad(image: tf.Tensor4D, margin: number): tf.Tensor4D {
  return padAxis(padAxis(image, 1, margin), 2, margin);
}

function padAxis(image: tf.Tensor4D, axis: 1 | 2, margin: number): tf.Tensor4D {
  const extent = image.shape[axis];
  const piece = (from: number, count: number) => {
    const begin = [0, 0, 0, 0];
    const size = [...image.shape];
    begin[axis] = from;
    size[axis] = count;
    return tf.slice(image, begin, size) as tf.Tensor4D;
  };
  if (extent > margin) {
    const before = tf.reverse(piece(1, margin), axis);
    const after = tf.reverse(piece(extent - 1 - margin, margin), axis);
    return tf.concat([before, image, after], axis) as tf.Tensor4D;
  }
  const single = (position: number) => piece(reflectedIndex(position, extent), 1);
  const before = Array.from({ length: margin }, (_, i) => single(i - margin));
  const after = Array.from({ length: margin }, (_, i) => single(extent + i));
  return tf.concat([...before, image, ...after], axis) as tf.Tensor4D;
}

/** The index in [0,extent) that a position outside it shows after reflections about index 0 and extent − 1. */
export function reflectedIndex(position: number, extent: number): number {
  if (extent === 1) return 0;
  const period = 2 * (extent - 1);
  const folded = ((position % period) + period) % period;
  return folded < extent ? folded : period - folded;
}
