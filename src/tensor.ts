/**
 * The door to TensorFlow.js: everything in Neckar imports `tf` from here, so that the gradient registry is always
 * loaded (tfjs-core alone registers none) and there is one core instance.
 */
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';

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

/**
 * The value of `compute` on the given tensors, taken as a constant by differentiation (the gradient with respect
 * to every input is zero). For targets that depend on the current image but carry no gradient: patch matches,
 * histogram remaps.
 */
export function stopGradient(
  compute: (...inputs: tf.Tensor[]) => tf.Tensor,
  ...inputs: tf.Tensor[]
): tf.Tensor {
  const custom = tf.customGrad((...args: unknown[]) => {
    const tensors = args.slice(0, inputs.length) as tf.Tensor[];
    return {
      value: compute(...tensors),
      gradFunc: () => tensors.map((tensor) => tf.zeros(tensor.shape)),
    };
  });
  return custom(...inputs);
}
