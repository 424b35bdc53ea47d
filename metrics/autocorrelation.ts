/**
 * Long-range order: how far the result's autocorrelation is from the style's. A pattern that repeats has peaks at its
 * period, which Gram matrices do not see (Berger & Memisevic, Incorporating long-range consistency in CNN-based texture
 * generation, ICLR 2017).
 */
import type { RgbImage } from '../src/images/image.ts';
import { resizeLongestSide } from '../src/images/resize.ts';
import { defineMetric } from './define.ts';
import { refuse, styleAtResult, stylePath } from './metric.ts';
import { nonNegative } from './range.ts';
import { refuseUniform } from './uniform.ts';

/** Larger pictures are reduced first: what is short at any size is left out anyway. */
const longest = 256;
/** Shifts begin at this share of the shorter side, beyond strokes and edges, and end at half of it. */
const nearest = 1 / 16;
const leastSide = 32;

/**
 * ρ(δ) = Σ_c mean_p (I_c(p) − m_c)(I_c(p+δ) − m_c) / Σ_c var_c over the positions p whose neighbour p + δ lies inside.
 *
 * @param axis - `x`: δ to the right, `y`: downwards
 * @returns the value of each shift; NaN for a uniform picture
 */
export function autocorrelation(image: RgbImage, axis: 'x' | 'y', shifts: readonly number[]): number[] {
  const { width, height, data } = image;
  const pixels = width * height;
  const mean = [0, 1, 2].map((c) => {
    let sum = 0;
    for (let i = c; i < data.length; i += 3) sum += data[i]!;
    return sum / pixels;
  });
  const centered = Float64Array.from(data, (value, i) => value - mean[i % 3]!);
  const variance = centered.reduce((sum, value) => sum + value * value, 0) / pixels;
  return shifts.map((shift) => {
    const [across, down] = axis === 'x' ? [shift, 0] : [0, shift];
    const step = (down * width + across) * 3;
    let sum = 0;
    for (let y = 0; y < height - down; y++) {
      const end = (y * width + width - across) * 3;
      for (let i = y * width * 3; i < end; i++) sum += centered[i]! * centered[i + step]!;
    }
    return sum / ((width - across) * (height - down)) / variance;
  });
}

/** √ of the mean over shifts and both axes of (ρ_result(δ) − ρ_style(δ))², at whole pixels. */
export const longRangeToStyle = defineMetric({
  name: 'long-range',
  description: 'Difference of autocorrelations at long shifts (after Berger & Memisevic, ICLR 2017).',
  needs: 'pixels',
  parts: {
    color: 'rgb-float',
    shifts: 'sixteenth-to-half',
    longest: `${longest}-at-most`,
    style: stylePath,
  },
  label: 'Distance of long-range autocorrelation',
  better: 'lower',
  purpose: 'style',
  unit: 'RMS difference of correlations',
  range: nonNegative,
  async measure(input) {
    const [result, style] = [input.result, styleAtResult(input)].map(reduced) as [RgbImage, RgbImage];
    const flat =
      refuseUniform(style, 'style', 'no order to compare with') ??
      refuseUniform(result, 'picture', 'no autocorrelation');
    if (flat !== undefined) return flat;
    const side = Math.min(result.width, result.height, style.width, style.height);
    if (side < leastSide) {
      return refuse(
        `Shifts of up to half the shorter side are compared: one of ${side} pixels is too short.`,
      );
    }
    const from = Math.ceil(side * nearest);
    const shifts = Array.from({ length: Math.floor(side / 2) - from + 1 }, (_, i) => from + i);
    const differences = (['x', 'y'] as const).flatMap((axis) => {
      const wanted = autocorrelation(style, axis, shifts);
      return autocorrelation(result, axis, shifts).map((value, i) => value - wanted[i]!);
    });
    return Math.sqrt(differences.reduce((sum, value) => sum + value * value, 0) / differences.length);
  },
});

function reduced(image: RgbImage): RgbImage {
  return Math.max(image.width, image.height) > longest ? resizeLongestSide(image, longest, 'area') : image;
}
