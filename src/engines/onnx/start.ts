/** The compiled engine: a function traced into one ONNX graph and run by onnxruntime. */
import { performance } from 'node:perf_hooks';
import type * as Onnxruntime from 'onnxruntime-node';
import { messageOf, NeckarError } from '../../errors.ts';
import type { NamedValues, TensorValue } from '../../tensor.ts';
import { packageVersions, processorName, threadCount } from '../device.ts';
import type { CompileOptions, Engine, EngineIdentity, Program, TensorFunction } from '../engine.ts';
import { checkedInputs, checkValues } from '../values.ts';
import { type SerializedGraph, sameList } from './graph.ts';
import { startProfiler } from './profile.ts';
import { loadRuntime, type Runtime } from './runtime.ts';
import { trace } from './trace.ts';

/** Execution providers, in the order a person would try them. */
export const onnxProviders = ['cpu', 'webgpu', 'cuda'] as const;
export type OnnxProvider = (typeof onnxProviders)[number];

type Session = Onnxruntime.InferenceSession;

/**
 * Starts the compiled engine on one execution provider.
 * @throws NeckarError when the provider cannot run here, with the reason and the fix
 */
export async function startOnnx(provider: OnnxProvider, threads: number | undefined): Promise<Engine> {
  const count = threadCount(threads);
  await preparedProvider(provider);
  const runtime = await loadRuntime();
  const identity: EngineIdentity = {
    engine: 'onnx',
    provider,
    device:
      provider === 'cpu' ? processorName(count) : provider === 'cuda' ? 'CUDA GPU' : 'GPU through WebGPU',
    threads: count,
    versions: packageVersions(['onnxruntime-node', '@tensorflow/tfjs-core']),
  };
  return {
    identity,
    compile: (compute, options) => compile(runtime, provider, count, compute, options),
    dispose: async () => {},
  };
}

async function compile(
  runtime: Runtime,
  provider: OnnxProvider,
  threads: number,
  compute: TensorFunction,
  options: CompileOptions,
): Promise<Program> {
  const began = performance.now();
  const specs = checkedInputs(options);
  // Not the options themselves, which hold the constants: onnxruntime has its own copy of those.
  const { label } = options;
  const { graph, outputs } = trace(compute, options, `onnx (${provider})`);
  if (outputs.size === 0) return { compileSeconds: 0, run: async () => ({}), dispose: async () => {} };
  // On graphics cards operations are only handed over when they are timed here.
  const profiler = options.profiled && provider === 'cpu' ? await startProfiler() : undefined;
  const owners = profiler === undefined ? undefined : graph.owners;
  const sessionOptions = {
    ...profiler?.sessionOptions,
    // The arena keeps the most that a run ever took.
    ...(options.frugal && { enableCpuMemArena: false }),
  };
  const session = await openSession(
    runtime,
    provider,
    threads,
    graph.serialize(label),
    label,
    sessionOptions,
  );
  const compileSeconds = (performance.now() - began) / 1000;
  const fetched = (into: Readonly<Record<string, Float32Array>>) =>
    Object.fromEntries(
      [...outputs].map(([name, { shape }]) => [
        name,
        into[name] === undefined ? null : new runtime.Tensor('float32', into[name], shape),
      ]),
    );
  return {
    compileSeconds,
    ...(profiler && owners && { profile: () => profiler.end(session, owners) }),
    async run(inputs, into = {}) {
      checkValues(label, specs, inputs);
      const feeds: Record<string, Onnxruntime.Tensor> = {};
      for (const [name, { data, shape, dtype }] of Object.entries(inputs)) {
        feeds[name] = new runtime.Tensor(dtype, data, shape);
      }
      const results =
        Object.keys(into).length === 0 ? await session.run(feeds) : await session.run(feeds, fetched(into));
      const values: NamedValues = {};
      for (const [name, { shape, dtype }] of outputs) {
        const { dims, data } = results[name]!;
        if (!sameList(dims, shape)) throw new Error(`${label}: ${name} is [${dims}], traced as [${shape}]`);
        values[name] = { shape, dtype, data: data as TensorValue['data'] };
      }
      return values;
    },
    async dispose() {
      await session.release();
      await profiler?.dispose();
    },
  };
}

const prepared = new Map<OnnxProvider, Promise<void>>();

/**
 * Makes sure that a provider can run here. A graphics driver may take the process down instead of failing, so all
 * but cpu are first tried in a process of their own, once.
 * @throws NeckarError with the reason and the fix
 */
export function preparedProvider(provider: OnnxProvider): Promise<void> {
  if (provider === 'cpu' || process.env.NECKAR_PROBE !== undefined) return Promise.resolve();
  let done = prepared.get(provider);
  if (done === undefined) {
    done = tried(provider);
    prepared.set(provider, done);
  }
  return done;
}

async function tried(provider: OnnxProvider): Promise<void> {
  const { probeEngine } = await import('../probe.ts');
  const probe = await probeEngine('onnx', provider);
  if (!probe.starts) throw new NeckarError(probe.reason);
}

/** A session for a graph; `label` is for error messages, `further` are options beside those that all have. */
export async function openSession(
  runtime: Runtime,
  provider: OnnxProvider,
  threads: number,
  { model, external }: SerializedGraph,
  label: string,
  further: Onnxruntime.InferenceSession.SessionOptions = {},
): Promise<Session> {
  return runtime.InferenceSession.create(model, {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    ...further,
    externalData: [...external].map(([path, data]) => ({ path, data })),
  }).catch((cause) => {
    throw new NeckarError(
      absent(provider, messageOf(cause)) ?? `${label}: onnx refuses it: ${messageOf(cause)}`,
      {
        cause,
        exitCode: 1,
      },
    );
  });
}

/** What is missing for a provider, with the fix, when that is what an error means. */
function absent(provider: OnnxProvider, message: string): string | undefined {
  if (provider === 'webgpu' && /adapter|vulkan|dawn/i.test(message)) {
    return (
      'onnx cannot run on webgpu: no graphics card with a driver for Vulkan, Metal or Direct3D 12 was found. ' +
      'Install its driver (on Linux also the Vulkan loader, libvulkan.so.1), or use provider "cpu".'
    );
  }
  if (provider === 'cuda' && /shared library|cuda|cudnn|provider/i.test(message)) {
    return (
      'onnx cannot run on cuda: the CUDA provider of onnxruntime, or CUDA itself, is not installed. ' +
      'Install the provider with "npm run setup:gpu", or use provider "webgpu" or "cpu".'
    );
  }
  return undefined;
}
