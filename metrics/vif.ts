/**
 * Visual information fidelity. H. R. Sheikh & A. C. Bovik, "Image information and visual quality", IEEE Transactions on
 * Image Processing 15(2), 2006; the authors' version on pixels.
 */
import { lumaPlane } from '../src/images/color.ts';
import type { Plane, RgbImage } from '../src/images/image.ts';
import { defineMetric } from './define.ts';
import { contentPath, isRefusal, refuse } from './metric.ts';
import { nonNegative } from './range.ts';
import { contentPair } from './ssim.ts';

/** Variance of the noise of seeing, for values up to 255. */
const seeing = 2;
const tiny = 1e-10;

/**
 * VIF of luminance on four scales: the information that a picture still tells of the reference, over what the reference
 * tells. Local Gaussian windows of 17, 9, 5 and 3 pixels (σ = a fifth of that), only those that lie wholly inside. 1 for equal
 * pictures, more where contrast was added, 0 where nothing of it is left; NaN of a reference of one colour.
 *
 * @param image - at least 41 pixels a side, so that the coarsest scale has a window
 */
export function vif(image: RgbImage, reference: RgbImage): number {
  let [first, second] = [reference, image].map((one) => {
    const plane = lumaPlane(one);
    return { ...plane, data: plane.data.map((value) => 255 * value) };
  }) as [Plane, Plane];
  let kept = 0;
  let there = 0;
  for (let scale = 1; scale <= 4; scale++) {
    const taps = window(2 ** (5 - scale) + 1);
    if (scale > 1)
      [first, second] = [first, second].map((plane) => halved(smoothed(plane, taps))) as [Plane, Plane];
    const means = [first, second, product(first, first), product(second, second), product(first, second)].map(
      (plane) => smoothed(plane, taps).data,
    ) as [Numbers, Numbers, Numbers, Numbers, Numbers];
    for (let i = 0; i < means[0].length; i++) {
      const [a, b] = [means[0][i]!, means[1][i]!];
      const own = Math.max(0, means[2][i]! - a * a);
      const other = Math.max(0, means[3][i]! - b * b);
      const both = means[4][i]! - a * b;
      const { gain, rest } = channel(own, other, both);
      kept += Math.log10(1 + (gain * gain * own) / (rest + seeing));
      there += Math.log10(1 + own / seeing);
    }
  }
  return kept / there;
}

type Numbers = Float64Array;

/** The picture's window as gain·reference + noise, with what the authors do where variances vanish or the gain is negative. */
function channel(own: number, other: number, both: number): { gain: number; rest: number } {
  if (own < tiny) return { gain: 0, rest: other };
  if (other < tiny) return { gain: 0, rest: tiny };
  const gain = both / (own + tiny);
  if (gain < 0) return { gain: 0, rest: Math.max(other, tiny) };
  return { gain, rest: Math.max(other - gain * both, tiny) };
}

/** N Gaussian taps of sum 1, σ = N/5. */
function window(size: number): Float64Array {
  const middle = (size - 1) / 2;
  const taps = Float64Array.from({ length: size }, (_, i) =>
    Math.exp(-((i - middle) ** 2) / (2 * (size / 5) ** 2)),
  );
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}

interface Doubles {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** Window means, only windows that lie wholly inside. */
function smoothed({ width, height, data }: Doubles, taps: Float64Array): Doubles & { data: Float64Array } {
  const [w, h] = [width - taps.length + 1, height - taps.length + 1];
  const rows = new Float64Array(w * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let tap = 0; tap < taps.length; tap++) sum += taps[tap]! * data[y * width + x + tap]!;
      rows[y * w + x] = sum;
    }
  }
  const out = new Float64Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let tap = 0; tap < taps.length; tap++) {
      const [from, weight] = [(y + tap) * w, taps[tap]!];
      for (let x = 0; x < w; x++) out[y * w + x]! += weight * rows[from + x]!;
    }
  }
  return { width: w, height: h, data: out };
}

function halved({ width, height, data }: Doubles): Doubles {
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const out = Float64Array.from(
    { length: w * h },
    (_, i) => data[2 * Math.floor(i / w) * width + 2 * (i % w)]!,
  );
  return { width: w, height: h, data: out };
}

function product(a: Doubles, b: Doubles): Doubles {
  return { ...a, data: Float64Array.from({ length: a.data.length }, (_, i) => a.data[i]! * b.data[i]!) };
}

/** Between the result and the content at the result's size. */
export const vifToContent = defineMetric({
  name: 'vif',
  description: 'Visual information fidelity on pixels (Sheikh & Bovik, IEEE TIP 2006).',
  needs: 'pixels',
  parts: { color: 'luma-float', scales: 4, noise: seeing, content: contentPath },
  label: 'VIF to the content',
  better: 'higher',
  purpose: 'content',
  unit: 'VIF',
  range: nonNegative,
  async measure(input) {
    const pair = contentPair(input, 41, 'VIF compares windows on four scales');
    if (isRefusal(pair)) return pair;
    const value = vif(input.result, pair);
    return Number.isNaN(value)
      ? refuse('The content is of one lightness: it tells nothing that could be kept.')
      : value;
  },
});
