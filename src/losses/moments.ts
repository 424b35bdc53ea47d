/**
 * The moments loss: the distance of the channels' means and spreads from the style's, each over its own map.
 *
 * - `bn`: (1/N) Σ [(μ − μ_A)² + (σ − σ_A)²] per layer, the statistics of batch normalisation (Li, Wang, Liu & Hou,
 *   IJCAI 2017). σ = √(variance + 1e-8), so that a channel without spread has a
 *   gradient.
 * - `relative`: ‖μ − μ_A‖²/‖μ_A‖² for each of `layers`, and ‖Σ − Σ_A‖²/‖Σ_A‖² (Frobenius) of the population
 *   covariances for each of `covariance`, which costs no more than a Gram matrix.
 *
 * The value is the sum over layers of layer weight times layer value.
 */
import { z } from 'zod';
import { NeckarError } from '../errors.ts';
import { tf } from '../tensor.ts';
import type { LossContext, LossTerm } from './loss.ts';
import {
  activeLayers,
  commonOptions,
  type EncoderLayers,
  layerOptions,
  requireLayers,
  resolveLayers,
} from './options.ts';
import type { Region, RegionPair } from './region.ts';
import type { MomentsSpec } from './spec.ts';
import { covariance, inverseSquaredNorm, means, squaredDistance, sumOf, variances } from './statistics.ts';

/** Added to a variance before its root is taken. */
const varianceFloor = 1e-8;

/** The moments loss as people write it. */
export const momentsSchema = z.strictObject({
  type: z.literal('moments'),
  name: commonOptions.name,
  weight: commonOptions.weight.describe('Factor of the term in the total. Default 1.'),
  layers: layerOptions
    .optional()
    .describe(
      "Layers whose means (`bn`: and standard deviations) are matched. Default: the encoder's style layers.",
    ),
  convention: z
    .enum(['bn', 'relative'])
    .optional()
    .describe(
      '`bn`: means and standard deviations; `relative` (default): means and covariances over the target energy.',
    ),
  covariance: layerOptions
    .optional()
    .describe('Layers whose covariance is matched, under `relative` only. Default: none.'),
});

export const momentsDescription =
  "Distance of the channels' means and spreads from the style's (Li, Wang, Liu & Hou, IJCAI 2017).";

/** Fills in every default: weight 1, convention `relative`, means of the encoder's style layers, no covariances. */
export function resolveMoments(
  written: Omit<z.infer<typeof momentsSchema>, 'type'>,
  encoder: EncoderLayers,
  path: string,
): MomentsSpec {
  const convention = written.convention ?? 'relative';
  const layers = resolveLayers(written.layers, encoder.defaults.style, encoder, `${path}.layers`);
  const covarianceLayers = resolveLayers(written.covariance, {}, encoder, `${path}.covariance`);
  if (convention === 'bn' && Object.keys(covarianceLayers).length > 0) {
    throw new NeckarError(
      `${path}.covariance: the convention "bn" matches no covariances; write convention: 'relative', or leave covariance out.`,
    );
  }
  if (activeLayers(covarianceLayers).length === 0) requireLayers(layers, `${path}.layers`);
  return {
    type: 'moments',
    name: written.name ?? 'moments',
    weight: written.weight ?? 1,
    convention,
    layers,
    covariance: covarianceLayers,
  };
}

/** One term; see the file's head for its value. */
export function prepareMoments(spec: MomentsSpec, { region }: LossContext): LossTerm[] {
  return [spec.convention === 'bn' ? batchNormTerm(spec, region) : relativeTerm(spec, region)];
}

function batchNormTerm(spec: MomentsSpec, region?: RegionPair): LossTerm {
  const layers = activeLayers(spec.layers);
  const deviations = (map: tf.Tensor4D, part?: Region) =>
    tf.sqrt(tf.add(variances(map, part), varianceFloor));
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
        const distance = tf.add(
          squaredDistance(means(map, region?.picture), targets[`${layer}/mean`]!),
          squaredDistance(deviations(map, region?.picture), targets[`${layer}/deviation`]!),
        );
        return tf.mul(distance, spec.layers[layer]! / map.shape[3]);
      }),
  };
}

function relativeTerm(spec: MomentsSpec, region?: RegionPair): LossTerm {
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
  return {
    name: spec.name,
    weight: spec.weight,
    convention: spec.convention,
    toward: 'style',
    layers: [...new Set(items.map(({ layer }) => layer))],
    targets: ({ style }) => {
      const targets: Record<string, tf.Tensor> = {};
      for (const { layer, key, statistic } of items) {
        const target = statistic(style.features[layer]!, region?.style);
        targets[key] = target;
        targets[`${key}/factor`] = inverseSquaredNorm(target);
      }
      return targets;
    },
    value: ({ features }, targets) =>
      sumOf(items, ({ layer, key, statistic, weight }) =>
        tf.mul(
          squaredDistance(statistic(features[layer]!, region?.picture), targets[key]!),
          tf.mul(targets[`${key}/factor`]!, weight),
        ),
      ),
  };
}
