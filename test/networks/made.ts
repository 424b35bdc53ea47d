/** Made-up networks: settings, parameters and pictures of formulas, and their results on tfjs's cpu backend. */
import { z } from 'zod';
import type { NetworkDefinition, NetworkInputs } from '../../src/networks/define.ts';
import { float32, type NamedTensors, type NamedValues, type TensorValue, tf } from '../../src/tensor.ts';

/** A fixed sequence of numbers in [−1,1) that any language can make: the fraction of a large sine. */
function noise(count: number, stream: number): Float64Array {
  return Float64Array.from({ length: count }, (_, k) => {
    const large = Math.sin(12.9898 * k + 78.233 * stream + 1) * 43758.5453;
    return 2 * (large - Math.floor(large)) - 1;
  });
}

/** Tensors for the names and shapes of a published file, each by its place in it: filters, scales, and what is added. */
export function madeTensors(shapes: Readonly<Record<string, readonly number[]>>): Map<string, TensorValue> {
  return new Map(
    Object.entries(shapes).map(([name, shape], index) => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      const fan = count / shape[0]!;
      const scale = shape.length === 2 ? name.endsWith('gamma') : /(weight|scale)$/.test(name);
      const value = (s: number) => {
        if (shape.length === 4) return s * (2.5 / Math.sqrt(fan));
        if (scale) return 1 + 0.3 * s;
        return shape.length === 2 ? 0.2 * s : 0.3 * Math.abs(s);
      };
      return [name, float32(shape, Float32Array.from(noise(count, index), value))] as const;
    }),
  );
}

/** A picture that waves through [0.1,0.9]. */
export function wave(height: number, width: number, phase: number): TensorValue {
  const data = Float32Array.from(
    { length: height * width * 3 },
    (_, k) => 0.5 + 0.4 * Math.sin(0.37 * k + phase),
  );
  return float32([1, height, width, 3], data);
}

export const tensor = ({ data, shape }: TensorValue): tf.Tensor => tf.tensor(data, [...shape]);

/** What is written of a network, with its defaults. */
export function completed(definition: NetworkDefinition, settings: Readonly<Record<string, unknown>>) {
  return z.object(definition.settings).parse(settings) as never;
}

/** Parameters of a network for some settings, by the same formula. */
export function madeParameters(definition: NetworkDefinition, settings: never): NamedValues {
  return Object.fromEntries(
    definition.parameters(settings).map(({ name, shape, role, fanIn }, index) => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      const value = (s: number) => {
        if (role === 'filter') return s * (2.5 / Math.sqrt(fanIn));
        if (role === 'scale' || role === 'variance') return 1 + 0.3 * s;
        return 0.3 * Math.abs(s);
      };
      return [name, float32(shape, Float32Array.from(noise(count, index), value))];
    }),
  );
}

/** Inputs as values. */
export interface Given {
  readonly content: TensorValue;
  readonly styles?: readonly TensorValue[];
  readonly weights?: readonly (readonly number[])[];
  readonly regions?: TensorValue;
  readonly alpha?: number;
  readonly noise?: NamedValues;
}

/** The same as tensors of the current backend. */
export function inputsOf({ content, styles, weights, regions, alpha, noise }: Given): NetworkInputs {
  return {
    content: tensor(content) as tf.Tensor4D,
    ...(styles && { styles: styles.map((style) => tensor(style) as tf.Tensor4D) }),
    ...(weights && { weights: tf.tensor2d(weights.map((row) => [...row])) }),
    ...(regions && { regions: tensor(regions) as tf.Tensor4D }),
    ...(alpha !== undefined && { alpha: tf.scalar(alpha) }),
    ...(noise && { noise: tensors(noise) }),
  };
}

export function tensors(values: NamedValues): NamedTensors {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tensor(value)]));
}

/** What a network makes of its inputs, on the current backend. */
export function result(
  definition: NetworkDefinition,
  settings: never,
  given: Given,
  parameters: NamedValues,
): TensorValue {
  const made = tf.tidy(() => definition.apply(settings, inputsOf(given), tensors(parameters)));
  const value = float32(made.shape, made.dataSync() as Float32Array);
  made.dispose();
  return value;
}

/** The value of a picture at a row, a column and a channel. */
export const at = ({ shape, data }: TensorValue, y: number, x: number, c: number): number =>
  data[(y * shape[2]! + x) * shape[3]! + c]!;

export const meanOf = ({ data }: TensorValue): number => {
  let sum = 0;
  for (const value of data) sum += value;
  return sum / data.length;
};

/** The largest difference of two values. */
export function farthest(first: TensorValue, second: TensorValue): number {
  let largest = 0;
  for (let i = 0; i < first.data.length; i++) {
    const gap = Math.abs(first.data[i]! - second.data[i]!);
    largest = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(largest, gap);
  }
  return largest;
}
