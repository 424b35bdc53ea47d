/** How a network wants its input: it belongs to the weights, so it travels with them. */
import { NeckarError } from '../errors.ts';
import { tf } from '../tensor.ts';

/** From RGB in [0,1] to a network's input: (range·x − mean) / deviation, with the channels in `order`. */
export interface Preprocessing {
  readonly order: 'RGB' | 'BGR';
  /** The value of white before the mean is taken off: 1 or 255. */
  readonly range: 1 | 255;
  /** In the network's own channel order. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** The conventions with names, each as its weights were trained. */
export const preprocessings = {
  /** PyTorch's model zoo: RGB 0..1, normalised by the mean and deviation of ImageNet. */
  torchvision: {
    order: 'RGB',
    range: 1,
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
  },
  /** The Caffe release of VGG by Simonyan & Zisserman, and Keras's copies of it: BGR 0..255 minus the mean. */
  caffe: {
    order: 'BGR',
    range: 255,
    mean: [103.939, 116.779, 123.68],
    deviation: [1, 1, 1],
  },
} as const satisfies Record<string, Preprocessing>;

/** The notation for an input that a weight file's metadata or a configuration may give. */
const inputNotation =
  '"torchvision", "caffe", or such as "RGB, 0..255, minus mean (123, 117, 104)" or ' +
  '"RGB, 0..1, minus mean (0.485, 0.456, 0.406), over deviation (0.229, 0.224, 0.225)"';

/**
 * Reads an input convention: the name of one, or
 * `RGB|BGR, 0..1|0..255[, minus mean (a, b, c)][, over deviation (a, b, c)]` with the numbers in that channel order.
 *
 * @param source - where the text stands, for the error message
 * @throws NeckarError when the text is neither
 */
export function parsePreprocessing(text: string, source: string): Preprocessing {
  if (text === 'torchvision' || text === 'caffe') return preprocessings[text];
  const triple = String.raw`\(\s*([-\d.eE]+)\s*,\s*([-\d.eE]+)\s*,\s*([-\d.eE]+)\s*\)`;
  const pattern = new RegExp(
    String.raw`^\s*(RGB|BGR)\s*,\s*0\.\.(1|255)\s*(?:,\s*minus mean\s*${triple}\s*)?(?:,\s*over deviation\s*${triple}\s*)?$`,
  );
  const match = pattern.exec(text);
  const numbers = match?.slice(3).map((entry, i) => (entry === undefined ? (i < 3 ? 0 : 1) : Number(entry)));
  if (match == null || numbers!.some((n) => !Number.isFinite(n)) || numbers!.slice(3).some((n) => n <= 0)) {
    throw new NeckarError(`${source} gives the network's input as "${text}"; write ${inputNotation}.`);
  }
  return {
    order: match[1] as 'RGB' | 'BGR',
    range: match[2] === '1' ? 1 : 255,
    mean: numbers!.slice(0, 3) as [number, number, number],
    deviation: numbers!.slice(3) as [number, number, number],
  };
}

/** The convention in the notation that `parsePreprocessing` reads. */
export function formatPreprocessing({ order, range, mean, deviation }: Preprocessing): string {
  return `${order}, 0..${range}, minus mean (${mean.join(', ')}), over deviation (${deviation.join(', ')})`;
}

/** Applies a convention to images [B,H,W,3], RGB in [0,1]; pure tfjs. */
export function preprocess(
  image: tf.Tensor4D,
  { order, range, mean, deviation }: Preprocessing,
): tf.Tensor4D {
  const ordered = order === 'BGR' ? tf.reverse(image, 3) : image;
  const scale = deviation.map((d) => range / d);
  const shift = mean.map((m, i) => -m / deviation[i]!);
  return tf.add(tf.mul(ordered, tf.tensor1d(scale)), tf.tensor1d(shift));
}
