/**
 * The sliced Wasserstein loss of Heitz, Vanhoey, Chambon & Belcour ("A sliced Wasserstein loss for neural texture
 * synthesis", CVPR 2021, sec. 3): the distance of the whole distribution of features from the style's. Features are
 * projected onto random directions θ_1…θ_K of unit length; along each, both sets are sorted and compared in order,
 * which is the squared 2-Wasserstein distance of the projections. With F the picture's features [M,N] at a layer,
 *
 *   SW = mean_k mean_i (⟨F_i,θ_k⟩ − Q_k(rank_k(i)))²
 *
 * where rank_k(i) is the place of position i when the M projections are sorted ascending, and Q_k(r) the quantile of
 * the style's projections for (r + ½)/M: their sorted values, the j-th of M_A standing for (j + ½)/M_A, linear in
 * between and constant beyond. A style of the picture's size is compared value by value.
 *
 * - `heitz`: SW.
 * - `relative`: SW over the mean square of the style's own projections.
 *
 * The value is the sum over layers of layer weight times layer value. The gradient is that with the ranks held, as
 * sorting has no other. They are found anew at every `refreshEvery`-th evaluation; in between, the value is an upper
 * bound. Directions are drawn once from the seed, by default as many as the layer has channels (the paper's number),
 * where the paper draws them anew at every evaluation: a line search needs one function.
 */
import { z } from 'zod';
import { createRandom } from '../random.ts';
import { float32, frozen, type NamedTensors, type TensorValue, tf } from '../tensor.ts';
import type { LossContext, LossTerm } from './loss.ts';
import {
  activeLayers,
  commonOptions,
  type EncoderLayers,
  layerOptions,
  requireLayers,
  resolveLayers,
} from './options.ts';
import type { SlicedWassersteinSpec } from './spec.ts';
import { asMatrix, leastNorm, squaredDistance, squaredNorm, sumOf } from './statistics.ts';

/** The sliced Wasserstein loss as people write it. */
export const slicedWassersteinSchema = z.strictObject({
  type: z.literal('sliced-wasserstein'),
  name: commonOptions.name,
  weight: commonOptions.weight.describe('Factor of the term in the total. Default 1.'),
  layers: layerOptions.optional().describe("Layers compared. Default: the encoder's style layers."),
  convention: z
    .enum(['heitz', 'relative'])
    .optional()
    .describe('`heitz`: mean squares; `relative` (default): over those of the style’s projections.'),
  directions: z
    .union([z.literal('channels'), z.int().min(1).max(4096)])
    .optional()
    .describe('Directions at each layer; `channels` (default): as many as it has channels.'),
  seed: z.int().optional().describe('Seed of the directions. Default 0.'),
  refreshEvery: z
    .int()
    .min(1)
    .optional()
    .describe('Evaluations between two sortings, 1: at every evaluation. Default 10.'),
});

export const slicedWassersteinDescription =
  "Distance of the features' whole distribution from the style's along random directions (Heitz et al., CVPR 2021).";

/** Fills in every default: weight 1, `relative`, the encoder's style layers, as many directions as channels, seed 0, sorted anew every 10 evaluations. */
export function resolveSlicedWasserstein(
  written: Omit<z.infer<typeof slicedWassersteinSchema>, 'type'>,
  encoder: EncoderLayers,
  path: string,
): SlicedWassersteinSpec {
  const layersPath = `${path}.layers`;
  return {
    type: 'sliced-wasserstein',
    name: written.name ?? 'sliced-wasserstein',
    weight: written.weight ?? 1,
    convention: written.convention ?? 'relative',
    layers: requireLayers(
      resolveLayers(written.layers, encoder.defaults.style, encoder, layersPath),
      layersPath,
    ),
    directions: written.directions ?? 'channels',
    seed: written.seed ?? 0,
    refreshEvery: written.refreshEvery ?? 10,
  };
}

/** One term, whose matched projections are refreshed; see the file's head for its value. */
export function prepareSlicedWasserstein(spec: SlicedWassersteinSpec, context: LossContext): LossTerm[] {
  const layers = activeLayers(spec.layers);
  const directions = new Map<string, TensorValue>();
  const positions = new Map<string, number>();
  for (const layer of layers) {
    const [height, width, channels] = context.encoder.shapeOf(layer, ...context.size);
    positions.set(layer, height * width);
    const count = spec.directions === 'channels' ? channels : spec.directions;
    directions.set(layer, unitDirections(spec.seed, layer, channels, count));
  }
  const projected = (map: tf.Tensor4D, layer: string) =>
    tf.matMul(asMatrix(map), frozen(directions.get(layer)!) as tf.Tensor2D) as tf.Tensor2D;
  return [
    {
      name: spec.name,
      weight: spec.weight,
      convention: spec.convention,
      layers,
      refreshEvery: spec.refreshEvery,
      targets: ({ style }) => {
        const targets: NamedTensors = {};
        for (const layer of layers) {
          const projections = projected(style.features[layer]!, layer);
          targets[layer] = quantiles(projections, positions.get(layer)!);
          if (spec.convention === 'relative') {
            const energy = tf.div(squaredNorm(projections), projections.size);
            targets[`${layer}/factor`] = tf.div(1, tf.maximum(energy, leastNorm));
          }
        }
        return targets;
      },
      refresh: ({ features }, targets) =>
        Object.fromEntries(
          layers.map((layer) => [
            layer,
            inOrderOf(projected(features[layer]!, layer), targets[layer] as tf.Tensor2D),
          ]),
        ),
      value: ({ features }, targets, held) =>
        sumOf(layers, (layer) => {
          const projections = projected(features[layer]!, layer);
          const squared = squaredDistance(projections, held[layer]!);
          const scaled = tf.mul(squared, spec.layers[layer]! / projections.size);
          return spec.convention === 'heitz' ? scaled : tf.mul(scaled, targets[`${layer}/factor`]!);
        }),
    },
  ];
}

/** Directions as the unit columns of a matrix [channels, count]: normal draws made unit length. */
function unitDirections(seed: number, layer: string, channels: number, count: number): TensorValue {
  const random = createRandom(seed, 'sliced-wasserstein', layer);
  const data = new Float32Array(channels * count);
  for (let k = 0; k < count; k++) {
    const draws = Array.from({ length: channels }, () => random.normal());
    const length = Math.hypot(...draws);
    for (const [i, draw] of draws.entries()) data[i * count + k] = draw / length;
  }
  return float32([channels, count], data);
}

/** Each column of projections [M,K] sorted descending, as rows [K,M], with the positions they had, int32 [K,M]. */
function sorted(projections: tf.Tensor2D): { values: tf.Tensor2D; indices: tf.Tensor2D } {
  const rows = tf.transpose(projections);
  return tf.topk(rows, projections.shape[0], true) as { values: tf.Tensor2D; indices: tf.Tensor2D };
}

/** The quantiles of each column of projections [M_A,K] for the shares (M − r − ½)/M of r = 0…M−1: descending, [K,M]. */
function quantiles(projections: tf.Tensor2D, count: number): tf.Tensor2D {
  const own = projections.shape[0];
  const { values } = sorted(projections);
  if (own === count) return values;
  const lower = new Int32Array(count);
  const upper = new Int32Array(count);
  const fractions = new Float32Array(count);
  for (let rank = 0; rank < count; rank++) {
    const place = Math.min(own - 1, Math.max(0, ((rank + 0.5) / count) * own - 0.5));
    lower[rank] = Math.floor(place);
    upper[rank] = Math.min(own - 1, lower[rank]! + 1);
    fractions[rank] = place - lower[rank]!;
  }
  const from = tf.gather(values, tf.tensor1d(lower, 'int32'), 1);
  const to = tf.gather(values, tf.tensor1d(upper, 'int32'), 1);
  return tf.add(from, tf.mul(tf.sub(to, from), tf.tensor1d(fractions))) as tf.Tensor2D;
}

/** The values of each row of `ordered` [K,M], descending, put where projections [M,K] have that rank: [M,K]. */
function inOrderOf(projections: tf.Tensor2D, ordered: tf.Tensor2D): tf.Tensor2D {
  const [count, directions] = projections.shape;
  const { indices } = sorted(projections);
  const begins = Int32Array.from({ length: directions }, (_, k) => k * count);
  const places = tf.add(indices, tf.tensor2d(begins, [directions, 1], 'int32'));
  const placed = tf.scatterND(tf.reshape(places, [-1, 1]), tf.reshape(ordered, [-1]), [directions * count]);
  return tf.transpose(tf.reshape(placed, [directions, count])) as tf.Tensor2D;
}
