/**
 * Whether the content's outlines are still there: the boundary F-measure. D. R. Martin, C. C. Fowlkes & J. Malik,
 * "Learning to detect natural image boundaries using local brightness, color, and texture cues", PAMI 26(5), 2004.
 */
import { lumaPlane } from '../src/images/color.ts';
import type { Plane, RgbImage } from '../src/images/image.ts';
import { defineMetric } from './define.ts';
import { contentPath, isRefusal, type Refusal, refuse } from './metric.ts';
import { blur, gaussianTaps } from './planes.ts';
import { unitRange } from './range.ts';
import { contentPair } from './ssim.ts';

/** Blur before differentiating, in pixels. */
const sigma = 1.5;
/** Edges are at most this share of all pixels, the strongest first. */
const share = 0.05;
/** A gradient of less than one 8-bit level per pixel is no edge. */
const weakest = 1 / 255;
/** How far a matching edge may lie, as a share of the picture's diagonal. */
const tolerance = 0.0075;

/**
 * F = 2PR/(P+R): P the share of the second picture's edge pixels with one of the first's within 0.75 % of the
 * diagonal, R the reverse. Edges are the local maxima, across the edge, of the gradient of luma blurred by σ = 1.5
 * pixels: the strongest 5 % of all pixels in the first picture, and as many in the second, so that a style full of
 * texture cannot match by drawing edges everywhere.
 *
 * @returns a refusal when the first picture has no edges
 */
export function edgeAgreement(reference: RgbImage, other: RgbImage): number | Refusal {
  const { width, height } = reference;
  const wanted = strongest(edgeStrengths(lumaPlane(reference)), Math.floor(share * width * height));
  if (wanted.length === 0) return refuse('The content has no edges that could be kept.');
  const found = strongest(edgeStrengths(lumaPlane(other)), wanted.length);
  if (found.length === 0) return 0;
  const reach = tolerance * Math.hypot(width, height);
  const precision = shareNear(found, wanted, width, height, reach);
  const recall = shareNear(wanted, found, width, height, reach);
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/** Gradient magnitude where it is the greatest along its own direction, 0 elsewhere. */
function edgeStrengths(luma: Plane): Float64Array {
  const { width, height } = luma;
  const { data } = blur(luma, gaussianTaps(sigma));
  const magnitude = new Float64Array(width * height);
  const directionX = new Float64Array(width * height);
  const directionY = new Float64Array(width * height);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const dx = (data[i + 1]! - data[i - 1]!) / 2;
      const dy = (data[i + width]! - data[i - width]!) / 2;
      const length = Math.hypot(dx, dy);
      magnitude[i] = length;
      directionX[i] = length === 0 ? 0 : dx / length;
      directionY[i] = length === 0 ? 0 : dy / length;
    }
  }
  const strengths = new Float64Array(width * height);
  for (let y = 2; y < height - 2; y++) {
    for (let x = 2; x < width - 2; x++) {
      const i = y * width + x;
      const own = magnitude[i]!;
      if (own < weakest) continue;
      const ahead = sample(magnitude, width, x + directionX[i]!, y + directionY[i]!);
      const behind = sample(magnitude, width, x - directionX[i]!, y - directionY[i]!);
      // One of two equal neighbours counts, not both.
      if (own >= ahead && own > behind) strengths[i] = own;
    }
  }
  return strengths;
}

function sample(values: Float64Array, width: number, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const right = x - left;
  const down = y - top;
  const i = top * width + left;
  return (
    (1 - down) * ((1 - right) * values[i]! + right * values[i + 1]!) +
    down * ((1 - right) * values[i + width]! + right * values[i + width + 1]!)
  );
}

function strongest(strengths: Float64Array, count: number): number[] {
  const candidates: number[] = [];
  for (let i = 0; i < strengths.length; i++) if (strengths[i]! > 0) candidates.push(i);
  candidates.sort((a, b) => strengths[b]! - strengths[a]! || a - b);
  return candidates.slice(0, count);
}

/** The share of `points` with one of `others` within `reach` pixels. */
function shareNear(
  points: readonly number[],
  others: readonly number[],
  width: number,
  height: number,
  reach: number,
): number {
  const near = new Uint8Array(width * height);
  const whole = Math.floor(reach);
  for (const other of others) {
    const x = other % width;
    const y = Math.floor(other / width);
    for (let dy = -whole; dy <= whole; dy++) {
      const span = Math.floor(Math.sqrt(reach * reach - dy * dy));
      if (y + dy < 0 || y + dy >= height) continue;
      const row = (y + dy) * width;
      near.fill(1, row + Math.max(0, x - span), row + Math.min(width - 1, x + span) + 1);
    }
  }
  return points.reduce((count, point) => count + near[point]!, 0) / points.length;
}

/** Between the result and the content at the result's size. */
export const edgeAgreementWithContent = defineMetric({
  name: 'edge-f',
  description: 'The boundary F-measure of the content’s edges (Martin, Fowlkes & Malik, PAMI 2004).',
  needs: 'pixels',
  parts: {
    color: 'luma-float',
    sigma,
    share,
    tolerance: `${tolerance}-diagonal`,
    content: contentPath,
  },
  label: 'Edges of the content kept (F)',
  better: 'higher',
  purpose: 'content',
  unit: 'F-measure',
  range: unitRange,
  async measure(input) {
    const pair = contentPair(input, 32, 'Edges are compared in their surroundings');
    return isRefusal(pair) ? pair : edgeAgreement(pair, input.result);
  },
});
