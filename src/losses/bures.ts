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
import { comparing, covarianceOf, meanOf } from './comparison.ts';
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
import { inverseOf, squaredDistance, squaredNorm, sumOf, traceOf } from './statistics.ts';
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
function resolveBures(written: OptionsOf<typeof buresOptions>, encoder: EncoderLayers, path: string) {
  return {
    ...resolveLayered(written, 'style', encoder, path),
    iterations: written.iterations ?? defaultSteps,
  };
}

export type BuresSpec = SpecOf<'bures', typeof resolveBures>;

/** One term; see the file's head for its value. */
export function prepareBures(spec: BuresSpec, { region, encoder }: LossContext): LossTerm[] {
  const items = activeLayers(spec.layers).map((layer) => ({
    layer,
    mean: meanOf(layer),
    spread: covarianceOf(layer),
  }));
  const statistics = items.flatMap(({ mean, spread }) => [mean, spread]);
  const targets = (found: NamedTensors): NamedTensors => {
    const targets: NamedTensors = {};
    for (const { layer, mean, spread } of items) {
      const own = found[mean.key]!;
      const variance = traceOf(found[spread.key] as tf.Tensor2D);
      targets[mean.key] = own;
      targets[`${layer}/root`] = squareRoot(found[spread.key] as tf.Tensor2D, spec.iterations);
      targets[`${layer}/variance`] = variance;
      if (spec.convention !== 'relative') continue;
      const energy = tf.add(squaredNorm(own), variance);
      targets[`${layer}/factor`] = inverseOf(energy, leastStyleEnergyOf(encoder, own.size));
    }
    return targets;
  };
  const value = (found: NamedTensors, targets: NamedTensors): tf.Scalar =>
    sumOf(items, ({ layer, mean, spread }) => {
      const own = found[mean.key]!;
      const covariance = found[spread.key] as tf.Tensor2D;
      const root = targets[`${layer}/root`] as tf.Tensor2D;
      const inner = tf.matMul(tf.matMul(root, covariance), root) as tf.Tensor2D;
      const squared = tf.add(
        squaredDistance(own, targets[mean.key]!),
        tf.sub(
          tf.add(traceOf(covariance), targets[`${layer}/variance`]!),
          tf.mul(traceOfSquareRoot(inner, spec.iterations), 2),
        ),
      );
      const weight = spec.layers[layer]!;
      if (spec.convention === 'squared') return tf.mul(squared, weight / own.size);
      return tf.mul(squared, tf.mul(targets[`${layer}/factor`]!, weight));
    });
  return [comparing(spec, 'style', { steps: [{ statistics, targets }], statistics, value }, region)];
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
