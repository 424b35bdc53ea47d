/** The eager engine: tfjs on its native addon where there is one, else on its wasm or cpu backend. */
import { messageOf, NeckarError } from '../errors.ts';
import { type NamedTensors, releasing, type TensorValue, tf } from '../tensor.ts';
import { cpuBackend, runCpuKernel } from './cpu-kernel.ts';
import { packageVersions, processorName, threadCount } from './device.ts';
import type { CompileOptions, Engine, EngineIdentity, Program, TensorFunction } from './engine.ts';
import { withBackend } from './scope.ts';
import { namingUnsupported } from './unsupported.ts';
import { checkedInputs, checkValues } from './values.ts';

/** In the order `auto` tries them. */
export const tensorflowProviders = ['node-gpu', 'node', 'wasm', 'cpu'] as const;
export type TensorflowProvider = (typeof tensorflowProviders)[number];

/** What loading a provider gives: the tfjs backend's name and the packages that compute. */
interface Loaded {
  readonly backend: string;
  readonly device: string;
  readonly threads: number;
  readonly packages: readonly string[];
}

/**
 * Starts the eager engine on one provider.
 * @throws NeckarError when the provider cannot run here, with the reason and the fix
 */
export async function startTensorflow(
  provider: TensorflowProvider,
  threads: number | undefined,
): Promise<Engine> {
  const loaded = await load(provider, threadCount(threads));
  const identity: EngineIdentity = {
    engine: 'tensorflow',
    provider,
    device: loaded.device,
    threads: loaded.threads,
    versions: packageVersions(['@tensorflow/tfjs-core', ...loaded.packages]),
  };
  return {
    identity,
    compile: async (compute, options) => compileEagerly(loaded.backend, provider, compute, options),
    dispose: async () => {},
  };
}

function compileEagerly(
  backend: string,
  provider: string,
  compute: TensorFunction,
  options: CompileOptions,
): Program {
  const specs = checkedInputs(options);
  const constants: NamedTensors = withBackend(backend, () =>
    mapValues(options.constants ?? {}, (value) => tf.keep(upload(value))),
  );
  return {
    compileSeconds: 0,
    async run(inputs, into = {}) {
      checkValues(options.label, specs, inputs);
      return withBackend(backend, () =>
        namingUnsupported(options.label, `tensorflow (${provider})`, () => {
          const outputs = releasing(() =>
            tf.tidy(() => {
              // A clone, as whoever computes may dispose what it was given.
              const lent = mapValues(constants, (constant) => tf.clone(constant));
              return compute({ ...mapValues(inputs, upload), ...lent });
            }),
          );
          try {
            const values = mapValues(outputs, download);
            for (const [name, data] of Object.entries(into)) {
              data.set(values[name]!.data);
              values[name] = { ...values[name]!, data };
            }
            return values;
          } finally {
            tf.dispose(outputs);
          }
        }),
      );
    },
    async dispose() {
      withBackend(backend, () => tf.dispose(constants));
    },
  };
}

function upload({ data, shape, dtype }: TensorValue): tf.Tensor {
  return tf.tensor(data, shape as number[], dtype);
}

function download(tensor: tf.Tensor): TensorValue {
  // A copy: the backend may hand out its own memory.
  if (tensor.dtype === 'int32') {
    return { shape: tensor.shape, dtype: 'int32', data: new Int32Array(tensor.dataSync()) };
  }
  return { shape: tensor.shape, dtype: 'float32', data: new Float32Array(tensor.dataSync()) };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

async function load(provider: TensorflowProvider, threads: number): Promise<Loaded> {
  switch (provider) {
    case 'node-gpu':
    case 'node':
      return loadNative(provider, threads);
    case 'wasm':
      return loadWasm();
    case 'cpu':
      cpuBackend();
      warnSlow('cpu');
      return {
        backend: 'cpu',
        device: processorName(1),
        threads: 1,
        packages: ['@tensorflow/tfjs-backend-cpu'],
      };
  }
}

let native: Promise<Loaded> | undefined;

/** libtensorflow through its native addon. Both packages register the same backend: one of them per process. */
async function loadNative(provider: 'node-gpu' | 'node', threads: number): Promise<Loaded> {
  const name = `@tensorflow/tfjs-${provider}`;
  if (native !== undefined) {
    const loaded = await native;
    if (loaded.packages.includes(name)) return loaded;
    throw new NeckarError(`${name} cannot start beside ${loaded.packages[0]}: use another process for it.`);
  }
  // libtensorflow reads these once, when it loads.
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const former: string | undefined = tf.getBackend();
  try {
    await import(name);
    const backend = tf.findBackend('tensorflow') as
      | (tf.KernelBackend & { isUsingGpuDevice?: boolean })
      | null;
    if (backend === null) throw new Error('its backend did not start');
    const device = backend.isUsingGpuDevice ? 'CUDA GPU' : processorName(threads);
    const loaded: Loaded = { backend: 'tensorflow', device, threads, packages: [name] };
    native = Promise.resolve(loaded);
    return loaded;
  } catch (cause) {
    throw new NeckarError(`tensorflow cannot run on ${provider}: ${nativeReason(name, cause)}`, { cause });
  } finally {
    if (former !== undefined && tf.getBackend() !== former) await tf.setBackend(former);
  }
}

function nativeReason(name: string, cause: unknown): string {
  const message = messageOf(cause);
  const code = (cause as { code?: string } | undefined)?.code;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return `the package ${name} is not installed. Install it with "npm install ${name}".`;
  }
  if (/native addon module/i.test(message)) {
    const fix = name.endsWith('-gpu') ? '"npm run setup:gpu"' : `"npm rebuild ${name}"`;
    return `the native part of ${name} is not installed. Install it with ${fix}.`;
  }
  return `${name} does not load (${message}). Check its CUDA and libtensorflow versions, then "npm run setup:gpu".`;
}

let wasm: Promise<Loaded> | undefined;

function loadWasm(): Promise<Loaded> {
  wasm ??= startWasm().catch((cause) => {
    wasm = undefined;
    throw new NeckarError(`tensorflow cannot run on wasm: ${messageOf(cause)}. Run "npm ci" again.`, {
      cause,
    });
  });
  return wasm;
}

async function startWasm(): Promise<Loaded> {
  // Importing makes wasm tfjs's own choice unless one has been made.
  if (tf.getBackend() === undefined) await tf.setBackend('cpu');
  await import('@tensorflow/tfjs-backend-wasm');
  // Started outside tfjs, which would have no backend at all until it is ready; then handed over.
  const backend = await tf.findBackendFactory('wasm')();
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', () => backend, 0);
  if (tf.findBackend('wasm') !== backend) throw new Error('its backend did not start');
  lendCpuKernels();
  warnSlow('wasm');
  // tfjs compiles in threads for wasm, but starts none of them in Node.
  return {
    backend: 'wasm',
    device: processorName(1),
    threads: 1,
    packages: ['@tensorflow/tfjs-backend-wasm'],
  };
}

type WasmBackend = tf.KernelBackend & {
  makeOutput(
    shape: number[],
    dtype: tf.DataType,
    offset: undefined,
    values: tf.backend_util.TypedArray,
  ): tf.TensorInfo;
};

/** Kernels that tfjs has for cpu but not for wasm run on cpu, copying in and out. */
function lendCpuKernels(): void {
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (tf.getKernel(kernelName, 'wasm') !== undefined) continue;
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs, backend }) => {
        const from = backend as WasmBackend;
        const plain = (info: tf.TensorInfo) => ({
          shape: info.shape,
          dtype: info.dtype,
          values: from.readSync(info.dataId) as tf.backend_util.TypedArray,
        });
        const lent = Array.isArray(inputs)
          ? (inputs as tf.TensorInfo[]).map(plain)
          : mapValues(inputs as Record<string, tf.TensorInfo>, plain);
        const outputs = runCpuKernel(kernelName, lent, attrs);
        const made = outputs.map(({ shape, dtype, values }) =>
          from.makeOutput(shape, dtype, undefined, values),
        );
        return made.length === 1 ? made[0]! : made;
      },
    });
  }
}

const warned = new Set<string>();

function warnSlow(provider: string): void {
  if (warned.has(provider)) return;
  warned.add(provider);
  process.stderr.write(
    `neckar: tensorflow runs on its ${provider} backend, many times slower than engine "onnx" or a native addon\n`,
  );
}
