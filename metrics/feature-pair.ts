/** The features of the result and of a reference on layers the trial did not optimise, or the reason why not. */
import type { RgbImage } from '../src/images/image.ts';
import {
  contentAtResult,
  contentPath,
  type FeatureMap,
  isRefusal,
  type MeasuringEncoder,
  type MetricInput,
  type Refusal,
  refuse,
  styleAtResult,
  stylePath,
} from './metric.ts';
import { refuseUniform } from './uniform.ts';

/** A reference of more pixels than the first, and so many times the picture's, is not encoded. */
const mostPixels = 2 ** 22;
const mostTimes = 16;

/** One layer of both pictures. */
export interface LayerPair {
  readonly layer: string;
  readonly result: FeatureMap;
  readonly reference: FeatureMap;
}

/**
 * The features of the result and of the content or style.
 *
 * @param layers - a subset of the encoder's measuring layers
 * @returns a refusal when there are no layers, when one was optimised, when the content has another shape, or when the
 *   reference is of one colour: distances of features are relative to its own, which are then rounding alone
 */
export async function featurePairs(
  input: MetricInput,
  encoder: MeasuringEncoder,
  layers: readonly string[],
  against: 'content' | 'style',
): Promise<LayerPair[] | Refusal> {
  if (layers.length === 0) {
    return refuse(`The encoder "${encoder.name}" keeps no layers for measurement.`);
  }
  if (input.optimized?.encoder === encoder.hash) {
    const optimized = new Set(input.optimized.layers);
    const shared = layers.filter((layer) => optimized.has(layer));
    if (shared.length > 0) {
      return refuse(
        `The picture was optimised on ${shared.join(', ')} of "${encoder.name}": measuring it there would be circular.`,
      );
    }
  }
  const reference = against === 'content' ? contentAtResult(input) : styleAtResult(input);
  if (isRefusal(reference)) return reference;
  const pixels = reference.width * reference.height;
  if (pixels > mostPixels && pixels > mostTimes * input.result.width * input.result.height) {
    return refuse(
      `The picture is so narrow that the ${against} at its longest side (${reference.width}×${reference.height}) has more than ${mostTimes} times its pixels: too many to encode for it.`,
    );
  }
  const flat = refuseUniform(reference, against, 'no structure to measure a distance of features in');
  if (flat !== undefined) return flat;
  const ofResult = await encodeOnce(encoder, input.result);
  const ofReference = await encodeOnce(encoder, reference);
  return layers.map((layer) => ({
    layer,
    result: ofResult[layer]!,
    reference: ofReference[layer]!,
  }));
}

/** The mean over layers of what a pair of maps comes to. */
export function meanOver(pairs: readonly LayerPair[], value: (pair: LayerPair) => number): number {
  return pairs.reduce((sum, pair) => sum + value(pair), 0) / pairs.length;
}

/** The parts of a spec id that say which features are compared. */
export function featureParts(
  encoder: MeasuringEncoder,
  layers: readonly string[],
  against: 'content' | 'style',
): Record<string, string> {
  return {
    encoder: `${encoder.name}@${encoder.hash.slice(0, 12)}`,
    layers: layers.join('+'),
    ...(against === 'content' ? { content: contentPath } : { style: stylePath }),
  };
}

/** All measuring layers of a picture are encoded together and kept while the picture lives. */
const encoded = new WeakMap<
  MeasuringEncoder,
  WeakMap<RgbImage, Promise<Readonly<Record<string, FeatureMap>>>>
>();

function encodeOnce(encoder: MeasuringEncoder, image: RgbImage) {
  const images = encoded.get(encoder) ?? new WeakMap();
  encoded.set(encoder, images);
  let features = images.get(image);
  if (features === undefined) {
    features = encoder.encode(image, encoder.layers);
    images.set(image, features);
  }
  return features as Promise<Readonly<Record<string, FeatureMap>>>;
}
