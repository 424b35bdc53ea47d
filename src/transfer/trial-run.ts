/** The optimisation of one trial: level by level, from its images to its outcome, resumable between two evaluations. */

import { clampImage } from '../images/image.ts';
import { median } from '../median.ts';
import { createOptimizer } from '../optimizers/registry.ts';
import { prepareLevel } from './level-problem.ts';
import { type LevelEnding, LevelRun } from './level-run.ts';
import { type Level, levelsOf } from './levels.ts';
import { memoryApart, peakMemory } from './memory.ts';
import { evaluationParts, PartsWatch } from './parts.ts';
import { fitted, type Sources, shownAt, sourcesAt, startOf } from './sources.ts';
import type { TrialOutcome } from './trial.ts';
import { TrialClock } from './trial-clock.ts';
import { type Ending, enterNextLevel, freshMemory, type Resumed, resume } from './trial-state.ts';
import { Checkpoints, type TrialParts, type TrialWork } from './trial-work.ts';

/**
 * Optimises from where the last checkpoint was left, or from the beginning.
 *
 * @param begun - when this attempt began, by the monotonic clock in milliseconds
 * @throws TrialInterrupted when the signal is aborted, once a checkpoint is written
 */
export async function optimizeTrial(
  parts: TrialParts,
  begun: number,
  signal: AbortSignal | undefined,
): Promise<TrialOutcome> {
  const { config, images } = parts;
  const resumed = takenUp(parts);
  const memory = resumed?.memory ?? freshMemory();
  const clock = new TrialClock(memory.clock, begun, resumed);
  clock.spend('prepare', (performance.now() - begun) / 1000);
  const work: TrialWork = {
    ...parts,
    memory,
    clock,
    checkpoints: new Checkpoints({ ...parts, memory, clock }),
  };
  const levels = levelsOf(config);
  if (resumed?.ending !== undefined) {
    // The level after the last was never begun.
    return outcomeOf(work, resumed.ending, sourcesAt(levels[memory.level - 1]!, config, images));
  }
  for (let restored = resumed; ; restored = undefined) {
    const sources = sourcesAt(levels[memory.level]!, config, images);
    const { text, state } = await runLevel(work, levels[memory.level]!, sources, restored, signal);
    const last = memory.level === levels.length - 1;
    enterNextLevel(memory);
    if (state === undefined && !last && text !== 'seconds') continue;
    const ending: Ending = { state: state ?? 'complete', reason: text };
    // What comes after may fail, and must not cost what has been computed.
    await work.checkpoints.write({ ending });
    return outcomeOf(work, ending, sources);
  }
}

/** The checkpoint to go on from, if there is one. */
function takenUp({ hooks, engine }: TrialParts): Resumed | undefined {
  if (hooks.restored === undefined) return undefined;
  const resumed = resume(hooks.restored);
  const { threads } = engine.identity;
  if (resumed.threads !== undefined && resumed.threads !== threads) {
    hooks.log?.(
      `goes on with ${threads} threads where it was left with ${resumed.threads}: the last digits of its numbers may differ from those of a trial that was never interrupted`,
    );
  }
  return resumed;
}

/** @param restored - what the level was left with, where it goes on in its middle */
async function runLevel(
  work: TrialWork,
  level: Level,
  sources: Sources,
  restored: Resumed | undefined,
  signal: AbortSignal | undefined,
): Promise<LevelEnding> {
  const { config, images, memory, clock } = work;
  const start =
    memory.picture === undefined ? startOf(sources, config, images) : fitted(memory.picture, sources.content);
  const { problem, course } = await prepareLevel(work, level, sources, start);
  try {
    if (restored !== undefined) problem.restore(restored.held);
    const optimizer = createOptimizer(level.optimizer, start.data, {
      bounds: config.clamp === 'step' ? 'unit-box' : 'none',
      state: restored?.optimizer,
    });
    const parts = new PartsWatch(problem);
    const run = new LevelRun(work, { level, sources, problem, optimizer, course, parts });
    const ending = await run.finish(signal);
    await clock.timed('output', () => parts.finish(memory.parts, memory.clock.evaluate));
    memory.picture = clampImage({ ...start, data: Float32Array.from(optimizer.current.point) });
    memory.stepsOfEarlierLevels += optimizer.steps;
    return ending;
  } finally {
    clock.spend('refresh', problem.seconds.refresh);
    await problem.dispose();
  }
}

/** @param sources - of the level the trial ended with */
function outcomeOf(
  { config, images, encoder, engine, memory, clock }: TrialWork,
  ending: Ending,
  { content, style }: Sources,
): TrialOutcome {
  const record = memory.lastRecord;
  const terms = Object.entries(record?.terms ?? {});
  return {
    ...ending,
    picture: shownAt(content, memory.picture!, config),
    content,
    style,
    timing: {
      total: clock.total,
      ...memory.clock,
      parts: evaluationParts(memory.parts, engine.identity),
      perEvaluation: memory.evaluationSeconds.length === 0 ? 0 : median(memory.evaluationSeconds),
      peakMemory: peakMemory(),
      ...(memoryApart() > 0 && { memoryApart: memoryApart() }),
    },
    cost: { evaluations: memory.evaluations, steps: memory.stepsOfEarlierLevels },
    final: {
      total: record?.total ?? Number.NaN,
      terms: Object.fromEntries(terms.map(([name, { value, weighted }]) => [name, { value, weighted }])),
    },
    weightFactors: memory.weightFactors,
    identity: engine.identity,
    inputs: { ...images.hashes, encoder: encoder.hash },
    engine,
    encoder,
  };
}
