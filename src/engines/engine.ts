/**
 * What an engine is: something that runs pure tfjs functions on this machine, fast. It knows nothing of images,
 * encoders or losses.
 */
import type { NamedTensors, NamedValues } from '../tensor.ts';

/** A pure function of named tensors, written in tfjs ops only (gradients through `tf.grad` and friends included). */
export type TensorFunction = (tensors: NamedTensors) => NamedTensors;

export interface CompileOptions {
  /** Shapes (and dtypes, default float32) of the tensors given anew at every run. */
  readonly inputs: Readonly<Record<string, { shape: readonly number[]; dtype?: 'float32' | 'int32' }>>;
  /** Tensors that stay the same over all runs. Names must not repeat an input's. */
  readonly constants?: NamedValues;
  /** What the program is, for error messages and profiles, such as `objective gram+content 256×256`. */
  readonly label: string;
  /** Hand working memory back after every run: for one of many programs of which one runs at a time. */
  readonly frugal?: boolean;
  /** Keep the time of the parts that the function names with `owned`, until `Program.profile` asks for it. */
  readonly profiled?: boolean;
}

/** How the time of a run divides among the parts of a function. */
export interface Profile {
  /** All runs before it was asked for but the first. */
  readonly runs: number;
  /** Seconds of one of these runs, as is usual. */
  readonly total: number;
  /** Part -> seconds of its operations in such a run; what is missing to the total belongs to no part. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** A compiled function. `run` may be called any number of times, one call at a time. */
export interface Program {
  /**
   * @param into - memory for some of the outputs, filled and handed back as their `data`: what is large and wanted
   *   somewhere need not be copied there
   */
  run(inputs: NamedValues, into?: Readonly<Record<string, Float32Array>>): Promise<NamedValues>;
  /** Seconds spent on making the program (tracing, optimising, loading); 0 for an eager engine. */
  readonly compileSeconds: number;
  /** Ends the keeping of times, once; absent where they were not wanted, or the engine cannot tell. */
  profile?(): Promise<Profile>;
  dispose(): Promise<void>;
}

/** What runs the numbers: goes into every result. */
export interface EngineIdentity {
  readonly engine: EngineName;
  /** onnx: `cpu`, `webgpu`, `cuda`; tensorflow: `node-gpu`, `node`, `wasm`, `cpu`. */
  readonly provider: string;
  /** The device in words, such as `AMD EPYC, 2 threads`. */
  readonly device: string;
  /** Package name -> version of everything that computes. */
  readonly versions: Readonly<Record<string, string>>;
  readonly threads: number;
}

export type EngineName = 'tensorflow' | 'onnx';

export interface Engine {
  readonly identity: EngineIdentity;
  /**
   * Makes a program of a function.
   * @throws UnsupportedOperationError when the engine lacks an operation, naming the operation and the label
   */
  compile(compute: TensorFunction, options: CompileOptions): Promise<Program>;
  dispose(): Promise<void>;
}

/** Which engine to start. `auto` takes the fastest that can run here: onnx, then tensorflow. */
export interface EngineSpec {
  readonly name: EngineName | 'auto';
  /** `auto`: onnx -> cpu; tensorflow -> node-gpu, node, wasm, cpu, whichever loads first. */
  readonly provider?: string;
  /** Threads for CPU work; default: all cores. */
  readonly threads?: number;
}
