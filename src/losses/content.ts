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
import { type Comparison, type ComparisonStep, comparing, type MapStatistic, summed } from './comparison.ts';
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
function resolveContent(written: OptionsOf<typeof contentOptions>, encoder: EncoderLayers, path: string) {
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
  /** Height, width and channels, of the picture as of the content. */
  const shapeOf = (layer: string) => context.encoder.shapeOf(layer, ...context.size);
  const items = layers.map((layer) => ({
    layer,
    distance: squares(layer, 'distance', shapeOf(layer), true),
    energy: squares(layer, 'content energy', shapeOf(layer), false),
    styleEnergy: meanEnergy(layer),
  }));
  /** 1/Σ P². */
  const factorOf = (
    { layer, energy, styleEnergy }: (typeof items)[number],
    targets: NamedTensors,
  ): tf.Tensor => {
    const own = targets[energy.key]!;
    if (!mayBeNone) return inverseOf(own, 0);
    const [height, width, channels] = shapeOf(layer);
    const least = tf.mul(targets[styleEnergy.key]!, leastShare * height * width);
    return inverseOf(tf.maximum(own, least), height * width * leastEnergyOf(context.encoder, channels));
  };
  const energies = (source: 'content' | 'style', statistics: readonly MapStatistic[]): ComparisonStep => ({
    source,
    round: 0,
    statistics,
    targets: (found) => found,
  });
  const ofContent = isRelative ? items.map(({ energy }) => energy) : [];
  const ofStyle = mayBeNone ? items.map(({ styleEnergy }) => styleEnergy) : [];
  const comparison: Comparison = {
    maps: layers,
    steps: [energies('content', ofContent), energies('style', ofStyle)].filter(
      ({ statistics }) => statistics.length > 0,
    ),
    statistics: items.map(({ distance }) => distance),
    value: (found, targets) =>
      sumOf(items, (item) => {
        const squared = found[item.distance.key]!;
        const weight = spec.layers[item.layer]!;
        if (spec.convention === 'gatys') return tf.mul(squared, weight / 2);
        if (spec.convention === 'mean') return tf.mul(squared, weight / sizeOf(shapeOf(item.layer)));
        return tf.mul(squared, tf.mul(factorOf(item, targets), weight));
      }),
  };
  return [comparing(spec, undefined, comparison)];
}

const sizeOf = ([height, width, channels]: readonly [number, number, number]): number =>
  height * width * channels;

/** Σ F² of the picture's or the content's map, or Σ (F − P)² from the map of the layer's name among the targets. */
function squares(
  layer: string,
  name: string,
  [height, width]: readonly [number, number, number],
  fromContent: boolean,
): MapStatistic {
  const key = `${layer}/${name}`;
  return {
    ...summed(
      { key, layers: [layer] },
      (features, targets) =>
        fromContent ? squaredDistance(features[layer]!, targets[layer]!) : squaredNorm(features[layer]!),
      (features, weights, targets) => {
        const target = fromContent ? asMatrix(targets[layer] as tf.Tensor4D) : tf.scalar(0);
        return squaredDistance(asMatrix(features[layer]!), target, weights);
      },
    ),
    // A mean over the positions, in strips.
    from: (sums) => tf.mul(sums[key]!, height * width),
  };
}

/** Σ A² of the style's map over channels, its mean over positions. */
function meanEnergy(layer: string): MapStatistic {
  return summed(
    { key: `${layer}/style energy`, layers: [layer] },
    (features) => {
      const map = features[layer]!;
      return tf.mul(squaredNorm(map), 1 / (map.shape[1] * map.shape[2]));
    },
    (features, weights) => squaredDistance(asMatrix(features[layer]!), tf.scalar(0), weights),
  );
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
