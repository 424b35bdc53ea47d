/** tfjs's own cpu kernels as plain functions of typed arrays: the reference that other backends lean on. */
import '@tensorflow/tfjs-backend-cpu';
import { tf } from '../tensor.ts';

/** Values with their shape, outside any backend. */
export interface PlainTensor {
  readonly shape: number[];
  readonly dtype: tf.DataType;
  readonly values: tf.backend_util.TypedArray;
}

type CpuBackend = tf.KernelBackend & {
  firstUse: boolean;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: tf.backend_util.TypedArray): tf.TensorInfo;
  disposeIntermediateTensorInfo(info: tf.TensorInfo): void;
};

/** tfjs's cpu backend, with its advertisement for other backends switched off. */
export function cpuBackend(): CpuBackend {
  const backend = tf.findBackend('cpu') as CpuBackend;
  backend.firstUse = false;
  return backend;
}

/**
 * Runs a cpu kernel on plain values.
 *
 * @param name - the tfjs kernel's name
 * @param inputs - by the kernel's own input names, or a list for kernels of many inputs (Concat, Pack, AddN)
 * @param attrs - the kernel's attributes
 * @returns all outputs
 * @throws Error when tfjs's cpu backend has no such kernel
 */
export function runCpuKernel(
  name: string,
  inputs: Readonly<Record<string, PlainTensor | undefined>> | readonly PlainTensor[],
  attrs: tf.NamedAttrMap | undefined,
): PlainTensor[] {
  const kernel = tf.getKernel(name, 'cpu');
  if (kernel === undefined) throw new Error(`Kernel '${name}' not registered for backend 'cpu'`);
  const backend = cpuBackend();
  const made: tf.TensorInfo[] = [];
  const lend = (tensor: PlainTensor) => {
    const info = backend.makeTensorInfo(tensor.shape, tensor.dtype, tensor.values);
    made.push(info);
    return info;
  };
  const lent = Array.isArray(inputs)
    ? (inputs as readonly PlainTensor[]).map(lend)
    : Object.fromEntries(
        Object.entries(inputs)
          .filter((entry): entry is [string, PlainTensor] => entry[1] !== undefined)
          .map(([key, tensor]) => [key, lend(tensor)]),
      );
  const out = kernel.kernelFunc({
    inputs: lent as unknown as tf.NamedTensorInfoMap,
    attrs: attrs ?? {},
    backend,
  });
  const outputs = (Array.isArray(out) ? out : [out]) as tf.TensorInfo[];
  const results = outputs.map(({ dataId, shape, dtype }) => {
    const values = backend.readSync(dataId) as tf.backend_util.TypedArray;
    return { shape, dtype, values };
  });
  for (const info of [...outputs, ...made]) backend.disposeData(info.dataId, true);
  return results;
}
