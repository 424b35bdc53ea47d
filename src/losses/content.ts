/**
 * The content loss: the distance of the picture's features F from the content's P, [M,N] per layer.
 *
 * - `gatys`: ½ Σ (F − P)² (Gatys, Ecker & Bethge, CVPR 2016, eq. 1), summed over positions and channels.
 * - `mean`: Σ (F − P)²/(M·N).
 * - `relative`: Σ (F − P)²/Σ P², free of the encoder's scale and of the picture's size.
 *
 * The value is the sum over layers of layer weight times layer value.
 */
import { z } from 'zod';
import { type NamedTensors, tf } from '../tensor.ts';
import type { Statistic } from './additive.ts';
import type { LossContext, LossTerm } from './loss.ts';
import {
  activeLayers,
  commonOptions,
  conventionOption,
  type EncoderLayers,
  layeredOptions,
  resolveLayered,
} from './options.ts';
import type { ContentSpec } from './spec.ts';
import { asMatrix, inverseSquaredNorm, leastNorm, squaredDistance, sumOf } from './statistics.ts';

export const contentOptions = {
  ...layeredOptions('content'),
  convention: conventionOption({
    gatys: 'half the summed squares',
    mean: 'their mean',
    relative: 'over the target energy',
  }),
};

/** The content loss as people write it. */
export const contentSchema = z.strictObject({
  type: z.literal('content'),
  name: commonOptions.name,
  ...contentOptions,
});

export const contentDescription =
  "Distance of the picture's features from the content's (Gatys, Ecker & Bethge, CVPR 2016, eq. 1).";

/** Fills in every default: weight 1, convention `relative`, the encoder's content layers. */
export function resolveContent(
  written: Omit<z.infer<typeof contentSchema>, 'type'>,
  encoder: EncoderLayers,
  path: string,
): ContentSpec {
  return {
    ...resolveLayered('content', written, 'content', encoder, path),
  };
}

/** One term; see the file's head for its value. */
export function prepareContent(spec: ContentSpec, context: LossContext): LossTerm[] {
  const layers = activeLayers(spec.layers);
  const factor = (layer: string): string => `${layer}/factor`;
  const layerValue = (layer: string, squared: tf.Tensor, size: number, targets: NamedTensors): tf.Tensor => {
    const weight = spec.layers[layer]!;
    if (spec.convention === 'gatys') return tf.mul(squared, weight / 2);
    if (spec.convention === 'mean') return tf.mul(squared, weight / size);
    return tf.mul(squared, tf.mul(targets[factor(layer)]!, weight));
  };
  /** Height, width and channels, of the picture as of the content. */
  const shapeOf = (layer: string) => context.encoder.shapeOf(layer, ...context.size);
  const positions = (layer: string): number => shapeOf(layer)[0] * shapeOf(layer)[1];
  /** Squared distances from the map of the layer's name among the targets, or from 0. */
  const squares = (fromTargets: boolean): Statistic[] =>
    layers.map((layer) => ({
      key: layer,
      layers: [layer],
      of: (features, weights, targets) => {
        const target = fromTargets ? asMatrix(targets[layer] as tf.Tensor4D) : tf.scalar(0);
        return squaredDistance(asMatrix(features[layer]!), target, weights);
      },
    }));
  return [
    {
      name: spec.name,
      weight: spec.weight,
      convention: spec.convention,
      layers,
      targets: ({ content }) => {
        const targets: Record<string, tf.Tensor> = {};
        for (const layer of layers) {
          const target = content.features[layer]!;
          targets[layer] = target;
          if (spec.convention === 'relative') targets[factor(layer)] = inverseSquaredNorm(target);
        }
        return targets;
      },
      value: ({ features }, targets) =>
        sumOf(layers, (layer) => {
          const map = features[layer]!;
          return layerValue(layer, squaredDistance(map, targets[layer]!), map.size, targets);
        }),
      additive: {
        maps: layers,
        steps:
          spec.convention !== 'relative'
            ? []
            : [
                {
                  source: 'content',
                  statistics: squares(false),
                  targets: (sums) =>
                    Object.fromEntries(
                      layers.map((layer) => {
                        const energy = tf.mul(sums[layer]!, positions(layer));
                        return [factor(layer), tf.div(1, tf.maximum(energy, leastNorm))];
                      }),
                    ),
                },
              ],
        statistics: squares(true),
        value: (sums, targets) =>
          sumOf(layers, (layer) => {
            const [height, width, channels] = shapeOf(layer);
            const squared = tf.mul(sums[layer]!, positions(layer));
            return layerValue(layer, squared, height * width * channels, targets);
          }),
      },
    },
  ];
}
