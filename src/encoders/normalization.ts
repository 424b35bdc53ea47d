/**
 * Gatys' normalisation: filters and biases re-scaled so that every filter's mean activation over given images and
 * positions is one (Gatys, Ecker & Bethge, Image Style Transfer Using CNNs, CVPR 2016, section 2).
 */
import type { Engine, TensorFunction } from '../engines/engine.ts';
import { NeckarError } from '../errors.ts';
import { float32, type TensorValue, tf } from '../tensor.ts';
import { type NetworkWeights, networkFeatures, networkShape, type Stage } from './network.ts';
import { type Preprocessing, preprocess } from './preprocessing.ts';

/** Mean activation of each channel of each rectified layer. */
export type ActivationMeans = Readonly<Record<string, Float32Array>>;

/**
 * The mean activations of a network's rectified layers over images [1,H,W,3] and all positions; every position counts
 * alike, so a larger image counts more.
 *
 * @param engine - what computes; default: tfjs on its current backend
 */
export async function measureActivations(
  stages: readonly Stage[],
  weights: NetworkWeights,
  preprocessing: Preprocessing,
  images: readonly TensorValue[],
  engine?: Engine,
): Promise<ActivationMeans> {
  if (images.length === 0)
    throw new NeckarError('Mean activations need at least one image to be measured on.');
  const layers = stages.filter(({ kind }) => kind === 'relu').map(({ name }) => name);
  const compute: TensorFunction = ({ image }) => {
    const features = networkFeatures(
      stages,
      weights,
      preprocess(image as tf.Tensor4D, preprocessing),
      layers,
    );
    return Object.fromEntries(layers.map((layer) => [layer, tf.mean(features[layer]!, [0, 1, 2])]));
  };
  const sums = new Map<string, Float64Array>();
  const counts = new Map<string, number>();
  for (const image of images) {
    const means = engine === undefined ? eagerly(compute, image) : await compiled(compute, image, engine);
    const [, height, width] = image.shape as [number, number, number, number];
    for (const layer of layers) {
      const [h, w, channels] = networkShape('network', stages, layer, height, width);
      const sum = sums.get(layer) ?? new Float64Array(channels);
      for (let c = 0; c < channels; c++) sum[c]! += means[layer]![c]! * h * w;
      sums.set(layer, sum);
      counts.set(layer, (counts.get(layer) ?? 0) + h * w);
    }
  }
  const mean = (layer: string) => Float32Array.from(sums.get(layer)!, (sum) => sum / counts.get(layer)!);
  return Object.fromEntries(layers.map((layer) => [layer, mean(layer)]));
}

/**
 * The weights with every filter's activation divided by its mean, and multiplied back where the next convolution reads
 * it. Rectification and pooling commute with positive factors, so each layer changes by a factor per channel and by
 * nothing else: new(l) = old(l) / mean(l). A filter that never fires keeps its scale.
 *
 * @param stages - convolutions, each followed by its rectification, and poolings
 * @throws NeckarError for networks of another build
 */
export function normalizedWeights(
  stages: readonly Stage[],
  weights: NetworkWeights,
  means: ActivationMeans,
): NetworkWeights {
  const normalized = new Map<string, TensorValue>();
  let incoming: Float32Array | undefined;
  for (const [i, stage] of stages.entries()) {
    if (stage.kind === 'fire') {
      throw new NeckarError(
        'Only plain chains of convolutions (VGG) can be normalised; leave normalized out.',
      );
    }
    if (stage.kind !== 'convolution') continue;
    const outgoing = means[stages[i + 1]!.name]!.map((mean) => (mean > 0 ? mean : 1));
    const filter = weights.get(`${stage.tensors}.weight`)!;
    const bias = weights.get(`${stage.tensors}.bias`)!;
    const inputs = filter.shape[2]!;
    const outputs = filter.shape[3]!;
    const values = new Float32Array(filter.data.length);
    for (let at = 0; at < values.length; at++) {
      const input = Math.floor(at / outputs) % inputs;
      values[at] = (filter.data[at]! * (incoming?.[input] ?? 1)) / outgoing[at % outputs]!;
    }
    normalized.set(`${stage.tensors}.weight`, float32(filter.shape, values));
    normalized.set(
      `${stage.tensors}.bias`,
      float32(
        bias.shape,
        Float32Array.from(bias.data, (value, o) => value / outgoing[o]!),
      ),
    );
    incoming = outgoing;
  }
  return normalized;
}

function eagerly(compute: TensorFunction, image: TensorValue): Record<string, ArrayLike<number>> {
  return tf.tidy(() => {
    const outputs = compute({ image: tf.tensor(image.data, image.shape as number[]) });
    return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, output.dataSync()]));
  });
}

async function compiled(
  compute: TensorFunction,
  image: TensorValue,
  engine: Engine,
): Promise<Record<string, ArrayLike<number>>> {
  const program = await engine.compile(compute, {
    inputs: { image: { shape: image.shape } },
    label: 'mean activations',
  });
  try {
    const outputs = await program.run({ image });
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
  } finally {
    await program.dispose();
  }
}
