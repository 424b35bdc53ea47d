/**
 * Regular patterns of period 2 and 4 pixels, which strided layers leave behind and nature does not. A. Odena,
 * V. Dumoulin & C. Olah, "Deconvolution and checkerboard artifacts", Distill 2016, describe them; the measure is ours.
 */
import { lumaPlane } from '../src/images/color.ts';
import type { Plane, RgbImage } from '../src/images/image.ts';
import { defineMetric } from './define.ts';
import { refuse } from './metric.ts';
import { nonNegative } from './range.ts';

const length = 32;
const hop = 16;

/**
 * The greater of two ratios: the mean power of luma at a period of exactly 2 (or 4) pixels along rows and columns,
 * over the mean power at the frequencies three steps of 1/32 to the side. Power spectra are those of Hann-windowed
 * stretches of 32 pixels, half overlapping. White noise gives 1, photographs less or about 1, a pattern far more.
 *
 * @returns 0 when there is no power at any of these frequencies
 */
export function checkerboard(image: RgbImage): number {
  const luma = lumaPlane(image);
  const spectrum = meanSpectrum([luma, transposed(luma)]);
  const nyquist = length / 2;
  const quarter = length / 4;
  return Math.max(
    ratio(spectrum[nyquist]!, spectrum[nyquist - 3]!),
    ratio(spectrum[quarter]!, (spectrum[quarter - 3]! + spectrum[quarter + 3]!) / 2),
  );
}

function ratio(power: number, beside: number): number {
  // Rounding noise of a flat picture is no pattern.
  return power < 1e-12 ? 0 : power / Math.max(beside, 1e-12);
}

function meanSpectrum(planes: readonly Plane[]): Float64Array {
  const half = length / 2;
  const window = Float64Array.from(
    { length },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / length),
  );
  const cosines = Float64Array.from({ length }, (_, i) => Math.cos((2 * Math.PI * i) / length));
  const wanted = [half, half - 3, half / 2, half / 2 - 3, half / 2 + 3];
  const power = new Float64Array(half + 1);
  const windowed = new Float64Array(length);
  let stretches = 0;
  for (const { width, height, data } of planes) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x + length <= width; x += hop) {
        const from = y * width + x;
        let mean = 0;
        for (let i = 0; i < length; i++) mean += data[from + i]! / length;
        for (let i = 0; i < length; i++) windowed[i] = window[i]! * (data[from + i]! - mean);
        for (const k of wanted) {
          let real = 0;
          let imaginary = 0;
          for (let i = 0; i < length; i++) {
            real += windowed[i]! * cosines[(i * k) % length]!;
            // sin(t) = cos(t − quarter turn)
            imaginary += windowed[i]! * cosines[(i * k + (3 * length) / 4) % length]!;
          }
          power[k]! += real * real + imaginary * imaginary;
        }
        stretches++;
      }
    }
  }
  return power.map((sum) => sum / stretches);
}

function transposed({ width, height, data }: Plane): Plane {
  const turned = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) turned[x * height + y] = data[y * width + x]!;
  }
  return { width: height, height: width, data: turned };
}

/** Of the result alone. */
export const checkerboardArtifacts = defineMetric({
  name: 'checkerboard',
  description:
    'Regular patterns of period 2 and 4 pixels (described by Odena, Dumoulin & Olah, Distill 2016).',
  needs: 'pixels',
  essential: true,
  parts: { color: 'luma-float', window: `hann${length}-${hop}`, periods: '2-4' },
  label: 'Checkerboard patterns',
  better: 'lower',
  purpose: 'artefact',
  unit: 'power ratio',
  range: nonNegative,
  async measure({ result }) {
    if (Math.min(result.width, result.height) < length) {
      return refuse(
        `Spectra are taken of stretches of ${length} pixels: the picture has only ${result.width}×${result.height}.`,
      );
    }
    return checkerboard(result);
  },
});
