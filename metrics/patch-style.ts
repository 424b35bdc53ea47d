/** Local style: how closely the result's patches resemble the style's, how much of the style is used, and where. */
import type { RgbImage } from '../src/images/image.ts';
import { fitLongestSide, resizeLongestSide } from '../src/images/resize.ts';
import {
  isRefusal,
  type Metric,
  type MetricInput,
  type Purpose,
  type Refusal,
  type RegionMap,
  refuse,
  specId,
  styleAtResult,
  stylePath,
} from './metric.ts';
import { nearestPatches, type Patches, patchesOf } from './patches.ts';

const size = 8;
const resultStride = 4;
const styleStride = 2;
/** Larger pictures are reduced first, so that a patch is always a stroke's detail and the search stays short. */
const longest = 256;

export interface PatchMatch {
  readonly result: Patches;
  readonly style: Patches;
  /** For every patch of the result its nearest of the style. */
  readonly index: Int32Array;
  readonly square: Float64Array;
}

/** The nearest style patch of every patch of the result. */
export function matchPatches(result: RgbImage, style: RgbImage): PatchMatch {
  const from = patchesOf(reduced(result), size, resultStride);
  const among = patchesOf(reduced(style), size, styleStride);
  return { result: from, style: among, ...nearestPatches(from, among) };
}

function reduced(image: RgbImage): RgbImage {
  return Math.max(image.width, image.height) > longest ? resizeLongestSide(image, longest, 'area') : image;
}

/** √(mean over patches of ‖p − NN(p)‖²/3P²): the root mean square difference per value, in [0,1]. */
export function patchDistance({ result, square }: PatchMatch): number {
  const mean = square.reduce((sum, value) => sum + value, 0) / square.length;
  return Math.sqrt(mean / (3 * result.size ** 2));
}

/** The share of the style's area that lies in a patch nearest to some patch of the result: 0 to 1. */
export function patchCoverage({ style, index }: PatchMatch): number {
  const width = (style.columns - 1) * style.stride + style.size;
  const height = (style.rows - 1) * style.stride + style.size;
  const covered = new Uint8Array(width * height);
  for (const patch of new Set(index)) {
    const left = (patch % style.columns) * style.stride;
    const top = Math.floor(patch / style.columns) * style.stride;
    for (let y = top; y < top + style.size; y++) {
      covered.fill(1, y * width + left, y * width + left + style.size);
    }
  }
  return covered.reduce((sum, value) => sum + value, 0) / covered.length;
}

/**
 * The share of the result's patches whose nearest style patch shows another kind of thing, labels taken at the
 * patches' centres: an eye's patch on a cheek. Patches where either label is 0 do not count.
 *
 * @returns a refusal when no patch has both labels
 */
export function placementErrors(
  match: PatchMatch,
  regions: { readonly content: RegionMap; readonly style: RegionMap },
): number | Refusal {
  let counted = 0;
  let wrong = 0;
  for (const [patch, nearest] of match.index.entries()) {
    const wanted = labelAt(regions.content, match.result, patch);
    const got = labelAt(regions.style, match.style, nearest);
    if (wanted === 0 || got === 0) continue;
    counted++;
    if (wanted !== got) wrong++;
  }
  if (counted === 0) return refuse('No patch lies in a labelled region of both pictures.');
  return wrong / counted;
}

/** The label under a patch's centre; the map may have another size than the picture. */
function labelAt(map: RegionMap, patches: Patches, patch: number): number {
  const width = (patches.columns - 1) * patches.stride + patches.size;
  const height = (patches.rows - 1) * patches.stride + patches.size;
  const x = ((patch % patches.columns) * patches.stride + patches.size / 2) / width;
  const y = (Math.floor(patch / patches.columns) * patches.stride + patches.size / 2) / height;
  return map.labels[Math.floor(y * map.height) * map.width + Math.floor(x * map.width)]!;
}

const matches = new WeakMap<RgbImage, { style: RgbImage; match: PatchMatch }>();

/** One search serves all metrics of a picture. */
function matchOnce(input: MetricInput): PatchMatch | Refusal {
  const style = styleAtResult(input);
  const { result } = input;
  const side = Math.min(result.width, result.height, style.width, style.height);
  if (side < 2 * size) {
    return refuse(`Patches of ${size}×${size} pixels are compared: a side of ${side} pixels is too short.`);
  }
  const held = matches.get(result);
  if (held?.style === style) return held.match;
  const match = matchPatches(result, style);
  matches.set(result, { style, match });
  return match;
}

function patchMetric(
  name: string,
  about: { label: string; better: Metric['better']; purpose: Purpose; unit: string },
  value: (match: PatchMatch, input: MetricInput) => number | Refusal,
): Metric {
  return {
    id: specId(name, {
      color: 'rgb-float',
      patch: size,
      strides: `${resultStride}-${styleStride}`,
      longest: `${longest}-at-most`,
      style: stylePath,
    }),
    ...about,
    async measure(input) {
      const match = matchOnce(input);
      return isRefusal(match) ? match : value(match, input);
    },
  };
}

/** `patchDistance` between the result and the style. */
export const patchDistanceToStyle: Metric = patchMetric(
  'patch-distance',
  {
    label: 'Distance to the nearest style patches',
    better: 'lower',
    purpose: 'style',
    unit: 'RMS difference',
  },
  patchDistance,
);

/** `patchCoverage` of the style by the result. */
export const patchCoverageOfStyle: Metric = patchMetric(
  'patch-coverage',
  { label: 'Share of the style used', better: 'higher', purpose: 'style', unit: 'share of area' },
  patchCoverage,
);

/** `placementErrors`, where region maps are given. */
export const patchPlacement: Metric = patchMetric(
  'patch-placement',
  {
    label: 'Style patches on the wrong kind of region',
    better: 'lower',
    purpose: 'artefact',
    unit: 'share of patches',
  },
  (match, { regions, result }) => {
    if (regions === undefined) return refuse('No region maps of content and style are given.');
    for (const [name, map] of Object.entries(regions)) {
      if (map.labels.length !== map.width * map.height) {
        return refuse(
          `The ${name}'s region map has ${map.labels.length} labels for ${map.width}×${map.height} pixels.`,
        );
      }
    }
    const fitted = fitLongestSide(
      regions.content.width,
      regions.content.height,
      Math.max(result.width, result.height),
    );
    if (Math.abs(fitted.width - result.width) > 1 || Math.abs(fitted.height - result.height) > 1) {
      return refuse('The content’s region map has another shape than the picture.');
    }
    return placementErrors(match, regions);
  },
);
