/** Single planes of values, turned, and with soft edges. */
import type { Plane, RgbImage } from './image.ts';
import { transformImage } from './transform.ts';

/** The plane turned and rescaled just as `transformImage` does with a picture. */
export function transformPlane(
  plane: Plane,
  transform: { readonly rotation?: number; readonly scale?: number },
): Plane {
  return firstPlane(transformImage(grayImage(plane), transform));
}

/**
 * The plane blurred by a Gaussian, cut off at three standard deviations and normalised, along each axis over what of
 * it lies inside the plane: a constant stays as it is, and planes that add up to one still do.
 *
 * @param deviation - in pixels; 0 leaves the plane as it is
 */
export function blurPlane(plane: Plane, deviation: number): Plane {
  if (deviation === 0) return plane;
  const radius = Math.ceil(3 * deviation);
  const kernel = Float64Array.from({ length: radius + 1 }, (_, t) => Math.exp(-0.5 * (t / deviation) ** 2));
  const { width, height, data } = plane;
  const along = blurLines(data, { lines: height, length: width, lineStep: width, step: 1 }, kernel);
  return {
    width,
    height,
    data: blurLines(along, { lines: width, length: height, lineStep: 1, step: width }, kernel),
  };
}

interface Lines {
  readonly lines: number;
  readonly length: number;
  readonly lineStep: number;
  readonly step: number;
}

function blurLines(
  from: Float32Array,
  { lines, length, lineStep, step }: Lines,
  kernel: Float64Array,
): Float32Array {
  const radius = kernel.length - 1;
  const to = new Float32Array(from.length);
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < length; i++) {
      let sum = 0;
      let weights = 0;
      for (let j = Math.max(0, i - radius); j <= Math.min(length - 1, i + radius); j++) {
        const weight = kernel[Math.abs(j - i)]!;
        sum += weight * from[line * lineStep + j * step]!;
        weights += weight;
      }
      to[line * lineStep + i * step] = sum / weights;
    }
  }
  return to;
}

function grayImage({ width, height, data }: Plane): RgbImage {
  return {
    width,
    height,
    data: Float32Array.from({ length: 3 * data.length }, (_, i) => data[(i / 3) | 0]!),
  };
}

function firstPlane({ width, height, data }: RgbImage): Plane {
  return { width, height, data: Float32Array.from({ length: width * height }, (_, i) => data[3 * i]!) };
}
