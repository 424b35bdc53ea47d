/** Noise, or blur, against the style's own fine detail. */
import { lumaPlane } from '../src/images/color.ts';
import type { RgbImage } from '../src/images/image.ts';
import { defineMetric } from './define.ts';
import { styleAtResult, stylePath } from './metric.ts';
import { blur } from './planes.ts';
import { nonNegative } from './range.ts';
import { refuseUniform } from './uniform.ts';

const binomial = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16];

/** The mean square of what a 5-tap binomial blur takes from the luma: the energy of about the finest octave. */
export function highFrequencyEnergy(image: RgbImage): number {
  const luma = lumaPlane(image);
  const smooth = blur(luma, binomial);
  let sum = 0;
  for (let i = 0; i < luma.data.length; i++) sum += (luma.data[i]! - smooth.data[i]!) ** 2;
  return sum / luma.data.length;
}

/** |log₂(E/Ê)|, Ê the style's energy: 0 for the style's own fineness, 1 for twice or half its energy. */
export const highFrequency = defineMetric({
  name: 'high-frequency',
  description: 'Noise, or blur, against the style’s own fine detail.',
  needs: 'pixels',
  parts: { color: 'luma-float', filter: 'binomial-5', style: stylePath },
  label: 'Fine detail unlike the style’s',
  better: 'lower',
  purpose: 'artefact',
  unit: 'octaves of energy',
  range: nonNegative,
  async measure(input) {
    const reference = styleAtResult(input);
    const flat =
      refuseUniform(reference, 'style', 'no fine detail to compare with') ??
      refuseUniform(input.result, 'picture', 'no fine detail at all');
    if (flat !== undefined) return flat;
    const style = highFrequencyEnergy(reference);
    const result = highFrequencyEnergy(input.result);
    return Math.abs(Math.log2(result / style));
  },
});
