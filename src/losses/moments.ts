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
import { type Comparison, comparing, covarianceOf, meanOf, varianceOf } from './comparison.ts';
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
import { inverseSquaredCovariance, inverseSquaredNorm, squaredDistance, sumOf } from './statistics.ts';
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
  const comparison = spec.convention === 'bn' ? batchNorm(spec) : relative(spec, encoder);
  return [comparing(spec, 'style', comparison, region)];
}

function batchNorm(spec: MomentsSpec): Comparison {
  const items = activeLayers(spec.layers).map((layer) => ({
    mean: meanOf(layer),
    variance: varianceOf(layer),
    weight: spec.layers[layer]!,
  }));
  const statistics = items.flatMap(({ mean, variance }) => [mean, variance]);
  const rooted = (variance: tf.Tensor) => tf.sqrt(tf.add(variance, varianceFloor));
  return {
    steps: [
      {
        statistics,
        targets: (found) => ({
          ...found,
          ...Object.fromEntries(items.map(({ variance: { key } }) => [key, rooted(found[key]!)])),
        }),
      },
    ],
    statistics,
    value: (found, targets) =>
      sumOf(items, ({ mean, variance, weight }) => {
        const own = found[mean.key]!;
        const distance = tf.add(
          squaredDistance(own, targets[mean.key]!),
          squaredDistance(rooted(found[variance.key]!), targets[variance.key]!),
        );
        return tf.mul(distance, weight / own.size);
      }),
  };
}

function relative(spec: MomentsSpec, encoder: OutlineToward): Comparison {
  const means = activeLayers(spec.layers).map((layer) => ({
    layer,
    statistic: meanOf(layer),
    weight: spec.layers[layer]!,
  }));
  const spreads = activeLayers(spec.covariance).map((layer) => ({
    layer,
    statistic: covarianceOf(layer),
    weight: spec.covariance[layer]!,
  }));
  const items = [...means, ...spreads];
  const layers = [...new Set(items.map(({ layer }) => layer))];
  const factor = (key: string): string => `${key}/factor`;
  const factors = (found: NamedTensors, known: NamedTensors): NamedTensors => {
    const targets: NamedTensors = {};
    for (const { statistic } of means) {
      const target = known[statistic.key]!;
      const least = leastStyleEnergyOf(outlineOfMeans(encoder), target.shape[1]!);
      targets[factor(statistic.key)] = inverseSquaredNorm(target, least);
    }
    for (const { layer, statistic } of spreads) {
      const target = found[statistic.key] as tf.Tensor2D;
      const least = leastStyleEnergyOf(encoder, target.shape[1]);
      targets[factor(statistic.key)] = inverseSquaredCovariance(target, known[meanOf(layer).key]!, least);
    }
    return targets;
  };
  return {
    steps: [
      { statistics: layers.map((layer) => meanOf(layer)), targets: (found) => found },
      {
        statistics: spreads.map(({ statistic }) => statistic),
        targets: (found, known) => ({ ...found, ...factors(found, known) }),
      },
    ],
    statistics: items.map(({ statistic }) => statistic),
    value: (found, targets) =>
      sumOf(items, ({ statistic: { key }, weight }) =>
        tf.mul(squaredDistance(found[key]!, targets[key]!), tf.mul(targets[factor(key)]!, weight)),
      ),
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
