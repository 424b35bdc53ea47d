/**
 * A trial that costs nothing and gives the same bytes every time. Its variant says how it behaves: `plain`;
 * `slow-<ms>` waits at each evaluation; `throws` (a message for people), `breaks` (a defect), `dies` (the process),
 * `diverges`; `worth-<n>` has a total of n + 1/evaluation. At the rungs of its budget it reports its total. A trial of a
 * network begins with the parameters that its training made.
 *
 * A training likewise: its network's name says how it behaves.
 */
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { NeckarError } from '../../src/errors.ts';
import type { TrainingConfig } from '../../src/experiment/training.ts';
import type { Pruning, TrialConfig } from '../../src/experiment/trial.ts';
import { type PerformTraining, type PerformTrial, snapshotPath } from '../../src/runs/trial-io.ts';

/** Every how many evaluations it makes a checkpoint. */
export const checkpointEvery = 4;

export const performTrial: PerformTrial = async (config, io, signal) => {
  const [kind, milliseconds] = config.variant.split('-');
  // Who computed what, for tests that count: one line for each beginning.
  if (process.env.NECKAR_TEST_JOURNAL !== undefined) {
    appendFileSync(process.env.NECKAR_TEST_JOURNAL, `${config.seed} ${process.pid}\n`);
  }
  const evaluations = config.budget.evaluations;
  const restored = io.restored as { point: Float32Array; evaluation: number } | undefined;
  const point = restored === undefined ? new Float32Array(64).fill(config.seed / 7) : restored.point;
  if (restored === undefined && config.method?.kind === 'network') {
    if (io.trained === undefined) throw new Error('nothing was trained');
    const bytes = await readFile(io.trained.file);
    for (let i = 0; i < point.length; i++) point[i] = bytes.readFloatLE(4 * i);
  }
  let total = value(point);
  let pruned: string | undefined;
  let done = 0;
  for (let evaluation = (restored?.evaluation ?? 0) + 1; evaluation <= evaluations; evaluation++) {
    for (let i = 0; i < point.length; i++) point[i] = Math.sin(point[i]! * 1.7 + i) + 0.01 * config.seed;
    total = kind === 'worth' ? Number(milliseconds) + 1 / evaluation : value(point);
    if (kind === 'slow') await sleep(Number(milliseconds));
    if (kind === 'throws' && evaluation === 6) throw new NeckarError('the layer "conv9_9" is not there.');
    if (kind === 'breaks' && evaluation === 6) throw new TypeError('undefined is not a function');
    if (kind === 'dies' && evaluation === 6) process.kill(process.pid, 'SIGSEGV');
    if (kind === 'dies' && evaluation === 6) await sleep(10_000);
    const terms = { fake: { value: total, weighted: total * 2 } };
    io.trace({ evaluation, step: evaluation, level: 0, seconds: evaluation / 64, total, terms });
    io.progress({ phase: 'evaluate', evaluation, evaluations, total });
    if (config.snapshots.includes(evaluation)) await io.snapshot(evaluation, picture(point));
    if (config.budget.pruning?.rungs.includes(evaluation)) {
      pruned = await io.rung?.({ evaluation, value: total, measure: 'total', better: 'lower' });
      done = evaluation;
      if (pruned !== undefined) break;
    }
    if (evaluation % checkpointEvery === 0 || signal.aborted) await io.checkpoint({ point, evaluation });
    if (signal.aborted) throw signal.reason;
  }
  if (pruned === undefined) done = evaluations;
  const kept = config.snapshots.filter((evaluation) => evaluation <= done);
  return {
    state: pruned !== undefined ? 'pruned' : kind === 'diverges' ? 'diverged' : 'complete',
    reason: pruned ?? (kind === 'diverges' ? 'fake is NaN at evaluation 12' : 'budget'),
    identity: {
      engine: 'onnx',
      provider: 'cpu',
      device: 'none',
      versions: {},
      threads: config.engine.threads ?? 0,
    },
    inputs: {},
    images: {
      final: await io.picture('final', picture(point)),
      snapshots: kept.map((evaluation) => ({ evaluation, path: snapshotPath(evaluation) })),
      width: 4,
      height: 4,
    },
    timing: {
      total: 1,
      prepare: 0,
      compile: 0,
      warmup: 0,
      evaluate: 1,
      perEvaluation: 1 / 64,
      optimizer: 0,
      refresh: 0,
      output: 0,
      peakMemory: 1e8,
    },
    cost: { evaluations: done, steps: done },
    final: { total, terms: { fake: { value: total, weighted: total * 2 } } },
    scores: { sum: { value: total, better: 'lower', label: 'sum' } },
  };
};

export const performTraining: PerformTraining = async (config, io, signal) => {
  const [kind, milliseconds] = config.network.name.split('-');
  if (process.env.NECKAR_TEST_JOURNAL !== undefined) {
    appendFileSync(process.env.NECKAR_TEST_JOURNAL, `training ${config.seed} ${process.pid}\n`);
  }
  const { steps } = config.budget;
  const restored = io.restored as { point: Float32Array; step: number } | undefined;
  const point = restored === undefined ? new Float32Array(64).fill(config.seed / 9) : restored.point;
  for (let step = (restored?.step ?? 0) + 1; step <= steps; step++) {
    for (let i = 0; i < point.length; i++) point[i] = Math.cos(point[i]! * 1.3 + i) - 0.01 * config.seed;
    if (kind === 'slow') await sleep(Number(milliseconds));
    if (kind === 'throws' && step === 6) throw new NeckarError('all pictures are gone.');
    if (kind === 'dies' && step === 6) process.kill(process.pid, 'SIGSEGV');
    if (kind === 'dies' && step === 6) await sleep(10_000);
    const total = value(point);
    const terms = { fake: { value: total, weighted: total } };
    // One record for two steps: records are not steps.
    if (step % 2 === 0) {
      io.trace({ evaluation: step, step, level: 0, seconds: step / 64, total, terms });
    }
    io.progress({ phase: 'evaluate', evaluation: step, evaluations: steps, total });
    if (config.samples.includes(step)) await io.picture(`sample-${step}`, picture(point));
    if (step % checkpointEvery === 0 || signal.aborted) await io.checkpoint({ point, step });
    if (signal.aborted) throw signal.reason;
  }
  const bytes = new Uint8Array(point.buffer.slice(0));
  const diverged = kind === 'diverges';
  return {
    state: diverged ? 'diverged' : 'complete',
    reason: diverged ? 'fake is NaN at step 12' : 'budget',
    identity: { engine: 'onnx', provider: 'cpu', device: 'none', versions: {}, threads: 1 },
    inputs: {},
    weights: {
      path: await io.file('weights.safetensors', bytes),
      bytes: bytes.length,
      parameters: point.length,
    },
    samples: config.samples.map((step) => ({
      step,
      path: `images/sample-${step}.png`,
      content: config.held[0]!,
      style: config.styles[0]!,
    })),
    timing: { total: 3, prepare: 0, compile: 0, steps: 2, perStep: 1 / 64, peakMemory: 2e8 },
    cost: { steps, pictures: steps * config.batch },
    final: { total: value(point), terms: {} },
  };
};

function value(point: Float32Array): number {
  return point.reduce((sum, x) => sum + x * x, 0);
}

function picture(point: Float32Array) {
  return { width: 4, height: 4, data: Float32Array.from(point.subarray(0, 48), (x) => Math.abs(x) % 1) };
}

/** A configuration for it. */
export function fakeConfig(
  content: string,
  options: {
    seed?: number;
    variant?: string;
    evaluations?: number;
    snapshots?: readonly number[];
    pruning?: Pruning;
    /** What its network is trained with, beside what is written here; absent: it has no network. */
    training?: Partial<TrainingConfig> & { readonly steps?: number };
  } = {},
): TrialConfig {
  const { seed = 1, variant = 'plain', evaluations = 12, snapshots = [5, 10], pruning, training } = options;
  return {
    experiment: 'fake',
    variant,
    content,
    style: content,
    losses: [{ type: 'content', name: 'content', weight: 1, convention: 'relative', layers: { scale2: 1 } }],
    encoder: { name: 'wavelet' },
    engine: { name: 'onnx' },
    optimizer: { name: 'lbfgs', history: 10 },
    sizes: [4],
    styleScale: 1,
    initialization: { from: 'content', noise: 0 },
    clamp: 'step',
    seed,
    budget: { evaluations, ...(pruning !== undefined && { pruning }) },
    weighting: 'fixed',
    snapshots,
    swept: { seed },
    ...(training && {
      method: {
        kind: 'network',
        network: { name: 'plain' },
        // Trials of one training that differ in nothing else would be the same work.
        alpha: seed / 100,
        parameters: { from: 'training', training: fakeTraining(content, training) },
      },
    }),
  };
}

function fakeTraining(
  picture: string,
  { steps = 12, ...given }: Partial<TrainingConfig> & { readonly steps?: number },
): TrainingConfig {
  return {
    network: { name: 'plain' },
    losses: [{ type: 'content', name: 'content', weight: 1, convention: 'relative', layers: { scale2: 1 } }],
    encoder: { name: 'wavelet' },
    engine: { name: 'onnx' },
    optimizer: { name: 'lbfgs', history: 10 },
    pictures: [picture],
    held: [picture],
    styles: [picture],
    size: 4,
    styleSize: 4,
    batch: 2,
    augment: { mirror: true, recolor: 0 },
    budget: { steps },
    samples: [6],
    seed: 1,
    ...given,
  };
}
