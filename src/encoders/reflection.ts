/** Padding by reflection, made of operations whose gradients are right. */
import { tf } from '../tensor.ts';

/**
 * Pads height and width of an NHWC tensor by `margin` on every side by reflection about its edges, the outermost
 * pixels repeated (… c b a a b c …). A margin larger than the image is bounced to and fro between its edges.
 *
 * Repeated, because then every pixel is seen by equally many positions of a filter. Reflection about the outermost
 * pixels themselves would show these half as often as all others, and an optimised picture gets a line around it.
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
  if (extent >= margin) {
    const before = tf.reverse(piece(0, margin), axis);
    const after = tf.reverse(piece(extent - margin, margin), axis);
    return tf.concat([before, image, after], axis) as tf.Tensor4D;
  }
  const single = (position: number) => piece(reflectedIndex(position, extent), 1);
  const before = Array.from({ length: margin }, (_, i) => single(i - margin));
  const after = Array.from({ length: margin }, (_, i) => single(extent + i));
  return tf.concat([...before, image, ...after], axis) as tf.Tensor4D;
}

/** The index in [0,extent) that a position outside it shows after reflections about its two edges. */
export function reflectedIndex(position: number, extent: number): number {
  const period = 2 * extent;
  const folded = ((position % period) + period) % period;
  return folded < extent ? folded : period - 1 - folded;
}
