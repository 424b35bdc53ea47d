/** Somebody else's ONNX file, run as it is. */
import type * as Onnxruntime from 'onnxruntime-node';
import { messageOf, NeckarError } from '../../errors.ts';
import { packageVersions, processorName, threadCount } from '../device.ts';
import type { EngineIdentity, EngineSpec } from '../engine.ts';
import { loadRuntime } from './runtime.ts';
import { type OnnxProvider, onnxProviders, preparedProvider } from './start.ts';

/** What a file says of one of its inputs or outputs. */
export interface ModelPort {
  readonly name: string;
  /** Such as `float32`; undefined for what is no tensor. */
  readonly type: string | undefined;
  /** Extents; a name or -1 where any is taken. */
  readonly shape: readonly (number | string)[];
}

/** A tensor of floats of whatever shape. */
export interface ModelTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface ModelFile {
  readonly path: string;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly identity: EngineIdentity;
  /**
   * @param output - which of its outputs is wanted
   * @throws NeckarError when it refuses its inputs or fails, with its reason
   */
  run(inputs: Readonly<Record<string, ModelTensor>>, output: string): Promise<ModelTensor>;
  dispose(): Promise<void>;
}

/**
 * Opens a file with onnxruntime, on the provider that the engine names, else on the processor.
 * @throws NeckarError when the file is missing or broken, and when the provider cannot run here
 */
export async function openModelFile(path: string, spec: EngineSpec): Promise<ModelFile> {
  const wanted = spec.name === 'onnx' ? spec.provider : undefined;
  const provider: OnnxProvider = onnxProviders.find((one) => one === wanted) ?? 'cpu';
  const threads = threadCount(spec.threads);
  await preparedProvider(provider);
  const runtime = await loadRuntime();
  let session: Onnxruntime.InferenceSession;
  try {
    session = await runtime.InferenceSession.create(path, {
      executionProviders: [provider],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
      enableCpuMemArena: false,
    });
  } catch (cause) {
    throw new NeckarError(`${path}: onnxruntime does not open it (${messageOf(cause)}).`, { cause });
  }
  return {
    path,
    inputs: session.inputMetadata.map(portOf),
    outputs: session.outputMetadata.map(portOf),
    identity: {
      engine: 'onnx',
      provider,
      device: provider === 'cpu' ? processorName(threads) : provider,
      threads,
      versions: packageVersions(['onnxruntime-node']),
    },
    async run(inputs, output) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { data, shape }]) => [
          name,
          new runtime.Tensor('float32', data, [...shape]),
        ]),
      );
      let results: Onnxruntime.InferenceSession.OnnxValueMapType;
      try {
        results = await session.run(feeds, [output]);
      } catch (cause) {
        throw new NeckarError(`${path}: it fails (${messageOf(cause)}).`, { cause, exitCode: 1 });
      }
      const { dims, data, type } = results[output]!;
      if (type !== 'float32') {
        throw new NeckarError(`${path}: its output "${output}" holds ${type}; 32-bit floats are expected.`);
      }
      return { shape: dims, data: data as Float32Array };
    },
    dispose: () => session.release(),
  };
}

function portOf(metadata: Onnxruntime.InferenceSession.ValueMetadata): ModelPort {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: metadata.shape }
    : { name: metadata.name, type: undefined, shape: [] };
}
