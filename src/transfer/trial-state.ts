/** What a checkpoint holds of a trial, and the way there and back. */
import type { TraceRecord } from '../experiment/trial.ts';
import type { RgbImage } from '../images/image.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import type { StateValue } from '../platform/state.ts';
import type { NamedValues, TensorValue } from '../tensor.ts';
import { noParts, type PartsMemory } from './parts.ts';
import { DivergenceWatch } from './stopping.ts';

/** Thrown when the signal asked a trial to stop; its checkpoint has been written. */
export class TrialInterrupted extends Error {
  override readonly name = 'TrialInterrupted';
  /** The best picture so far, at the size of the last level; absent where nothing had been evaluated. */
  readonly picture: RgbImage | undefined;

  constructor(message: string, picture?: RgbImage) {
    super(message);
    this.picture = picture;
  }
}

/** How and why the optimisation ended. */
export interface Ending {
  readonly state: 'complete' | 'diverged' | 'pruned';
  readonly reason: string;
}

/** Everything of a trial that changes from evaluation to evaluation and outlives an interruption. */
export interface TrialMemory {
  level: number;
  levelEvaluations: number;
  evaluations: number;
  stepsOfEarlierLevels: number;
  /** Best total after each evaluation of the level, for the plateau rule. */
  totals: number[];
  watch: DivergenceWatch;
  /** The optimiser's steps when targets were last recomputed: no step since then means none is possible. */
  refreshedAtStep: number;
  weightFactors: Record<string, number> | undefined;
  /** What the schedules made of the weights at the last evaluation of the level, if there was one. */
  factors: Readonly<Record<string, number>> | undefined;
  /** Evaluations by which schedules run ahead, as the optimiser could go no further under the weights of then. */
  ahead: number;
  lastRecord: TraceRecord | undefined;
  /** The result of the level before, or of the last. */
  picture: RgbImage | undefined;
  /** Seconds by what they were spent on. */
  readonly clock: {
    prepare: number;
    compile: number;
    warmup: number;
    evaluate: number;
    optimizer: number;
    refresh: number;
    output: number;
  };
  readonly evaluationSeconds: number[];
  parts: PartsMemory;
}

/** The memory of a trial that has not begun. */
export function freshMemory(): TrialMemory {
  return {
    level: 0,
    levelEvaluations: 0,
    evaluations: 0,
    stepsOfEarlierLevels: 0,
    totals: [],
    watch: new DivergenceWatch(),
    refreshedAtStep: 0,
    weightFactors: undefined,
    factors: undefined,
    ahead: 0,
    lastRecord: undefined,
    picture: undefined,
    clock: { prepare: 0, compile: 0, warmup: 0, evaluate: 0, optimizer: 0, refresh: 0, output: 0 },
    evaluationSeconds: [],
    parts: noParts(),
  };
}

/** Forgets what belongs to one level alone, at its end. */
export function enterNextLevel(memory: TrialMemory): void {
  memory.level++;
  memory.levelEvaluations = 0;
  memory.totals = [];
  memory.refreshedAtStep = 0;
  memory.factors = undefined;
  memory.ahead = 0;
  memory.watch = new DivergenceWatch();
}

/** What a checkpoint holds beside the memory. */
interface Surroundings {
  /** Seconds since the first evaluation, and since the trial began, over all attempts. */
  readonly seconds: number;
  readonly total: number;
  readonly threads: number | undefined;
  readonly held: NamedValues;
  readonly optimizer: OptimizerState | undefined;
  readonly ending: Ending | undefined;
}

/** A checkpoint taken up again. */
export interface Resumed extends Surroundings {
  readonly memory: TrialMemory;
}

/** The checkpoint as plain data; typed arrays are referred to, not copied. */
export function checkpointOf(memory: TrialMemory, around: Surroundings): Record<string, StateValue> {
  const {
    picture,
    lastRecord,
    watch,
    weightFactors,
    factors,
    clock,
    totals,
    evaluationSeconds,
    parts,
    ...counts
  } = memory;
  return {
    ...counts,
    seconds: around.seconds,
    total: around.total,
    totals: Float32Array.from(totals),
    watch: watch.state(),
    weightFactors: weightFactors ?? null,
    factors: factors === undefined ? null : { ...factors },
    clock: { ...clock },
    evaluationSeconds: Float32Array.from(evaluationSeconds),
    parts: JSON.stringify(parts),
    lastRecord: lastRecord === undefined ? null : JSON.stringify(lastRecord),
    picture:
      picture === undefined ? null : { width: picture.width, height: picture.height, data: picture.data },
    threads: around.threads ?? null,
    ending: around.ending === undefined ? null : { ...around.ending },
    held: Object.fromEntries(
      Object.entries(around.held).map(([name, { shape, dtype, data }]) => [
        name,
        // int32 positions and counts are exact in float32 up to 2²⁴, far above any feature map's.
        { shape: [...shape], dtype, data: Float32Array.from(data) },
      ]),
    ),
    optimizer: around.optimizer ?? null,
  };
}

/** The way back from `checkpointOf`. */
export function resume(checkpoint: Record<string, StateValue>): Resumed {
  const state = checkpoint as unknown as Stored;
  const held = Object.entries(state.held).map(([name, value]): [string, TensorValue] => [
    name,
    value.dtype === 'int32' ? { ...value, data: Int32Array.from(value.data) } : value,
  ]);
  return {
    memory: {
      level: state.level,
      levelEvaluations: state.levelEvaluations,
      evaluations: state.evaluations,
      stepsOfEarlierLevels: state.stepsOfEarlierLevels,
      totals: [...state.totals],
      watch: new DivergenceWatch(state.watch),
      refreshedAtStep: state.refreshedAtStep,
      weightFactors: state.weightFactors ?? undefined,
      factors: state.factors ?? undefined,
      ahead: state.ahead ?? 0,
      lastRecord: state.lastRecord === null ? undefined : JSON.parse(state.lastRecord),
      picture: state.picture ?? undefined,
      clock: { ...state.clock },
      evaluationSeconds: [...state.evaluationSeconds],
      parts: state.parts === undefined ? noParts() : JSON.parse(state.parts),
    },
    seconds: state.seconds,
    total: state.total,
    threads: state.threads ?? undefined,
    held: Object.fromEntries(held),
    optimizer: state.optimizer ?? undefined,
    ending: state.ending ?? undefined,
  };
}

interface Stored {
  level: number;
  levelEvaluations: number;
  evaluations: number;
  stepsOfEarlierLevels: number;
  seconds: number;
  total: number;
  totals: Float32Array;
  watch: { first: number | null; above: number };
  refreshedAtStep: number;
  weightFactors: Record<string, number> | null;
  factors?: Record<string, number> | null;
  ahead?: number;
  clock: TrialMemory['clock'];
  evaluationSeconds: Float32Array;
  /** Absent in older checkpoints. */
  parts?: string;
  lastRecord: string | null;
  picture: RgbImage | null;
  threads: number | null;
  held: Record<string, { shape: number[]; dtype: 'float32' | 'int32'; data: Float32Array }>;
  optimizer: OptimizerState | null;
  ending: Ending | null;
}
