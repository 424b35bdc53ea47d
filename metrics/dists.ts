/**
 * Deep image structure and texture similarity. K. Ding, K. Ma, S. Wang & E. P. Simoncelli, "Image quality assessment:
 * unifying structure and texture similarity", IEEE TPAMI 44(5), 2022.
 */
import { tensorsHash } from '../src/encoders/hash.ts';
import { type NetworkWeights, networkFeatures } from '../src/encoders/network.ts';
import { loadWeights } from '../src/encoders/network-weights.ts';
import { networkStages } from '../src/encoders/networks.ts';
import { preprocess, preprocessings } from '../src/encoders/preprocessing.ts';
import { NeckarError } from '../src/errors.ts';
import type { RgbImage } from '../src/images/image.ts';
import { resizeImage } from '../src/images/resize.ts';
import { tf } from '../src/tensor.ts';
import { locateWeights } from '../src/weights/installed.ts';
import { readTensors } from '../src/weights/tensor-file.ts';
import { defineMetric, type PairDistance } from './define.ts';
import { nonNegative } from './range.ts';

/** Compared besides the picture itself. */
const layers = ['relu1_2', 'relu2_2', 'relu3_3', 'relu4_3', 'relu5_3'] as const;
/** Of the picture, and of the layers. */
const channels = [3, 64, 128, 256, 512, 512] as const;
const allChannels = channels.reduce((sum, count) => sum + count, 0);
/** c₁ and c₂ of the paper. */
const constants = { texture: 1e-6, structure: 1e-6 };
/** Pictures are reduced to this shorter side, as the authors' program does before it compares. */
const shorterSide = 256;
/** Four poolings halve the picture: below this the deepest layer is a single position, without any structure. */
const leastSize = 17;
const names = ['vgg16-torchvision', 'dists'] as const;

/** VGG-16 whose poolings are roots of squares under a Hann window, as the paper has them. */
const distsStages = networkStages('vgg16', { pooling: 'hann' });

/** α and β: one number per channel of the picture and of the layers, in that order. */
export interface DistsWeights {
  readonly alpha: Float32Array;
  readonly beta: Float32Array;
}

/**
 * D(x, y) = 1 − Σ_ij (α_ij l(x_ij, y_ij) + β_ij s(x_ij, y_ij)) over the channels j of the picture and of five
 * layers i, the sum of all α and β being one, with
 *
 *     l = (2 μ_x μ_y + c₁) / (μ_x² + μ_y² + c₁)    texture
 *     s = (2 σ_xy + c₂) / (σ_x² + σ_y² + c₂)       structure
 *
 * in means, variances and the covariance over all positions. The network sees torchvision's input; the picture itself
 * is compared as it is, in [0,1].
 */
function distsDistance(weights: NetworkWeights, { alpha, beta }: DistsWeights): PairDistance['distance'] {
  const total = [...alpha, ...beta].reduce((sum, value) => sum + value, 0);
  const maps = (image: tf.Tensor4D): tf.Tensor4D[] => {
    const input = preprocess(image, preprocessings.torchvision);
    const features = networkFeatures(distsStages, weights, input, layers);
    return [image, ...layers.map((layer) => features[layer]!)];
  };
  return (result, reference) => {
    const theirs = maps(reference);
    let from = 0;
    const similarities = maps(result).map((x, i) => {
      const y = theirs[i]!;
      const share = (values: Float32Array) =>
        tf.tensor1d(values.slice(from, from + channels[i]!).map((value) => value / total));
      const terms = tf.add(tf.mul(share(alpha), texture(x, y)), tf.mul(share(beta), structure(x, y)));
      from += channels[i]!;
      return tf.sum(terms);
    });
    return tf.sub(1, tf.addN(similarities)) as tf.Scalar;
  };
}

const overPositions = [0, 1, 2];

function texture(x: tf.Tensor4D, y: tf.Tensor4D): tf.Tensor {
  const [a, b] = [tf.mean(x, overPositions), tf.mean(y, overPositions)];
  return similarity(tf.mul(a, b), tf.square(a), tf.square(b), constants.texture);
}

function structure(x: tf.Tensor4D, y: tf.Tensor4D): tf.Tensor {
  // Deviations first: the mean of squares less the square of the mean would lose most digits.
  const a = tf.sub(x, tf.mean(x, overPositions, true));
  const b = tf.sub(y, tf.mean(y, overPositions, true));
  const mean = (product: tf.Tensor) => tf.mean(product, overPositions);
  return similarity(mean(tf.mul(a, b)), mean(tf.square(a)), mean(tf.square(b)), constants.structure);
}

/** (2·ab + c) / (a² + b² + c) */
function similarity(product: tf.Tensor, a: tf.Tensor, b: tf.Tensor, c: number): tf.Tensor {
  return tf.div(tf.add(tf.mul(product, 2), c), tf.add(tf.add(a, b), c));
}

/** The picture with its shorter side at 256 pixels, where it is longer. */
function reduced(image: RgbImage): RgbImage {
  const shorter = Math.min(image.width, image.height);
  if (shorter <= shorterSide) return image;
  const scaled = (extent: number) => Math.floor((extent * shorterSide) / shorter);
  return resizeImage(image, scaled(image.width), scaled(image.height), 'bilinear');
}

/**
 * DISTS with the published weights, resized as the authors' program does before it compares: bilinear, with the filter
 * widened to avoid aliasing, to a shorter side of 256 pixels. Other packages leave the pictures at their own size or
 * resize them in another way, and give other numbers for the same pictures.
 */
export const dists = defineMetric({
  name: 'dists',
  description: 'DISTS (Ding et al., PAMI 2022), at 256 pixels as its authors resize.',
  needs: 'network',
  better: 'lower',
  purpose: 'content',
  range: nonNegative,
  parts: { net: 'vgg16', pooling: 'hann', size: `bilinear-to-shorter-side-${shorterSide}-at-most` },
  label: 'DISTS (at 256 pixels, as its authors resize)',
  unit: 'DISTS',
  weights: names,
  leastSize,
  prepare: reduced,
  async load() {
    const { weights, hash } = await loadWeights('vgg16', {
      file: locateWeights(names[0]),
      input: 'torchvision',
    });
    const file = locateWeights(names[1]);
    const tensors = await readTensors(file, ['alpha', 'beta']);
    const [alpha, beta] = ['alpha', 'beta'].map((name) => {
      const { data } = tensors.get(name)!;
      if (data.length !== allChannels || !data.every((value) => Number.isFinite(value))) {
        throw new NeckarError(
          `${file}: ${name} should be ${allChannels} finite numbers, found ${data.length} values. Fetch the file again.`,
        );
      }
      return data as Float32Array;
    });
    return {
      hashes: [hash, tensorsHash(tensors)],
      distance: distsDistance(weights, { alpha: alpha!, beta: beta! }),
    };
  },
});
