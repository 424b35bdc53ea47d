/**
 * The squared 2-Wasserstein distance between the Gaussians that share the means μ and covariances Σ of the picture's
 * features and of the style's (A), each over its own map:
 *
 *   W² = ‖μ − μ_A‖² + tr Σ + tr Σ_A − 2·tr (Σ_A^½ Σ Σ_A^½)^½
 *
 * (Dowson & Landau, The Fréchet distance between multivariate normal distributions, Journal of Multivariate Analysis
 * 12(3), 1982; between features as a style's distance: Mroueh, Wasserstein style transfer, 2019, arXiv 1905.12828.)
 * Without the means it is the squared Bures distance of the covariances.
 *
 * - `squared`: W²/N, N the number of channels.
 * - `relative`: W² over the style's energy per position, ‖μ_A‖² + tr Σ_A, which counts as at least `leastStyleEnergyOf`.
 *
 * The value is the sum over layers of layer weight times layer value. Square roots are iterated
 * (`square-root.ts`). Directions in which the style varies by less than about .1 % of its covariance's norm are not told
 * from directions in which it does not vary, so that W² is too large by at most twice the variance in them: by some 2e-5
 * of the picture's variance for unlike pictures, and up to .6 % for equal ones, whose gradient is then not quite 0 (6e-4
 * of the covariance's norm; measured on spectra that fall like k^−2). It is never negative but for rounding.
 */
import { z } from 'zod';
import { type NamedTensors, tf } from '../tensor.ts';
import { covarianceFrom, type Statistic, weightedMoments, weightedSum } from './additive.ts';
import { defineLoss, type OptionsOf, type SpecOf, unitsOf } from './define.ts';
import { leastStyleEnergyOf } from './flat-style.ts';
import type { LossContext, LossTerm } from './loss.ts';
import {
  activeLayers,
  conventionOption,
  type EncoderLayers,
  layeredOptions,
  resolveLayered,
} from './options.ts';
import type { LayerWeights } from './spec.ts';
import { defaultSteps, mostSteps, squareRoot, traceOfSquareRoot } from './square-root.ts';
import { covariance, inverseOf, means, squaredDistance, squaredNorm, sumOf, traceOf } from './statistics.ts';
import { type Seen, secondMomentsWork, sumOverLayers } from './work.ts';

const buresOptions = {
  ...layeredOptions('style'),
  convention: conventionOption({ squared: 'W²/N', relative: 'over the style’s energy per position' }),
  iterations: z
    .int()
    .min(1)
    .max(mostSteps)
    .optional()
    .describe(`Newton–Schulz steps of a matrix root, at most ${mostSteps}. Default ${defaultSteps}.`),
};

/** Fills in every default: convention `relative`, the encoder's style layers, 10 iterations. */
export function resolveBures(written: OptionsOf<typeof buresOptions>, encoder: EncoderLayers, path: string) {
  return {
    ...resolveLayered(written, 'style', encoder, path),
    iterations: written.iterations ?? defaultSteps,
  };
}

export type BuresSpec = SpecOf<'bures', typeof resolveBures>;

/** One term; see the file's head for its value. */
export function prepareBures(spec: BuresSpec, { region, encoder }: LossContext): LossTerm[] {
  const layers = activeLayers(spec.layers);
  const finish = (targets: NamedTensors, layer: string, mean: tf.Tensor, spread: tf.Tensor2D): void => {
    const variance = traceOf(spread);
    targets[`${layer}/mean`] = mean;
    targets[`${layer}/root`] = squareRoot(spread, spec.iterations);
    targets[`${layer}/variance`] = variance;
    if (spec.convention !== 'relative') return;
    const energy = tf.add(squaredNorm(mean), variance);
    targets[`${layer}/factor`] = inverseOf(energy, leastStyleEnergyOf(encoder, mean.size));
  };
  const layerValue = (layer: string, mean: tf.Tensor, spread: tf.Tensor2D, targets: NamedTensors) => {
    const root = targets[`${layer}/root`] as tf.Tensor2D;
    const inner = tf.matMul(tf.matMul(root, spread), root) as tf.Tensor2D;
    const squared = tf.add(
      squaredDistance(mean, targets[`${layer}/mean`]!),
      tf.sub(
        tf.add(traceOf(spread), targets[`${layer}/variance`]!),
        tf.mul(traceOfSquareRoot(inner, spec.iterations), 2),
      ),
    );
    const weight = spec.layers[layer]!;
    if (spec.convention === 'squared') return tf.mul(squared, weight / mean.size);
    return tf.mul(squared, tf.mul(targets[`${layer}/factor`]!, weight));
  };
  const statistics = (name: string, of: (layer: string) => Statistic['of']): Statistic[] =>
    layers.map((layer) => ({ key: `${layer}/${name}`, layers: [layer], of: of(layer) }));
  const mean = statistics('mean', (layer) => (features, weights) => weightedSum(features[layer]!, weights));
  const products = statistics(
    'products',
    (layer) => (features, weights, targets) =>
      weightedMoments(features[layer]!, weights, targets[`${layer}/centre`]!),
  );
  return [
    {
      name: spec.name,
      weight: spec.weight,
      convention: spec.convention,
      toward: 'style',
      layers,
      targets: ({ style }) => {
        const targets: NamedTensors = {};
        for (const layer of layers) {
          const map = style.features[layer]!;
          finish(targets, layer, means(map, region?.style), covariance(map, region?.style));
        }
        return targets;
      },
      value: ({ features }, targets) =>
        sumOf(layers, (layer) => {
          const map = features[layer]!;
          return layerValue(layer, means(map, region?.picture), covariance(map, region?.picture), targets);
        }),
      additive: {
        maps: [],
        steps: [
          {
            source: 'style',
            statistics: mean,
            targets: (sums) =>
              Object.fromEntries(layers.map((layer) => [`${layer}/centre`, sums[`${layer}/mean`]!])),
          },
          {
            source: 'style',
            statistics: products,
            targets: (sums, known) => {
              const targets: NamedTensors = {};
              for (const layer of layers) {
                const centre = tf.clone(known[`${layer}/centre`]!);
                finish(targets, layer, centre, sums[`${layer}/products`] as tf.Tensor2D);
              }
              return targets;
            },
          },
        ],
        statistics: [...mean, ...products],
        value: (sums, targets) =>
          sumOf(layers, (layer) => {
            const own = sums[`${layer}/mean`]!;
            const spread = covarianceFrom(own, sums[`${layer}/products`]!, targets[`${layer}/centre`]!);
            return layerValue(layer, own, spread, targets);
          }),
      },
    },
  ];
}

/** A matrix's square root by Newton and Schulz: three products in each step, and twice as many going back. */
function rootsWork(layers: LayerWeights, iterations: number, seen: Seen): number {
  return sumOverLayers(layers, seen, ({ channels }) => 3 * 3 * 2 * channels ** 3 * iterations);
}

export const bures = defineLoss({
  type: 'bures',
  description:
    'Squared 2-Wasserstein distance between Gaussians of the features’ means and covariances (Mroueh, 2019; Dowson & Landau, 1982).',
  options: buresOptions,
  resolve: resolveBures,
  terms: prepareBures,
  styleUnits: unitsOf<BuresSpec>({ squared: 5e-3 }),
  work: ({ layers, iterations }, seen) =>
    seen.styles.length * (secondMomentsWork(layers, seen) + rootsWork(layers, iterations, seen)),
  benchmarks: [{ title: 'Gaussian Wasserstein (Bures)' }],
});
