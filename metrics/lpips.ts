/**
 * Learned perceptual image patch similarity. R. Zhang, P. Isola, A. A. Efros, E. Shechtman & O. Wang, "The unreasonable
 * effectiveness of deep features as a perceptual metric", CVPR 2018; version 0.1 of the published weights.
 */
import { tensorsHash } from '../src/encoders/hash.ts';
import { leastSize, type NetworkWeights, networkFeatures, type Stage } from '../src/encoders/network.ts';
import { loadWeights } from '../src/encoders/network-weights.ts';
import { type NetworkName, networkStages } from '../src/encoders/networks.ts';
import { preprocess, preprocessings } from '../src/encoders/preprocessing.ts';
import { NeckarError } from '../src/errors.ts';
import { type TensorValue, tf } from '../src/tensor.ts';
import { locateWeights } from '../src/weights/installed.ts';
import { readTensors } from '../src/weights/tensor-file.ts';
import { defineMetric, type NetworkMetricDefinition, type PairDistance } from './define.ts';
import { nonNegative } from './range.ts';

/** The networks that weights of channels were published for, by their published names. */
export type Backbone = 'alex' | 'vgg' | 'squeeze';

interface Network {
  readonly network: NetworkName;
  /** For people. */
  readonly called: string;
  /** Where features are compared, shallow to deep. */
  readonly layers: readonly string[];
}

const networks: Readonly<Record<Backbone, Network>> = {
  alex: {
    network: 'alexnet',
    called: 'AlexNet',
    layers: ['relu1', 'relu2', 'relu3', 'relu4', 'relu5'],
  },
  vgg: {
    network: 'vgg16',
    called: 'VGG-16',
    layers: ['relu1_2', 'relu2_2', 'relu3_3', 'relu4_3', 'relu5_3'],
  },
  squeeze: {
    network: 'squeezenet1_1',
    called: 'SqueezeNet 1.1',
    layers: ['relu1', 'fire3', 'fire5', 'fire6', 'fire7', 'fire8', 'fire9'],
  },
};

/** Added to the length of a feature vector before it is divided by that. */
const epsilon = 1e-10;

/**
 * d(x, x₀) = Σ_l 1/(H_l W_l) Σ_hw ‖w_l ⊙ (ŷ_l,hw − ŷ₀_l,hw)‖² (eq. 1), ŷ the features of layer l divided at every
 * position by their length over channels. The published weights are w² already: non-negative, one per channel. The
 * networks see what torchvision's see: their scaling, of [−1,1] with shift (−.030, −.088, −.188) and scale
 * (.458, .448, .450), is the same.
 *
 * @param heads - one list of channel weights for each layer
 */
function lpipsDistance(
  stages: readonly Stage[],
  layers: readonly string[],
  weights: NetworkWeights,
  heads: readonly TensorValue[],
): PairDistance['distance'] {
  const directions = (image: tf.Tensor4D) => {
    const features = networkFeatures(stages, weights, preprocess(image, preprocessings.torchvision), layers);
    return layers.map((layer) => {
      const length = tf.sqrt(tf.sum(tf.square(features[layer]!), 3, true));
      return tf.div(features[layer]!, tf.add(length, epsilon));
    });
  };
  return (result, reference) => {
    const [ours, theirs] = [directions(result), directions(reference)];
    const distances = ours.map((direction, i) => {
      const differences = tf.squaredDifference(direction, theirs[i]!);
      return tf.sum(tf.mul(tf.mean(differences, [0, 1, 2]), tf.tensor1d(heads[i]!.data as Float32Array)));
    });
    return tf.addN(distances) as tf.Scalar;
  };
}

/**
 * LPIPS with one of the three networks. Nothing is trained here: the weights are the published ones. Pictures are
 * compared at their own size, as in the authors' program: those of a fixed size compare with no others.
 */
export function lpips(backbone: Backbone): NetworkMetricDefinition {
  const { network, called, layers } = networks[backbone];
  const names = [`${network}-torchvision`, `lpips-${backbone}`] as const;
  const stages = stagesOf(backbone);
  return {
    name: `lpips;net=${backbone}`,
    description: `LPIPS with ${called} (Zhang et al., CVPR 2018).`,
    needs: 'network',
    better: 'lower',
    purpose: 'content',
    range: nonNegative,
    parts: { version: '0.1' },
    label: `LPIPS (${called})`,
    unit: `LPIPS (${called})`,
    weights: names,
    leastSize: Math.max(...layers.map((layer) => leastSize(stages, layer))),
    async load() {
      const file = locateWeights(names[0]);
      const { weights, hash } = await loadWeights(network, { file, input: 'torchvision' });
      const heads = await readHeads(locateWeights(names[1]), stages, layers);
      return {
        hashes: [hash, tensorsHash(new Map(heads.map((head, i) => [`lin${i}`, head])))],
        distance: lpipsDistance(stages, layers, weights, heads),
      };
    },
  };
}

/** All of them, the fastest first. */
export const lpipsMetrics = (['squeeze', 'alex', 'vgg'] as const).map((backbone) =>
  defineMetric(lpips(backbone)),
);

/** What conv1 of SqueezeNet sees beyond the image is nothing, as its weights were trained; VGG pools maxima. */
function stagesOf(backbone: Backbone): Stage[] {
  return networkStages(networks[backbone].network, { border: 'none', pooling: 'max' });
}

/**
 * The weights of channels: `lin<l>.model.1.weight` of shape [1,C,1,1] for each layer.
 * @throws NeckarError when one is missing, has another shape than the network's layer, or holds a negative value
 */
async function readHeads(
  file: string,
  stages: readonly Stage[],
  layers: readonly string[],
): Promise<TensorValue[]> {
  const names = layers.map((_, i) => `lin${i}.model.1.weight`);
  const tensors = await readTensors(file, names);
  return layers.map((layer, i) => {
    const tensor = tensors.get(names[i]!)!;
    const channels = channelsOf(stages, layer);
    if (tensor.data.length !== channels) {
      throw new NeckarError(
        `${file}: ${names[i]} has ${tensor.data.length} weights, but ${layer} has ${channels} channels; these are another network's. Fetch the file again.`,
      );
    }
    if (!tensor.data.every((value) => value >= 0)) {
      throw new NeckarError(
        `${file}: ${names[i]} holds values that are negative or no numbers; weights of LPIPS are none. Fetch the file again.`,
      );
    }
    return tensor;
  });
}

function channelsOf(stages: readonly Stage[], layer: string): number {
  const last = stages
    .slice(0, stages.findIndex(({ name }) => name === layer) + 1)
    .findLast((stage) => stage.kind === 'convolution' || stage.kind === 'fire')!;
  return last.kind === 'fire' ? 2 * last.expand : (last as Stage & { kind: 'convolution' }).channels;
}
