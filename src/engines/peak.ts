/** How fast this machine convolves: what the speed of everything else is measured against. */
import { performance } from 'node:perf_hooks';
import { NeckarError } from '../errors.ts';
import { threadCount } from './device.ts';
import type { EngineSpec } from './engine.ts';
import { Graph } from './onnx/graph.ts';
import { loadRuntime, onnxProviders, openSession, preparedProvider } from './onnx/start.ts';

/** Channels in and out, and the side of the square image: 19 GFLOP, little memory to move. */
const channels = 512;
const side = 64;
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
  const session = await openSession(
    runtime,
    provider,
    threadCount(spec.threads),
    graph.serialize('convolution peak'),
    'convolution peak',
  );
  const x = new runtime.Tensor('float32', new Float32Array(channels * side * side).fill(1), shape);
  let seconds = Number.POSITIVE_INFINITY;
  await session.run({ x });
  for (let i = 0; i < repetitions; i++) {
    const began = performance.now();
    await session.run({ x });
    seconds = Math.min(seconds, (performance.now() - began) / 1000);
  }
  await session.release();
  const operations = 2 * channels * channels * kernel * kernel * side * side;
  return { gflops: operations / seconds / 1e9, provider, seconds };
}
