/** The numbers that networks were trained to see and to give for the colours of a picture. */
import { tf } from '../tensor.ts';

/**
 * RGB in [0,1] is `unit`; `signed` is [−1,1], `bytes` [0,255], both also with blue first (`-bgr`); `caffe` is blue first,
 * in [0,255] minus the mean colour of ImageNet, as Caffe's VGG wants it.
 */
export type Range = (typeof ranges)[number];
export const ranges = ['unit', 'signed', 'signed-bgr', 'bytes', 'bytes-bgr', 'caffe'] as const;

/** Means of blue, green and red in [0,255]: Simonyan & Zisserman's release for Caffe. */
export const caffeMeans = [103.939, 116.779, 123.68];

/** A picture, RGB in [0,1], as a range has it. */
export function inRange(picture: tf.Tensor4D, range: Range): tf.Tensor4D {
  const ordered = hasBlueFirst(range) ? tf.reverse(picture, 3) : picture;
  if (range === 'unit') return ordered;
  if (range === 'caffe') return tf.sub(tf.mul(ordered, 255), caffeMeans);
  return range.startsWith('signed') ? tf.sub(tf.mul(ordered, 2), 1) : tf.mul(ordered, 255);
}

/** What lies in a range as a picture, RGB in [0,1]. */
export function fromRange(values: tf.Tensor4D, range: Range): tf.Tensor4D {
  const scaled = ((): tf.Tensor4D => {
    if (range === 'unit') return values;
    if (range === 'caffe') return tf.div(tf.add(values, caffeMeans), 255);
    return range.startsWith('signed') ? tf.mul(tf.add(values, 1), 0.5) : tf.div(values, 255);
  })();
  return hasBlueFirst(range) ? tf.reverse(scaled, 3) : scaled;
}

const hasBlueFirst = (range: Range) => range.endsWith('-bgr') || range === 'caffe';
