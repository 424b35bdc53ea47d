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
import { NeckarError } from '../errors.ts';
import { type NamedTensors, tf } from '../tensor.ts';
import { comparing, crossOf, momentsOf } from './comparison.ts';
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
import { inverseSquaredNorm, squaredDistance, sumOf } from './statistics.ts';
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
function resolveGram(written: OptionsOf<typeof gramOptions>, encoder: EncoderLayers, path: string) {
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

/** One term; see the file's head for its value. */
export function prepareGram(spec: GramSpec, { region, encoder }: LossContext): LossTerm[] {
  const items = [
    ...activeLayers(spec.layers).map((layer) => ({
      statistic: momentsOf(layer, layer),
      weight: spec.layers[layer]!,
    })),
    ...spec.cross.map(([first, second]) => ({ statistic: crossOf(first, second), weight: 1 })),
  ];
  const factor = (key: string): string => `${key}/factor`;
  const leastOf = ({ shape }: tf.Tensor): number =>
    shape.reduce((product, channels) => product * leastStyleEnergyOf(encoder, channels), 1);
  const statistics = items.map(({ statistic }) => statistic);
  const targets = (found: NamedTensors): NamedTensors => {
    if (spec.convention !== 'relative') return found;
    const factors = Object.entries(found).map(([key, target]) => [
      factor(key),
      inverseSquaredNorm(target, leastOf(target)),
    ]);
    return { ...found, ...Object.fromEntries(factors) };
  };
  const value = (found: NamedTensors, targets: NamedTensors): tf.Scalar =>
    sumOf(items, ({ statistic: { key }, weight }) => {
      const squared = squaredDistance(found[key]!, targets[key]!);
      // N² of one layer, N₁·N₂ of a pair: the number of entries.
      const entries = found[key]!.size;
      if (spec.convention === 'gatys') return tf.mul(squared, weight / (4 * entries));
      if (spec.convention === 'johnson') return tf.mul(squared, weight / entries ** 2);
      return tf.mul(squared, tf.mul(targets[factor(key)]!, weight));
    });
  return [comparing(spec, 'style', { steps: [{ statistics, targets }], statistics, value }, region)];
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
