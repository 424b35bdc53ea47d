/**
 * Losses that compare statistics of maps. A loss says once which statistics it compares, with what, and how; each
 * statistic knows how it is taken of whole maps or of a region, and of which sums over positions it is made of a
 * picture in strips.
 *
 * The two ways are kept apart, although a whole map is one strip of equal weights. Weighting every position is one more
 * pass over the memory of each map, there and back: one evaluation of encoder and loss took 3 to 5 % longer for Gram
 * matrices, 12 % for means and covariances and over 20 % for means and variances (wavelet encoder, 192×192, one thread).
 * And sums about the style's mean lose digits that those about a map's own keep; only strips, which do not know their
 * picture's mean beforehand, need them.
 */
import type { Features } from '../encoders/encoder.ts';
import type { NamedTensors, tf } from '../tensor.ts';
import {
  type Additive,
  covarianceFrom,
  type Statistic,
  type TargetStep,
  varianceFrom,
  weightedCross,
  weightedMoments,
  weightedSquares,
  weightedSum,
} from './additive.ts';
import type { LossTerm } from './loss.ts';
import type { Region, RegionPair } from './region.ts';
import { covariance, crossMoments, means, secondMoments, variances } from './statistics.ts';

/** A statistic of a layer, or of a pair of layers. */
export interface MapStatistic {
  /** Unique in its loss. */
  readonly key: string;
  readonly layers: readonly string[];
  /**
   * Of whole maps, or of a region of them.
   * @param targets - of the loss, as far as they are known
   */
  of(features: Features, targets: NamedTensors, region?: Region): tf.Tensor;
  /** What it is made of in strips. */
  readonly sums: readonly Statistic[];
  /** The same from these sums over a picture, by key. */
  from(sums: NamedTensors, targets: NamedTensors): tf.Tensor;
  /** Whether its sums read the style's means of its layers, each under `centerOf` among the targets. */
  readonly centered?: boolean;
}

/** Targets made of statistics of the content or of the style. */
export interface ComparisonStep {
  /** Default: `style`. */
  readonly source?: 'content' | 'style';
  /** Steps of one round do not read each other's targets, those of a later one all earlier ones'; default: its place in the list. */
  readonly round?: number;
  readonly statistics: readonly MapStatistic[];
  /** @param found - the statistics by key */
  targets(found: NamedTensors, known: NamedTensors): NamedTensors;
}

export interface Comparison {
  /** Layers of the content that are targets as they are, each under the layer's name. Default: none. */
  readonly maps?: readonly string[];
  readonly steps: readonly ComparisonStep[];
  /** Those of the picture. */
  readonly statistics: readonly MapStatistic[];
  /** The unweighted value. */
  value(found: NamedTensors, targets: NamedTensors): tf.Scalar;
}

/**
 * The term that a comparison is, of whole pictures or of a region, and in strips.
 *
 * @param spec - of the loss
 * @param toward - see `LossTerm`
 */
export function comparing(
  { name, weight, convention }: Pick<LossTerm, 'name' | 'weight' | 'convention'>,
  toward: LossTerm['toward'],
  comparison: Comparison,
  region?: RegionPair,
): LossTerm {
  const { maps = [], steps, statistics, value } = comparison;
  const taken = (some: readonly MapStatistic[], features: Features, targets: NamedTensors, within?: Region) =>
    byKey(some, (one) => one.of(features, targets, within));
  return {
    name,
    weight,
    convention,
    ...(toward && { toward }),
    layers: [...new Set([...maps, ...statistics.flatMap(({ layers }) => layers)])],
    targets: ({ content, style }) => {
      const targets: NamedTensors = Object.fromEntries(
        maps.map((layer) => [layer, content.features[layer]!]),
      );
      for (const step of steps) {
        const found =
          step.source === 'content'
            ? taken(step.statistics, content.features, targets)
            : taken(step.statistics, style.features, targets, region?.style);
        Object.assign(targets, step.targets(found, targets));
      }
      return targets;
    },
    value: ({ features }, targets) => value(taken(statistics, features, targets, region?.picture), targets),
    additive: additiveOf(comparison),
  };
}

/**
 * A comparison by sums over positions. Where any are about the style's means, these are the first targets, and stand for
 * the means wherever the style's own statistics need them.
 */
function additiveOf({ maps = [], steps, statistics, value }: Comparison): Additive {
  const assembled = (some: readonly MapStatistic[], sums: NamedTensors, targets: NamedTensors) =>
    byKey(some, (one) => one.from(sums, targets));
  const all = [...statistics, ...steps.flatMap((step) => step.statistics)];
  const isCentered = all.some(({ centered }) => centered === true);
  const layers = isCentered ? [...new Set(all.flatMap((one) => one.layers))] : [];
  const centers = layers.map((layer) => meanOf(layer, centerOf(layer)));
  const means = new Map(layers.map((layer) => [meanOf(layer).key, centerOf(layer)]));
  const stepOf = (step: ComparisonStep, place: number): TargetStep => {
    const known = step.source === 'content' ? new Map<string, string>() : means;
    return {
      source: step.source ?? 'style',
      round: (step.round ?? place) + (isCentered ? 1 : 0),
      statistics: sumsOf(step.statistics).filter(({ key }) => !known.has(key)),
      targets: (sums, targets) => {
        const own = Object.fromEntries([...known].map(([mean, center]) => [mean, targets[center]!]));
        return step.targets(assembled(step.statistics, { ...sums, ...own }, targets), targets);
      },
    };
  };
  const centering: TargetStep = {
    source: 'style',
    round: 0,
    statistics: sumsOf(centers),
    targets: (sums) => assembled(centers, sums, {}),
  };
  return {
    maps,
    steps: [...(isCentered ? [centering] : []), ...steps.map(stepOf)],
    statistics: sumsOf(statistics),
    value: (sums, targets) => value(assembled(statistics, sums, targets), targets),
  };
}

/** What some statistics are made of, each sum once. */
function sumsOf(statistics: readonly MapStatistic[]): Statistic[] {
  return [...new Map(statistics.flatMap(({ sums }) => sums.map((one) => [one.key, one]))).values()];
}

function byKey(
  statistics: readonly MapStatistic[],
  compute: (statistic: MapStatistic) => tf.Tensor,
): NamedTensors {
  return Object.fromEntries(statistics.map((one) => [one.key, compute(one)]));
}

/** The name of the style's means of a layer among the targets in strips. */
const centerOf = (layer: string): string => `${layer}/centre`;

/** A statistic that is a sum over positions itself. */
export function summed(
  { key, layers }: Pick<MapStatistic, 'key' | 'layers'>,
  of: MapStatistic['of'],
  weighted: Statistic['of'],
): MapStatistic {
  return { key, layers, of, sums: [{ key, layers, of: weighted }], from: (sums) => sums[key]! };
}

/** Means of a layer's channels, [1,N]. */
export function meanOf(layer: string, key: string = `${layer}/mean`): MapStatistic {
  return summed(
    { key, layers: [layer] },
    (features, _, region) => means(features[layer]!, region),
    (features, weights) => weightedSum(features[layer]!, weights),
  );
}

/** Second moments of a layer's channels, [N,N]. */
export function momentsOf(layer: string, key: string = `${layer}/moments`): MapStatistic {
  return summed(
    { key, layers: [layer] },
    (features, _, region) => secondMoments(features[layer]!, region),
    (features, weights) => weightedMoments(features[layer]!, weights),
  );
}

/** Second moments between the channels of two layers: see `crossMoments`. */
export function crossOf(first: string, second: string): MapStatistic {
  return summed(
    { key: `${first}×${second}`, layers: [first, second] },
    (features, _, region) => crossMoments(features[first]!, features[second]!, region),
    (features, weights) => weightedCross(features[first]!, features[second]!, weights),
  );
}

/** Variances of a layer's channels, [1,N]. */
export function varianceOf(layer: string): MapStatistic {
  return spread(layer, 'variance', variances, weightedSquares, varianceFrom);
}

/** The covariance of a layer's channels, [N,N]. */
export function covarianceOf(layer: string): MapStatistic {
  return spread(layer, 'covariance', covariance, weightedMoments, covarianceFrom);
}

/**
 * A statistic of differences from the mean. In strips they are differences from the style's, which keep the digits that
 * differences from 0 would lose.
 */
function spread(
  layer: string,
  name: string,
  of: (map: tf.Tensor4D, region?: Region) => tf.Tensor,
  about: (map: tf.Tensor4D, weights: tf.Tensor2D, center: tf.Tensor) => tf.Tensor,
  from: (mean: tf.Tensor, about: tf.Tensor, center: tf.Tensor) => tf.Tensor,
): MapStatistic {
  const own = meanOf(layer);
  const products: Statistic = {
    key: `${layer}/about centre`,
    layers: [layer],
    of: (features, weights, targets) => about(features[layer]!, weights, targets[centerOf(layer)]!),
  };
  return {
    key: `${layer}/${name}`,
    layers: [layer],
    of: (features, _, region) => of(features[layer]!, region),
    sums: [...own.sums, products],
    from: (sums, targets) => from(own.from(sums, targets), sums[products.key]!, targets[centerOf(layer)]!),
    centered: true,
  };
}
