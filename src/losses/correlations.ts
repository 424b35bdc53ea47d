/**
 * Long-range correlations: Gram matrices of a map and its own copy shifted by δ positions, along x and along y,
 * which see regular patterns and straight lines that plain Gram matrices lose (Berger & Memisevic, Incorporating
 * long-range consistency in CNN-based texture generation, ICLR 2017, arXiv 1606.01286, sec. 3). With F(p) the
 * features at position p and the average over the positions p whose shifted neighbour p + δ lies inside the map,
 *
 *   C_δ = mean_p F(p)ᵀF(p+δ),   D_δ = ‖C_δ(x) − C_δ(style)‖² (Frobenius),
 *
 * each over its own map, so that the style may have any size. At each layer, with N channels:
 *
 * - `berger`: Σ over shifts of ½(D_δx + D_δy)/(4N²), which is the Gram loss's `gatys` for δ = 0.
 * - `relative`: the mean over shifts and both axes of D_δ/‖C_δ(style)‖², the latter at least the square of
 *   `leastStyleEnergyOf`.
 *
 * The value is the sum over layers of layer weight times layer value. Positions are those of the layer: δ = 4 at a
 * layer of a quarter of the picture's size is 16 pixels.
 */
import { z } from 'zod';
import { NeckarError } from '../errors.ts';
import { type NamedTensors, tf } from '../tensor.ts';
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
import { shiftedPairs } from './region.ts';
import { type Shift, shiftedMoments } from './shifted.ts';
import { inverseSquaredNorm, squaredDistance, sumOf } from './statistics.ts';
import { perValue, type Seen, sumOverLayers } from './work.ts';

const correlationsOptions = {
  ...layeredOptions('style'),
  convention: conventionOption({
    berger: 'over 4N², summed over shifts',
    relative: 'over the target energy, their mean',
  }),
  shifts: z
    .union([z.enum(['long', 'octaves', 'dense']), z.array(z.int().nonnegative()).min(1)])
    .optional()
    .describe(
      'Shifts in positions of a layer; or `long` (default): an eighth and a quarter of the shorter side of the ' +
        'smaller map, rounded down, at least 1; or `octaves`: 1, 2, 4, … up to half of it; or `dense`: twelve evenly ' +
        'spaced ones up to two thirds of it, which find any period.',
    ),
};

/** Fills in every default: convention `relative`, the encoder's style layers, shifts `long`. */
function resolveCorrelations(
  written: OptionsOf<typeof correlationsOptions>,
  encoder: EncoderLayers,
  path: string,
) {
  const shifts = written.shifts ?? 'long';
  if (typeof shifts !== 'string' && new Set(shifts).size < shifts.length) {
    throw new NeckarError(`${path}.shifts: a shift is named twice; name each once.`);
  }
  return {
    ...resolveLayered(written, 'style', encoder, path),
    shifts,
  };
}

export type CorrelationsSpec = SpecOf<'correlations', typeof resolveCorrelations>;

/** One shifted Gram matrix of a layer. */
interface Item extends Shift {
  readonly key: string;
  /** Of the layer, divided among its items. */
  readonly weight: number;
}

/**
 * One term; see the file's head for its value.
 *
 * @throws NeckarError when a map of the picture or of the style is too small to be shifted
 */
export function prepareCorrelations(spec: CorrelationsSpec, context: LossContext): LossTerm[] {
  const { region } = context;
  const layers = activeLayers(spec.layers);
  const itemsOf = new Map(layers.map((layer) => [layer, itemsAt(spec, layer, context)]));
  return [
    {
      name: spec.name,
      weight: spec.weight,
      convention: spec.convention,
      toward: 'style',
      layers,
      targets: ({ style }) => {
        const targets: NamedTensors = {};
        for (const [layer, items] of itemsOf) {
          const moments = shiftedMoments(style.features[layer]!, items, region?.style);
          for (const [i, { key }] of items.entries()) {
            targets[key] = moments[i]!;
            if (spec.convention === 'relative')
              targets[`${key}/factor`] = inverseSquaredNorm(
                moments[i]!,
                leastStyleEnergyOf(context.encoder, moments[i]!.shape[0]) ** 2,
              );
          }
        }
        return targets;
      },
      value: ({ features }, targets) =>
        sumOf([...itemsOf], ([layer, items]) => {
          const moments = shiftedMoments(features[layer]!, items, region?.picture);
          return sumOf([...items.entries()], ([i, { key, weight }]) => {
            const squared = squaredDistance(moments[i]!, targets[key]!);
            if (spec.convention === 'berger') return tf.mul(squared, weight / (4 * moments[i]!.size));
            return tf.mul(squared, tf.mul(targets[`${key}/factor`]!, weight));
          });
        }),
    },
  ];
}

function itemsAt(spec: CorrelationsSpec, layer: string, context: LossContext): Item[] {
  const { encoder, size, styleSize, region, note } = context;
  const [height, width] = encoder.shapeOf(layer, ...size);
  const [styleHeight, styleWidth] = encoder.shapeOf(layer, ...styleSize);
  const side = Math.min(height, width, styleHeight, styleWidth);
  const shifts = typeof spec.shifts === 'string' ? shiftsWithin(spec.shifts, side) : spec.shifts;
  const largest = Math.max(...shifts);
  if (largest >= side) {
    throw new NeckarError(
      `The loss "${spec.name}" cannot shift ${layer} by ${largest}: the picture's features there are ${width}×${height} and the ` +
        `style's ${styleWidth}×${styleHeight}; name shifts below ${side}, or choose a larger size or a shallower layer.`,
    );
  }
  const weight = spec.layers[layer]! / (spec.convention === 'berger' ? 2 : 2 * shifts.length);
  const items = shifts.flatMap((shift) => [
    { key: `${layer}/x${shift}`, down: 0, across: shift, weight },
    { key: `${layer}/y${shift}`, down: shift, across: 0, weight },
  ]);
  if (region === undefined) return items;
  const isWideEnough = ({ down, across }: Item): boolean =>
    shiftedPairs(region.picture.at(height, width), down, across).near.length > 0 &&
    shiftedPairs(region.style.at(styleHeight, styleWidth), down, across).near.length > 0;
  const kept = items.filter(isWideEnough);
  if (kept.length < items.length) {
    note?.(
      `the region ${region.name} is narrower than some shifts of "${spec.name}" at ${layer}, so that ${items.length - kept.length} of its ${items.length} shifted Gram matrices there are left out`,
    );
  }
  return kept;
}

/** The shifts that a rule names for maps whose shortest side is `side`. */
function shiftsWithin(rule: 'long' | 'octaves' | 'dense', side: number): number[] {
  if (rule === 'long') {
    return [...new Set([8, 4].map((part) => Math.max(1, Math.floor(side / part))))];
  }
  if (rule === 'dense') {
    return [...new Set(Array.from({ length: 12 }, (_, i) => Math.max(1, Math.round(((i + 1) * side) / 18))))];
  }
  const shifts: number[] = [];
  for (let shift = 1; shift === 1 || shift <= side / 2; shift *= 2) shifts.push(shift);
  return shifts;
}

/** Shifts of one map downwards and across, each with a Gram matrix of two different maps. */
function correlationsWork({ layers, shifts }: CorrelationsSpec, seen: Seen): number {
  const count = (positions: number): number => {
    if (shifts === 'long') return 2;
    if (shifts === 'dense') return 12;
    return shifts === 'octaves' ? Math.max(1, Math.floor(Math.log2(positions) / 2)) : shifts.length;
  };
  const work = sumOverLayers(
    layers,
    seen,
    ({ positions, channels }) =>
      2 * count(positions) * positions * (6 * channels ** 2 + 2 * channels * perValue),
  );
  return seen.styles.length * work;
}

export const correlations = defineLoss({
  type: 'correlations',
  description:
    "Distance of Gram matrices between shifted copies of the features from the style's (Berger & Memisevic, ICLR 2017).",
  options: correlationsOptions,
  resolve: resolveCorrelations,
  terms: prepareCorrelations,
  styleUnits: unitsOf<CorrelationsSpec>({ berger: 1e-6 }),
  work: correlationsWork,
  benchmarks: [{ title: 'correlations', atMost: 1.3 }],
});
