/**
 * The histogram loss of Risser, Wilmot & Barnes ("Stable and controllable neural texture synthesis and style
 * transfer using histogram losses", 2017): the distance of the picture's features O from their own histogram
 * match R(O) to the style's, channel by channel, with R(O) held constant in the gradient. `histogram-match.ts`
 * defines R.
 *
 * - `risser`: Σ (O − R(O))² per layer, the squared Frobenius norm without further scaling.
 * - `relative`: [Σ (O − R(O))²/M]/[Σ A²/M_A] with A the style's features; each sum is over its own positions, and the
 *   second counts as at least `leastStyleEnergyOf`.
 *
 * The value is the sum over layers of layer weight (the paper's γ) times layer value. Matching anew at every
 * evaluation costs little and, the match being continuous, does not upset a line search.
 */
import { z } from 'zod';
import { type NamedTensors, tf } from '../tensor.ts';
import { defineLoss, type OptionsOf, type SpecOf, unitsOf } from './define.ts';
import { leastStyleEnergyOf } from './flat-style.ts';
import { histogramTarget, matchHistogram } from './histogram-match.ts';
import type { LossContext, LossTerm } from './loss.ts';
import {
  activeLayers,
  conventionOption,
  type EncoderLayers,
  layeredOptions,
  refreshOption,
  resolveLayered,
} from './options.ts';
import { covered, inverseMeanEnergy, squaredDistance, sumOf } from './statistics.ts';
import { perValue, valuesIn } from './work.ts';

const histogramOptions = {
  ...layeredOptions('histogram', 'matched'),
  convention: conventionOption({
    risser: 'summed squares',
    relative: 'their mean over positions, over the style energy',
  }),
  bins: z.int().min(4).max(4096).optional().describe('Bins of each channel. Default 256.'),
  refreshEvery: refreshOption('matchings', 5),
};

/** Fills in every default: convention `relative`, the encoder's histogram layers, 256 bins, matched anew every 5 evaluations. */
function resolveHistogram(written: OptionsOf<typeof histogramOptions>, encoder: EncoderLayers, path: string) {
  return {
    ...resolveLayered(written, 'histogram', encoder, path),
    bins: written.bins ?? 256,
    refreshEvery: written.refreshEvery ?? 5,
  };
}

export type HistogramSpec = SpecOf<'histogram', typeof resolveHistogram>;

/** One term, whose matched maps are refreshed; see the file's head for its value. */
export function prepareHistogram(spec: HistogramSpec, { region, encoder }: LossContext): LossTerm[] {
  const layers = activeLayers(spec.layers);
  return [
    {
      name: spec.name,
      weight: spec.weight,
      convention: spec.convention,
      toward: 'style',
      layers,
      refreshEvery: spec.refreshEvery,
      targets: ({ style }) => {
        const targets: NamedTensors = {};
        for (const layer of layers) {
          const part = covered(style.features[layer]!, region?.style);
          const { least, spacing, cumulative } = histogramTarget(part, spec.bins);
          targets[`${layer}/least`] = least;
          targets[`${layer}/spacing`] = spacing;
          targets[`${layer}/cumulative`] = cumulative;
          if (spec.convention === 'relative') {
            targets[`${layer}/factor`] = inverseMeanEnergy(
              part,
              leastStyleEnergyOf(encoder, part.matrix.shape[1]),
            );
          }
        }
        return targets;
      },
      refresh: ({ features }, targets) => {
        const held: NamedTensors = {};
        for (const layer of layers) {
          const target = {
            least: targets[`${layer}/least`]!,
            spacing: targets[`${layer}/spacing`]!,
            cumulative: targets[`${layer}/cumulative`]!,
          };
          held[layer] = matchHistogram(covered(features[layer]!, region?.picture), target, spec.bins);
        }
        return held;
      },
      value: ({ features }, targets, held) =>
        sumOf(layers, (layer) => {
          const map = features[layer]!;
          const { matrix, membership } = covered(map, region?.picture);
          const squared = squaredDistance(matrix, held[layer]!, membership);
          const weight = spec.layers[layer]!;
          if (spec.convention === 'risser') return tf.mul(squared, weight);
          return tf.mul(squared, tf.mul(targets[`${layer}/factor`]!, weight / (map.shape[1] * map.shape[2])));
        }),
    },
  ];
}

/** Counting into bins, in operations a value. */
const perCounted = 12_000;

export const histogram = defineLoss({
  type: 'histogram',
  description:
    "Distance of the features from their histogram match to the style's (Risser, Wilmot & Barnes, 2017).",
  options: histogramOptions,
  resolve: resolveHistogram,
  terms: prepareHistogram,
  styleUnits: unitsOf<HistogramSpec>({ risser: 4e3 }),
  work: ({ layers, refreshEvery }, seen) =>
    seen.styles.length * valuesIn(layers, seen) * (perValue + perCounted / refreshEvery),
  benchmarks: [
    { title: 'histogram', atMost: 1.5 },
    { id: 'histogram-1', title: '… matched at every evaluation', options: { refreshEvery: 1 } },
  ],
});
