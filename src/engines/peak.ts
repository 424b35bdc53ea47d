/** How fast this machine convolves: what the speed of everything else is measured against. */
import { performance } from 'node:perf_hooks';
import { NeckarError } from '../errors.ts';
import { threadCount } from './device.ts';
import type { EngineSpec } from './engine.ts';
import { Graph } from './onnx/graph.ts';
import { loadRuntime } from './onnx/runtime.ts';
import { type OnnxProvider, onnxProviders, openSession, preparedProvider } from './onnx/start.ts';

/** A 3×3 convolution with as many channels out as in, on a square image. */
interface Shape {
  readonly channels: number;
  readonly side: number;
}

/** 19 GFLOP, little memory to move. */
const large: Shape = { channels: 512, side: 64 };
/** 1.2 GFLOP: some milliseconds on an ordinary processor. */
const small: Shape = { channels: 256, side: 32 };
const kernel = 3;

export interface ConvolutionPeak {
  /** 10⁹ floating-point operations per second; a multiplication and an addition are two. */
  readonly gflops: number;
  /** The execution provider of onnxruntime it was measured on. */
  readonly provider: string;
  /** Seconds of the fastest repetition. */
  readonly seconds: number;
}

/**
 * Measures one large 3×3 convolution (512 to 512 channels at 64×64) through onnxruntime: the fastest of several
 * repetitions, after a first one to warm up.
 *
 * @param spec - the engine whose provider and threads are meant; tensorflow and auto are measured on onnx's cpu
 * @param repetitions - how often to measure
 * @throws NeckarError when the provider cannot run here
 */
export async function convolutionPeak(spec: EngineSpec, repetitions = 8): Promise<ConvolutionPeak> {
  const wanted = spec.name === 'onnx' ? spec.provider : undefined;
  const provider = onnxProviders.find((candidate) => candidate === wanted) ?? 'cpu';
  if (!(Number.isInteger(repetitions) && repetitions > 0)) {
    throw new NeckarError(
      `convolutionPeak: ${repetitions} repetitions, expected a whole number of at least 1.`,
    );
  }
  await preparedProvider(provider);
  return measure({ provider, threads: threadCount(spec.threads) }, large, (done) => done < repetitions);
}

/**
 * The same on the processor within about a tenth of a second, by a smaller convolution: near the peak, and at least
 * as good as a guess.
 *
 * @throws NeckarError when onnxruntime cannot run here
 */
export async function quickPeak(threads: number): Promise<ConvolutionPeak> {
  await preparedProvider('cpu');
  const begun = performance.now();
  const on = { provider: 'cpu', threads } as const;
  return measure(on, small, (done) => done < 2 || performance.now() - begun < 100);
}

async function measure(
  { provider, threads }: { readonly provider: OnnxProvider; readonly threads: number },
  { channels, side }: Shape,
  more: (done: number) => boolean,
): Promise<ConvolutionPeak> {
  const runtime = await loadRuntime();
  const graph = new Graph();
  const shape = [1, channels, side, side];
  const weights = new Float32Array(channels * channels * kernel * kernel).fill(0.01);
  const filtered = graph.node(
    'Conv',
    [
      graph.input('x', shape, 'float32'),
      graph.initializer(weights, [channels, channels, kernel, kernel], 'float32'),
    ],
    shape,
    'float32',
    { kernel_shape: [kernel, kernel], pads: [1, 1, 1, 1] },
  );
  // Only a mean per channel leaves, so that copying the result takes no part.
  graph.output('y', graph.node('GlobalAveragePool', [filtered], [1, channels, 1, 1], 'float32'));
  const label = 'convolution peak';
  const session = await openSession(runtime, provider, threads, graph.serialize(label), label);
  const x = new runtime.Tensor('float32', new Float32Array(channels * side * side).fill(1), shape);
  let seconds = Number.POSITIVE_INFINITY;
  await session.run({ x });
  for (let done = 0; more(done); done++) {
    const began = performance.now();
    await session.run({ x });
    seconds = Math.min(seconds, (performance.now() - began) / 1000);
  }
  await session.release();
  const operations = 2 * channels * channels * kernel * kernel * side * side;
  return { gflops: operations / seconds / 1e9, provider, seconds };
}
