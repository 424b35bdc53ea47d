/** How a run ended, in numbers and in a sentence. */
import type { IdentifiedTraining, IdentifiedTrial } from './identity.ts';
import type { TrainingStatus, TrialStatus } from './status.ts';
import type { Failure } from './store.ts';
import type { Work, WorkResult } from './work.ts';

export interface RunSummary {
  readonly name: string;
  /** The experiment's folder. */
  readonly folder: string;
  /** Trials asked for. */
  readonly total: number;
  /** Of these: finished before, finished now by this run, and finished meanwhile by others. */
  readonly before: number;
  readonly finished: number;
  readonly elsewhere: number;
  /** Finished ones (now or before) that diverged. */
  readonly diverged: number;
  /** Finished ones that were stopped because others were better. */
  readonly pruned: number;
  readonly failures: readonly { readonly trial: IdentifiedTrial; readonly failure: Failure }[];
  /** Neither finished nor failed: interrupted, not begun, or run by others. */
  readonly open: number;
  /** The same of the trainings that these trials need; absent: none does. */
  readonly trainings?: TrainingSummary;
  readonly interrupted: boolean;
  readonly seconds: number;
  /** 0: everything is finished (or left to others); 1: something failed; 130: interrupted. */
  readonly exitCode: 0 | 1 | 130;
  /** The ending in a sentence or two, with what to do next. */
  readonly sentence: string;
}

/** What a run did of trainings; their failures are also those of the trials that need them. */
export interface TrainingSummary
  extends Pick<RunSummary, 'total' | 'before' | 'finished' | 'elsewhere' | 'diverged' | 'open'> {
  readonly failures: readonly { readonly training: IdentifiedTraining; readonly failure: Failure }[];
}

/** Of one kind of work: how much was asked for, and what has become of it. */
export class Tally {
  readonly results: WorkResult['state'][];
  readonly failures: { work: Work; failure: Failure }[] = [];
  readonly before: number;
  finished = 0;
  elsewhere = 0;
  /** Seconds that finished work took, with what had been forecast of it. */
  readonly took = { seconds: 0, forecast: 0 };

  readonly total: number;

  constructor(asked: readonly (TrialStatus | TrainingStatus)[]) {
    this.total = asked.length;
    this.results = asked.flatMap(({ result }) => (result === undefined ? [] : [result.state]));
    this.before = this.results.length;
  }

  /** Neither finished nor failed. */
  get open(): number {
    return this.total - this.results.length - this.failures.length;
  }

  count(state: WorkResult['state']): number {
    return this.results.filter((one) => one === state).length;
  }
}

/** What a run did of its trainings. */
export function trainingSummary(tally: Tally): TrainingSummary {
  const { total, before, finished, elsewhere, open, failures } = tally;
  return {
    total,
    before,
    finished,
    elsewhere,
    diverged: tally.count('diverged'),
    open,
    failures: failures.flatMap(({ work, failure }) =>
      work.kind === 'training' ? [{ training: work, failure }] : [],
    ),
  };
}

/** The ending in a sentence or two, with what to do next. */
export function sentenceOf(run: {
  total: number;
  done: number;
  diverged: number;
  pruned: number;
  failed: number;
  open: number;
  trainings: Tally;
  exitCode: number;
  /** What is open goes on without this process. */
  detached: boolean;
  /** The same command would leave what failed as it is. */
  leavesFailures: boolean;
  name: string;
  folder: string;
}): string {
  const parts: string[] = [];
  // A run may have been asked for a training alone.
  if (run.total > 0 || run.trainings.total === 0) {
    parts.push(`${run.done} of ${run.total} ${run.total === 1 ? 'trial is' : 'trials are'} finished`);
  }
  if (run.diverged > 0) parts.push(`${run.diverged} of them diverged`);
  if (run.pruned > 0) parts.push(`${run.pruned} of them were pruned`);
  if (run.failed > 0) parts.push(`${run.failed} failed`);
  if (run.open > 0) parts.push(`${run.open} are still open`);
  const { total, results, failures } = run.trainings;
  if (total > 0) {
    const failed = failures.length === 0 ? '' : ` (${failures.length} failed)`;
    parts.push(`${results.length} of ${total} ${total === 1 ? 'training' : 'trainings'} done${failed}`);
  }
  const what = `${parts.join(', ')} (${run.folder}).`;
  if (run.exitCode === 130 && run.detached) {
    return `Detached: ${what} What is in the queue goes on; the same command comes back to it, and "neckar cancel ${run.name}" ends it.`;
  }
  if (run.exitCode === 130) {
    return `Interrupted: ${what} Run the same command again to go on from the last checkpoints.`;
  }
  if (run.failed > 0 && run.leavesFailures) {
    return `${what} "neckar retry ${run.name}" tries those that failed once more.`;
  }
  if (run.failed > 0) return `${what} Run the same command again to try those that failed once more.`;
  return what;
}
