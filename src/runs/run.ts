/** Runs an experiment: what is finished stays, what is missing is run, and whatever happens is said. */
import { join } from 'node:path';
import { NeckarError } from '../errors.ts';
import { faultFromEnvironment } from './faults.ts';
import { diskFiles, type Files } from './files.ts';
import { type IdentifiedTrial, identifyTrials, type TrialPlan } from './identity.ts';
import type { LaunchEvent, Launcher, OpenTrial, RunEvent } from './launcher.ts';
import { type LocalOptions, localLauncher } from './local.ts';
import { memoryEstimates } from './memory.ts';
import type { TrialResult } from './result.ts';
import { type TrialStatus, trialStatuses } from './status.ts';
import { type Failure, trialFolder, writePlan } from './store.ts';

/** What the planner gives; its `Plan` is one. */
export interface ExperimentPlan {
  readonly name: string;
  readonly trials: readonly TrialPlan[];
  /** Kept in `experiment.json`. */
  readonly question?: string;
  readonly metrics?: readonly string[];
  readonly report?: unknown;
}

export interface RunOptions extends LocalOptions {
  /** Where experiments are kept; default `runs`. The experiment's own folder is `<runs>/<name>`. */
  readonly runs?: string;
  /** What carries trials out; default: this machine, with the options of `LocalOptions`. */
  readonly launcher?: Launcher;
  /** What to do with trials that failed before: `run` them again (default), `skip` them, or run them `only`. */
  readonly failed?: 'run' | 'skip' | 'only';
  /** Only the trials with these ids. */
  readonly only?: ReadonlySet<string>;
  /** Start interrupted and failed trials from nothing. */
  readonly fresh?: boolean;
  /** Start nothing more after the first failure. */
  readonly failFast?: boolean;
  /** Wait for trials that another process runs at the moment; default true. */
  readonly wait?: boolean;
  /** Finish the evaluations at hand, keep checkpoints, and return (Ctrl-C). */
  readonly stop?: AbortSignal;
  /** End everything now (Ctrl-C again). */
  readonly kill?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
  /** What to type to run a trial again; default `neckar retry <experiment> <id>`. */
  readonly command?: (trial: IdentifiedTrial) => string;
  readonly files?: Files;
}

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

/**
 * Runs the trials of a plan that are not finished.
 *
 * @throws NeckarError when the plan is empty or invalid, an input is missing, the folder belongs to a newer Neckar, or
 *   the disk refuses (full, read-only): then nothing is left half-written, and what is finished is kept
 */
export async function runExperiment(plan: ExperimentPlan, options: RunOptions = {}): Promise<RunSummary> {
  const begun = performance.now();
  const { onEvent = () => {} } = options;
  const files = options.files ?? diskFiles(faultFromEnvironment('run'));
  const launcher = options.launcher ?? localLauncher(options);
  if (plan.trials.length === 0) {
    throw new NeckarError(
      `The experiment "${plan.name}" has no trials. Give it at least one variant and one pair of images.`,
    );
  }
  const trials = await identifyTrials(plan.trials);
  const folder = experimentFolder(plan.name, options.runs);
  const { question, metrics, report } = plan;
  const declaration = { question, metrics, report };
  for (const sentence of await writePlan(files, folder, { name: plan.name, declaration, trials })) {
    onEvent({ type: 'note', sentence });
  }

  const statuses = await trialStatuses(files, folder, trials, 'hashes');
  const asked = statuses.filter(({ id }) => options.only?.has(id) ?? true);
  const open = asked.filter((status) => isOpen(status, options.failed ?? 'run'));
  const ledger = new Ledger(asked, open, launcher.width, onEvent);
  const memory = memoryEstimates(statuses.flatMap(({ result }) => (result === undefined ? [] : [result])));
  onEvent({ type: 'planned', total: asked.length, done: ledger.before, open: open.length });
  const stop = options.stop ?? new AbortController().signal;
  const kill = options.kill ?? new AbortController().signal;
  if (open.length > 0 && !stop.aborted && !kill.aborted) {
    await launcher.launch({
      files,
      experimentFolder: folder,
      open: open.map(({ trial, attempt, state }) => ({
        trial: trial!,
        // An attempt that is still running may fail yet, and that failure is news.
        knownAttempts: state === 'running' ? attempt - 1 : attempt,
        command: options.command?.(trial!) ?? `neckar retry ${plan.name} ${trial!.id}`,
      })) satisfies OpenTrial[],
      fresh: options.fresh ?? false,
      failFast: options.failFast ?? false,
      wait: options.wait ?? true,
      stop,
      kill,
      emit: (event) => ledger.hear(event),
      memoryOf: (trial) => memory(trial.config),
    });
  }
  return ledger.summary({
    name: plan.name,
    folder,
    seconds: (performance.now() - begun) / 1000,
    interrupted: stop.aborted || kill.aborted,
  });
}

/** The folder of an experiment's runs. */
export function experimentFolder(name: string, runs = 'runs'): string {
  return join(runs, name);
}

function isOpen({ state }: TrialStatus, failed: 'run' | 'skip' | 'only'): boolean {
  if (state === 'failed') return failed !== 'skip';
  return failed !== 'only' && (state === 'waiting' || state === 'running');
}

/** Keeps count of a run and predicts its end. */
class Ledger {
  readonly #asked: readonly TrialStatus[];
  readonly #width: number;
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
    width: number,
    onEvent: (event: RunEvent) => void,
  ) {
    this.#asked = asked;
    this.#width = width;
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
    return Math.max(work / Math.min(this.#width, left), ...known);
  }

  summary(run: { name: string; folder: string; seconds: number; interrupted: boolean }): RunSummary {
    const total = this.#asked.length;
    const open = total - this.#results.length - this.#failures.length;
    const diverged = this.#results.filter((state) => state === 'diverged').length;
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
      failures: this.#failures,
      open,
      exitCode,
      sentence: sentenceOf({ total, done: this.#results.length, diverged, failed, open, exitCode, ...run }),
    };
  }
}

function sentenceOf(run: {
  total: number;
  done: number;
  diverged: number;
  failed: number;
  open: number;
  exitCode: number;
  folder: string;
}): string {
  const parts = [`${run.done} of ${run.total} trials are finished`];
  if (run.diverged > 0) parts.push(`${run.diverged} of them diverged`);
  if (run.failed > 0) parts.push(`${run.failed} failed`);
  if (run.open > 0) parts.push(`${run.open} are still open`);
  const what = `${parts.join(', ')} (${run.folder}).`;
  if (run.exitCode === 130) {
    return `Interrupted: ${what} Run the same command again to go on from the last checkpoints.`;
  }
  if (run.failed > 0) return `${what} Run the same command again to try those that failed once more.`;
  return what;
}

/** Where the results of finished trials are, for those who read them. */
export function resultPath(folder: string, id: string): string {
  return join(trialFolder(folder, id), 'result.json');
}
