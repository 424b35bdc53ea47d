/** Tracing: a tfjs backend whose kernels add nodes to a graph. */
import { NeckarError } from '../../errors.ts';
import { type NamedTensors, releasing, tf } from '../../tensor.ts';
import { runCpuKernel } from '../cpu-kernel.ts';
import type { CompileOptions, TensorFunction } from '../engine.ts';
import { withBackend } from '../scope.ts';
import { namingUnsupported, UnsupportedOperationError } from '../unsupported.ts';
import { checkedInputs } from '../values.ts';
import { Graph } from './graph.ts';
import { broadcastShape, type Kernel, type Kernels } from './kernel.ts';
import { convolutionKernels } from './kernels/convolution.ts';
import { elementwiseKernels, uniformKernels } from './kernels/elementwise.ts';
import { gatherKernels } from './kernels/gather.ts';
import { matmulKernels } from './kernels/matmul.ts';
import { poolingKernels } from './kernels/pooling.ts';
import { reductionKernels } from './kernels/reduction.ts';
import { resizeKernels } from './kernels/resize.ts';
import { constantShapeKernels, shapeKernels } from './kernels/shape.ts';
import {
  asValue,
  type Constant,
  constant,
  plainly,
  sizeOf,
  type Traced,
  type TracedElements,
  type TracedType,
  uniform,
} from './traced.ts';

const backendName = 'neckar-trace';

const kernels: Kernels = {
  ...convolutionKernels,
  ...elementwiseKernels,
  ...gatherKernels,
  ...matmulKernels,
  ...poolingKernels,
  ...reductionKernels,
  ...resizeKernels,
  ...shapeKernels,
};

/** What is being traced; tracing is synchronous, so there is at most one. */
interface Tracing {
  readonly graph: Graph;
  readonly label: string;
  readonly engine: string;
}

/** Tensors are constants, which may outlive a trace, or values of the graph being traced. */
class TracingBackend extends tf.KernelBackend {
  readonly data = new tf.DataStorage<{ traced: Traced; references: number }>(this, tf.engine());
  tracing: Tracing | undefined;

  get current(): Tracing {
    if (this.tracing === undefined) throw new Error('a traced tensor is used outside its trace');
    return this.tracing;
  }

  hold(traced: Traced): tf.TensorInfo {
    const dataId = {};
    this.data.set(dataId, { traced, references: 1 });
    return { dataId, shape: [...traced.shape], dtype: traced.dtype };
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    return this.hold(constantOf(values, shape, dtype)).dataId;
  }

  override move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    this.data.set(dataId, { traced: constantOf(values, shape, dtype), references: 1 });
  }

  override readSync(dataId: object): tf.BackendValues {
    const { traced } = this.data.get(dataId);
    if (traced.kind === 'constant') return traced.elements();
    throw new NeckarError(
      `${this.tracing?.label ?? 'a traced function'}: it reads the values of a tensor that depends on its inputs ` +
        '(dataSync, data, array, print), which are not known while it is traced. Use tensor operations only.',
    );
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  override numDataIds(): number {
    return this.data.numDataIds();
  }

  override incRef(dataId: object): void {
    this.data.get(dataId).references++;
  }

  override refCount(dataId: object): number {
    return this.data.has(dataId) ? this.data.get(dataId).references : 0;
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const entry = this.data.get(dataId);
    entry.references--;
    if (!force && entry.references > 0) return false;
    this.data.delete(dataId);
    return true;
  }

  override memory() {
    return { unreliable: true };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {}
}

function constantOf(values: tf.BackendValues, shape: number[], dtype: tf.DataType): Constant {
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new NeckarError(`tensors of type ${dtype} cannot be traced; use float32, int32 or bool.`);
  }
  // tfjs hands over plain arrays for small tensors.
  const elements = Array.isArray(values)
    ? tf.util.toTypedArray(values as unknown as number[], dtype)
    : values;
  return constant(shape, dtype, elements as TracedElements);
}

let registered: TracingBackend | undefined;

function tracingBackend(): TracingBackend {
  if (registered !== undefined) return registered;
  const backend = new TracingBackend();
  // Never tfjs's own choice.
  tf.registerBackend(backendName, () => backend, 0);
  const names = new Set([
    ...Object.keys(kernels),
    ...tf.getKernelsForBackend('cpu').map((k) => k.kernelName),
  ]);
  for (const kernelName of names) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => runTraced(backend, kernelName, inputs, attrs),
    });
  }
  tf.findBackend(backendName);
  registered = backend;
  return backend;
}

function runTraced(
  backend: TracingBackend,
  name: string,
  inputs: tf.NamedTensorInfoMap,
  attrs: tf.NamedAttrMap | undefined,
): tf.TensorInfo | tf.TensorInfo[] {
  const traced: Record<string, Traced> = {};
  for (const [key, info] of Object.entries(inputs)) {
    // Optional inputs are left undefined.
    if (info !== undefined && info !== null) traced[key] = backend.data.get(info.dataId).traced;
  }
  const list = Object.values(traced);
  const kernel = kernels[name];
  const result = list.every((x) => x.kind === 'constant')
    ? folded(backend, name, kernel, traced, list as Constant[], attrs, Array.isArray(inputs))
    : emitted(backend.current, name, kernel, traced, list, attrs);
  return Array.isArray(result) ? result.map((x) => backend.hold(x)) : backend.hold(result);
}

function emitted(
  { graph, label, engine }: Tracing,
  name: string,
  kernel: Kernel | undefined,
  inputs: Record<string, Traced>,
  list: readonly Traced[],
  attrs: tf.NamedAttrMap | undefined,
): Traced | Traced[] {
  if (kernel === undefined) throw new UnsupportedOperationError(name, label, engine);
  const unsupported = (detail: string) => {
    throw new UnsupportedOperationError(name, label, engine, detail);
  };
  return kernel({ graph, name, inputs, list, attrs: attrs ?? {}, unsupported });
}

/** What can be computed now: by tfjs's own cpu kernel, on one number where all numbers are equal. */
function folded(
  backend: TracingBackend,
  name: string,
  kernel: Kernel | undefined,
  inputs: Record<string, Traced>,
  list: readonly Constant[],
  attrs: tf.NamedAttrMap | undefined,
  isList: boolean,
): Traced | Traced[] {
  if (name === 'Fill') {
    const { shape, value, dtype } = attrs as unknown as {
      shape: number[];
      value: number;
      dtype?: TracedType;
    };
    if (typeof value === 'number') return uniform(shape, dtype ?? 'float32', value);
  }
  if (constantShapeKernels.has(name) && backend.tracing !== undefined) {
    return emitted(backend.tracing, name, kernel, inputs, list, attrs);
  }
  if (uniformKernels.has(name) && list.every((x) => x.uniform !== undefined && sizeOf(x.shape) > 1)) {
    const small = list.map((x) => uniform([], x.dtype, x.uniform!));
    const [number] = runOnCpu(name, Object.keys(inputs), small, attrs, isList);
    return uniform(list.map((x) => x.shape).reduce(broadcastShape), number!.dtype, number!.uniform!);
  }
  const results = runOnCpu(name, Object.keys(inputs), list, attrs, isList);
  return results.length === 1 && name !== 'Unpack' && name !== 'SplitV' ? results[0]! : results;
}

function runOnCpu(
  name: string,
  keys: readonly string[],
  list: readonly Constant[],
  attrs: tf.NamedAttrMap | undefined,
  isList: boolean,
): Constant[] {
  const plain = list.map(({ shape, dtype, elements }) => ({ shape: [...shape], dtype, values: elements() }));
  const inputs = isList ? plain : Object.fromEntries(keys.map((key, i) => [key, plain[i]!]));
  return runCpuKernel(name, inputs, attrs).map(({ shape, dtype, values }) =>
    constant(shape, dtype as TracedType, values as TracedElements),
  );
}

/** A traced function: its graph, and the shape and type of every output. */
export interface Trace {
  readonly graph: Graph;
  readonly outputs: ReadonlyMap<string, { shape: readonly number[]; dtype: 'float32' | 'int32' }>;
}

/**
 * Traces a function into a graph.
 * @param engine - the engine's name for error messages
 * @throws UnsupportedOperationError for an operation that has no kernel here
 * @throws NeckarError when the function reads values that depend on its inputs
 */
export function trace(compute: TensorFunction, options: CompileOptions, engine: string): Trace {
  const specs = checkedInputs(options);
  const backend = tracingBackend();
  const graph = new Graph();
  const outputs = new Map<string, { shape: readonly number[]; dtype: 'float32' | 'int32' }>();
  const former = backend.tracing;
  backend.tracing = { graph, label: options.label, engine };
  try {
    withBackend(backendName, () =>
      namingUnsupported(options.label, engine, () => {
        const results = releasing(() =>
          tf.tidy(() => {
            const given: NamedTensors = {};
            for (const [name, { shape, dtype }] of specs) {
              const input = plainly(graph.input(name, shape, dtype));
              given[name] = tf.engine().makeTensorFromTensorInfo(backend.hold(input), backend);
            }
            for (const [name, { data, shape, dtype }] of Object.entries(options.constants ?? {})) {
              given[name] = tf.tensor(data, shape as number[], dtype);
            }
            return compute(given);
          }),
        );
        for (const [name, tensor] of Object.entries(results)) {
          const { traced } = backend.data.get(tensor.dataId);
          const value = asValue(graph, traced);
          const dtype = value.dtype === 'int32' ? 'int32' : 'float32';
          if (value.dtype !== dtype)
            throw new NeckarError(
              `${options.label}: the output "${name}" is ${value.dtype}; cast it to float32 or int32.`,
            );
          graph.output(name, value);
          outputs.set(name, { shape: tensor.shape, dtype });
        }
        tf.dispose(results);
      }),
    );
  } finally {
    backend.tracing = former;
  }
  return { graph, outputs };
}
