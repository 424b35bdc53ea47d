/**
 * The moments loss: the distance of the channels' means and spreads from the style's, each over its own map.
 *
 * - `bn`: (1/N) Σ [(μ − μ_A)² + (σ − σ_A)²] per layer, the statistics of batch normalisation (Li, Wang, Liu & Hou,
 *   IJCAI 2017). σ = √(variance + 1e-8), so that a channel without spread has a
 *   gradient.
 * - `relative`: ‖μ − μ_A‖²/‖μ_A‖² for each of `layers`, and ‖Σ − Σ_A‖²/‖Σ_A‖² (Frobenius) of the population
 *   covariances for each of `covariance`, which costs no more than a Gram matrix. ‖μ_A‖² counts as at least
 *   `leastStyleEnergyOf`, ‖Σ_A‖ as at least that of features that vary by 3 % of their root mean square.
 *
 * The value is the sum over layers of layer weight times layer value.
 */
import { z } from 'zod';
import { NeckarError } from '../errors.ts';
import { type NamedTensors, tf } from '../tensor.ts';
import { covarianceFrom, type Statistic, weightedMoments, weightedSquares, weightedSum } from './additive.ts';
import { defineLoss, type OptionsOf, type SpecOf, unitsOf, weightsWithout } from './define.ts';
import { leastStyleEnergyOf, type OutlineToward, outlineOfMeans } from './flat-style.ts';
import type { LossContext, LossTerm } from './loss.ts';
import {
  activeLayers,
  conventionOption,
  type EncoderLayers,
  layerOptions,
  namesLayers,
  requireLayers,
  resolveLayers,
} from './options.ts';
import type { Region, RegionPair } from './region.ts';
import {
  covariance,
  inverseSquaredCovariance,
  inverseSquaredNorm,
  means,
  squaredDistance,
  sumOf,
  variances,
} from './statistics.ts';
import { perValue, secondMomentsWork, valuesIn } from './work.ts';

/** Added to a variance before its root is taken. */
const varianceFloor = 1e-8;

const momentsOptions = {
  layers: layerOptions
    .optional()
    .describe(
      "Layers whose means (`bn`: and standard deviations) are matched. Default: the encoder's style layers.",
    ),
  convention: conventionOption({
    bn: 'means and standard deviations',
    relative: 'means and covariances over the target energy',
  }),
  covariance: z
    .union([z.literal('layers'), layerOptions])
    .optional()
    .describe(
      'Layers whose covariance is matched, under `relative` only; `layers`: the same as those of the means. Default: none.',
    ),
};

/** Fills in every default: convention `relative`, means of the encoder's style layers, no covariances. */
export function resolveMoments(
  written: OptionsOf<typeof momentsOptions>,
  encoder: EncoderLayers,
  path: string,
) {
  const convention = written.convention ?? 'relative';
  const layers = resolveLayers(written.layers, encoder.defaults.style, encoder, `${path}.layers`);
  const chosen = written.covariance === 'layers' ? layers : written.covariance;
  const covarianceLayers = resolveLayers(chosen, {}, encoder, `${path}.covariance`);
  if (convention === 'bn' && Object.keys(covarianceLayers).length > 0) {
    throw new NeckarError(
      `${path}.covariance: the convention "bn" matches no covariances; write convention: 'relative', or leave covariance out.`,
    );
  }
  // Colours alone, on an encoder without layers for them, are no mistake: there is nothing to be compared.
  const vacant = namesLayers(chosen) && Object.keys(covarianceLayers).length === 0;
  if (!vacant && activeLayers(covarianceLayers).length === 0) requireLayers(layers, `${path}.layers`);
  return {
    convention,
    layers,
    covariance: covarianceLayers,
  };
}

export type MomentsSpec = SpecOf<'moments', typeof resolveMoments>;

/** One term, or none where no layer takes part; see the file's head for its value. */
export function prepareMoments(spec: MomentsSpec, { region, encoder }: LossContext): LossTerm[] {
  if ([...activeLayers(spec.layers), ...activeLayers(spec.covariance)].length === 0) return [];
  return [spec.convention === 'bn' ? batchNormTerm(spec, region) : relativeTerm(spec, encoder, region)];
}

function batchNormTerm(spec: MomentsSpec, region?: RegionPair): LossTerm {
  const layers = activeLayers(spec.layers);
  const rooted = (variance: tf.Tensor) => tf.sqrt(tf.add(variance, varianceFloor));
  const deviations = (map: tf.Tensor4D, part?: Region) => rooted(variances(map, part));
  const distanceOf = (layer: string, mean: tf.Tensor, deviation: tf.Tensor, targets: NamedTensors) => {
    const distance = tf.add(
      squaredDistance(mean, targets[`${layer}/mean`]!),
      squaredDistance(deviation, targets[`${layer}/deviation`]!),
    );
    return tf.mul(distance, spec.layers[layer]! / mean.size);
  };
  const mean = meanStatistics(layers);
  const squares = layers.map(
    (layer): Statistic => ({
      key: `${layer}/squares`,
      layers: [layer],
      of: (features, weights, targets) =>
        weightedSquares(features[layer]!, weights, targets[`${layer}/mean`]!),
    }),
  );
  return {
    name: spec.name,
    weight: spec.weight,
    convention: spec.convention,
    toward: 'style',
    layers,
    targets: ({ style }) => {
      const targets: Record<string, tf.Tensor> = {};
      for (const layer of layers) {
        targets[`${layer}/mean`] = means(style.features[layer]!, region?.style);
        targets[`${layer}/deviation`] = deviations(style.features[layer]!, region?.style);
      }
      return targets;
    },
    value: ({ features }, targets) =>
      sumOf(layers, (layer) => {
        const map = features[layer]!;
        return distanceOf(layer, means(map, region?.picture), deviations(map, region?.picture), targets);
      }),
    additive: {
      maps: [],
      steps: [
        { source: 'style', statistics: mean, targets: (sums) => sums },
        {
          source: 'style',
          statistics: squares,
          targets: (sums) =>
            Object.fromEntries(
              layers.map((layer) => [`${layer}/deviation`, rooted(sums[`${layer}/squares`]!)]),
            ),
        },
      ],
      statistics: [...mean, ...squares],
      value: (sums, targets) =>
        sumOf(layers, (layer) => {
          const own = sums[`${layer}/mean`]!;
          const shift = tf.square(tf.sub(own, targets[`${layer}/mean`]!));
          const deviation = rooted(tf.sub(sums[`${layer}/squares`]!, shift));
          return distanceOf(layer, own, deviation, targets);
        }),
    },
  };
}

/** The means of layers, `<layer>/mean`. */
function meanStatistics(layers: readonly string[]): Statistic[] {
  return layers.map((layer) => ({
    key: `${layer}/mean`,
    layers: [layer],
    of: (features, weights) => weightedSum(features[layer]!, weights),
  }));
}

function relativeTerm(spec: MomentsSpec, encoder: OutlineToward, region?: RegionPair): LossTerm {
  const items = [
    ...activeLayers(spec.layers).map((layer) => ({
      layer,
      key: `${layer}/mean`,
      statistic: means,
      weight: spec.layers[layer]!,
    })),
    ...activeLayers(spec.covariance).map((layer) => ({
      layer,
      key: `${layer}/covariance`,
      statistic: covariance,
      weight: spec.covariance[layer]!,
    })),
  ];
  const layers = [...new Set(items.map(({ layer }) => layer))];
  const targetsFrom = (
    statisticOf: (item: (typeof items)[number]) => tf.Tensor,
    meanOf: (layer: string) => tf.Tensor,
  ): NamedTensors => {
    const targets: NamedTensors = {};
    for (const item of items) {
      const target = statisticOf(item);
      const least = leastStyleEnergyOf(encoder, target.shape[1]!);
      targets[item.key] = target;
      targets[`${item.key}/factor`] =
        item.statistic === means
          ? inverseSquaredNorm(target, leastStyleEnergyOf(outlineOfMeans(encoder), target.shape[1]!))
          : inverseSquaredCovariance(target as tf.Tensor2D, meanOf(item.layer), least);
    }
    return targets;
  };
  const valueFrom = (statisticOf: (item: (typeof items)[number]) => tf.Tensor, targets: NamedTensors) =>
    sumOf(items, (item) =>
      tf.mul(
        squaredDistance(statisticOf(item), targets[item.key]!),
        tf.mul(targets[`${item.key}/factor`]!, item.weight),
      ),
    );
  const mean = meanStatistics(layers);
  const centre = (layer: string) => `${layer}/centre`;
  const products = activeLayers(spec.covariance).map(
    (layer): Statistic => ({
      key: `${layer}/products`,
      layers: [layer],
      of: (features, weights, targets) => weightedMoments(features[layer]!, weights, targets[centre(layer)]!),
    }),
  );
  /** The item's statistic from sums about the style's means, which keep the digits that sums about 0 would lose. */
  const assembled = (sums: NamedTensors, targets: NamedTensors) => (item: (typeof items)[number]) => {
    const own = sums[`${item.layer}/mean`]!;
    if (item.statistic === means) return own;
    return covarianceFrom(own, sums[`${item.layer}/products`]!, targets[centre(item.layer)]!);
  };
  return {
    name: spec.name,
    weight: spec.weight,
    convention: spec.convention,
    toward: 'style',
    layers,
    targets: ({ style }) =>
      targetsFrom(
        ({ layer, statistic }) => statistic(style.features[layer]!, region?.style),
        (layer) => means(style.features[layer]!, region?.style),
      ),
    value: ({ features }, targets) =>
      valueFrom(({ layer, statistic }) => statistic(features[layer]!, region?.picture), targets),
    additive: {
      maps: [],
      steps: [
        {
          source: 'style',
          statistics: mean,
          targets: (sums) =>
            Object.fromEntries(layers.map((layer) => [centre(layer), sums[`${layer}/mean`]!])),
        },
        {
          source: 'style',
          statistics: products,
          targets: (sums, known) =>
            targetsFrom(
              ({ layer, statistic }) =>
                statistic === means ? tf.clone(known[centre(layer)]!) : sums[`${layer}/products`]!,
              (layer) => known[centre(layer)]!,
            ),
        },
      ],
      statistics: [...mean, ...products],
      value: (sums, targets) => valueFrom(assembled(sums, targets), targets),
    },
  };
}

export const moments = defineLoss({
  type: 'moments',
  description:
    "Distance of the channels' means and spreads from the style's (Li, Wang, Liu & Hou, IJCAI 2017).",
  options: momentsOptions,
  resolve: resolveMoments,
  terms: prepareMoments,
  layers: ({ layers, covariance }) => [...activeLayers(layers), ...activeLayers(covariance)],
  without: (spec, isLeftOut) => ({
    ...spec,
    layers: weightsWithout(spec.layers, isLeftOut),
    covariance: weightsWithout(spec.covariance, isLeftOut),
  }),
  styleUnits: unitsOf<MomentsSpec>({ bn: 5e-3 }),
  matches: ({ layers, covariance }) => ({ means: layers, covariances: covariance }),
  work: ({ layers, covariance }, seen) =>
    seen.styles.length * (valuesIn(layers, seen) * perValue + secondMomentsWork(covariance, seen)),
  benchmarks: [
    { title: 'moments (means and covariances)', options: { covariance: 'layers' }, atMost: 1.3 },
    {
      id: 'moments-bn',
      title: 'moments (batch-norm statistics)',
      options: { convention: 'bn' },
      atMost: 1.3,
    },
  ],
});
