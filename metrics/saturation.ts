/** Burnt-out and drowned pixels that neither the content nor the style has. */
import type { RgbImage } from '../src/images/image.ts';
import { defineMetric } from './define.ts';
import { contentAtResult, contentPath, isRefusal, styleAtResult, stylePath } from './metric.ts';
import { unitRange } from './range.ts';

/** Half an 8-bit level: what is written as 0 or 255. */
const margin = 0.5 / 255;

/** The share of pixels with at least one channel that is written as 0 or 255. */
export function saturatedShare({ data }: RgbImage): number {
  let count = 0;
  for (let at = 0; at < data.length; at += 3) {
    const least = Math.min(data[at]!, data[at + 1]!, data[at + 2]!);
    const most = Math.max(data[at]!, data[at + 1]!, data[at + 2]!);
    if (least < margin || most >= 1 - margin) count++;
  }
  return (3 * count) / data.length;
}

/** The result's saturated share beyond the greater of the content's and the style's, at least 0. */
export const saturation = defineMetric({
  name: 'saturation',
  description: 'The share of burnt-out and drowned pixels beyond the content’s and the style’s.',
  needs: 'pixels',
  essential: true,
  parts: {
    levels: '0-255',
    beyond: 'content-style',
    content: contentPath,
    style: stylePath,
  },
  label: 'Saturated pixels beyond content and style',
  better: 'lower',
  purpose: 'artefact',
  unit: 'share of pixels',
  range: unitRange,
  async measure(input) {
    const content = contentAtResult(input);
    if (isRefusal(content)) return content;
    const allowed = Math.max(saturatedShare(content), saturatedShare(styleAtResult(input)));
    return Math.max(0, saturatedShare(input.result) - allowed);
  },
});
