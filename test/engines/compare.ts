/** Comparing what an engine computes with tfjs's own cpu backend. */
import type { ExecutionContext } from 'ava';
import type { Engine, TensorFunction } from '../../src/engines/engine.ts';
import { startTensorflow } from '../../src/engines/tensorflow.ts';
import { float32, type NamedTensors, type NamedValues, type TensorValue, tf } from '../../src/tensor.ts';

/** Seeded numbers in [low, high): mulberry32. */
export function numbers(count: number, seed: number, low = -1, high = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return low + ((t ^ (t >>> 14)) >>> 0) * 2 ** -32 * (high - low);
  });
}

export function filled(shape: readonly number[], seed: number, low = -1, high = 1): TensorValue {
  return float32(
    shape,
    numbers(
      shape.reduce((size, extent) => size * extent, 1),
      seed,
      low,
      high,
    ),
  );
}

/** Largest absolute difference over the reference's largest absolute value (or the difference itself when that is 0). */
export function relativeDifference(actual: TensorValue, reference: TensorValue): number {
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < reference.data.length; i++) {
    const gap = Math.abs(actual.data[i]! - reference.data[i]!);
    difference = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(difference, gap);
    scale = Math.max(scale, Math.abs(reference.data[i]!));
  }
  return scale === 0 ? difference : difference / scale;
}

/** Whether every output of an engine has the reference's name, shape and type, and its numbers within `tolerance`. */
export function assertClose(
  t: ExecutionContext,
  actual: NamedValues,
  reference: NamedValues,
  tolerance: number,
): void {
  t.deepEqual(Object.keys(actual).sort(), Object.keys(reference).sort());
  for (const [name, expected] of Object.entries(reference)) {
    const value = actual[name]!;
    t.deepEqual(value.shape, expected.shape, `shape of ${name}`);
    t.is(value.dtype, expected.dtype, `type of ${name}`);
    t.is(value.data.length, expected.data.length, `size of ${name}`);
    const difference = relativeDifference(value, expected);
    t.true(difference <= tolerance, `${name} differs by ${difference}`);
  }
}

/** Compiles and runs a function once. */
export async function runOnce(
  engine: Engine,
  compute: TensorFunction,
  inputs: NamedValues,
  constants: NamedValues = {},
  label = 'test',
): Promise<NamedValues> {
  const program = await engine.compile(compute, { inputs, constants, label });
  try {
    return await program.run(inputs);
  } finally {
    await program.dispose();
  }
}

let reference: Promise<Engine> | undefined;

/** tfjs's own cpu backend, run eagerly: what everything else must agree with. */
export function referenceEngine(): Promise<Engine> {
  reference ??= startTensorflow('cpu', undefined);
  return reference;
}

/**
 * A function's outputs together with the gradients of a weighted sum of the first one. The weights make every
 * element's gradient its own, so that a misplaced one shows.
 */
export function withGradients(
  compute: (tensors: NamedTensors) => tf.Tensor,
  names: readonly string[],
): TensorFunction {
  return (tensors) => {
    const given = names.map((name) => tensors[name]!);
    const call = (...args: tf.Tensor[]) =>
      compute({ ...tensors, ...Object.fromEntries(names.map((name, i) => [name, args[i]!])) });
    const value = call(...given);
    const weights = tf.cos(tf.reshape(tf.range(0, value.size, 1), value.shape));
    const gradients = tf.grads((...args: tf.Tensor[]) => tf.sum(tf.mul(call(...args), weights)))(given);
    return { value, ...Object.fromEntries(names.map((name, i) => [`d${name}`, gradients[i]!])) };
  };
}
