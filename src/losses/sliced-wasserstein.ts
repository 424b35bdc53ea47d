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
 * - `relative`: SW over the mean square of the style's own projections, which counts as at least `leastStyleEnergyOf` of one
 *   channel.
 *
 * The value is the sum over layers of layer weight times layer value. The gradient is that with the ranks held, as
 * sorting has no other. They are found anew at every `refreshEvery`-th evaluation; in between, the value is an upper
 * bound. Directions are drawn once from the seed, by default as many as the layer has channels (the paper's number),
 * where the paper draws them anew at every evaluation: a line search needs one function.
 */
import { z } from 'zod';
import { createRandom } from '../random.ts';
import { float32, frozen, type NamedTensors, type TensorValue, tf } from '../tensor.ts';
import { defineLoss, type OptionsOf, type SpecOf, unitsOf } from './define.ts';
import { leastStyleEnergyOf } from './flat-style.ts';
import type { LossContext, LossTerm } from './loss.ts';
import {
  activeLayers,
  conventionOption,
  type EncoderLayers,
  layeredOptions,
  refreshOption,
  resolveLayered,
} from './options.ts';
import type { Region } from './region.ts';
import {
  type Covered,
  covered,
  inverseOf,
  rooted,
  squaredDistance,
  squaredNorm,
  sumOf,
} from './statistics.ts';
import { perValue, projectionsWork } from './work.ts';

const slicedWassersteinOptions = {
  ...layeredOptions('style'),
  convention: conventionOption({ heitz: 'mean squares', relative: 'over those of the style’s projections' }),
  directions: z
    .union([z.literal('channels'), z.int().min(1).max(4096)])
    .optional()
    .describe('Directions at each layer; `channels` (default): as many as it has channels.'),
  seed: z.int().optional().describe('Seed of the directions. Default 0.'),
  refreshEvery: refreshOption('sortings', 10),
};

/** Fills in every default: `relative`, the encoder's style layers, as many directions as channels, seed 0, sorted anew every 10 evaluations. */
function resolveSlicedWasserstein(
  written: OptionsOf<typeof slicedWassersteinOptions>,
  encoder: EncoderLayers,
  path: string,
) {
  return {
    ...resolveLayered(written, 'style', encoder, path),
    directions: written.directions ?? 'channels',
    seed: written.seed ?? 0,
    refreshEvery: written.refreshEvery ?? 10,
  };
}

export type SlicedWassersteinSpec = SpecOf<'sliced-wasserstein', typeof resolveSlicedWasserstein>;

/** One term, whose matched projections are refreshed; see the file's head for its value. */
export function prepareSlicedWasserstein(spec: SlicedWassersteinSpec, context: LossContext): LossTerm[] {
  const { region } = context;
  const layers = activeLayers(spec.layers);
  const directions = new Map<string, TensorValue>();
  const positions = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const layer of layers) {
    const [height, width, channels] = context.encoder.shapeOf(layer, ...context.size);
    positions.set(layer, height * width);
    counts.set(layer, region?.picture.at(height, width).positions.length ?? height * width);
    const count = spec.directions === 'channels' ? channels : spec.directions;
    directions.set(layer, unitDirections(spec.seed, layer, channels, count));
  }
  const projected = (map: tf.Tensor4D, layer: string, region?: Region): Covered => {
    const part = covered(map, region);
    const matrix = tf.matMul(part.matrix, frozen(directions.get(layer)!) as tf.Tensor2D) as tf.Tensor2D;
    return { ...part, matrix };
  };
  return [
    {
      name: spec.name,
      weight: spec.weight,
      convention: spec.convention,
      toward: 'style',
      layers,
      refreshEvery: spec.refreshEvery,
      targets: ({ style }) => {
        const targets: NamedTensors = {};
        for (const layer of layers) {
          const projections = projected(style.features[layer]!, layer, region?.style);
          const channels = style.features[layer]!.shape[3];
          targets[layer] = quantiles(projections, counts.get(layer)!);
          if (spec.convention === 'relative') {
            const energy = tf.div(squaredNorm(rooted(projections)), projections.matrix.size);
            targets[`${layer}/factor`] = inverseOf(
              energy,
              leastStyleEnergyOf(context.encoder, channels) / channels,
            );
          }
        }
        return targets;
      },
      refresh: ({ features }, targets) =>
        Object.fromEntries(
          layers.map((layer) => [
            layer,
            inOrderOf(projected(features[layer]!, layer, region?.picture), targets[layer] as tf.Tensor2D),
          ]),
        ),
      value: ({ features }, targets, held) =>
        sumOf(layers, (layer) => {
          const { matrix, membership } = projected(features[layer]!, layer, region?.picture);
          const squared = squaredDistance(matrix, held[layer]!, membership);
          const values = positions.get(layer)! * matrix.shape[1];
          const scaled = tf.mul(squared, spec.layers[layer]! / values);
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

/**
 * The quantiles of each column of projections [M_A,K] for the shares (M − r − ½)/M of r = 0…M−1: descending, [K,M].
 * Where projections do not count alike, each stands for the middle of its part of the whole.
 */
function quantiles({ matrix, relative }: Covered, count: number): tf.Tensor2D {
  const own = matrix.shape[0];
  const { values, indices } = sorted(matrix);
  if (relative !== undefined) return weightedQuantiles(values, middles(relative, indices), count);
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

/**
 * The share of all weights that lies before the middle of each, in the order of `indices` [K,M]: [K,M], ascending.
 *
 * @param relative - weights of mean 1, [M,1]
 */
function middles(relative: tf.Tensor2D, indices: tf.Tensor2D): tf.Tensor2D {
  const count = relative.shape[0];
  const weights = tf.gather(tf.reshape(tf.mul(relative, 1 / count), [count]), indices);
  return tf.sub(tf.cumsum(weights, 1), tf.mul(weights, 0.5)) as tf.Tensor2D;
}

/**
 * Of values [K,M] that stand for the shares `at` [K,M], both in order, those for (t + ½)/T of t = 0…T−1, linear in
 * between and constant beyond: [K,T].
 */
function weightedQuantiles(values: tf.Tensor2D, at: tf.Tensor2D, count: number): tf.Tensor2D {
  const [directions, own] = values.shape;
  const wanted = tf.tensor2d(
    Float32Array.from({ length: count }, (_, t) => (t + 0.5) / count),
    [1, count],
  );
  // How many values stand at or before each share: every value is counted from the first such share on.
  const firsts = tf.clipByValue(tf.floor(tf.add(tf.mul(at, count), 0.5)), 0, count);
  const rows = tf.tensor2d(
    Float32Array.from({ length: directions }, (_, k) => k * (count + 1)),
    [directions, 1],
  );
  const cells = tf.reshape(tf.cast(tf.add(firsts, rows), 'int32'), [-1, 1]);
  const arrivals = tf.scatterND(cells, tf.ones([directions * own]), [directions * (count + 1)]);
  const upTo = tf.cumsum(tf.reshape(arrivals, [directions, count + 1]), 1);
  const passed = tf.slice(upTo, [0, 0], [directions, count]);
  const begins = tf.tensor2d(
    Float32Array.from({ length: directions }, (_, k) => k * own),
    [directions, 1],
  );
  const neighbor = (offset: number): tf.Tensor =>
    tf.cast(tf.add(tf.clipByValue(tf.sub(passed, offset), 0, own - 1), begins), 'int32');
  const [before, after] = [neighbor(1), neighbor(0)];
  const read = (from: tf.Tensor, index: tf.Tensor) => tf.gather(tf.reshape(from, [-1]), index);
  const begin = read(at, before);
  const way = tf.maximum(tf.sub(read(at, after), begin), 1e-12);
  const fraction = tf.clipByValue(tf.div(tf.sub(wanted, begin), way), 0, 1);
  const from = read(values, before);
  return tf.add(from, tf.mul(tf.sub(read(values, after), from), fraction)) as tf.Tensor2D;
}

/** A table [K,T] of values for the shares (t + ½)/T, read at shares [K,M]: linear in between, constant beyond. */
function readTable(table: tf.Tensor2D, shares: tf.Tensor2D): tf.Tensor2D {
  const [directions, count] = table.shape;
  const place = tf.clipByValue(tf.sub(tf.mul(shares, count), 0.5), 0, count - 1);
  const below = tf.floor(place);
  const begins = tf.tensor2d(
    Float32Array.from({ length: directions }, (_, k) => k * count),
    [directions, 1],
  );
  const read = (at: tf.Tensor) =>
    tf.gather(tf.reshape(table, [-1]), tf.cast(tf.add(at, begins), 'int32') as tf.Tensor2D);
  const from = read(below);
  const to = read(tf.minimum(tf.add(below, 1), count - 1));
  return tf.add(from, tf.mul(tf.sub(to, from), tf.sub(place, below))) as tf.Tensor2D;
}

/**
 * The quantiles `table` [K,M], descending, put where projections [M,K] have that rank, or, where these do not count
 * alike, that share of the whole before them: [M,K].
 */
function inOrderOf({ matrix, relative }: Covered, table: tf.Tensor2D): tf.Tensor2D {
  const [count, directions] = matrix.shape;
  const { indices } = sorted(matrix);
  const ordered = relative === undefined ? table : readTable(table, middles(relative, indices));
  const begins = Int32Array.from({ length: directions }, (_, k) => k * count);
  const places = tf.add(indices, tf.tensor2d(begins, [directions, 1], 'int32'));
  const placed = tf.scatterND(tf.reshape(places, [-1, 1]), tf.reshape(ordered, [-1]), [directions * count]);
  return tf.transpose(tf.reshape(placed, [directions, count])) as tf.Tensor2D;
}

/** Sorting, in operations a value. */
const perSorted = 25_000;

export const slicedWasserstein = defineLoss({
  type: 'sliced-wasserstein',
  description:
    "Distance of the features' whole distribution from the style's along random directions (Heitz et al., CVPR 2021).",
  options: slicedWassersteinOptions,
  resolve: resolveSlicedWasserstein,
  terms: prepareSlicedWasserstein,
  styleUnits: unitsOf<SlicedWassersteinSpec>({ heitz: 5e-3 }),
  work: ({ layers, directions, refreshEvery }, seen) =>
    seen.styles.length *
    projectionsWork(
      layers,
      (channels) => (directions === 'channels' ? channels : directions),
      perValue + perSorted / refreshEvery,
      seen,
    ),
  benchmarks: [
    { title: 'sliced Wasserstein', atMost: 1.3 },
    { id: 'sliced-wasserstein-1', title: '… sorted at every evaluation', options: { refreshEvery: 1 } },
  ],
});
