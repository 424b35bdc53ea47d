/**
 * Maximum mean discrepancy between the features of the picture and of the style, each position one sample (Li,
 * Wang, Liu & Hou, Demystifying neural style transfer, IJCAI 2017, arXiv 1701.01036, sec. 3 and 4.1). For a kernel k,
 *
 *   MMD² = mean k(f,f') + mean k(a,a') − 2·mean k(f,a)
 *
 * over all pairs of positions of the picture (f) and of the style (a), each over its own map. With N channels, means
 * μ and second moments G = FᵀF/M:
 *
 * - `linear`, k = fᵀa: MMD² = ‖μ − μ_A‖².
 * - `polynomial`, k = (fᵀa + c)²: MMD² = ‖G − G_A‖² + 2c·‖μ − μ_A‖². With c = 0 it is the Gram loss, which is the
 *   paper's point; its conventions agree with that loss's as below.
 * - `gaussian`, k = exp(−‖f − a‖²/(2σ²)), σ² being half the mean squared distance between two positions of the
 *   style, Σ of its variances, times `bandwidth`. It is a squared distance of characteristic functions, whose mean
 *   over `frequencies` seeded random frequencies ω ~ Normal(0, I/σ²) stands for it (Rahimi & Recht, Random features
 *   for large-scale kernel machines, NIPS 2007): mean over ω of |mean exp(iωᵀf) − mean exp(iωᵀa)|². This visits
 *   every position, costs one product like a Gram matrix and stays the same function throughout a trial; the paper
 *   draws pairs of positions instead. It is another function than the exact kernel's: with 256 frequencies its gradient
 *   is off by 24 to 46 % of the exact one's length, and by half of that with four times as many.
 *
 * - `li`: MMD²/(4N²) for `polynomial`, the Gram loss's `gatys`; MMD²/N for `linear` and MMD² for `gaussian`.
 * - `relative`: MMD² over the style's own mean k(a,a'), in which constants of the kernel (c²) do not count; for
 *   `polynomial` with c = 0 the Gram loss's `relative`. A style counts as having an energy per position of at least
 *   `leastStyleEnergyOf`, and as varying by as much.
 *
 * The value is the sum over layers of layer weight times layer value. The paper's fourth alternative, statistics of
 * batch normalisation, is the loss `moments` under its convention `bn`.
 */
import { z } from 'zod';
import { NeckarError } from '../errors.ts';
import { createRandom } from '../random.ts';
import { float32, frozen, type NamedTensors, type TensorValue, tf } from '../tensor.ts';
import { weightedSum } from './additive.ts';
import {
  type ComparisonStep,
  comparing,
  type MapStatistic,
  meanOf,
  momentsOf,
  summed,
  varianceOf,
} from './comparison.ts';
import { defineLoss, type OptionsOf, type SpecOf } from './define.ts';
import { leastStyleEnergyOf, type OutlineToward } from './flat-style.ts';
import type { LossContext, LossTerm } from './loss.ts';
import {
  activeLayers,
  conventionOption,
  type EncoderLayers,
  layeredOptions,
  resolveLayered,
} from './options.ts';
import {
  asMatrix,
  covered,
  inverseOf,
  leastNorm,
  squaredDistance,
  squaredNorm,
  sumOf,
  weightedMeans,
} from './statistics.ts';
import { perValue, projectionsWork, secondMomentsWork, valuesIn } from './work.ts';

const mmdOptions = {
  ...layeredOptions('style'),
  convention: conventionOption({
    li: 'over 4N² (`polynomial`) or N (`linear`)',
    relative: 'over the style’s own mean kernel',
  }),
  kernel: z
    .enum(['linear', 'polynomial', 'gaussian'])
    .optional()
    .describe(
      '`linear`: means; `polynomial` (default): second order, (fᵀa + offset)²; `gaussian`: whole distributions.',
    ),
  offset: z.number().nonnegative().optional().describe('c of `polynomial`. Default 0, the Gram loss.'),
  bandwidth: z
    .number()
    .positive()
    .optional()
    .describe('σ² of `gaussian` over half the mean squared distance within the style. Default 1.'),
  frequencies: z
    .int()
    .min(1)
    .max(65536)
    .optional()
    .describe(
      'Random frequencies of `gaussian`. Default 256, whose gradient is 24 to 46 % off the exact kernel’s; the error falls with the root of their number.',
    ),
  seed: z.int().optional().describe('Seed of the frequencies of `gaussian`. Default 0.'),
};

/** Fills in every default: `relative`, the encoder's style layers, `polynomial` with c = 0; 256 frequencies, seed 0. */
function resolveMmd(written: OptionsOf<typeof mmdOptions>, encoder: EncoderLayers, path: string) {
  const kernel = written.kernel ?? 'polynomial';
  const defaults = { offset: 0, bandwidth: 1, frequencies: 256, seed: 0 };
  const owners = {
    offset: 'polynomial',
    bandwidth: 'gaussian',
    frequencies: 'gaussian',
    seed: 'gaussian',
  } as const;
  for (const [option, owner] of Object.entries(owners)) {
    const key = option as keyof typeof owners;
    // A default may stand there, as it does in a spec that is resolved again.
    if (written[key] !== undefined && written[key] !== defaults[key] && kernel !== owner) {
      throw new NeckarError(
        `${path}.${option}: only the kernel "${owner}" has it, not "${kernel}"; write kernel: '${owner}', or leave ${option} out.`,
      );
    }
  }
  return {
    ...resolveLayered(written, 'style', encoder, path),
    kernel,
    offset: written.offset ?? defaults.offset,
    bandwidth: written.bandwidth ?? defaults.bandwidth,
    frequencies: written.frequencies ?? defaults.frequencies,
    seed: written.seed ?? defaults.seed,
  };
}

export type MmdSpec = SpecOf<'mmd', typeof resolveMmd>;

/**
 * What a kernel makes of a map, so that MMD² is Σ over embeddings of factor·‖difference‖² and the mean kernel of a
 * map with itself Σ factor·‖embedding‖².
 */
interface Embedding {
  readonly factor: number;
  readonly statistic: MapStatistic;
}

/** One term; see the file's head for its value. */
export function prepareMmd(spec: MmdSpec, { encoder, size, region }: LossContext): LossTerm[] {
  const items = activeLayers(spec.layers).map((layer) => {
    const [, , channels] = encoder.shapeOf(layer, ...size);
    return { layer, channels, embeddings: embeddingsOf(spec, layer, channels) };
  });
  const statistics = items.flatMap(({ embeddings }) => embeddings.map(({ statistic }) => statistic));
  const factor = (layer: string): string => `${layer}/factor`;
  const targets = (found: NamedTensors): NamedTensors => {
    if (spec.convention !== 'relative') return found;
    const factors = items.map(({ layer, channels, embeddings }) => {
      const energy = sumOf(embeddings, (one) => tf.mul(squaredNorm(found[one.statistic.key]!), one.factor));
      return [factor(layer), inverseOf(energy, leastKernel(spec, leastStyleEnergyOf(encoder, channels)))];
    });
    return { ...found, ...Object.fromEntries(factors) };
  };
  const value = (found: NamedTensors, targets: NamedTensors): tf.Scalar =>
    sumOf(items, ({ layer, channels, embeddings }) => {
      const squared = sumOf(embeddings, ({ statistic: { key }, factor }) =>
        tf.mul(squaredDistance(found[key]!, targets[key]!), factor),
      );
      const weight = spec.layers[layer]!;
      if (spec.convention === 'li') return tf.mul(squared, weight / normalization(spec, channels));
      return tf.mul(squared, tf.mul(targets[factor(layer)]!, weight));
    });
  const steps = [...(spec.kernel === 'gaussian' ? [scaleStep(spec, encoder)] : []), { statistics, targets }];
  return [comparing(spec, 'style', { steps, statistics, value }, region)];
}

const scaleOf = (layer: string): string => `${layer}/scale`;

/** 1/σ of the Gaussian kernel, a scalar for each layer; a style without spread counts as having that of the least energy. */
function scaleStep({ bandwidth, layers }: MmdSpec, encoder: OutlineToward): ComparisonStep {
  const items = activeLayers(layers).map((layer) => ({ layer, statistic: varianceOf(layer) }));
  return {
    statistics: items.map(({ statistic }) => statistic),
    targets: (found) =>
      Object.fromEntries(
        items.map(({ layer, statistic: { key } }) => {
          const least = Math.max(leastNorm, leastStyleEnergyOf(encoder, found[key]!.size));
          // Two independent draws differ by twice the variance, of which σ² is half.
          const spread = tf.maximum(tf.sum(found[key]!), least);
          return [scaleOf(layer), tf.rsqrt(tf.mul(spread, bandwidth))];
        }),
      ),
  };
}

function embeddingsOf(spec: MmdSpec, layer: string, channels: number): Embedding[] {
  if (spec.kernel === 'linear') return [{ factor: 1, statistic: meanOf(layer) }];
  if (spec.kernel === 'polynomial') {
    const moments = { factor: 1, statistic: momentsOf(layer) };
    if (spec.offset === 0) return [moments];
    return [moments, { factor: 2 * spec.offset, statistic: meanOf(layer) }];
  }
  const directions = normalDraws(spec.seed, layer, channels, spec.frequencies);
  const phases = (matrix: tf.Tensor2D, targets: NamedTensors) =>
    tf.matMul(tf.mul(matrix, targets[scaleOf(layer)]!) as tf.Tensor2D, frozen(directions) as tf.Tensor2D);
  return Object.entries({ cos: tf.cos, sin: tf.sin }).map(([name, wave]) => ({
    factor: 1 / spec.frequencies,
    statistic: summed(
      { key: `${layer}/${name}`, layers: [layer] },
      (features, targets, region) => {
        const part = covered(features[layer]!, region);
        return weightedMeans({ ...part, matrix: wave(phases(part.matrix, targets)) as tf.Tensor2D });
      },
      (features, weights, targets) =>
        weightedSum(wave(phases(asMatrix(features[layer]!), targets)) as tf.Tensor2D, weights),
    ),
  }));
}

/** What the style's mean kernel counts as at least, where the least energy per position is `energy`. */
function leastKernel({ kernel, offset }: MmdSpec, energy: number): number {
  // Of a Gaussian kernel it is the share of pairs nearer than σ, which is never small.
  return { linear: energy, polynomial: energy ** 2 + 2 * offset * energy, gaussian: 0 }[kernel];
}

/** What `li` divides by. */
function normalization({ kernel }: MmdSpec, channels: number): number {
  return { linear: channels, polynomial: 4 * channels ** 2, gaussian: 1 }[kernel];
}

/** Standard normal draws [channels, count]. */
function normalDraws(seed: number, layer: string, channels: number, count: number): TensorValue {
  const random = createRandom(seed, 'mmd', layer);
  return float32(
    [channels, count],
    Float32Array.from({ length: channels * count }, () => random.normal()),
  );
}

/** A sine or a cosine with its gradient, in operations. */
const perWave = 2500;

export const mmd = defineLoss({
  type: 'mmd',
  description:
    "Maximum mean discrepancy between the features and the style's, for three kernels (Li, Wang, Liu & Hou, IJCAI 2017).",
  options: mmdOptions,
  resolve: resolveMmd,
  terms: prepareMmd,
  styleUnits: ({ convention, kernel }) =>
    convention === 'relative' ? 1 : { polynomial: 1e-6, gaussian: 0.4, linear: 2e-3 }[kernel],
  work: ({ kernel, layers, frequencies }, seen) => {
    const toward = seen.styles.length;
    if (kernel === 'linear') return toward * valuesIn(layers, seen) * perValue;
    if (kernel === 'polynomial') return toward * secondMomentsWork(layers, seen);
    return toward * projectionsWork(layers, () => frequencies, perWave, seen);
  },
  benchmarks: [
    { id: 'mmd-linear', title: 'MMD, linear kernel', options: { kernel: 'linear' } },
    { id: 'mmd-polynomial', title: 'MMD, polynomial kernel', options: { kernel: 'polynomial' } },
    { id: 'mmd-gaussian', title: 'MMD, Gaussian kernel', options: { kernel: 'gaussian' } },
  ],
});
