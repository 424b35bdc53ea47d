/**
 * Recolouring one picture after another: what keeps the content's colours while a style is transferred.
 *
 * Everything works on sRGB-encoded values, as the published implementations do, and none of the functions limits its result to
 * [0,1]: that is for the caller, who knows whether it matters.
 */
import { rgbToYiq, type Triple, yiqToRgb } from './color.ts';
import type { Plane, RgbImage } from './image.ts';

/**
 * Which square root of a covariance links two distributions of colours: `symmetric`, A = Σ_C^½ Σ_S^-½ (the transform of
 * Image Analogies), or `cholesky`, A = L_C L_S⁻¹.
 */
export type StatisticsTransform = 'symmetric' | 'cholesky';

/** Mean [3] and covariance [9], row by row, of a picture's colours; the covariance is the population's. */
export interface ColorStatistics {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** A variance below this, the square of a fortieth of an 8-bit level, is no variation that could be stretched. */
const leastVariance = 1e-8;

/** Means and covariances of R, G and B over all pixels. */
export function colorStatistics({ data }: RgbImage): ColorStatistics {
  const count = data.length / 3;
  const mean = new Float64Array(3);
  for (let at = 0; at < data.length; at++) mean[at % 3]! += data[at]! / count;
  const covariance = new Float64Array(9);
  for (let at = 0; at < data.length; at += 3) {
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        covariance[3 * i + j]! += ((data[at + i]! - mean[i]!) * (data[at + j]! - mean[j]!)) / count;
      }
    }
  }
  return { mean, covariance };
}

/**
 * The picture with the mean and the covariance of another's colours: x' = A(x − μ) + μ_C with A Σ Aᵀ = Σ_C.
 *
 * Gatys, Bethge, Hertzmann & Shechtman, "Preserving color in neural artistic style transfer", arXiv:1606.05897, 2016;
 * their own code takes the symmetric transform unless told otherwise. Directions of colour in which the picture does
 * not vary (all but one of a grey picture) stay flat, since no linear map could fill them.
 */
export function matchColorStatistics(
  image: RgbImage,
  reference: RgbImage,
  transform: StatisticsTransform = 'symmetric',
): RgbImage {
  const own = colorStatistics(image);
  const wanted = colorStatistics(reference);
  const matrix =
    transform === 'symmetric'
      ? product(symmetricRoot(wanted.covariance, 0.5), symmetricRoot(own.covariance, -0.5))
      : product(cholesky(wanted.covariance), lowerInverse(cholesky(own.covariance)));
  const data = new Float32Array(image.data.length);
  for (let at = 0; at < data.length; at += 3) {
    for (let i = 0; i < 3; i++) {
      let sum = wanted.mean[i]!;
      for (let j = 0; j < 3; j++) sum += matrix[3 * i + j]! * (image.data[at + j]! - own.mean[j]!);
      data[at + i] = sum;
    }
  }
  return { ...image, data };
}

/**
 * The picture with the histograms of another's R, G and B: after `matchColorStatistics`, which brings the hues together,
 * each channel's value of rank r takes the place of the reference's at the same share of its ranks. The histograms
 * decide the result alone only channel by channel; without the first step colours that the reference does not have,
 * such as a violet sky between its blue and its red, would fit them as well.
 */
export function matchColorHistograms(image: RgbImage, reference: RgbImage): RgbImage {
  const recolored = matchColorStatistics(image, reference);
  const data = new Float32Array(image.data.length);
  for (let channel = 0; channel < 3; channel++) {
    const values = matchRanks(channelOf(recolored, channel), channelOf(reference, channel));
    for (let pixel = 0; pixel < values.length; pixel++) data[3 * pixel + channel] = values[pixel]!;
  }
  return { ...image, data };
}

/**
 * The values with the distribution of others, monotonically: the value of mid-rank r among n (equal values share one
 * rank) becomes the others' quantile at (r + ½)/n, linear between neighbouring ones and constant beyond the outermost.
 */
export function matchRanks(values: Float32Array, others: Float32Array): Float32Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const sorted = others.slice().sort();
  const matched = new Float32Array(values.length);
  for (let begin = 0; begin < order.length; ) {
    let end = begin + 1;
    while (end < order.length && values[order[end]!] === values[order[begin]!]) end++;
    const share = (begin + end) / 2 / order.length;
    const position = Math.min(sorted.length - 1, Math.max(0, share * sorted.length - 0.5));
    const below = Math.floor(position);
    const above = Math.min(below + 1, sorted.length - 1);
    const value = sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
    for (let i = begin; i < end; i++) matched[order[i]!] = value;
    begin = end;
  }
  return matched;
}

/** Y of every pixel in all three channels: the picture in grey, with the luminance of YIQ. */
export function grayImage(image: RgbImage): RgbImage {
  return mapPixels(image, (...rgb) => {
    const [y] = rgbToYiq(...rgb);
    return [y, y, y];
  });
}

/**
 * The luminance of a picture, grey, with the mean and the standard deviation of another's:
 * L' = (σ_C/σ_S)(L − μ_S) + μ_C (Gatys et al. 2016, section on luminance-only transfer). A flat picture becomes the
 * other's mean.
 */
export function matchLuminance(image: RgbImage, reference: RgbImage): RgbImage {
  const gray = grayImage(image);
  const own = colorStatistics(gray);
  const wanted = colorStatistics(grayImage(reference));
  const variance = own.covariance[0]!;
  const gain = variance < leastVariance ? 0 : Math.sqrt(wanted.covariance[0]! / variance);
  return { ...gray, data: gray.data.map((value) => gain * (value - own.mean[0]!) + wanted.mean[0]!) };
}

/**
 * The luminance Y of one picture with the chroma, I and Q, of another of the same size.
 * @throws RangeError for pictures of different sizes
 */
export function withChromaOf(image: RgbImage, colors: RgbImage): RgbImage {
  if (image.width !== colors.width || image.height !== colors.height) {
    throw new RangeError(
      `chroma of a ${colors.width}×${colors.height} picture does not fit one of ${image.width}×${image.height}`,
    );
  }
  const data = new Float32Array(image.data.length);
  for (let at = 0; at < data.length; at += 3) {
    const [y] = rgbToYiq(image.data[at]!, image.data[at + 1]!, image.data[at + 2]!);
    const [, i, q] = rgbToYiq(colors.data[at]!, colors.data[at + 1]!, colors.data[at + 2]!);
    data.set(yiqToRgb(y, i, q), at);
  }
  return { ...image, data };
}

function mapPixels(image: RgbImage, change: (r: number, g: number, b: number) => Triple): RgbImage {
  const data = new Float32Array(image.data.length);
  for (let at = 0; at < data.length; at += 3) {
    data.set(change(image.data[at]!, image.data[at + 1]!, image.data[at + 2]!), at);
  }
  return { ...image, data };
}

function channelOf({ data }: RgbImage, channel: number): Plane['data'] {
  return Float32Array.from({ length: data.length / 3 }, (_, pixel) => data[3 * pixel + channel]!);
}

function product(a: Float64Array, b: Float64Array): Float64Array {
  return Float64Array.from({ length: 9 }, (_, at) => {
    const [i, j] = [Math.floor(at / 3), at % 3];
    return a[3 * i]! * b[j]! + a[3 * i + 1]! * b[3 + j]! + a[3 * i + 2]! * b[6 + j]!;
  });
}

/** Σ to a power, by its eigenvectors; directions without variance give nothing, whatever the power. */
function symmetricRoot(covariance: Float64Array, power: number): Float64Array {
  const { values, vectors } = eigenOf(covariance);
  const root = new Float64Array(9);
  for (let k = 0; k < 3; k++) {
    const value = values[k]!;
    if (value < leastVariance) continue;
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++)
        root[3 * i + j]! += value ** power * vectors[3 * i + k]! * vectors[3 * j + k]!;
    }
  }
  return root;
}

/** Eigenvalues of a symmetric 3×3 matrix and its eigenvectors as columns, by Jacobi's rotations. */
function eigenOf(matrix: Float64Array): { values: Float64Array; vectors: Float64Array } {
  let turned = matrix;
  let vectors: Float64Array = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  // Convergence is quadratic: a handful of sweeps is exact to rounding.
  for (let sweep = 0; sweep < 12; sweep++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      if (turned[3 * p + q] === 0) continue;
      const angle = 0.5 * Math.atan2(2 * turned[3 * p + q]!, turned[3 * q + q]! - turned[3 * p + p]!);
      const rotation = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
      rotation[3 * p + p] = rotation[3 * q + q] = Math.cos(angle);
      rotation[3 * p + q] = Math.sin(angle);
      rotation[3 * q + p] = -Math.sin(angle);
      turned = product(product(transposed(rotation), turned), rotation);
      vectors = product(vectors, rotation);
    }
  }
  return { values: Float64Array.of(turned[0]!, turned[4]!, turned[8]!), vectors };
}

function transposed(m: Float64Array): Float64Array {
  return Float64Array.from({ length: 9 }, (_, at) => m[3 * (at % 3) + Math.floor(at / 3)]!);
}

/** L with L Lᵀ = Σ, lower triangular; a column whose pivot has no variance is zero. */
function cholesky(covariance: Float64Array): Float64Array {
  const lower = new Float64Array(9);
  for (let j = 0; j < 3; j++) {
    for (let i = j; i < 3; i++) {
      let rest = covariance[3 * i + j]!;
      for (let k = 0; k < j; k++) rest -= lower[3 * i + k]! * lower[3 * j + k]!;
      if (i === j) lower[4 * j] = rest < leastVariance ? 0 : Math.sqrt(rest);
      else if (lower[4 * j]! > 0) lower[3 * i + j] = rest / lower[4 * j]!;
    }
  }
  return lower;
}

/** The inverse of a lower triangular matrix; rows of a zero pivot are zero. */
function lowerInverse(lower: Float64Array): Float64Array {
  const inverse = new Float64Array(9);
  for (let j = 0; j < 3; j++) {
    for (let i = j; i < 3; i++) {
      if (lower[4 * i] === 0) continue;
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; k++) sum -= lower[3 * i + k]! * inverse[3 * k + j]!;
      inverse[3 * i + j] = sum / lower[4 * i]!;
    }
  }
  return inverse;
}
