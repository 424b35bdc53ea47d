/** Local style: how closely the result's patches resemble the style's, and how much of the style is used. */
import type { RgbImage } from '../src/images/image.ts';
import { resizeLongestSide } from '../src/images/resize.ts';
import { defineMetric } from './define.ts';
import { isRefusal, type MetricInput, type Refusal, refuse, styleAtResult, stylePath } from './metric.ts';
import { nearestPatches, type Patches, patchesOf } from './patches.ts';
import { nonNegative, unitRange } from './range.ts';

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

/** The nearest style patch of every patch of the result; both as large as a patch or larger. */
export function matchPatches(result: RgbImage, style: RgbImage): PatchMatch {
  const from = patchesOf(result, size, resultStride);
  const among = patchesOf(style, size, styleStride);
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

const matches = new WeakMap<RgbImage, { style: RgbImage; match: PatchMatch }>();

/** One search serves all metrics of a picture. */
function matchOnce(input: MetricInput): PatchMatch | Refusal {
  const style = styleAtResult(input);
  const { result } = input;
  const held = matches.get(result);
  if (held?.style === style) return held.match;
  const [from, among] = [reduced(result), reduced(style)];
  const side = Math.min(from.width, from.height, among.width, among.height);
  if (side < 2 * size) {
    return refuse(
      `Patches of ${size}×${size} pixels are compared at ${longest} pixels or less: a side of ${side} pixels is too short.`,
    );
  }
  const match = matchPatches(from, among);
  matches.set(result, { style, match });
  return match;
}

const shared = {
  needs: 'pixels',
  purpose: 'style',
  parts: {
    color: 'rgb-float',
    patch: size,
    strides: `${resultStride}-${styleStride}`,
    longest: `${longest}-at-most`,
    style: stylePath,
  },
} as const;

/** `patchDistance` between the result and the style. */
export const patchDistanceToStyle = defineMetric({
  ...shared,
  name: 'patch-distance',
  description:
    'How far the picture’s patches are from the nearest ones of the style (after Li & Wand, CVPR 2016).',
  label: 'Distance to the nearest style patches',
  better: 'lower',
  unit: 'RMS difference',
  range: nonNegative,
  async measure(input: MetricInput) {
    const match = matchOnce(input);
    return isRefusal(match) ? match : patchDistance(match);
  },
});

/** `patchCoverage` of the style by the result. */
export const patchCoverageOfStyle = defineMetric({
  ...shared,
  name: 'patch-coverage',
  description: 'The share of the style whose patches are some nearest patch of the picture.',
  label: 'Share of the style used',
  better: 'higher',
  unit: 'share of area',
  range: unitRange,
  async measure(input: MetricInput) {
    const match = matchOnce(input);
    return isRefusal(match) ? match : patchCoverage(match);
  },
});
