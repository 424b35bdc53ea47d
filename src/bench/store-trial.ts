/**
 * A trial that computes nothing but writes what one of a minute writes: a line of trace for each evaluation, a
 * checkpoint as large as L-BFGS with ten pairs at 256² makes it every ten seconds, and its picture. Loads what a real
 * trial loads.
 */

import { createRandom } from '../random.ts';
import { performTrial as real } from '../runs/perform.ts';
import type { PerformTrial } from '../runs/trial-io.ts';

const size = 256;
/** Seconds that the trial stands for, and between two checkpoints. */
export const trialSeconds = 60;
const checkpointSeconds = 10;

export const performTrial: PerformTrial = async (config, io) => {
  // Without it the real one, and all that it needs, would not be loaded.
  if (typeof real !== 'function') throw new Error('no trial to stand in for');
  const { evaluations } = config.budget;
  const random = createRandom(config.seed);
  const data = Float32Array.from({ length: size * size * 3 }, () => random.uniform());
  const vectors = Array.from({ length: 21 }, () => data);
  const perCheckpoint = Math.ceil((evaluations * checkpointSeconds) / trialSeconds);
  const terms = Object.fromEntries(
    ['content', 'gram', 'moments'].map((name) => [
      name,
      { value: random.uniform(), weighted: random.uniform() },
    ]),
  );
  for (let evaluation = 1; evaluation <= evaluations; evaluation++) {
    io.trace({
      evaluation,
      step: evaluation,
      level: 0,
      seconds: evaluation / 2.5,
      total: random.uniform(),
      terms,
    });
    io.progress({ phase: 'evaluate', evaluation, evaluations });
    if (evaluation % perCheckpoint === 0) await io.checkpoint({ vectors, evaluation });
  }
  return {
    state: 'complete',
    reason: 'budget',
    identity: { engine: 'onnx', provider: 'none', device: 'none', versions: {}, threads: 1 },
    inputs: {},
    images: {
      final: await io.picture('final', { width: size, height: size, data }),
      snapshots: [],
      width: size,
      height: size,
    },
    timing: {
      total: 0,
      prepare: 0,
      compile: 0,
      warmup: 0,
      evaluate: 0,
      perEvaluation: 0,
      optimizer: 0,
      refresh: 0,
      output: 0,
      peakMemory: 0,
    },
    cost: { evaluations, steps: evaluations },
    final: { total: 0, terms: {} },
    scores: {},
  };
};
