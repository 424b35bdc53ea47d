/**
 * Structural similarity. Z. Wang, A. C. Bovik, H. R. Sheikh & E. P. Simoncelli, "Image quality assessment: from error
 * visibility to structural similarity", IEEE Transactions on Image Processing 13(4), 2004.
 */
import { lumaPlane } from '../src/images/color.ts';
import type { Plane, RgbImage } from '../src/images/image.ts';
import { defineMetric } from './define.ts';
import { slideWindow } from './gaussian.ts';
import { contentAtResult, contentPath, isRefusal, type MetricInput, type Refusal, refuse } from './metric.ts';
import { averageDown } from './planes.ts';
import { signedUnit } from './range.ts';

/** K₁ = .01 and K₂ = .03 of the value range, which is 1. */
const c1 = 0.01 ** 2;
const c2 = 0.03 ** 2;

export interface Similarity {
  /** Mean over all windows of l·c·s, eq. 13. */
  readonly ssim: number;
  /** Mean over all windows of c·s alone, as the multi-scale index needs it. */
  readonly contrastStructure: number;
}

/**
 * SSIM(x,y) = (2μ_xμ_y + C₁)(2σ_xy + C₂) / ((μ_x² + μ_y² + C₁)(σ_x² + σ_y² + C₂)), averaged over all 11×11 Gaussian
 * windows (σ 1.5) that lie wholly inside; population covariances, values in [0,1].
 *
 * @param first - a plane of at least 11×11 pixels
 * @param second - one of the same size
 */
export function similarity(first: Plane, second: Plane): Similarity {
  const { width, height } = first;
  if (second.width !== width || second.height !== height || Math.min(width, height) < 11) {
    throw new RangeError(
      `SSIM wants two planes of one size, 11×11 or more, got ${width}×${height} and ${second.width}×${second.height}`,
    );
  }
  const inner = width - 10;
  let ssim = 0;
  let contrastStructure = 0;
  // Four window means suffice: with s = x+y and d = x−y, E[s]²−E[d]² = 4μ_xμ_y and E[s]²+E[d]² = 2(μ_x²+μ_y²), and
  // likewise for the second moments. Moving both planes by ½ keeps the squares small and changes no covariance.
  slideWindow(
    { width, height, planes: 4 },
    (y, line) => {
      const from = y * width;
      for (let x = 0; x < width; x++) {
        const a = first.data[from + x]! - 0.5;
        const b = second.data[from + x]! - 0.5;
        const s = a + b;
        const d = a - b;
        line[x] = s;
        line[width + x] = d;
        line[2 * width + x] = s * s;
        line[3 * width + x] = d * d;
      }
    },
    (means) => {
      for (let x = 0; x < inner; x++) {
        const s = means[x]!;
        const d = means[inner + x]!;
        const ss = means[2 * inner + x]! - s * s;
        const dd = means[3 * inner + x]! - d * d;
        const whole = (s + 1) * (s + 1);
        const cs = ((ss - dd) / 2 + c2) / ((ss + dd) / 2 + c2);
        contrastStructure += cs;
        ssim += (cs * ((whole - d * d) / 2 + c1)) / ((whole + d * d) / 2 + c1);
      }
    },
  );
  const windows = inner * (height - 10);
  return { ssim: ssim / windows, contrastStructure: contrastStructure / windows };
}

/**
 * The SSIM of two pictures' luma, at their own size or averaged down by round(min(H,W)/256) first, as the authors'
 * script recommends for pictures seen whole.
 */
export function ssim(first: RgbImage, second: RgbImage, scale: 'native' | 'downsampled' = 'native'): number {
  const a = lumaPlane(first);
  const b = lumaPlane(second);
  const factor = scale === 'native' ? 1 : downsampling(first);
  return similarity(averageDown(a, factor), averageDown(b, factor)).ssim;
}

/** By how much a picture is averaged down to be seen whole: 1, not at all, below 384 pixels. */
function downsampling({ width, height }: RgbImage): number {
  return Math.max(1, Math.round(Math.min(width, height) / 256));
}

const shared = {
  description: 'Structural similarity (Wang et al., IEEE TIP 2004), as published or after averaging down.',
  needs: 'pixels',
  essential: true,
  better: 'higher',
  purpose: 'content',
  unit: 'SSIM',
  range: signedUnit,
} as const;

function partsAt(scale: string) {
  return {
    color: 'luma-float',
    window: 'gauss11-1.5',
    border: 'valid',
    k: '.01-.03',
    scale,
    content: contentPath,
  };
}

function measureAt(scale: 'native' | 'downsampled') {
  return async (input: MetricInput) => {
    const pair = contentPair(input, 11, 'The SSIM window has 11×11 pixels');
    if (isRefusal(pair)) return pair;
    const isNative = scale === 'native' || downsampling(input.result) === 1;
    return isNative ? nativeOnce(input.result, pair) : ssim(input.result, pair, scale);
  };
}

/** Both metrics of a small picture ask for the same. */
const measured = new WeakMap<RgbImage, { readonly content: RgbImage; readonly value: number }>();

function nativeOnce(result: RgbImage, content: RgbImage): number {
  const known = measured.get(result);
  if (known?.content === content) return known.value;
  const value = ssim(result, content);
  measured.set(result, { content, value });
  return value;
}

/** Between the result and the content at the result's size; small structure counts. */
export const ssimNative = defineMetric({
  ...shared,
  name: 'ssim;scale=native',
  label: 'SSIM to the content',
  parts: partsAt('native'),
  measure: measureAt('native'),
});
/** The same after averaging down to about 256 pixels; layout counts. Below 384 pixels it is `ssimNative`'s number. */
export const ssimDownsampled = defineMetric({
  ...shared,
  name: 'ssim;scale=mean-to-256',
  label: 'SSIM to the content, seen whole',
  parts: partsAt('mean-to-256'),
  measure: measureAt('downsampled'),
});

/** The content at the result's size, or a refusal when the shapes differ or a side has too few pixels. */
export function contentPair(input: MetricInput, leastSide: number, because: string): RgbImage | Refusal {
  const { width, height } = input.result;
  if (Math.min(width, height) < leastSide) {
    return refuse(
      `${because}: the picture has only ${width}×${height}, at least ${leastSide} a side are needed.`,
    );
  }
  return contentAtResult(input);
}
