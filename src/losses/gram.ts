/**
 * The Gram loss: the distance of the channels' second moments from the style's. With F the picture's features
 * [M,N] of a layer and A the style's [M_A,N], each Gram matrix is taken over its own number of positions, so that
 * the style may have any size:
 *
 *   D = Σ (FᵀF/M − AᵀA/M_A)²
 *
 * - `gatys`: D/(4N²), which is Gatys, Ecker & Bethge (CVPR 2016), eq. 4, Σ (G − A)²/(4N²M²), whenever M_A = M.
 * - `johnson`: D/N⁴, the mean square of the difference of Gram matrices over N·M (Johnson, Alahi & Fei-Fei, ECCV
 *   2016, with the mean taken over the N² entries).
 * - `relative`: D/Σ (AᵀA/M_A)². A style without structure, of one colour, counts as having an energy per position of
 *   `leastStyleEnergyOf` there.
 *
 * `cross` adds, for each pair of layers, the same distance between the moments FᵀH/M of two layers, the finer one
 * average-pooled to the coarser one's size (Portilla & Simoncelli, IJCV 2000, match such products across scales);
 * N is then the geometric mean of the two numbers of channels, and the pair's weight is 1.
 *
 * The value is the sum over layers of layer weight times layer value, plus the pairs'.
 */
import { z } from 'zod';
import type { Features } from '../encoders/encoder.ts';
import { NeckarError } from '../errors.ts';
import { type NamedTensors, tf } from '../tensor.ts';
import { type Statistic, weightedCross, weightedMoments } from './additive.ts';
import { defineLoss, type OptionsOf, type SpecOf, unitsOf, weightsWithout } from './define.ts';
import { leastStyleEnergyOf } from './flat-style.ts';
import type { LossContext, LossTerm } from './loss.ts';
import {
  activeLayers,
  checkLayer,
  conventionOption,
  type EncoderLayers,
  layeredOptions,
  requireLayers,
  resolveLayers,
} from './options.ts';
import type { Region } from './region.ts';
import { crossMoments, inverseSquaredNorm, secondMoments, squaredDistance, sumOf } from './statistics.ts';
import { mapsOf, perValue, type Seen, secondMomentsWork } from './work.ts';

const gramOptions = {
  ...layeredOptions('style'),
  convention: conventionOption({
    gatys: 'over 4N²M²',
    johnson: 'mean square of Gram matrices over N·M',
    relative: 'over the target energy',
  }),
  cross: z
    .union([z.literal('adjacent'), z.array(z.tuple([z.string(), z.string()]))])
    .optional()
    .describe(
      'Pairs of layers whose cross moments are matched too; `adjacent`: each of the layers with the next. Default: none.',
    ),
};

/** Fills in every default: convention `relative`, the encoder's style layers, no pairs. */
export function resolveGram(written: OptionsOf<typeof gramOptions>, encoder: EncoderLayers, path: string) {
  const layers = resolveLayers(written.layers, encoder.defaults.style, encoder, `${path}.layers`);
  const cross = resolvePairs(written.cross, activeLayers(layers), encoder, `${path}.cross`);
  if (cross.length === 0) requireLayers(layers, `${path}.layers`);
  return {
    convention: written.convention ?? 'relative',
    layers,
    cross,
  };
}

export type GramSpec = SpecOf<'gram', typeof resolveGram>;

function resolvePairs(
  written: z.infer<typeof gramOptions.cross>,
  layers: readonly string[],
  encoder: EncoderLayers,
  path: string,
): [string, string][] {
  if (written === undefined) return [];
  if (written === 'adjacent') return layers.slice(1).map((layer, index) => [layers[index]!, layer]);
  const seen = new Set<string>();
  for (const [index, [first, second]] of written.entries()) {
    checkLayer(first, encoder, `${path}[${index}][0]`);
    checkLayer(second, encoder, `${path}[${index}][1]`);
    if (first === second) {
      throw new NeckarError(
        `${path}[${index}]: a pair needs two different layers, got "${first}" twice; its own moments belong to layers.`,
      );
    }
    const key = [first, second].sort().join(' ');
    if (seen.has(key))
      throw new NeckarError(`${path}[${index}]: the pair ${first}, ${second} is named twice.`);
    seen.add(key);
  }
  return written;
}

/** A Gram matrix to match: of one layer, or between two. */
interface Item {
  readonly key: string;
  readonly weight: number;
  readonly moments: (features: Features, region?: Region) => tf.Tensor2D;
  readonly statistic: Statistic;
}

/** One term; see the file's head for its value. */
export function prepareGram(spec: GramSpec, { region, encoder }: LossContext): LossTerm[] {
  const own = activeLayers(spec.layers);
  const items: Item[] = [
    ...own.map((layer) => ({
      key: layer,
      weight: spec.layers[layer]!,
      moments: (features: Features, region?: Region) => secondMoments(features[layer]!, region),
      statistic: {
        key: layer,
        layers: [layer],
        of: (features: Features, weights: tf.Tensor2D) => weightedMoments(features[layer]!, weights),
      },
    })),
    ...spec.cross.map(([first, second]) => ({
      key: `${first}×${second}`,
      weight: 1,
      moments: (features: Features, region?: Region) =>
        crossMoments(features[first]!, features[second]!, region),
      statistic: {
        key: `${first}×${second}`,
        layers: [first, second],
        of: (features: Features, weights: tf.Tensor2D) =>
          weightedCross(features[first]!, features[second]!, weights),
      },
    })),
  ];
  const factor = (item: Item): string => `${item.key}/factor`;
  const leastOf = ({ shape }: tf.Tensor): number =>
    shape.reduce((product, channels) => product * leastStyleEnergyOf(encoder, channels), 1);
  const targetsFrom = (moments: (item: Item) => tf.Tensor): NamedTensors => {
    const targets: NamedTensors = {};
    for (const item of items) {
      const target = moments(item);
      targets[item.key] = target;
      if (spec.convention === 'relative') targets[factor(item)] = inverseSquaredNorm(target, leastOf(target));
    }
    return targets;
  };
  const valueFrom = (momentsOf: (item: Item) => tf.Tensor, targets: NamedTensors): tf.Scalar =>
    sumOf(items, (item) => {
      const moments = momentsOf(item);
      const squared = squaredDistance(moments, targets[item.key]!);
      // N² of one layer, N₁·N₂ of a pair: the number of entries.
      const entries = moments.size;
      if (spec.convention === 'gatys') return tf.mul(squared, item.weight / (4 * entries));
      if (spec.convention === 'johnson') return tf.mul(squared, item.weight / entries ** 2);
      return tf.mul(squared, tf.mul(targets[factor(item)]!, item.weight));
    });
  const statistics = items.map(({ statistic }) => statistic);
  return [
    {
      name: spec.name,
      weight: spec.weight,
      convention: spec.convention,
      toward: 'style',
      layers: [...new Set([...own, ...spec.cross.flat()])],
      targets: ({ style }) => targetsFrom((item) => item.moments(style.features, region?.style)),
      value: ({ features }, targets) => valueFrom((item) => item.moments(features, region?.picture), targets),
      additive: {
        maps: [],
        steps: [{ source: 'style', statistics, targets: (sums) => targetsFrom(({ key }) => sums[key]!) }],
        statistics,
        value: (sums, targets) => valueFrom(({ key }) => sums[key]!, targets),
      },
    },
  ];
}

function gramWork({ layers, cross }: Pick<GramSpec, 'layers' | 'cross'>, seen: Seen): number {
  const pairs = cross.map(([a, b]) => {
    const [first, second] = mapsOf({ [a]: 1, [b]: 1 }, seen);
    const positions = Math.min(first!.positions, second!.positions);
    // Going back each of the two maps has a gradient.
    return (
      positions * (6 * first!.channels * second!.channels + (first!.channels + second!.channels) * perValue)
    );
  });
  return seen.styles.length * (secondMomentsWork(layers, seen) + pairs.reduce((sum, work) => sum + work, 0));
}

export const gram = defineLoss({
  type: 'gram',
  description:
    "Distance of the channels' second moments (Gram matrices) from the style's (Gatys, Ecker & Bethge, CVPR 2016, eq. 4).",
  options: gramOptions,
  resolve: resolveGram,
  terms: prepareGram,
  // Stored before there were pairs, a loss has none.
  layers: ({ layers, cross = [] }) => [...activeLayers(layers), ...cross.flat()],
  without: (spec, isLeftOut) => ({
    ...spec,
    layers: weightsWithout(spec.layers, isLeftOut),
    cross: spec.cross.filter((pair) => !pair.some(isLeftOut)),
  }),
  styleUnits: unitsOf<GramSpec>({ gatys: 1e-6, johnson: 5e-10 }),
  work: gramWork,
  benchmarks: [{ title: 'Gram, against itself' }],
});
