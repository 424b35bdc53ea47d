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
import { type Additive, type Statistic, weightedMoments, weightedSquares, weightedSum } from './additive.ts';
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
import type { Region } from './region.ts';
import {
  asMatrix,
  covered,
  inverseOf,
  leastNorm,
  means,
  secondMoments,
  squaredDistance,
  squaredNorm,
  sumOf,
  variances,
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
export function resolveMmd(written: OptionsOf<typeof mmdOptions>, encoder: EncoderLayers, path: string) {
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
 * map with itself Σ factor·‖embedding‖². `targets` are those of `styleTargets`.
 */
interface Embedding {
  readonly factor: number;
  readonly of: (map: tf.Tensor4D, targets: NamedTensors, region?: Region) => tf.Tensor;
  /** The same as a sum over positions that have weights [M,1]. */
  readonly weighted: (map: tf.Tensor4D, weights: tf.Tensor2D, targets: NamedTensors) => tf.Tensor;
}

/** One term; see the file's head for its value. */
export function prepareMmd(spec: MmdSpec, context: LossContext): LossTerm[] {
  const { region } = context;
  const layers = activeLayers(spec.layers);
  const embeddings = new Map<string, Embedding[]>();
  for (const layer of layers) {
    const [, , channels] = context.encoder.shapeOf(layer, ...context.size);
    embeddings.set(layer, embeddingsOf(spec, layer, channels));
  }
  const finish = (targets: NamedTensors, layer: string, own: readonly tf.Tensor[]): void => {
    for (const [i, embedded] of own.entries()) targets[`${layer}/${i}`] = embedded;
    if (spec.convention !== 'relative') return;
    const energy = sumOf([...embeddings.get(layer)!.entries()], ([i, { factor }]) =>
      tf.mul(squaredNorm(own[i]!), factor),
    );
    const [, , channels] = context.encoder.shapeOf(layer, ...context.size);
    targets[`${layer}/factor`] = inverseOf(
      energy,
      leastKernel(spec, leastStyleEnergyOf(context.encoder, channels)),
    );
  };
  const valueFrom = (
    embedded: (layer: string, part: Embedding, i: number) => tf.Tensor,
    targets: NamedTensors,
  ): tf.Scalar =>
    sumOf(layers, (layer) => {
      const squared = sumOf([...embeddings.get(layer)!.entries()], ([i, part]) =>
        tf.mul(squaredDistance(embedded(layer, part, i), targets[`${layer}/${i}`]!), part.factor),
      );
      const weight = spec.layers[layer]!;
      if (spec.convention === 'li') {
        const [, , channels] = context.encoder.shapeOf(layer, ...context.size);
        return tf.mul(squared, weight / normalization(spec, channels));
      }
      return tf.mul(squared, tf.mul(targets[`${layer}/factor`]!, weight));
    });
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
          if (spec.kernel === 'gaussian')
            targets[`${layer}/scale`] = frequencyScale(spec, context.encoder, map, region?.style);
          const parts = embeddings.get(layer)!;
          const own = parts.map(({ of }) => of(map, scaleOf(targets, layer), region?.style));
          finish(targets, layer, own);
        }
        return targets;
      },
      value: ({ features }, targets) =>
        valueFrom((layer, { of }) => of(features[layer]!, scaleOf(targets, layer), region?.picture), targets),
      additive: additiveMmd(spec, context.encoder, embeddings, finish, valueFrom),
    },
  ];
}

/** The same by sums; the scale of a Gaussian kernel takes the style's means and then its variances. */
function additiveMmd(
  spec: MmdSpec,
  encoder: OutlineToward,
  embeddings: ReadonlyMap<string, readonly Embedding[]>,
  finish: (targets: NamedTensors, layer: string, own: readonly tf.Tensor[]) => void,
  valueFrom: (
    embedded: (layer: string, part: Embedding, i: number) => tf.Tensor,
    targets: NamedTensors,
  ) => tf.Scalar,
): Additive {
  const layers = [...embeddings.keys()];
  const statisticOf = (name: string, of: (layer: string) => Statistic['of']): Statistic[] =>
    layers.map((layer) => ({ key: `${layer}/${name}`, layers: [layer], of: of(layer) }));
  const centres = statisticOf(
    'centre',
    (layer) => (features, weights) => weightedSum(features[layer]!, weights),
  );
  const squares = statisticOf(
    'squares',
    (layer) => (features, weights, targets) =>
      weightedSquares(features[layer]!, weights, targets[`${layer}/centre`]!),
  );
  const statistics = layers.flatMap((layer) =>
    embeddings.get(layer)!.map(
      ({ weighted }, i): Statistic => ({
        key: `${layer}/${i}`,
        layers: [layer],
        of: (features, weights, targets) => weighted(features[layer]!, weights, scaleOf(targets, layer)),
      }),
    ),
  );
  const perLayer = (make: (layer: string) => tf.Tensor, name: string): NamedTensors =>
    Object.fromEntries(layers.map((layer) => [`${layer}/${name}`, make(layer)]));
  return {
    maps: [],
    steps: [
      ...(spec.kernel !== 'gaussian'
        ? []
        : [
            { source: 'style' as const, statistics: centres, targets: (sums: NamedTensors) => sums },
            {
              source: 'style' as const,
              statistics: squares,
              targets: (sums: NamedTensors) =>
                perLayer((layer) => scaleFrom(spec, encoder, sums[`${layer}/squares`]!), 'scale'),
            },
          ]),
      {
        source: 'style',
        statistics,
        targets: (sums) => {
          const targets: NamedTensors = {};
          for (const layer of layers) {
            const own = embeddings.get(layer)!.map((_, i) => sums[`${layer}/${i}`]!);
            finish(targets, layer, own);
          }
          return targets;
        },
      },
    ],
    statistics,
    value: (sums, targets) => valueFrom((layer, _part, i) => sums[`${layer}/${i}`]!, targets),
  };
}

function scaleOf(targets: NamedTensors, layer: string): NamedTensors {
  const scale = targets[`${layer}/scale`];
  return scale === undefined ? {} : { scale };
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

function embeddingsOf(spec: MmdSpec, layer: string, channels: number): Embedding[] {
  const mean: Embedding = { factor: 1, of: (map, _, region) => means(map, region), weighted: weightedSum };
  if (spec.kernel === 'linear') return [mean];
  if (spec.kernel === 'polynomial') {
    const moments: Embedding = {
      factor: 1,
      of: (map, _, region) => secondMoments(map, region),
      weighted: (map, weights) => weightedMoments(map, weights),
    };
    return spec.offset === 0 ? [moments] : [moments, { ...mean, factor: 2 * spec.offset }];
  }
  const directions = normalDraws(spec.seed, layer, channels, spec.frequencies);
  const phases = (matrix: tf.Tensor2D, { scale }: NamedTensors) =>
    tf.matMul(tf.mul(matrix, scale!) as tf.Tensor2D, frozen(directions) as tf.Tensor2D);
  return [tf.cos, tf.sin].map((wave) => ({
    factor: 1 / spec.frequencies,
    of: (map, targets, region) => {
      const part = covered(map, region);
      return weightedMeans({ ...part, matrix: wave(phases(part.matrix, targets)) as tf.Tensor2D });
    },
    weighted: (map, weights, targets) =>
      weightedSum(wave(phases(asMatrix(map), targets)) as tf.Tensor2D, weights),
  }));
}

/** 1/σ of the Gaussian kernel, a scalar; a style without spread counts as having that of the least energy. */
function frequencyScale(
  spec: MmdSpec,
  encoder: OutlineToward,
  style: tf.Tensor4D,
  region?: Region,
): tf.Tensor {
  // Two independent draws differ by twice the variance, of which σ² is half.
  return scaleFrom(spec, encoder, variances(style, region));
}

function scaleFrom({ bandwidth }: MmdSpec, encoder: OutlineToward, variances: tf.Tensor): tf.Tensor {
  const least = Math.max(leastNorm, leastStyleEnergyOf(encoder, variances.size));
  return tf.rsqrt(tf.mul(tf.maximum(tf.sum(variances), least), bandwidth));
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
