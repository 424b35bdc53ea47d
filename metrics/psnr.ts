/** Peak signal-to-noise ratio. */
import type { RgbImage } from '../src/images/image.ts';
import { defineMetric } from './define.ts';
import { contentAtResult, contentPath, isRefusal, refuse } from './metric.ts';
import { unbounded } from './range.ts';

/**
 * PSNR = 10·log₁₀(1/MSE) in decibels, the mean squared error taken over all pixels and the three channels, values
 * in [0,1]; infinite for equal pictures. Both must have one size.
 */
export function psnr(first: RgbImage, second: RgbImage): number {
  let sum = 0;
  for (let i = 0; i < first.data.length; i++) sum += (first.data[i]! - second.data[i]!) ** 2;
  return 10 * Math.log10(first.data.length / sum);
}

/** Between the result and the content at the result's size. */
export const psnrToContent = defineMetric({
  name: 'psnr',
  description: 'Peak signal-to-noise ratio in decibels, over all pixels and channels.',
  needs: 'pixels',
  parts: { color: 'rgb-float', peak: 1, content: contentPath },
  label: 'PSNR to the content',
  better: 'higher',
  purpose: 'content',
  unit: 'dB',
  range: unbounded,
  async measure(input) {
    const content = contentAtResult(input);
    if (isRefusal(content)) return content;
    const value = psnr(input.result, content);
    return Number.isFinite(value) ? value : refuse('The picture equals the content: its PSNR is infinite.');
  },
});
