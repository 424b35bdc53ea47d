/** Two numbers about a picture by itself, by which a protocol says how its pictures differ. */
import { blur, gaussianTaps } from '../../metrics/planes.ts';
import type { RgbImage } from '../images/image.ts';
import { resizeLongestSide } from '../images/resize.ts';

/** Longest side in pixels at which both are measured: what they say depends on the scale. */
export const measuredSide = 256;

/** Standard deviation in pixels of the Gaussian below which a variation of luma counts as detail. */
const detailSigma = 2;

/** What tells one picture's colours and detail from another's. */
export interface PictureMeasures {
  /** M⁽³⁾ of Hasler & Süsstrunk, on 0 to 255: 0 is grey, 15 slightly, 33 moderately, 59 quite, 109 extremely colourful. */
  readonly colourfulness: number;
  /** Root mean square of what a Gaussian of σ = 2 pixels takes away of luma, in per cent of white. */
  readonly detail: number;
}

/**
 * Colourfulness and detail of a picture, resampled (Lanczos) to 256 pixels along its longest side.
 *
 * Colourfulness is D. Hasler & S. Süsstrunk, Measuring colourfulness in natural images, SPIE 5007, 2003, the third of
 * their measures: with rg = R − G and yb = ½(R + G) − B of 8-bit sRGB values, M = √(σ_rg² + σ_yb²) + 0.3·√(μ_rg² + μ_yb²).
 *
 * Detail is the energy of high frequencies: 100·√mean((Y − G₂∗Y)²), Y = 0.299 R + 0.587 G + 0.114 B in [0,1] (BT.601), G₂ a
 * Gaussian of σ = 2 pixels cut off at 3σ, borders mirrored.
 */
export function measurePictureItself(image: RgbImage): PictureMeasures {
  const { width, height, data } = resizeLongestSide(image, measuredSide);
  const n = width * height;
  const luma = new Float32Array(n);
  const sums = { rg: 0, yb: 0, rg2: 0, yb2: 0 };
  for (let i = 0; i < n; i++) {
    const [r, g, b] = [255 * data[3 * i]!, 255 * data[3 * i + 1]!, 255 * data[3 * i + 2]!];
    const rg = r - g;
    const yb = (r + g) / 2 - b;
    sums.rg += rg;
    sums.yb += yb;
    sums.rg2 += rg * rg;
    sums.yb2 += yb * yb;
    luma[i] = (0.299 * r + 0.587 * g + 0.114 * b) / 255;
  }
  const [rg, yb] = [sums.rg / n, sums.yb / n];
  const variance = Math.max(0, sums.rg2 / n - rg * rg) + Math.max(0, sums.yb2 / n - yb * yb);
  const soft = blur({ width, height, data: luma }, gaussianTaps(detailSigma)).data;
  let energy = 0;
  for (let i = 0; i < n; i++) energy += (luma[i]! - soft[i]!) ** 2;
  return {
    colourfulness: Math.sqrt(variance) + 0.3 * Math.sqrt(rg * rg + yb * yb),
    detail: 100 * Math.sqrt(energy / n),
  };
}
