/**
 * The patch loss of Li & Wand ("Combining Markov random fields and convolutional neural networks for image
 * synthesis", CVPR 2016): the distance of each patch Ψ_i of the picture's features F from the style patch most like
 * it.
 *
 *   E = Σ_i ‖Ψ_i(F) − Ψ_NN(i)(A)‖²   (eq. 2),   NN(i) = argmax_j ⟨Ψ_i(F), Ψ_j(A)⟩/(‖Ψ_i(F)‖·‖Ψ_j(A)‖)   (eq. 3)
 *
 * - `li-wand`: Σ over layers of layer weight times E.
 * - `relative`: E over n·(mean ‖Ψ_j(A)‖²), n the number of the picture's patches; the mean counts as at least
 *   `leastStyleEnergyOf` at each of a patch's positions.
 * - `cnnmrf`: ½ Σ over positions of (F − T/n)², with T/n the mean of the matched patches that cover a position: what the
 *   authors' program descends, whose gradient F − T/n pulls at every position alike whatever the stride.
 *
 * Patches lie wholly inside the map. The style's patches come from the style itself and from its copies turned and
 * rescaled by each combination of `rotations` (and 0°) with `scales` (and 1). With the matches held, E equals
 * Σ n·F² − 2F·T + constant, with T the sum of the matched patches laid over the map and n their number at each
 * position; it is computed as Σ n·(F − T/n)² + residual, which does not cancel. Matches are found anew at every
 * `refreshEvery`-th evaluation and carry no gradient. At a `stride` above 1 n differs from position to position (1, 2
 * or 4 at 3×3 and a stride of 2), and so does the pull of the patches, which leaves a lattice on the picture where the
 * loss weighs much. Under `cnnmrf`, or at a stride of 1, there is none.
 *
 * What no loss reads is free. Overlapping matches differ, and their mean T/n is smoother than the style, so that this loss
 * holds the layers it reads below the style's energy. Where another loss asks for the style's whole variance at fine
 * octaves, as colour covariances do, the lack is made up at frequencies that are not read: with the wavelet encoder,
 * whose patch layers leave out the finest octave for its many positions, in ripples of about 5 pixels, which begin as
 * rings around edges on flat ground and, in a few hundred evaluations, cover everything. The Gram matrix of that
 * one layer (`depth1`) beside this loss prevents them for little; comparing its patches too prevents them as well.
 *
 * In a region only style patches whose centre lies in the style's part of it are offered, and each patch of the
 * picture counts by the region's weight under its centre (`mrf-regions.ts`); under `cnnmrf` a position counts by the mean
 * of these over the patches that cover it.
 *
 * All style patches are compared. Where they would not fit in memory the loss refuses, naming the least
 * `styleStride` that fits; it never leaves patches out by itself.
 */
import { z } from 'zod';
import { NeckarError } from '../errors.ts';
import { type NamedTensors, tf } from '../tensor.ts';
import { defineLoss, type OptionsOf, type SpecOf, unitsOf } from './define.ts';
import { leastStyleEnergyOf } from './flat-style.ts';
import type { LossContext, LossTerm, StyleTransform } from './loss.ts';
import { coveredRows, guidedMatches, type PatchGuide, patchesIn, stylePatchesIn } from './mrf-regions.ts';
import {
  activeLayers,
  conventionOption,
  type EncoderLayers,
  layeredOptions,
  refreshOption,
  resolveLayered,
} from './options.ts';
import {
  columnChunks,
  coverage,
  extractPatches,
  foldPatches,
  meanPatchEnergy,
  nearestColumns,
  type PatchGrid,
  patchGrid,
  patchTotal,
  unitPatches,
} from './patches.ts';
import { rowsAt } from './rows.ts';
import { asMatrix, inverseOf, squaredDistance, sumOf } from './statistics.ts';
import { mapsOf, perValue, type Seen, valuesIn } from './work.ts';

/** Products of picture and style patches that exist at once: 64 MiB of them. */
const productsAtOnce = 2 ** 24;

/** The most values that the unit patches of one layer may have: 512 MiB of them. */
const mostPatchValues = 2 ** 27;

const mrfOptions = {
  ...layeredOptions('patches', 'matched'),
  convention: conventionOption({
    'li-wand': 'summed squares',
    cnnmrf: 'half those from the mean of the matches',
    relative: 'over the energy of as many mean style patches',
  }),
  patch: z
    .int()
    .min(1)
    .refine((side) => side % 2 === 1, { error: 'Expected an odd number of feature positions' })
    .optional()
    .describe('Side of a square patch in feature positions, odd. Default 3.'),
  stride: z.int().min(1).optional().describe("Distance of the picture's neighbouring patches. Default 1."),
  styleStride: z.int().min(1).optional().describe("Distance of the style's neighbouring patches. Default 2."),
  rotations: z
    .array(z.number())
    .optional()
    .describe('Degrees by which further copies of the style are turned. Default: none.'),
  scales: z
    .array(z.number().positive())
    .optional()
    .describe('Factors by which further copies of the style are rescaled. Default: none.'),
  refreshEvery: refreshOption('matchings', 10),
};

/** Fills in every default: `relative`, the encoder's patch layers, 3×3, every patch of the picture and every second of the style each way, no copies, refreshed every 10 evaluations. */
function resolveMrf(written: OptionsOf<typeof mrfOptions>, encoder: EncoderLayers, path: string) {
  return {
    ...resolveLayered(written, 'patches', encoder, path),
    patch: written.patch ?? 3,
    stride: written.stride ?? 1,
    styleStride: written.styleStride ?? 2,
    rotations: written.rotations ?? [],
    scales: written.scales ?? [],
    refreshEvery: written.refreshEvery ?? 10,
  };
}

export type MrfSpec = SpecOf<'mrf', typeof resolveMrf>;

/**
 * One term, whose folded matches are refreshed; see the file's head for its value.
 *
 * @throws NeckarError when a map of the picture or of the style is smaller than a patch, or when the style has
 *   more patches than fit; sizes of copies are found at `targets`
 */
export function prepareMrf(spec: MrfSpec, context: LossContext): LossTerm[] {
  const { region } = context;
  const layers = activeLayers(spec.layers);
  const grids = new Map<string, PatchGrid>();
  const guides = new Map<string, PatchGuide>();
  for (const layer of layers) {
    const [height, width] = context.encoder.shapeOf(layer, ...context.size);
    grids.set(layer, checkedGrid(spec, layer, 'picture', height, width, spec.stride));
    const [styleHeight, styleWidth, channels] = context.encoder.shapeOf(layer, ...context.styleSize);
    const own = checkedGrid(spec, layer, 'style', styleHeight, styleWidth, spec.styleStride);
    checkPatchTotal(spec, layer, [own], channels);
    if (region !== undefined) guides.set(layer, patchesIn(region.picture, grids.get(layer)!));
  }
  return [
    {
      name: spec.name,
      weight: spec.weight,
      convention: spec.convention,
      toward: 'style',
      layers,
      styleTransforms: styleTransforms(spec),
      refreshEvery: spec.refreshEvery,
      targets: ({ style, styleVariants }) => {
        const variants = styleVariants.length > 0 ? styleVariants : [style];
        const targets: NamedTensors = {};
        for (const layer of layers) {
          const maps = variants.map(({ features }) => features[layer]!);
          const own = styleGrids(spec, layer, maps);
          checkPatchTotal(spec, layer, own, maps[0]!.shape[3]);
          for (const [i, map] of maps.entries()) targets[`${layer}/style/${i}`] = map;
          const members =
            region && stylePatchesIn(region, own, styleTransforms(spec), `${spec.name} at ${layer}`);
          const chunkSize = Math.max(1, Math.floor(productsAtOnce / grids.get(layer)!.count));
          for (const [i, chunk] of columnChunks(unitPatches(maps, own, members), chunkSize).entries()) {
            targets[`${layer}/patches/${i}`] = chunk;
          }
          if (members !== undefined) targets[`${layer}/members`] = tf.tensor1d(members, 'int32');
          if (spec.convention === 'relative') {
            const energy = meanPatchEnergy(maps, own, members);
            const least = spec.patch ** 2 * leastStyleEnergyOf(context.encoder, maps[0]!.shape[3]);
            targets[`${layer}/factor`] = inverseOf(energy, least);
          }
        }
        return targets;
      },
      refresh: ({ features }, targets) => {
        const held: NamedTensors = {};
        for (const layer of layers) {
          const grid = grids.get(layer)!;
          const chunks = numbered(targets, `${layer}/patches`) as tf.Tensor2D[];
          const maps = numbered(targets, `${layer}/style`) as tf.Tensor4D[];
          const own = styleGrids(spec, layer, maps);
          const patches = extractPatches(features[layer]!, grid);
          const guide = guides.get(layer);
          const matches =
            guide === undefined
              ? nearestColumns(patches, chunks)
              : guidedMatches(
                  patches,
                  chunks,
                  guide,
                  targets[`${layer}/members`] as tf.Tensor1D,
                  patchTotal(own),
                );
          const { mean, residual } = foldPatches(matches, maps, own, grid, guide?.weights);
          held[`${layer}/mean`] = guide === undefined ? mean : rowsAt(mean, guide.covered);
          held[`${layer}/residual`] = residual;
        }
        return held;
      },
      value: ({ features }, targets, held) =>
        sumOf(layers, (layer) => {
          const grid = grids.get(layer)!;
          const weight = spec.layers[layer]!;
          const map = features[layer]!;
          const guide = guides.get(layer);
          const counts = coverage(grid, guide?.weights);
          // Of a region only what its patches cover is read: elsewhere the counts are 0.
          const toMean = (counted: Float32Array) => {
            const own = guide === undefined ? counted : Float32Array.from(guide.covered, (i) => counted[i]!);
            const rows = region === undefined ? asMatrix(map) : coveredRows(map, region.picture, grid);
            return squaredDistance(rows, held[`${layer}/mean`]!, tf.tensor2d(own, [own.length, 1]));
          };
          if (spec.convention === 'cnnmrf') {
            const patches = coverage(grid);
            return tf.mul(toMean(counts.map((count, i) => count / Math.max(1, patches[i]!))), weight / 2);
          }
          const distance = tf.add(toMean(counts), held[`${layer}/residual`]!);
          if (spec.convention === 'li-wand') return tf.mul(distance, weight);
          return tf.mul(distance, tf.mul(targets[`${layer}/factor`]!, weight / grid.count));
        }),
    },
  ];
}

/** Every combination of a rotation (or none) and a scale (or none), but for the unchanged style. */
function styleTransforms(spec: MrfSpec): StyleTransform[] {
  const rotations = [...new Set([0, ...spec.rotations])];
  const scales = [...new Set([1, ...spec.scales])];
  return rotations
    .flatMap((rotation) => scales.map((scale) => ({ rotation, scale })))
    .filter(({ rotation, scale }) => rotation !== 0 || scale !== 1);
}

function styleGrids(spec: MrfSpec, layer: string, maps: readonly tf.Tensor4D[]): PatchGrid[] {
  return maps.map(({ shape: [, height, width] }) =>
    checkedGrid(spec, layer, 'style', height, width, spec.styleStride),
  );
}

/** The tensors `<key>/0`, `<key>/1`, … */
function numbered(tensors: NamedTensors, key: string): tf.Tensor[] {
  const found: tf.Tensor[] = [];
  for (let i = 0; `${key}/${i}` in tensors; i++) found.push(tensors[`${key}/${i}`]!);
  return found;
}

function checkedGrid(
  spec: MrfSpec,
  layer: string,
  whose: 'picture' | 'style',
  height: number,
  width: number,
  stride: number,
): PatchGrid {
  const grid = patchGrid(height, width, spec.patch, stride);
  if (grid.count > 0) return grid;
  throw new NeckarError(
    `The loss "${spec.name}" needs patches of ${spec.patch}×${spec.patch} at ${layer}, but the ${whose}'s features there ` +
      `are only ${width}×${height}; choose a larger size, a shallower layer or a smaller patch.`,
  );
}

function checkPatchTotal(spec: MrfSpec, layer: string, grids: readonly PatchGrid[], channels: number): void {
  const most = Math.floor(mostPatchValues / (spec.patch * spec.patch * channels));
  const count = patchTotal(grids);
  if (count <= most) return;
  let fitting = spec.styleStride + 1;
  const countAt = (stride: number) =>
    patchTotal(grids.map(({ height, width, patch }) => patchGrid(height, width, patch, stride)));
  while (countAt(fitting) > most && fitting < 1000) fitting++;
  throw new NeckarError(
    `The loss "${spec.name}" would compare ${count} style patches at ${layer}, more than the ${most} that fit in 512 MiB; ` +
      `set styleStride to ${fitting} (now ${spec.styleStride}), or choose a smaller style, fewer copies or a deeper layer.`,
  );
}

/** Each patch of the picture against each of the styles and their copies, when matches are due. */
function mrfWork(loss: MrfSpec, seen: Seen): number {
  const copies = 1 + loss.rotations.length + loss.scales.length;
  const ofStyles = seen.styles.map((picture) => mapsOf(loss.layers, { ...seen, picture }));
  const matching = mapsOf(loss.layers, seen).reduce((sum, { positions, channels }, layer) => {
    const patches = positions / loss.stride ** 2;
    const offered = ofStyles.reduce((all, own) => all + own[layer]!.positions, 0) / loss.styleStride ** 2;
    return sum + 2 * patches * offered * copies * channels * loss.patch ** 2;
  }, 0);
  return valuesIn(loss.layers, seen) * perValue + matching / loss.refreshEvery;
}

const timedPatches = { layers: ['depth3', 'depth4'], patch: 3, stride: 1, styleStride: 1 };

export const mrf = defineLoss({
  type: 'mrf',
  description:
    "Distance of each patch of the features from the most similar patch of the style's (Li & Wand, CVPR 2016).",
  options: mrfOptions,
  resolve: resolveMrf,
  terms: prepareMrf,
  styleUnits: unitsOf<MrfSpec>({ 'li-wand': 4e3, cnnmrf: 2e2 }),
  work: mrfWork,
  benchmarks: [
    {
      id: 'mrf-1',
      title: 'patches (MRF), 3×3, stride 1, two layers, matched at every evaluation',
      options: { ...timedPatches, refreshEvery: 1 },
      atMost: 3,
    },
    {
      id: 'mrf-10',
      title: '… matched at every tenth',
      options: { ...timedPatches, refreshEvery: 10 },
      atMost: 1.3,
    },
  ],
});
