/**
 * Content feature structural distance. J. Chung, S. Hyun & J.-P. Heo, "Style injection in diffusion", CVPR 2024; after
 * their program, which takes the divergence of the picture's self-similarities from the content's.
 */

import type { NetworkWeights } from '../src/encoders/network.ts';
import { networkFeatures } from '../src/encoders/network.ts';
import { loadWeights } from '../src/encoders/network-weights.ts';
import { networkStages } from '../src/encoders/networks.ts';
import { preprocess, preprocessings } from '../src/encoders/preprocessing.ts';
import { tf } from '../src/tensor.ts';
import { locateWeights } from '../src/weights/installed.ts';
import { defineMetric, type PairDistance } from './define.ts';
import { nonNegative } from './range.ts';

const layer = 'relu3_1';
const stages = networkStages('vgg19', { pooling: 'max' });

/**
 * Σ_i KL(softmax(S_i of the content) ‖ softmax(S_i of the picture)) over all positions i, S = (F/C)(F/C)ᵀ the
 * similarities of a position's C features with those of all positions: whether parts of the picture that were alike still
 * are. It grows with the number of positions: pictures of one size compare.
 *
 * @param rowsAtOnce - rows of the similarities that are there together: all of a picture of 512² would take a gigabyte
 */
export function cfsdDistance(weights: NetworkWeights, rowsAtOnce = 512): PairDistance['distance'] {
  const featuresOf = (image: tf.Tensor4D): tf.Tensor2D => {
    const map = networkFeatures(stages, weights, preprocess(image, preprocessings.torchvision), [layer])[
      layer
    ]!;
    const [, height, width, channels] = map.shape;
    return tf.div(tf.reshape(map, [height * width, channels]), channels);
  };
  return (result, reference) => {
    const [ours, theirs] = [featuresOf(result), featuresOf(reference)];
    const positions = ours.shape[0];
    const sums: tf.Scalar[] = [];
    for (let row = 0; row < positions; row += rowsAtOnce) {
      const rows = Math.min(rowsAtOnce, positions - row);
      const similarities = (all: tf.Tensor2D) =>
        tf.matMul(tf.slice(all, [row, 0], [rows, -1]), all, false, true) as tf.Tensor2D;
      sums.push(divergence(similarities(theirs), similarities(ours)));
    }
    return tf.addN(sums) as tf.Scalar;
  };
}

/**
 * Σ over rows of KL(softmax(a) ‖ softmax(b)). With u = b − a and m = Σ p·u its mean under p = softmax(a), a row's is
 * log Σ p·exp(u − m) = log(1 + Σ p·(exp(v) − 1 − v)), v = u − m: similarities differ by thousandths, and the logarithms of two
 * probabilities would hide in single precision what is left of their difference.
 */
function divergence(a: tf.Tensor2D, b: tf.Tensor2D): tf.Scalar {
  const p = tf.softmax(a);
  const u = tf.sub(b, a);
  const v = tf.sub(u, tf.sum(tf.mul(p, u), 1, true));
  const beyond = tf.sum(tf.mul(p, beyondLinear(v)), 1);
  const series = tf.mul(beyond, tf.sub(1, tf.mul(beyond, tf.sub(1 / 2, tf.div(beyond, 3)))));
  return tf.sum(tf.where(tf.less(beyond, 1e-2), series, tf.log(tf.add(beyond, 1))));
}

/** exp(v) − 1 − v, by its series where that is small. */
function beyondLinear(v: tf.Tensor): tf.Tensor {
  const series = [120, 24, 6, 2].reduce<tf.Tensor>(
    (sum, factorial) => tf.add(tf.mul(sum, v), 1 / factorial),
    tf.mul(v, 1 / 720),
  );
  const whole = tf.sub(tf.sub(tf.exp(v), 1), v);
  return tf.where(tf.less(tf.abs(v), 0.25), tf.mul(tf.square(v), series), whole);
}

/** Between the result and the content at the result's size. */
export const cfsd = defineMetric({
  name: 'cfsd',
  description: 'Content feature structural distance on VGG-19 (Chung et al., CVPR 2024).',
  needs: 'network',
  better: 'lower',
  purpose: 'content',
  range: nonNegative,
  parts: { net: 'vgg19', layer },
  label: 'Structure unlike the content’s (CFSD)',
  unit: 'CFSD',
  weights: ['vgg19-torchvision'],
  leastSize: 16,
  async load() {
    const file = locateWeights('vgg19-torchvision');
    const { weights, hash } = await loadWeights('vgg19', { file, input: 'torchvision' });
    return { hashes: [hash], distance: cfsdDistance(weights) };
  },
});
