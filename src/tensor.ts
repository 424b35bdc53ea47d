/**
 * The door to TensorFlow.js: everything in Neckar imports `tf` from here, so that the gradient registry is always
 * loaded (tfjs-core alone registers none) and there is one core instance.
 */
import '@tensorflow/tfjs';
import './gradients.ts';
import * as tf from '@tensorflow/tfjs-core';

// Without this every backend prints a banner and checks every number twice.
tf.enableProdMode();

export { tf };

/** A tensor outside any backend: what crosses the border between an engine and everything else. */
export interface TensorValue {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly data: Float32Array | Int32Array;
}

/** Tensors by name: the arguments and the results of every function an engine compiles. */
export type NamedTensors = Record<string, tf.Tensor>;

/** Tensor values by name. */
export type NamedValues = Record<string, TensorValue>;

/** Those of the values whose names begin with a prefix, without it. */
export function withPrefix<Value>(
  values: Readonly<Record<string, Value>>,
  prefix: string,
): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}

const frozenByBackend = new WeakMap<tf.KernelBackend, WeakMap<object, tf.Tensor>>();

/**
 * A value as a tensor of the current backend that lives as long as the value does: made once per backend and
 * kept, so that weights are not uploaded again at every evaluation. Never dispose it.
 */
export function frozen(value: TensorValue): tf.Tensor {
  const backend = tf.backend();
  let made = frozenByBackend.get(backend);
  if (made === undefined) {
    made = new WeakMap();
    frozenByBackend.set(backend, made);
  }
  let tensor = made.get(value);
  if (tensor === undefined) {
    tensor = tf.keep(tf.tensor(value.data, value.shape as number[], value.dtype));
    made.set(value, tensor);
  }
  return tensor;
}

/** A float32 tensor value; throws when the data does not fill the shape. */
export function float32(shape: readonly number[], data: Float32Array): TensorValue {
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (data.length !== size) throw new Error(`shape [${shape}] wants ${size} values, got ${data.length}`);
  return { shape, dtype: 'float32', data };
}

/** Tensors `detach` has kept since the innermost `releasing` began. */
let kept: tf.Tensor[] = [];

/**
 * Runs `compute` unseen by differentiation: what it returns counts as constant, for targets that depend on the
 * current image but carry no gradient (patch matches, histogram remaps). `compute` must return new tensors, not
 * its inputs. They live until the enclosing `releasing` ends.
 */
export function detach(compute: () => NamedTensors): NamedTensors {
  let result: NamedTensors = {};
  // Inside a custom gradient tfjs records nothing on its tape; the scalar in and out is only the pretext.
  const pretext = tf.customGrad((...args: unknown[]) => {
    result = compute();
    for (const tensor of Object.values(result)) kept.push(tf.keep(tensor));
    return { value: tf.clone(args[0] as tf.Tensor), gradFunc: (dy: tf.Tensor) => dy };
  });
  const zero = tf.scalar(0);
  pretext(zero).dispose();
  zero.dispose();
  return result;
}

/** Runs `compute` and then frees everything that `detach` kept meanwhile, except what `compute` returned. */
export function releasing(compute: () => NamedTensors): NamedTensors {
  const outer = kept;
  kept = [];
  try {
    const result = compute();
    const returned = new Set(Object.values(result));
    for (const tensor of kept) if (!returned.has(tensor)) tensor.dispose();
    return result;
  } finally {
    kept = outer;
  }
}
