/** Resampling in float, on the sRGB-encoded values, as every published implementation of style transfer does. */
import type { Plane, RgbImage } from './image.ts';

/**
 * `lanczos3`: sharp and free of aliasing, the default. `area`: each new pixel is the mean of the area it covers, so
 * that the picture's mean is kept exactly; without overshoot. `bilinear`: the tent.
 */
export type ResizeFilter = 'lanczos3' | 'area' | 'bilinear';

/** The height and width that make the longest side `longest` pixels, aspect ratio kept to the nearest pixel. */
export function fitLongestSide(
  width: number,
  height: number,
  longest: number,
): { width: number; height: number } {
  const factor = longest / Math.max(width, height);
  return {
    width: Math.max(1, Math.round(width * factor)),
    height: Math.max(1, Math.round(height * factor)),
  };
}

/**
 * The picture at another size.
 *
 * Separable: y_i = Σ_j w_ij x_j along each axis, w_ij ∝ k((j + ½)/s − (i + ½)) stretched by the factor of reduction
 * (so that reducing also blurs), normalised to Σ_j w_ij = 1, cut off at the border. Lanczos: k(t) = sinc(t)·sinc(t/3)
 * for |t| < 3. Its overshoot beyond [0,1] is cut off.
 */
export function resizeImage(
  image: RgbImage,
  width: number,
  height: number,
  filter: ResizeFilter = 'lanczos3',
): RgbImage {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new RangeError(
      `cannot resize to ${width}×${height}: both sides must be whole numbers of 1 or more`,
    );
  }
  if (width === image.width && height === image.height) return image;
  const rows = resampleColumns(image, height, filter, 3);
  const resized = resampleRows(rows, width, filter);
  if (filter === 'lanczos3') {
    for (let i = 0; i < resized.data.length; i++) {
      const value = resized.data[i]!;
      if (value < 0) resized.data[i] = 0;
      else if (value > 1) resized.data[i] = 1;
    }
  }
  return resized;
}

/** One plane at another size, each new value the mean of the area it covers, just as `area` does with a picture. */
export function averagePlane(plane: Plane, width: number, height: number): Plane {
  const rows = resampleColumns(plane, height, 'area', 1);
  if (width === rows.width) return rows;
  const { first, count, weights, stride } = tapsFor(rows.width, width, 'area');
  const data = new Float32Array(width * height);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to++) {
      const from = y * rows.width + first[x]!;
      let sum = 0;
      for (let tap = 0; tap < count[x]!; tap++) sum += weights[x * stride + tap]! * rows.data[from + tap]!;
      data[to] = sum;
    }
  }
  return { width, height, data };
}

/** The picture with its longest side at `longest` pixels. */
export function resizeLongestSide(image: RgbImage, longest: number, filter?: ResizeFilter): RgbImage {
  const { width, height } = fitLongestSide(image.width, image.height, longest);
  return resizeImage(image, width, height, filter);
}

/** For each new sample, the first old one it reads and its weights. */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `stride` weights per new sample, of which `count` are used. */
  readonly weights: Float64Array;
  readonly stride: number;
}

function sinc(t: number): number {
  return t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
}

const kernels: Readonly<
  Record<Exclude<ResizeFilter, 'area'>, { radius: number; at: (t: number) => number }>
> = {
  lanczos3: { radius: 3, at: (t) => (Math.abs(t) < 3 ? sinc(t) * sinc(t / 3) : 0) },
  bilinear: { radius: 1, at: (t) => Math.max(0, 1 - Math.abs(t)) },
};

function tapsFor(from: number, to: number, filter: ResizeFilter): Taps {
  const step = from / to;
  const stretch = Math.max(1, step);
  const radius = filter === 'area' ? step / 2 : kernels[filter].radius * stretch;
  const stride = Math.min(from, Math.ceil(2 * radius) + 2);
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Float64Array(to * stride);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * step;
    const low = Math.max(0, Math.floor(center - radius));
    const high = Math.min(from, Math.ceil(center + radius), low + stride);
    let sum = 0;
    for (let j = low; j < high; j++) {
      const weight =
        filter === 'area'
          ? Math.max(0, Math.min(j + 1, center + radius) - Math.max(j, center - radius))
          : kernels[filter].at((j + 0.5 - center) / stretch);
      weights[i * stride + j - low] = weight;
      sum += weight;
    }
    for (let j = low; j < high; j++) weights[i * stride + j - low]! /= sum;
    first[i] = low;
    count[i] = high - low;
  }
  return { first, count, weights, stride };
}

/** A picture, or a plane, of which a row holds `channels` values for each pixel, at another height. */
function resampleColumns(image: Plane, height: number, filter: ResizeFilter, channels: number): Plane {
  if (height === image.height) return image;
  const { first, count, weights, stride } = tapsFor(image.height, height, filter);
  const row = image.width * channels;
  const data = new Float32Array(row * height);
  const sums = new Float64Array(row);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let tap = 0; tap < count[y]!; tap++) {
      const weight = weights[y * stride + tap]!;
      const from = (first[y]! + tap) * row;
      for (let i = 0; i < row; i++) sums[i]! += weight * image.data[from + i]!;
    }
    data.set(sums, y * row);
  }
  return { width: image.width, height, data };
}

function resampleRows(image: RgbImage, width: number, filter: ResizeFilter): RgbImage {
  if (width === image.width) return image;
  const { first, count, weights, stride } = tapsFor(image.width, width, filter);
  const data = new Float32Array(width * image.height * 3);
  for (let y = 0, to = 0; y < image.height; y++) {
    const row = y * image.width;
    for (let x = 0; x < width; x++, to += 3) {
      let red = 0;
      let green = 0;
      let blue = 0;
      let from = (row + first[x]!) * 3;
      for (let tap = x * stride, end = tap + count[x]!; tap < end; tap++, from += 3) {
        const weight = weights[tap]!;
        red += weight * image.data[from]!;
        green += weight * image.data[from + 1]!;
        blue += weight * image.data[from + 2]!;
      }
      data[to] = red;
      data[to + 1] = green;
      data[to + 2] = blue;
    }
  }
  return { width, height: image.height, data };
}
