/**
 * Feature similarity. L. Zhang, L. Zhang, X. Mou & D. Zhang, "FSIM: a feature similarity index for image quality
 * assessment", IEEE Transactions on Image Processing 20(8), 2011; phase congruency after P. Kovesi, Videre 1(3), 1999.
 */
import { lumaPlane } from '../src/images/color.ts';
import type { Plane, RgbImage } from '../src/images/image.ts';
import { defineMetric } from './define.ts';
import { type Spectrum, transformed } from './fourier.ts';
import { contentPath, isRefusal, refuse } from './metric.ts';
import { unitRange } from './range.ts';
import { contentPair } from './ssim.ts';

/** Constants of similarity for values up to 255 (their section III). */
const t1 = 0.85;
const t2 = 160;

/**
 * FSIM of luminance, eq. 7: the similarity of phase congruency times that of the gradient (Scharr), weighted by the greater
 * phase congruency at each pixel. Pictures are first averaged over boxes so that the shorter side is about 256. 1 for equal
 * pictures, NaN where neither has any structure.
 */
export function fsim(first: RgbImage, second: RgbImage): number {
  const planes = [first, second].map((image) => boxed(lumaPlane(image)));
  const [a, b] = planes.map((plane) => ({ pc: phaseCongruency(plane), gradient: scharr(plane) })) as [
    Structure,
    Structure,
  ];
  let weighted = 0;
  let weights = 0;
  for (const [i, pc] of a.pc.entries()) {
    const [other, g, h] = [b.pc[i]!, a.gradient[i]!, b.gradient[i]!];
    const weight = Math.max(pc, other);
    const phase = (2 * pc * other + t1) / (pc * pc + other * other + t1);
    weighted += (weight * phase * (2 * g * h + t2)) / (g * g + h * h + t2);
    weights += weight;
  }
  return weighted / weights;
}

interface Structure {
  readonly pc: Float64Array;
  readonly gradient: Float64Array;
}

/** Values up to 255, averaged over F×F at every F-th pixel; zeros lie outside, as in the authors' script. */
function boxed({ width, height, data }: Plane): Plane {
  const factor = Math.max(1, Math.round(Math.min(width, height) / 256));
  const before = Math.ceil((factor + 1) / 2) - 1;
  const [w, h] = [Math.ceil(width / factor), Math.ceil(height / factor)];
  const out = new Float32Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let sum = 0;
      // A convolution of which the middle is kept: for an even box the pixel after the centre counts.
      for (let v = y * factor + before - factor + 1; v <= y * factor + before; v++) {
        for (let u = x * factor + before - factor + 1; u <= x * factor + before; u++) {
          if (u >= 0 && v >= 0 && u < width && v < height) sum += data[v * width + u]!;
        }
      }
      out[y * w + x] = (255 * sum) / (factor * factor);
    }
  }
  return { width: w, height: h, data: out };
}

function scharr({ width, height, data }: Plane): Float64Array {
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : data[y * width + x]!;
  const magnitude = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let [across, down] = [0, 0];
      for (const [step, weight] of [
        [-1, 3],
        [0, 10],
        [1, 3],
      ] as const) {
        across += weight * (at(x + 1, y + step) - at(x - 1, y + step));
        down += weight * (at(x + step, y + 1) - at(x + step, y - 1));
      }
      magnitude[y * width + x] = Math.hypot(across, down) / 16;
    }
  }
  return magnitude;
}

const scales = 4;
const orientations = 4;
/** Wavelength of the finest filter in pixels, and the factor from each scale to the next. */
const finest = 6;
const multiplier = 2;
/** Bandwidth σ/f₀ of the log-Gabor filters, and spread of the orientations. */
const bandwidth = 0.55;
const angular = Math.PI / orientations / 1.2;
/** Noise is taken to reach two deviations above its mean, by less 1.7 as in the authors' script. */
const deviations = 2;
const soft = 1.7;
const epsilon = 1e-4;

/** Phase congruency of a plane at each pixel, 0 to 1: where the Fourier components of all scales are in phase. */
function phaseCongruency(plane: Plane): Float64Array {
  const { width, height, data } = plane;
  const pixels = width * height;
  const spectrum = transformed(
    { width, height, re: Float64Array.from(data), im: new Float64Array(pixels) },
    -1,
  );
  const { radial, spreads } = filtersOf(width, height);
  const energy = new Float64Array(pixels);
  const amplitude = new Float64Array(pixels);
  for (const spread of spreads) {
    const filters = radial.map((one) => one.map((value, i) => value * spread[i]!));
    const responses = filters.map((filter) => transformed(filtered(spectrum, filter), 1));
    const own = localEnergy(responses, amplitude);
    const threshold = noiseThreshold(responses[0]!, filters, width, height);
    for (let i = 0; i < pixels; i++) energy[i]! += Math.max(own[i]! - threshold, 0);
  }
  return energy.map((value, i) => (value === 0 ? 0 : value / amplitude[i]!));
}

/** Σ_s (E_s·Ē + O_s·Ō − |E_s·Ō − O_s·Ē|), the mean phase's direction (Ē, Ō); amplitudes are added to `amplitude`. */
function localEnergy(responses: readonly Spectrum[], amplitude: Float64Array): Float64Array {
  const energy = new Float64Array(amplitude.length);
  for (let i = 0; i < energy.length; i++) {
    let [even, odd] = [0, 0];
    for (const { re, im } of responses) {
      even += re[i]!;
      odd += im[i]!;
      amplitude[i]! += Math.hypot(re[i]!, im[i]!);
    }
    const length = Math.hypot(even, odd) + epsilon;
    const [meanEven, meanOdd] = [even / length, odd / length];
    for (const { re, im } of responses) {
      const [e, o] = [re[i]!, im[i]!];
      energy[i]! += e * meanEven + o * meanOdd - Math.abs(e * meanOdd - o * meanEven);
    }
  }
  return energy;
}

/** The energy that noise alone would have, estimated from the median at the finest scale (Rayleigh distributed). */
function noiseThreshold(
  { re, im }: Spectrum,
  filters: readonly Float64Array[],
  width: number,
  height: number,
): number {
  const squares = re.map((value, i) => value * value + im[i]! * im[i]!).sort();
  const middle = squares.length >> 1;
  const median = squares.length % 2 === 1 ? squares[middle]! : (squares[middle - 1]! + squares[middle]!) / 2;
  const power = -median / Math.log(0.5) / filters[0]!.reduce((sum, value) => sum + value * value, 0);
  // Sums over pixels of products of the filters' real parts, by Parseval's theorem from their even parts.
  const evens = filters.map((filter) => evenPart(filter, width, height));
  let [squared, crossed] = [0, 0];
  for (const [i, a] of evens.entries()) {
    for (const [j, b] of evens.entries()) {
      if (j < i) continue;
      const sum = a.reduce((total, value, k) => total + value * b[k]!, 0);
      if (i === j) squared += sum;
      else crossed += sum;
    }
  }
  const tau = Math.sqrt((2 * power * squared + 4 * power * crossed) / 2);
  return tau * (Math.sqrt(Math.PI / 2) + deviations * Math.sqrt(2 - Math.PI / 2)) * (1 / soft);
}

function evenPart(filter: Float64Array, width: number, height: number): Float64Array {
  return filter.map((value, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return (value + filter[((height - y) % height) * width + ((width - x) % width)]!) / 2;
  });
}

function filtered({ width, height, re, im }: Spectrum, filter: Float64Array): Spectrum {
  return { width, height, re: re.map((v, i) => v * filter[i]!), im: im.map((v, i) => v * filter[i]!) };
}

/** Log-Gabor filters by scale, cut off smoothly before the corners, and Gaussian spreads about each orientation. */
function filtersOf(width: number, height: number): { radial: Float64Array[]; spreads: Float64Array[] } {
  const [us, vs] = [frequencies(width), frequencies(height)];
  const at = (i: number) => [us[i % width]!, vs[Math.floor(i / width)]!] as const;
  const indices = Float64Array.from({ length: width * height }, (_, i) => i);
  const radial = Array.from({ length: scales }, (_, scale) => {
    const center = 1 / (finest * multiplier ** scale);
    return indices.map((i) => {
      if (i === 0) return 0;
      const radius = Math.hypot(...at(i));
      const gabor = Math.exp(-(Math.log(radius / center) ** 2) / (2 * Math.log(bandwidth) ** 2));
      return gabor / (1 + (radius / 0.45) ** 30);
    });
  });
  const spreads = Array.from({ length: orientations }, (_, o) => {
    const angle = (o * Math.PI) / orientations;
    return indices.map((i) => {
      const [u, v] = at(i);
      const difference = Math.atan2(-v, u) - angle;
      const turned = Math.abs(Math.atan2(Math.sin(difference), Math.cos(difference)));
      return Math.exp(-(turned * turned) / (2 * angular * angular));
    });
  });
  return { radial, spreads };
}

/** Frequencies in the order of a transform, zero first; of an odd length they reach ±½ at both ends (Kovesi). */
function frequencies(length: number): Float64Array {
  const half = Math.floor(length / 2);
  const divisor = length % 2 === 1 ? Math.max(1, length - 1) : length;
  return Float64Array.from({ length }, (_, k) => (k < length - half ? k : k - length) / divisor);
}

/** Between the result and the content at the result's size. */
export const fsimToContent = defineMetric({
  name: 'fsim',
  description: 'Feature similarity of phase congruency and gradients (Zhang et al., IEEE TIP 2011).',
  needs: 'pixels',
  parts: { color: 'luma-float', scale: 'mean-256', content: contentPath },
  label: 'FSIM to the content',
  better: 'higher',
  purpose: 'content',
  unit: 'FSIM',
  range: unitRange,
  async measure(input) {
    const pair = contentPair(input, 32, 'FSIM compares structure of up to 48 pixels');
    if (isRefusal(pair)) return pair;
    const value = fsim(input.result, pair);
    return Number.isNaN(value) ? refuse('Neither picture nor content has any structure.') : value;
  },
});
