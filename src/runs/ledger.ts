/** The account of a run: what has happened to its trials, how long the rest will take, and how it ended. */

import type { TrialResult } from '../experiment/result.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import type { IdentifiedTrial } from './identity.ts';
import type { LaunchEvent, Launcher, RunEvent } from './launcher.ts';
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

export interface LedgerOptions {
  readonly onEvent: (event: RunEvent) => void;
  /** Seconds that a trial is expected to take. */
  readonly forecast: (config: TrialConfig) => number;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** A trial at work: what is expected of it, and what it predicts itself. */
interface Running {
  readonly startedAt: number;
  /** Seconds from its start to its end. */
  readonly expected: number;
  eta: number | undefined;
}

/** Keeps count of a run and predicts its end. */
export class Ledger {
  readonly #asked: readonly TrialStatus[];
  readonly #launcher: Launcher;
  readonly #options: LedgerOptions;
  readonly #results: TrialResult['state'][];
  readonly #failures: { trial: IdentifiedTrial; failure: Failure }[] = [];
  /** Forecasts of open trials that have not begun here. */
  readonly #waiting = new Map<string, number>();
  readonly #running = new Map<string, Running>();
  /** Seconds that finished trials took, and their forecasts. */
  readonly #took = { seconds: 0, forecast: 0 };
  readonly before: number;
  #finished = 0;
  #elsewhere = 0;
  #interrupted = false;

  constructor(
    asked: readonly TrialStatus[],
    open: readonly TrialStatus[],
    launcher: Launcher,
    options: LedgerOptions,
  ) {
    this.#asked = asked;
    this.#launcher = launcher;
    this.#options = options;
    const done = asked.flatMap(({ result }) => (result === undefined ? [] : [result]));
    this.before = done.length;
    this.#results = done.map(({ state }) => state);
    for (const { timing, config } of done) this.#learn(timing.total, config);
    for (const { trial } of open) this.#waiting.set(trial!.id, options.forecast(trial!.config));
    const opened = new Set(open.map(({ id }) => id));
    for (const { id, trial, failure } of asked) {
      if (failure !== undefined && !opened.has(id)) this.#failures.push({ trial: trial!, failure });
    }
  }

  hear(heard: LaunchEvent): void {
    const event = this.#predicted(heard);
    if ('trial' in event) this.#waiting.delete(event.trial.id);
    switch (event.type) {
      case 'trial-started':
        this.#running.set(event.trial.id, this.#begun(event));
        break;
      case 'trial-progress': {
        const running = this.#running.get(event.trial.id) ?? this.#begun(event);
        this.#running.set(event.trial.id, { ...running, eta: event.progress.etaSeconds });
        break;
      }
      case 'trial-finished':
        this.#running.delete(event.trial.id);
        this.#results.push(event.state);
        if (event.seconds === undefined) this.#elsewhere++;
        else {
          this.#finished++;
          this.#learn(event.seconds, event.trial.config);
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
        this.#waiting.set(event.trial.id, this.#options.forecast(event.trial.config));
        break;
      case 'note':
        break;
    }
    const { onEvent } = this.#options;
    onEvent(event);
    if (event.type === 'note') return;
    onEvent({
      type: 'overall',
      done: this.#results.length,
      failed: this.#failures.length,
      running: this.#running.size,
      total: this.#asked.length,
      etaSeconds: this.#eta(),
    });
  }

  #begun(event: Extract<LaunchEvent, { trial: IdentifiedTrial }>): Running {
    const { config } = event.trial;
    const { evaluations } = config.budget;
    const before = 'resumedFrom' in event ? (event.resumedFrom ?? 0) : 0;
    const left = evaluations > 0 ? Math.max(0, 1 - before / evaluations) : 1;
    return {
      startedAt: this.#now(),
      expected: this.#options.forecast(config) * this.#stretch * left,
      eta: undefined,
    };
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  /** Progress of a trial that cannot predict its end yet, with what was expected beforehand. */
  #predicted(event: LaunchEvent): LaunchEvent {
    if (event.type !== 'trial-progress' || event.progress.etaSeconds !== undefined) return event;
    const running = this.#running.get(event.trial.id);
    if (running === undefined || event.progress.phase === 'measure') return event;
    const etaSeconds = this.#leftOf(running);
    return { ...event, progress: { ...event.progress, etaSeconds } };
  }

  #leftOf({ startedAt, expected }: Running): number {
    return Math.max(0, expected - (this.#now() - startedAt) / 1000);
  }

  #learn(seconds: number, config: TrialConfig): void {
    this.#took.seconds += seconds;
    this.#took.forecast += this.#options.forecast(config);
  }

  /** How much longer or shorter than forecast trials have been so far. */
  get #stretch(): number {
    const { seconds, forecast } = this.#took;
    return forecast > 0 ? seconds / forecast : 1;
  }

  /** Seconds until everything is done: the running trials' own predictions, and what is expected of the others. */
  #eta(): number {
    const running = [...this.#running.values()].map((one) => one.eta ?? this.#leftOf(one));
    let work = running.reduce((sum, eta) => sum + eta, 0);
    for (const forecast of this.#waiting.values()) work += forecast * this.#stretch;
    const left = running.length + this.#waiting.size;
    return left === 0 ? 0 : Math.max(work / Math.min(this.#launcher.width, left), ...running);
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
