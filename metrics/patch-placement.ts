/**
 * Patches of the style that ended up on another kind of thing: an eye on a cheek, sky on a house. A patch of the
 * result counts as one of the style's where its structure (mean colour taken away, contrast divided out) correlates
 * with that of its best match in the style by `least` or more, and both have some contrast: elsewhere the nearest
 * patch says which colours are there, not what was put where.
 *
 * Patches as Li & Wand compare them (CVPR 2016, eq. 3: normalised cross-correlation), here of pixels; the kinds are
 * those that region maps give, as in Zhao et al. 2019, who look at where eyes and mouths of a portrait land.
 */
import type { RgbImage } from '../src/images/image.ts';
import { fitLongestSide, resizeLongestSide } from '../src/images/resize.ts';
import {
  type Metric,
  type MetricInput,
  type Refusal,
  type RegionMap,
  refuse,
  specId,
  styleAtResult,
  stylePath,
} from './metric.ts';
import { nearestPatches, type Patches, patchesOf } from './patches.ts';

const size = 12;
const resultStride = 4;
const styleStride = 3;
/** Larger pictures are reduced first, so that a patch is always an eye's size and the search stays short. */
const longest = 256;
/** The least correlation of a patch with the style's at which it is taken for one of them. */
const least = 0.7;
/** The least contrast of a patch: root mean square difference from its mean colour, in [0,1]. */
const leastContrast = 0.03;

/** Where a patch lies, and what is there. */
interface Structures {
  readonly patches: Patches;
  /** The label at each patch's centre. */
  readonly labels: Uint8Array;
}

/**
 * The share of the result's recognisable style patches whose match in the style shows another kind of thing, labels
 * taken at the patches' centres. Label 0 is no kind; kinds that only one of the pictures has cannot be met and do not
 * count. The pictures are compared as they are, without reduction.
 *
 * @returns a refusal when the pictures have no kind in common, or when no patch of the style is recognisable
 */
export function placementErrors(
  result: RgbImage,
  style: RgbImage,
  regions: { readonly content: RegionMap; readonly style: RegionMap },
): number | Refusal {
  const kinds = new Set([...regions.content.labels].filter((label) => label !== 0));
  const shared = new Set([...regions.style.labels].filter((label) => kinds.has(label)));
  if (shared.size === 0) return refuse('The region maps of content and style have no kind in common.');
  const from = structuresOf(result, resultStride, regions.content, shared);
  const among = structuresOf(style, styleStride, regions.style, shared);
  if (from.labels.length === 0 || among.labels.length === 0) return refuse(nothingRecognisable);
  const { index, square } = nearestPatches(from.patches, among.patches);
  let placed = 0;
  let wrong = 0;
  for (const [patch, label] of from.labels.entries()) {
    // Of unit vectors: ‖p − q‖² = 2 − 2⟨p,q⟩.
    if (1 - square[patch]! / 2 < least) continue;
    placed++;
    if (among.labels[index[patch]!] !== label) wrong++;
  }
  return placed === 0 ? refuse(nothingRecognisable) : wrong / placed;
}

const nothingRecognisable = 'No patch of the style is recognisable in the picture.';

/** The patches with contrast whose centres are of one of the kinds, without their mean colours and of unit length. */
function structuresOf(
  image: RgbImage,
  stride: number,
  map: RegionMap,
  kinds: ReadonlySet<number>,
): Structures {
  const all = patchesOf(image, size, stride);
  const values = 3 * size * size;
  // The first coefficient of each of the three planes is the patch's mean.
  const kept = values - 3;
  const count = all.columns * all.rows;
  const data = new Float32Array(count * kept);
  const labels = new Uint8Array(count);
  let n = 0;
  for (let patch = 0; patch < count; patch++) {
    const label = labelAt(map, all, patch);
    if (!kinds.has(label)) continue;
    const own = all.data.subarray(patch * values + 3, (patch + 1) * values);
    const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    if (length < leastContrast * Math.sqrt(values)) continue;
    for (let k = 0; k < kept; k++) data[n * kept + k] = own[k]! / length;
    labels[n++] = label;
  }
  return {
    patches: { size, stride, columns: n, rows: 1, data: data.subarray(0, n * kept) },
    labels: labels.subarray(0, n),
  };
}

/** The label under a patch's centre; the map may have another size than the picture. */
function labelAt(map: RegionMap, patches: Patches, patch: number): number {
  const width = (patches.columns - 1) * patches.stride + patches.size;
  const height = (patches.rows - 1) * patches.stride + patches.size;
  const x = ((patch % patches.columns) * patches.stride + patches.size / 2) / width;
  const y = (Math.floor(patch / patches.columns) * patches.stride + patches.size / 2) / height;
  return map.labels[Math.floor(y * map.height) * map.width + Math.floor(x * map.width)]!;
}

function reduced(image: RgbImage): RgbImage {
  return Math.max(image.width, image.height) > longest ? resizeLongestSide(image, longest, 'area') : image;
}

/** `placementErrors` at 256 pixels or less, where region maps are given. */
export const patchPlacement: Metric = {
  id: specId('patch-placement', {
    color: 'rgb-float',
    patch: size,
    strides: `${resultStride}-${styleStride}`,
    contrast: leastContrast,
    correlation: least,
    longest: `${longest}-at-most`,
    style: stylePath,
  }),
  label: 'Style patches on the wrong kind of region',
  better: 'lower',
  purpose: 'artefact',
  unit: 'share of recognisable patches',
  async measure(input) {
    const { result, regions } = input;
    if (regions === undefined) return refuse('No region maps of content and style are given.');
    for (const [name, map] of Object.entries(regions)) {
      if (map.labels.length !== map.width * map.height) {
        return refuse(
          `The ${name}'s region map has ${map.labels.length} labels for ${map.width}×${map.height} pixels.`,
        );
      }
    }
    if (!sameShape(regions.content, result)) {
      return refuse('The content’s region map has another shape than the picture.');
    }
    const style = styleAtResult(input);
    const side = Math.min(result.width, result.height, style.width, style.height);
    if (side < 2 * size) {
      return refuse(`Patches of ${size}×${size} pixels are compared: a side of ${side} pixels is too short.`);
    }
    return placementErrors(reduced(result), reduced(style), regions);
  },
};

function sameShape(map: RegionMap, { width, height }: MetricInput['result']): boolean {
  const fitted = fitLongestSide(map.width, map.height, Math.max(width, height));
  return Math.abs(fitted.width - width) <= 1 && Math.abs(fitted.height - height) <= 1;
}
