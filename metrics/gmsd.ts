/**
 * Gradient magnitude similarity deviation. W. Xue, L. Zhang, X. Mou & A. C. Bovik, "Gradient magnitude similarity
 * deviation: a highly efficient perceptual image quality index", IEEE Transactions on Image Processing 23(2), 2014.
 */
import { lumaPlane } from '../src/images/color.ts';
import type { Plane, RgbImage } from '../src/images/image.ts';
import { defineMetric } from './define.ts';
import { contentPath, isRefusal } from './metric.ts';
import { nonNegative } from './range.ts';
import { contentPair } from './ssim.ts';

/** T = 170 for values up to 255. */
const stability = 170 / 255 ** 2;

/**
 * GMSD: the (sample) standard deviation over all pixels of GMS = (2 m_x m_y + T)/(m_x² + m_y² + T) (eqs. 4–6), m the
 * magnitude of the Prewitt gradient (divided by 3) after a 2×2 mean at every second pixel. Outside the picture is
 * zero, as in the authors' script. 0 for equal pictures.
 */
export function gmsd(first: RgbImage, second: RgbImage): number {
  const a = gradientMagnitude(halve(lumaPlane(first)));
  const b = gradientMagnitude(halve(lumaPlane(second)));
  const similarity = a.map((m, i) => (2 * m * b[i]! + stability) / (m * m + b[i]! * b[i]! + stability));
  const mean = similarity.reduce((sum, value) => sum + value, 0) / similarity.length;
  const squares = similarity.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (similarity.length - 1));
}

function halve(plane: Plane): Plane {
  const width = Math.ceil(plane.width / 2);
  const height = Math.ceil(plane.height / 2);
  const data = new Float32Array(width * height);
  const at = reader(plane);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sum = at(2 * x, 2 * y) + at(2 * x + 1, 2 * y) + at(2 * x, 2 * y + 1) + at(2 * x + 1, 2 * y + 1);
      data[y * width + x] = sum / 4;
    }
  }
  return { width, height, data };
}

function gradientMagnitude(plane: Plane): Float64Array {
  const { width, height } = plane;
  const magnitude = new Float64Array(width * height);
  const at = reader(plane);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let horizontal = 0;
      let vertical = 0;
      for (let step = -1; step <= 1; step++) {
        horizontal += at(x + 1, y + step) - at(x - 1, y + step);
        vertical += at(x + step, y + 1) - at(x + step, y - 1);
      }
      magnitude[y * width + x] = Math.hypot(horizontal, vertical) / 3;
    }
  }
  return magnitude;
}

function reader({ width, height, data }: Plane): (x: number, y: number) => number {
  return (x, y) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : data[y * width + x]!);
}

/** Between the result and the content at the result's size. */
export const gmsdToContent = defineMetric({
  name: 'gmsd',
  description: 'Gradient magnitude similarity deviation (Xue et al., IEEE TIP 2014).',
  needs: 'pixels',
  parts: { color: 'luma-float', t: 170, scale: 'mean-2x2', content: contentPath },
  label: 'GMSD to the content',
  better: 'lower',
  purpose: 'content',
  unit: 'GMSD',
  range: nonNegative,
  async measure(input) {
    const pair = contentPair(input, 8, 'GMSD compares gradients at half size');
    return isRefusal(pair) ? pair : gmsd(input.result, pair);
  },
});
