/**
 * The border between the run store and whatever computes a trial or a training. The store gives the trial a `TrialIo`, the
 * training a `TrainingIo`; they write nothing by themselves, so that every byte on the disk goes through one layer that
 * can stop, resume and fail.
 */
import type { EngineIdentity } from '../engines/engine.ts';
import type { TrialResult } from '../experiment/result.ts';
import type { TrainingConfig, TrainingResult } from '../experiment/training.ts';
import type { TraceRecord, TrialConfig } from '../experiment/trial.ts';
import type { RgbImage } from '../images/image.ts';
import type { State, StateValue } from '../platform/state.ts';
import type { RungValue } from './successive-halving.ts';

/** What a checkpoint holds: whatever the work needs to go on bit for bit. Nested plain data and Float32Arrays. */
export type TrialState = State;
export type { StateValue };

/** Where a trial or a training is: shown to people, never stored. */
export interface TrialProgress {
  readonly phase: 'prepare' | 'compile' | 'evaluate' | 'measure';
  /** Evaluations done, of how many at most, over all levels; of a training: steps. */
  readonly evaluation: number;
  readonly evaluations: number;
  /** The objective's value at the last evaluation. */
  readonly total?: number;
  /** Seconds until the trial is expected to end. */
  readonly etaSeconds?: number;
}

/** What a trial is given for all its input and output besides the images it reads. */
export interface TrialIo {
  /** The attempt's folder, absolute. Only to be named in messages: write through the functions below. */
  readonly folder: string;
  /** Adds one record to the trace. Costs microseconds: the record is kept in memory and written later. */
  trace(record: TraceRecord): void;
  /**
   * Keeps the picture at an evaluation: `images/evaluation-000150.png` (see `snapshotPath`). Keeping the same
   * evaluation's picture again replaces it.
   */
  snapshot(evaluation: number, image: RgbImage): Promise<void>;
  /** Keeps a picture under another name (`final` -> `images/final.png`); returns the path for the result. */
  picture(name: string, image: RgbImage): Promise<string>;
  /**
   * Makes everything so far durable and resumable: the trace and pictures of before, then this state. The state is
   * copied before the call returns, so the trial may go on computing without awaiting; an earlier checkpoint that
   * is still being written is finished first. The last two are kept.
   * @throws NeckarError (through the promise, or through the next call) when the disk refuses
   */
  checkpoint(state: TrialState): Promise<void>;
  /** The state of the last checkpoint when this trial was begun before: go on from it, with the next evaluation. */
  readonly restored?: TrialState;
  /**
   * Reports a value at a rung of the budget's pruning. Reporting the same rung again, after a resume, gives the same
   * answer.
   * @returns why the trial is to stop there as `pruned`, or undefined
   */
  rung?(report: RungValue): Promise<string | undefined>;
  /** Where a trial's network was trained in the same plan: its result, and the absolute path of its parameters. */
  readonly trained?: { readonly result: TrainingResult; readonly file: string };
  /** For people who watch. Call it as often as convenient; what is shown is thinned elsewhere. */
  progress(progress: TrialProgress): void;
  /** One line for the attempt's `log.txt`. */
  log(line: string): void;
}

/**
 * What a trial returns: the result without what the store knows better (ids, artefact hashes, times of day).
 * `images.final` and `images.snapshots[].path` are relative to the attempt's folder, as `picture` returns them and
 * `snapshotPath` names them. `timing.shared` is filled in by the store.
 */
export interface TrialOutcome
  extends Pick<
    TrialResult,
    'state' | 'reason' | 'images' | 'cost' | 'final' | 'scores' | 'inputs' | 'weightFactors' | 'network'
  > {
  readonly identity: EngineIdentity;
  readonly timing: Omit<TrialResult['timing'], 'shared'> & { readonly shared?: boolean };
}

/**
 * Computes one trial. When `signal` aborts it finishes the evaluation at hand, calls `io.checkpoint` once more and
 * rejects with `signal.reason`; the trial is then resumed by the next run. Any other rejection is a failure.
 */
export type PerformTrial = (config: TrialConfig, io: TrialIo, signal: AbortSignal) => Promise<TrialOutcome>;

/** Where the picture that `io.picture('final', …)` keeps lies, relative to the attempt's folder. */
export const finalPicture = 'images/final.png';

/** Where the picture of an evaluation lies, relative to the attempt's folder. */
export function snapshotPath(evaluation: number): string {
  return `images/evaluation-${String(evaluation).padStart(6, '0')}.png`;
}

/** What a training returns: the result without what the store knows better. Paths are relative to the attempt's folder. */
export interface TrainingOutcome
  extends Pick<TrainingResult, 'state' | 'reason' | 'cost' | 'final' | 'inputs' | 'weights' | 'samples'> {
  readonly identity: EngineIdentity;
  readonly timing: Omit<TrainingResult['timing'], 'shared'> & { readonly shared?: boolean };
}

/** What a training is given besides: somewhere for its parameters. */
export interface TrainingIo extends Omit<TrialIo, 'trained' | 'rung'> {
  /** Keeps bytes as a file beside the trace of the attempt (`weights.safetensors`); returns the path for the result. */
  file(name: string, bytes: Uint8Array): Promise<string>;
}

/** Trains one network; what is said of `PerformTrial` holds, with steps for evaluations. */
export type PerformTraining = (
  config: TrainingConfig,
  io: TrainingIo,
  signal: AbortSignal,
) => Promise<TrainingOutcome>;
