/**
 * The content loss: the distance of the picture's features F from the content's P, [M,N] per layer.
 *
 * - `gatys`: ½ Σ (F − P)² (Gatys, Ecker & Bethge, CVPR 2016, eq. 1), summed over positions and channels.
 * - `mean`: Σ (F − P)²/(M·N).
 * - `relative`: Σ (F − P)²/Σ P², free of the encoder's scale and of the picture's size. A content with hardly any
 *   structure, such as one colour, has nothing that could be kept, and whatever the style paints on it would be beyond
 *   all measure: Σ P² counts as at least 3 % of the style's energy there (per position), and as `leastEnergyOf`, with
 *   encoders that give a least energy.
 *
 * The value is the sum over layers of layer weight times layer value.
 */
import { type NamedTensors, tf } from '../tensor.ts';
import type { Statistic } from './additive.ts';
import { defineLoss, type OptionsOf, type SpecOf } from './define.ts';
import type { LossContext, LossTerm } from './loss.ts';
import {
  activeLayers,
  conventionOption,
  type EncoderLayers,
  layeredOptions,
  resolveLayered,
} from './options.ts';
import { asMatrix, inverseOf, leastEnergyOf, squaredDistance, squaredNorm, sumOf } from './statistics.ts';
import { perValue, valuesIn } from './work.ts';

/** Of the style's energy, which a content's counts as at least. */
const leastShare = 0.03;

const contentOptions = {
  ...layeredOptions('content'),
  convention: conventionOption({
    gatys: 'half the summed squares',
    mean: 'their mean',
    relative: 'over the target energy',
  }),
};

/** Fills in every default: convention `relative`, the encoder's content layers. */
export function resolveContent(
  written: OptionsOf<typeof contentOptions>,
  encoder: EncoderLayers,
  path: string,
) {
  return {
    ...resolveLayered(written, 'content', encoder, path),
  };
}

export type ContentSpec = SpecOf<'content', typeof resolveContent>;

/** One term; see the file's head for its value. */
export function prepareContent(spec: ContentSpec, context: LossContext): LossTerm[] {
  const layers = activeLayers(spec.layers);
  const isRelative = spec.convention === 'relative';
  /** Whether a content may be without energy, so that the style's is a measure of it. */
  const mayBeNone = isRelative && (context.encoder.leastEnergy ?? 0) > 0;
  const energy = (whose: 'content' | 'style', layer: string): string => `${layer}/${whose} energy`;
  const layerValue = (layer: string, squared: tf.Tensor, size: number, targets: NamedTensors): tf.Tensor => {
    const weight = spec.layers[layer]!;
    if (spec.convention === 'gatys') return tf.mul(squared, weight / 2);
    if (spec.convention === 'mean') return tf.mul(squared, weight / size);
    return tf.mul(squared, tf.mul(factorOf(layer, targets), weight));
  };
  /** 1/Σ P². */
  const factorOf = (layer: string, targets: NamedTensors): tf.Tensor => {
    const own = targets[energy('content', layer)]!;
    if (!mayBeNone) return inverseOf(own, 0);
    const [height, width, channels] = shapeOf(layer);
    const least = tf.mul(targets[energy('style', layer)]!, leastShare * height * width);
    return inverseOf(tf.maximum(own, least), height * width * leastEnergyOf(context.encoder, channels));
  };
  /** Height, width and channels, of the picture as of the content. */
  const shapeOf = (layer: string) => context.encoder.shapeOf(layer, ...context.size);
  const positions = (layer: string): number => shapeOf(layer)[0] * shapeOf(layer)[1];
  /** The mean energy per position of the style, by layers. */
  const styleEnergies: Statistic[] = !mayBeNone
    ? []
    : layers.map((layer) => ({
        key: energy('style', layer),
        layers: [layer],
        of: (features, weights) => squaredDistance(asMatrix(features[layer]!), tf.scalar(0), weights),
      }));
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
      targets: ({ content, style }) => {
        const targets: Record<string, tf.Tensor> = {};
        for (const layer of layers) {
          const target = content.features[layer]!;
          targets[layer] = target;
          if (isRelative) targets[energy('content', layer)] = squaredNorm(target);
          if (!mayBeNone) continue;
          const map = style.features[layer]!;
          targets[energy('style', layer)] = tf.mul(squaredNorm(map), 1 / (map.shape[1] * map.shape[2]));
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
        steps: [
          ...(!isRelative
            ? []
            : [
                {
                  source: 'content' as const,
                  statistics: squares(false),
                  targets: (sums: NamedTensors) =>
                    Object.fromEntries(
                      layers.map((layer) => [
                        energy('content', layer),
                        tf.mul(sums[layer]!, positions(layer)),
                      ]),
                    ),
                },
              ]),
          ...(!mayBeNone
            ? []
            : [
                {
                  source: 'style' as const,
                  round: 0,
                  statistics: styleEnergies,
                  // The content's own sums of this round are among them, under the names of its maps.
                  targets: (sums: NamedTensors) =>
                    Object.fromEntries(
                      styleEnergies.map(({ key }): [string, tf.Tensor] => [key, sums[key]!]),
                    ),
                },
              ]),
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

export const content = defineLoss({
  type: 'content',
  description:
    "Distance of the picture's features from the content's (Gatys, Ecker & Bethge, CVPR 2016, eq. 1).",
  options: contentOptions,
  resolve: resolveContent,
  terms: prepareContent,
  work: (spec, seen) => (valuesIn(spec.layers, seen) * perValue) / 4,
});
