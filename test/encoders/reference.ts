/** Encoders written a second time, as plain loops in double precision, to test the real ones against. */
import type { Padding, Stage } from '../../src/encoders/network.ts';
import { createRandom } from '../../src/random.ts';
import { tf } from '../../src/tensor.ts';

/** A map of h×w positions and c channels, channels last. */
export interface FeatureMap {
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly data: Float64Array;
}

export function createMap(
  h: number,
  w: number,
  c: number,
  value: (y: number, x: number, k: number) => number,
): FeatureMap {
  const data = new Float64Array(h * w * c);
  for (let y = 0, i = 0; y < h; y++) {
    for (let x = 0; x < w; x++) for (let k = 0; k < c; k++) data[i++] = value(y, x, k);
  }
  return { h, w, c, data };
}

export const at = ({ w, c, data }: FeatureMap, y: number, x: number, k: number): number =>
  data[(y * w + x) * c + k]!;

/** Uniform noise in [0,1], exactly representable in single precision. */
export function noiseImage(h: number, w: number, seed: number): FeatureMap {
  const { uniform } = createRandom(seed);
  return createMap(h, w, 3, () => Math.fround(uniform()));
}

export function toTensor({ h, w, c, data }: FeatureMap): tf.Tensor4D {
  return tf.tensor4d(Float32Array.from(data), [1, h, w, c]);
}

/** The largest difference, relative to the largest value of the reference. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} values, expected ${expected.length}`);
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
    if (Number.isNaN(actual[i]!)) return Number.NaN;
  }
  return difference / largest;
}

/** Derivatives of a value with respect to some of an image's numbers, by central differences in double precision. */
export function numericGradient(
  image: FeatureMap,
  value: (image: FeatureMap) => number,
  indices: readonly number[] = Array.from(image.data.keys()),
): number[] {
  const step = 1e-6;
  return indices.map((index) => {
    const shifted = (by: number) => {
      const data = image.data.slice();
      data[index]! += by;
      return value({ ...image, data });
    };
    return (shifted(step) - shifted(-step)) / (2 * step);
  });
}

/** Σ weights·map: a scalar whose gradient tests a whole feature map's. */
export function weightedSum(map: FeatureMap, weights: FeatureMap): number {
  return map.data.reduce((sum, value, i) => sum + value * weights.data[i]!, 0);
}

/** Normally distributed weights of a feature map's shape, exactly representable in single precision. */
export function normalMap({ h, w, c }: Pick<FeatureMap, 'h' | 'w' | 'c'>, seed: number): FeatureMap {
  const { normal } = createRandom(seed, 'weights');
  return createMap(h, w, c, () => Math.fround(normal()));
}

export const relu = (map: FeatureMap): FeatureMap => ({ ...map, data: map.data.map((x) => Math.max(x, 0)) });

/** The index a position outside [0,extent) shows in mirrors at the two edges, the outermost ones repeated. */
export function reflected(position: number, extent: number): number {
  if (position < 0) return reflected(-1 - position, extent);
  return position >= extent ? reflected(2 * extent - 1 - position, extent) : position;
}

/** A network by loops. `weights` gives tensors as weight files hold them, OIHW. */
export function referenceNetwork(
  stages: readonly Stage[],
  weights: (name: string) => { shape: readonly number[]; data: ArrayLike<number> },
  image: FeatureMap,
): Map<string, FeatureMap> {
  const convolve = (map: FeatureMap, prefix: string, stride: number, padding: Padding): FeatureMap => {
    const { shape, data } = weights(`${prefix}.weight`);
    const bias = weights(`${prefix}.bias`).data;
    const [outputs, inputs, kernel] = shape as [number, number, number, number];
    const half = padding === 'valid' ? 0 : (kernel - 1) / 2;
    const margin = typeof padding === 'number' ? padding : half;
    const extent = (n: number) => Math.floor((n + 2 * margin - kernel) / stride) + 1;
    return createMap(extent(map.h), extent(map.w), outputs, (y, x, o) => {
      let sum = bias[o]!;
      for (let i = 0; i < inputs; i++) {
        for (let u = 0; u < kernel; u++) {
          for (let v = 0; v < kernel; v++) {
            let row = y * stride + u - margin;
            let column = x * stride + v - margin;
            if (padding === 'reflection') {
              row = reflected(row, map.h);
              column = reflected(column, map.w);
            }
            if (row < 0 || column < 0 || row >= map.h || column >= map.w) continue;
            sum += at(map, row, column, i) * data[((o * inputs + i) * kernel + u) * kernel + v]!;
          }
        }
      }
      return sum;
    });
  };
  const features = new Map<string, FeatureMap>();
  let map = image;
  for (const stage of stages) {
    if (stage.kind === 'convolution') map = convolve(map, stage.tensors, stage.stride, stage.padding);
    else if (stage.kind === 'relu') map = relu(map);
    else if (stage.kind === 'pool') map = referencePool(map, stage);
    else {
      const squeezed = relu(convolve(map, `${stage.tensors}.squeeze`, 1, 'valid'));
      const narrow = relu(convolve(squeezed, `${stage.tensors}.expand1x1`, 1, 'valid'));
      const wide = relu(convolve(squeezed, `${stage.tensors}.expand3x3`, 1, 'same'));
      map = createMap(narrow.h, narrow.w, 2 * stage.expand, (y, x, k) =>
        k < stage.expand ? at(narrow, y, x, k) : at(wide, y, x, k - stage.expand),
      );
    }
    features.set(stage.name, map);
  }
  return features;
}

/** Windows that begin inside the map; the part of a window beyond the edge does not exist. */
export function referencePool(map: FeatureMap, stage: Stage & { kind: 'pool' }): FeatureMap {
  const { size, stride, partial, pooling } = stage;
  const extent = (n: number) => {
    let count = 0;
    for (let begin = 0; partial ? begin + size < n + stride : begin + size <= n; begin += stride) count++;
    return count;
  };
  return createMap(extent(map.h), extent(map.w), map.c, (y, x, k) => {
    const values: number[] = [];
    for (let u = 0; u < size; u++) {
      for (let v = 0; v < size; v++) {
        const row = y * stride + u;
        const column = x * stride + v;
        if (row < map.h && column < map.w) values.push(at(map, row, column, k));
      }
    }
    const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
    if (pooling === 'max') return Math.max(...values);
    return pooling === 'average' ? mean(values) : Math.sqrt(mean(values.map((value) => value ** 2)));
  });
}
