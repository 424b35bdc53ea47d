/** Pictures and small helpers for the tests of metrics. */
import { existsSync } from 'node:fs';
import type { MetricInput } from '../../metrics/metric.ts';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import { createRandom } from '../../src/random.ts';

/** Independent uniform values. */
export function noiseImage(width: number, height: number, seed: number): RgbImage {
  const random = createRandom(seed, 'test');
  return createImage(width, height, () => [random.uniform(), random.uniform(), random.uniform()]);
}

/** A grey picture by a function of column and row. */
export function grayImage(width: number, height: number, value: (x: number, y: number) => number): RgbImage {
  return createImage(width, height, (x, y) => {
    const gray = value(x, y);
    return [gray, gray, gray];
  });
}

export function constantImage(
  width: number,
  height: number,
  rgb: readonly [number, number, number],
): RgbImage {
  return createImage(width, height, () => rgb);
}

/** An input whose three pictures are the result unless given. */
export function inputOf(result: RgbImage, others: Partial<MetricInput> = {}): MetricInput {
  return { result, content: result, style: result, ...others };
}

/** Where the sample pairs with published scores lie, if they are there. */
export const samples = new URL('../../../shared/metrics/', import.meta.url).pathname;
export const haveSamples = existsSync(samples);
