/**
 * Multi-scale structural similarity. Z. Wang, E. P. Simoncelli & A. C. Bovik, "Multi-scale structural similarity for
 * image quality assessment", Asilomar Conference on Signals, Systems and Computers, 2003.
 */
import { lumaPlane } from '../src/images/color.ts';
import type { RgbImage } from '../src/images/image.ts';
import { defineMetric } from './define.ts';
import { contentPath, isRefusal } from './metric.ts';
import { averageDown } from './planes.ts';
import { unitRange } from './range.ts';
import { contentPair, similarity } from './ssim.ts';

/** The exponents β₁ … β₅ (= γ; α₅ = β₅) the authors found by experiment. */
const exponents = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;

/** The coarsest of five scales must still hold one 11×11 window. */
export const msSsimLeastSide = 10 * 16 + 1;

/**
 * MS-SSIM = l₅^α₅ · Π_j (c_j s_j)^β_j over five scales, each the 2×2 mean of the one before (eq. 7); at each scale the
 * mean over all windows is taken before the power. A negative mean of c·s, which has no such power, counts as 0.
 */
export function msSsim(first: RgbImage, second: RgbImage): number {
  let a = lumaPlane(first);
  let b = lumaPlane(second);
  let product = 1;
  for (const [scale, exponent] of exponents.entries()) {
    if (scale > 0) {
      a = averageDown(a, 2);
      b = averageDown(b, 2);
    }
    const { ssim, contrastStructure } = similarity(a, b);
    const factor = scale === exponents.length - 1 ? ssim : contrastStructure;
    product *= Math.max(0, factor) ** exponent;
  }
  return product;
}

/** Between the result and the content at the result's size. */
export const msSsimToContent = defineMetric({
  name: 'ms-ssim',
  description: 'Multi-scale structural similarity (Wang, Simoncelli & Bovik, Asilomar 2003).',
  needs: 'pixels',
  parts: {
    color: 'luma-float',
    window: 'gauss11-1.5',
    border: 'valid',
    k: '.01-.03',
    weights: '.0448-.2856-.3001-.2363-.1333',
    content: contentPath,
  },
  label: 'MS-SSIM to the content',
  better: 'higher',
  purpose: 'content',
  unit: 'MS-SSIM',
  range: unitRange,
  async measure(input) {
    const pair = contentPair(input, msSsimLeastSide, 'MS-SSIM halves the picture four times');
    return isRefusal(pair) ? pair : msSsim(input.result, pair);
  },
});
