/**
 * One measurement in a process of its own, so that peak memory is its alone: reads a case as JSON from its
 * argument, writes the measurement as JSON to its standard output.
 */

import type { Encoder } from '../encoders/encoder.ts';
import type { EncoderSpec } from '../encoders/registry.ts';
import { loadEncoder } from '../encoders/registry.ts';
import type { Engine, EngineSpec } from '../engines/engine.ts';
import { convolutionPeak } from '../engines/peak.ts';
import { startEngine } from '../engines/start.ts';
import type { Tiling } from '../experiment/trial.ts';
import { type LossSpec, prepareLosses } from '../losses/registry.ts';
import { createOptimizer, type OptimizerSpec } from '../optimizers/registry.ts';
import { createRandom } from '../random.ts';
import type { TensorValue } from '../tensor.ts';
import { peakMemory } from '../transfer/memory.ts';
import { assembleProblem, type Problem } from '../transfer/problem.ts';
import { measureNetwork, type NetworkCase, type NetworkMeasurement } from './network-case.ts';
import { vggObjectiveOperations } from './operations.ts';

export type BenchCase =
  | NetworkCase
  | { readonly kind: 'convolution-peak'; readonly engine: EngineSpec }
  | {
      readonly kind: 'objective';
      readonly engine: EngineSpec;
      readonly encoder: EncoderSpec;
      readonly losses: readonly LossSpec[];
      readonly size: number;
      readonly evaluations: number;
      /** When given, the evaluations are asked for by this optimiser and its own time is measured too. */
      readonly optimizer?: OptimizerSpec;
      /** Gram layers of a VGG objective, to count its operations. */
      readonly countOperations?: readonly string[];
      readonly tiling?: Tiling;
    }
  | {
      readonly kind: 'comparison';
      readonly engine: EngineSpec;
      readonly encoder: EncoderSpec;
      readonly losses: readonly LossSpec[];
      /** What they are compared with, evaluation by evaluation. */
      readonly reference: readonly LossSpec[];
      readonly size: number;
      readonly evaluations: number;
      /** Of the losses; the reference is one graph. */
      readonly tiling?: Tiling;
    };

export interface ObjectiveMeasurement {
  readonly kind: 'objective';
  readonly provider: string;
  /** Seconds of each evaluation after the first. */
  readonly seconds: readonly number[];
  readonly compileSeconds: number;
  /** Everything before the first evaluation: encoding content and style, targets, compiling. */
  readonly prepareSeconds: number;
  readonly optimizerSeconds: number;
  readonly peakMemory: number;
  readonly operations?: number;
}

/** Two objectives that took turns. */
export interface ComparisonMeasurement {
  readonly kind: 'comparison';
  readonly provider: string;
  /** Seconds of each evaluation after the first, and of the reference's that came just before. */
  readonly seconds: readonly number[];
  readonly reference: readonly number[];
  /** Seconds of each refresh of what is held between evaluations, and the evaluations one refresh is for. */
  readonly refresh: readonly number[];
  readonly refreshEvery: number;
}

export interface PeakMeasurement {
  readonly kind: 'convolution-peak';
  readonly provider: string;
  readonly gflops: number;
}

export type Measurement = ObjectiveMeasurement | ComparisonMeasurement | PeakMeasurement | NetworkMeasurement;

async function measure(benchCase: BenchCase): Promise<Measurement> {
  if (benchCase.kind === 'convolution-peak') {
    const { gflops, provider } = await convolutionPeak(benchCase.engine);
    return { kind: 'convolution-peak', provider, gflops };
  }
  if (benchCase.kind === 'network-pass' || benchCase.kind === 'training-step') {
    return await measureNetwork(benchCase);
  }
  const { size } = benchCase;
  const engine = await startEngine(benchCase.engine);
  const encoder = await loadEncoder(benchCase.encoder);
  if (benchCase.kind === 'comparison') return compare(benchCase, engine, encoder);
  const begun = performance.now();
  const problem = await problemOf(benchCase.losses, size, engine, encoder, benchCase.tiling);
  const prepareSeconds = (performance.now() - begun) / 1000;
  const start = noise(size, 4).data as Float32Array;
  const optimizer =
    benchCase.optimizer === undefined
      ? undefined
      : createOptimizer(benchCase.optimizer, start, { bounds: 'unit-box' });
  const seconds: number[] = [];
  let optimizerSeconds = 0;
  for (let index = 0; index <= benchCase.evaluations; index++) {
    const asked = performance.now();
    const point = optimizer?.ask() ?? start;
    const evaluationBegun = performance.now();
    const evaluation = await problem.evaluate(point);
    const evaluated = performance.now();
    optimizer?.tell({ value: evaluation.total, gradient: evaluation.gradient });
    if (index === 0) continue;
    seconds.push((evaluated - evaluationBegun) / 1000);
    optimizerSeconds += (evaluationBegun - asked + performance.now() - evaluated) / 1000;
  }
  return {
    kind: 'objective',
    provider: `${engine.identity.engine}/${engine.identity.provider}`,
    seconds,
    compileSeconds: problem.seconds.compile,
    prepareSeconds,
    optimizerSeconds,
    peakMemory: peakMemory(),
    operations:
      benchCase.countOperations === undefined
        ? undefined
        : vggObjectiveOperations(encoder, benchCase.countOperations, size, size),
  };
}

/** Most refreshes that are timed: those of patches take seconds. */
const mostRefreshes = 4;

async function compare(
  { losses, reference, size, evaluations, tiling }: Extract<BenchCase, { kind: 'comparison' }>,
  engine: Engine,
  encoder: Encoder,
): Promise<ComparisonMeasurement> {
  const problem = await problemOf(losses, size, engine, encoder, tiling);
  const other = await problemOf(reference, size, engine, encoder);
  const terms = prepareLosses(losses, { encoder, size: [size, size], styleSize: [size, size] });
  const picture = noise(size, 4).data as Float32Array;
  const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const begun = performance.now();
    await work();
    return (performance.now() - begun) / 1000;
  };
  const seconds = { own: [] as number[], reference: [] as number[], refresh: [] as number[] };
  for (let index = 0; index <= evaluations; index++) {
    const before = await secondsOf(() => other.evaluate(picture));
    const own = await secondsOf(() => problem.evaluate(picture));
    const refreshed = problem.refreshes && seconds.refresh.length < mostRefreshes;
    const refresh = refreshed ? await secondsOf(() => problem.refresh(picture, 0)) : undefined;
    if (index === 0) continue;
    seconds.reference.push(before);
    seconds.own.push(own);
    if (refresh !== undefined) seconds.refresh.push(refresh);
  }
  return {
    kind: 'comparison',
    provider: `${engine.identity.engine}/${engine.identity.provider}`,
    seconds: seconds.own,
    reference: seconds.reference,
    refresh: seconds.refresh,
    refreshEvery: Math.max(1, ...terms.map(({ refreshEvery = 1 }) => refreshEvery)),
  };
}

async function problemOf(
  losses: readonly LossSpec[],
  size: number,
  engine: Engine,
  encoder: Encoder,
  tiling: Tiling = 'off',
): Promise<Problem> {
  const assembled = await assembleProblem({
    engine,
    encoder,
    losses,
    content: noise(size, 1),
    style: noise(size, 2),
    transformStyle: () => noise(size, 3),
    tiling,
  });
  return assembled.compile();
}

/** Smooth seeded noise would do as well: the arithmetic does not depend on what the picture shows. */
function noise(size: number, seed: number): TensorValue {
  const random = createRandom(seed);
  const data = Float32Array.from({ length: size * size * 3 }, () => random.uniform());
  return { shape: [1, size, size, 3], dtype: 'float32', data };
}

const measurement = await measure(JSON.parse(process.argv[2]!) as BenchCase);
process.stdout.write(JSON.stringify(measurement), () => process.exit(0));
