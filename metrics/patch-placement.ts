/**
 * Pieces of the style that ended up on another kind of thing: an eye on a cheek, a scarf on the wall, sky on a house.
 *
 * What an eye takes for a piece of the style has its structure and its hues, in whatever light, and is large enough to
 * show something. So pictures are compared at 80 pixels, patch by patch of a tenth of that, by the correlation of their
 * colours without the patches' mean lightness: brighter, darker and paler copies are copies. Patches as Li & Wand compare
 * them (CVPR 2016, eq. 3: normalised cross-correlation), here of pixels; the kinds are those that region maps give, as
 * in Zhao et al. 2019, who look at where eyes and mouths of a portrait land.
 *
 * A patch of the result that looks like some patch of the style is in its place if one of these shows the same kinds of
 * thing. That it looks still more like another does not count against it: edges resemble each other wherever they are.
 */
import type { RgbImage } from '../src/images/image.ts';
import { averagePlane, fitLongestSide, resizeLongestSide } from '../src/images/resize.ts';
import { defineMetric } from './define.ts';
import {
  type MetricInput,
  type Refusal,
  type RegionMap,
  refuse,
  styleAtResult,
  stylePath,
} from './metric.ts';
import { patchesOf } from './patches.ts';
import { unitRange } from './range.ts';

const size = 8;
/** Larger pictures are reduced first, so that a patch is about an eye's size and strokes are no structure of it. */
const longest = 80;
/** Of the result's patches. All of the style's are looked at, so that none is missed for lying between two steps. */
const stride = 2;
/** The least correlation at which a patch is taken for one of the style's. */
const least = 0.8;
/** The least contrast of a patch: root mean square difference from its mean colour, in [0,1]. */
const leastContrast = 0.03;
/** The least part of two patches that must show the same kinds, and of one that must be of a kind at all. */
const half = 0.5;
/** Areas are sums of rounded numbers. */
const rounding = 1e-6;

/** Patches with contrast that show something of a kind. */
interface Structures {
  readonly count: number;
  /** Patch after patch a vector of unit length, coarse structure first. */
  readonly data: Float32Array;
  /** Patch after patch the share of each kind; they sum to one. */
  readonly shares: Float32Array;
}

/**
 * The share of the result's recognisable patches that are misplaced. A patch is recognisable if it correlates with a
 * patch of the style by 0.8 or more, both having some contrast; it is misplaced if none of those that it correlates
 * with so shows the same kinds of thing on at least half of the area: Σ min(share in one, share in the other) over the
 * kinds. Label 0 is no kind, and kinds that only one of the pictures has cannot be met: patches that show them on more
 * than half of their area are left out, and the shares are of the rest. The pictures are compared as they are, without
 * reduction; the maps may have other sizes.
 *
 * @returns a refusal when the pictures have no kind in common, or when no patch of the style is recognisable
 */
export function placementErrors(
  result: RgbImage,
  style: RgbImage,
  regions: { readonly content: RegionMap; readonly style: RegionMap },
): number | Refusal {
  const ofStyle = new Set(regions.style.labels);
  const kinds = [...new Set(regions.content.labels)].filter((label) => label !== 0 && ofStyle.has(label));
  if (kinds.length === 0) return refuse('The region maps of content and style have no kind in common.');
  const from = structuresOf(result, stride, regions.content, kinds);
  const among = structuresOf(style, 1, regions.style, kinds);
  let recognized = 0;
  let wrong = 0;
  for (let patch = 0; patch < from.count; patch++) {
    const place = placeOf(patch, from, among, kinds.length);
    if (place !== 'unlike') recognized++;
    if (place === 'misplaced') wrong++;
  }
  return recognized === 0
    ? refuse('No patch of the style is recognisable in the picture.')
    : wrong / recognized;
}

function placeOf(
  patch: number,
  from: Structures,
  among: Structures,
  kinds: number,
): 'unlike' | 'misplaced' | 'in place' {
  const values = from.data.length / from.count;
  // Of unit vectors: ‖p − q‖² = 2 − 2⟨p,q⟩.
  const most = 2 - 2 * least;
  const at = patch * values;
  let found: 'unlike' | 'misplaced' = 'unlike';
  for (let other = 0; other < among.count; other++) {
    const there = other * values;
    let square = 0;
    for (let k = 0; k < values && square <= most; k += 3) {
      const a = from.data[at + k]! - among.data[there + k]!;
      const b = from.data[at + k + 1]! - among.data[there + k + 1]!;
      const c = from.data[at + k + 2]! - among.data[there + k + 2]!;
      square += a * a + b * b + c * c;
    }
    if (square > most) continue;
    let common = 0;
    for (let kind = 0; kind < kinds; kind++) {
      common += Math.min(from.shares[patch * kinds + kind]!, among.shares[other * kinds + kind]!);
    }
    if (common >= half - rounding) return 'in place';
    found = 'misplaced';
  }
  return found;
}

function structuresOf(image: RgbImage, step: number, map: RegionMap, kinds: readonly number[]): Structures {
  const { columns, rows, data } = patchesOf(image, size, step);
  const values = 3 * size * size;
  const areas = areasOf(map, kinds, image, step);
  const kept = new Float32Array(data.length);
  const shares = new Float32Array(areas.length);
  let count = 0;
  for (let patch = 0; patch < columns * rows; patch++) {
    const area = areas.subarray(patch * kinds.length, (patch + 1) * kinds.length);
    const all = area.reduce((sum, part) => sum + part, 0);
    const own = data.subarray(patch * values, (patch + 1) * values);
    // The first three coefficients are the means of grey and of the two axes of colour.
    const structure = own.reduce((sum, value, k) => (k < 3 ? 0 : sum + value * value), 0);
    if (all < half - rounding || structure < leastContrast ** 2 * values) continue;
    const length = Math.sqrt(structure + own[1]! ** 2 + own[2]! ** 2);
    for (let k = 1; k < values; k++) kept[count * values + k] = own[k]! / length;
    for (const [kind, part] of area.entries()) shares[count * kinds.length + kind] = part / all;
    count++;
  }
  return {
    count,
    data: kept.subarray(0, count * values),
    shares: shares.subarray(0, count * kinds.length),
  };
}

/** Patch after patch of a picture, the share of its area that each kind has in a map of whatever size. */
function areasOf(
  map: RegionMap,
  kinds: readonly number[],
  { width, height }: RgbImage,
  step: number,
): Float32Array {
  const columns = Math.floor((width - size) / step) + 1;
  const rows = Math.floor((height - size) / step) + 1;
  const areas = new Float32Array(columns * rows * kinds.length);
  for (const [kind, label] of kinds.entries()) {
    const whole = { ...map, data: Float32Array.from(map.labels, (own) => (own === label ? 1 : 0)) };
    const { data } = averagePlane(whole, width, height);
    for (let patch = 0; patch < columns * rows; patch++) {
      const corner = Math.floor(patch / columns) * step * width + (patch % columns) * step;
      let sum = 0;
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) sum += data[corner + y * width + x]!;
      }
      areas[patch * kinds.length + kind] = sum / size ** 2;
    }
  }
  return areas;
}

function reduced(image: RgbImage): RgbImage {
  return Math.max(image.width, image.height) > longest ? resizeLongestSide(image, longest, 'area') : image;
}

/** `placementErrors` at 80 pixels or less, where region maps are given. */
export const patchPlacement = defineMetric({
  name: 'patch-placement',
  description:
    'The share of recognisable style patches on the wrong kind of region (patches as in Li & Wand, CVPR 2016).',
  needs: 'regions',
  essential: true,
  parts: {
    color: 'rgb-float-without-mean-grey',
    patch: size,
    strides: `${stride}-1`,
    contrast: leastContrast,
    correlation: least,
    kinds: 'half-of-any-match',
    longest: `${longest}-at-most`,
    style: stylePath,
  },
  label: 'Style patches on the wrong kind of region',
  better: 'lower',
  purpose: 'artefact',
  unit: 'share of recognisable patches',
  range: unitRange,
  async measure(input) {
    const { regions } = input;
    if (regions === undefined) return refuse('No region maps of content and style are given.');
    for (const [name, map] of Object.entries(regions)) {
      if (map.labels.length !== map.width * map.height) {
        return refuse(
          `The ${name}'s region map has ${map.labels.length} labels for ${map.width}×${map.height} pixels.`,
        );
      }
    }
    if (!sameShape(regions.content, input.result)) {
      return refuse('The content’s region map has another shape than the picture.');
    }
    const result = reduced(input.result);
    const style = reduced(styleAtResult(input));
    const side = Math.min(result.width, result.height, style.width, style.height);
    if (side < 2 * size) {
      return refuse(
        `Patches of ${size}×${size} pixels are compared at ${longest} pixels or less: a side of ${side} pixels is too short.`,
      );
    }
    return placementErrors(result, style, regions);
  },
});

function sameShape(map: RegionMap, { width, height }: MetricInput['result']): boolean {
  const fitted = fitLongestSide(map.width, map.height, Math.max(width, height));
  return Math.abs(fitted.width - width) <= 1 && Math.abs(fitted.height - height) <= 1;
}
