/** The account of a run: what has happened to its trials, how long the rest will take, and how it ended. */
import type { IdentifiedTrial } from './identity.ts';
import type { LaunchEvent, Launcher, RunEvent } from './launcher.ts';
import type { TrialResult } from './result.ts';
import type { TrialStatus } from './status.ts';
import type { Failure } from './store.ts';

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
  readonly interrupted: boolean;
  readonly seconds: number;
  /** 0: everything is finished (or left to others); 1: something failed; 130: interrupted. */
  readonly exitCode: 0 | 1 | 130;
  /** The ending in a sentence or two, with what to do next. */
  readonly sentence: string;
}

/** Keeps count of a run and predicts its end. */
export class Ledger {
  readonly #asked: readonly TrialStatus[];
  readonly #launcher: Launcher;
  readonly #onEvent: (event: RunEvent) => void;
  readonly #results: TrialResult['state'][];
  readonly #failures: { trial: IdentifiedTrial; failure: Failure }[] = [];
  readonly #running = new Map<string, number | undefined>();
  readonly #seconds: number[];
  readonly before: number;
  #finished = 0;
  #elsewhere = 0;
  #interrupted = false;

  constructor(
    asked: readonly TrialStatus[],
    open: readonly TrialStatus[],
    launcher: Launcher,
    onEvent: (event: RunEvent) => void,
  ) {
    this.#asked = asked;
    this.#launcher = launcher;
    this.#onEvent = onEvent;
    const done = asked.flatMap(({ result }) => (result === undefined ? [] : [result]));
    this.before = done.length;
    this.#results = done.map(({ state }) => state);
    this.#seconds = done.map(({ timing }) => timing.total);
    const opened = new Set(open.map(({ id }) => id));
    for (const { id, trial, failure } of asked) {
      if (failure !== undefined && !opened.has(id)) this.#failures.push({ trial: trial!, failure });
    }
  }

  hear(event: LaunchEvent): void {
    switch (event.type) {
      case 'trial-started':
        this.#running.set(event.trial.id, undefined);
        break;
      case 'trial-progress':
        this.#running.set(event.trial.id, event.progress.etaSeconds);
        break;
      case 'trial-finished':
        this.#running.delete(event.trial.id);
        this.#results.push(event.state);
        if (event.seconds === undefined) this.#elsewhere++;
        else {
          this.#finished++;
          this.#seconds.push(event.seconds);
        }
        break;
      case 'trial-failed':
        this.#running.delete(event.trial.id);
        this.#failures.push(event);
        break;
      case 'trial-interrupted':
        this.#running.delete(event.trial.id);
        this.#interrupted = true;
        break;
      case 'trial-elsewhere':
        this.#running.delete(event.trial.id);
        break;
      case 'note':
        break;
    }
    this.#onEvent(event);
    if (event.type === 'note') return;
    this.#onEvent({
      type: 'overall',
      done: this.#results.length,
      failed: this.#failures.length,
      running: this.#running.size,
      total: this.#asked.length,
      etaSeconds: this.#eta(),
    });
  }

  /** Seconds until everything is done: the running trials' own predictions, and the mean so far for the others. */
  #eta(): number | undefined {
    const known = [...this.#running.values()].filter((eta) => eta !== undefined);
    const mean =
      this.#seconds.length > 0
        ? this.#seconds.reduce((sum, seconds) => sum + seconds, 0) / this.#seconds.length
        : undefined;
    const left = this.#asked.length - this.#results.length - this.#failures.length;
    const unknown = left - known.length;
    if (left === 0) return 0;
    if (unknown > 0 && mean === undefined) return undefined;
    const work = known.reduce((sum, eta) => sum + eta, 0) + unknown * (mean ?? 0);
    return Math.max(work / Math.min(this.#launcher.width, left), ...known);
  }

  summary(run: { name: string; folder: string; seconds: number; interrupted: boolean }): RunSummary {
    const total = this.#asked.length;
    const open = total - this.#results.length - this.#failures.length;
    const diverged = this.#results.filter((state) => state === 'diverged').length;
    const pruned = this.#results.filter((state) => state === 'pruned').length;
    const failed = this.#failures.length;
    // A worker may be told to stop from outside, without this process; what stops because another failed is no news.
    const interrupted = open > 0 && (run.interrupted || (this.#interrupted && failed === 0));
    const exitCode = interrupted ? 130 : failed > 0 ? 1 : 0;
    return {
      ...run,
      interrupted,
      total,
      before: this.before,
      finished: this.#finished,
      elsewhere: this.#elsewhere,
      diverged,
      pruned,
      failures: this.#failures,
      open,
      exitCode,
      sentence: sentenceOf({
        total,
        done: this.#results.length,
        diverged,
        pruned,
        failed,
        open,
        exitCode,
        detached: run.interrupted && this.#launcher.outlives === true,
        ...run,
      }),
    };
  }
}

function sentenceOf(run: {
  total: number;
  done: number;
  diverged: number;
  pruned: number;
  failed: number;
  open: number;
  exitCode: number;
  /** What is open goes on without this process. */
  detached: boolean;
  name: string;
  folder: string;
}): string {
  const parts = [`${run.done} of ${run.total} ${run.total === 1 ? 'trial is' : 'trials are'} finished`];
  if (run.diverged > 0) parts.push(`${run.diverged} of them diverged`);
  if (run.pruned > 0) parts.push(`${run.pruned} of them were pruned`);
  if (run.failed > 0) parts.push(`${run.failed} failed`);
  if (run.open > 0) parts.push(`${run.open} are still open`);
  const what = `${parts.join(', ')} (${run.folder}).`;
  if (run.exitCode === 130 && run.detached) {
    return `Detached: ${what} What is in the queue goes on; the same command comes back to it, and "neckar cancel ${run.name}" ends it.`;
  }
  if (run.exitCode === 130) {
    return `Interrupted: ${what} Run the same command again to go on from the last checkpoints.`;
  }
  if (run.failed > 0) return `${what} Run the same command again to try those that failed once more.`;
  return what;
}
