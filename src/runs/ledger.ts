/** The account of a run: what has happened to its work, how long the rest will take, and how it ended. */
import { trainingPixels } from './forecast/trainings.ts';
import type { LaunchEvent, Launcher, RunEvent } from './launcher.ts';
import type { TrainingStatus, TrialStatus } from './status.ts';
import { type RunSummary, sentenceOf, Tally, trainingSummary } from './summary.ts';
import { kindOf, lengthOf, needsOf, type Work, type WorkName } from './work.ts';

export interface LedgerOptions {
  readonly onEvent: (event: RunEvent) => void;
  /** Seconds that a piece of work is expected to take; undefined where nothing tells. */
  readonly forecast: (work: Work) => number | undefined;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Work that goes on: what is expected of it, and what it predicts itself. */
interface Running {
  readonly work: Work;
  readonly startedAt: number;
  /** The evaluation or step that it went on from. */
  readonly from: number;
  eta: number | undefined;
  /** Seconds a pixel of all steps that the rest of a training will take. */
  pace: number | undefined;
}

/** What a run was asked for: trials, and the trainings that they need. */
export interface Asked {
  readonly trials: readonly TrialStatus[];
  readonly trainings: readonly TrainingStatus[];
}

/** Keeps count of a run and predicts its end. */
export class Ledger {
  readonly #launcher: Launcher;
  readonly #options: LedgerOptions;
  readonly #tallies: Readonly<Record<WorkName, Tally>>;
  /** Open work that has not begun here. */
  readonly #waiting = new Map<string, Work>();
  readonly #running = new Map<string, Running>();
  /** Seconds that finished trainings took, and the pixels that they went through. */
  readonly #trained = { seconds: 0, pixels: 0 };
  #interrupted = false;

  /** @param open - what of `asked` is to be done */
  constructor(asked: Asked, open: readonly Work[], launcher: Launcher, options: LedgerOptions) {
    this.#launcher = launcher;
    this.#options = options;
    this.#tallies = { trial: new Tally(asked.trials), training: new Tally(asked.trainings) };
    for (const work of open) this.#waiting.set(work.id, work);
    for (const status of [...asked.trainings, ...asked.trials]) {
      const work = status.kind === 'training' ? status.training! : status.trial!;
      const { result, failure } = status;
      if (result !== undefined) this.#learn(result.timing.total, work);
      if (failure !== undefined && !this.#waiting.has(work.id))
        this.#tally(work).failures.push({ work, failure });
    }
  }

  /** What is asked for, and what of it is done and open. */
  planned(): Extract<RunEvent, { type: 'planned' }> {
    const { trial, training } = this.#tallies;
    const open = [...this.#waiting.values()].map(({ kind }) => kind);
    const trainings = open.filter((kind) => kind === 'training').length;
    return {
      type: 'planned',
      total: trial.total,
      done: trial.before,
      open: open.length - trainings,
      ...(training.total > 0 && {
        trainings: { total: training.total, done: training.before, open: trainings },
      }),
    };
  }

  hear(heard: LaunchEvent): void {
    const event = this.#predicted(heard);
    const { onEvent } = this.#options;
    if (event.type === 'note') {
      onEvent(event);
      return;
    }
    const { work } = event;
    const tally = this.#tally(work);
    this.#waiting.delete(work.id);
    switch (event.type) {
      case 'started':
        this.#running.set(work.id, this.#begun(work, event.resumedFrom));
        break;
      case 'progress':
        this.#goesOn(work, event.progress);
        break;
      case 'finished':
        this.#running.delete(work.id);
        tally.results.push(event.state);
        if (event.seconds === undefined) tally.elsewhere++;
        else {
          tally.finished++;
          this.#learn(event.seconds, work);
        }
        break;
      case 'failed':
        this.#running.delete(work.id);
        tally.failures.push(event);
        break;
      case 'interrupted':
        this.#running.delete(work.id);
        this.#interrupted = true;
        break;
      case 'elsewhere':
        this.#running.delete(work.id);
        this.#waiting.set(work.id, work);
        break;
    }
    onEvent(event);
    const { trial, training } = this.#tallies;
    onEvent({
      type: 'overall',
      done: trial.results.length,
      failed: trial.failures.length,
      running: this.#running.size,
      total: trial.total,
      ...(training.total > 0 && {
        trainings: {
          done: training.results.length,
          failed: training.failures.length,
          total: training.total,
        },
      }),
      etaSeconds: this.#eta(),
    });
  }

  #tally(work: Work): Tally {
    return this.#tallies[kindOf(work).name];
  }

  #begun(work: Work, from = 0): Running {
    return { work, startedAt: this.#now(), from, eta: undefined, pace: undefined };
  }

  #goesOn(work: Work, { evaluation, etaSeconds: eta }: { evaluation: number; etaSeconds?: number }): void {
    const running = this.#running.get(work.id) ?? this.#begun(work);
    const left = 1 - evaluation / lengthOf(work);
    const known = work.kind === 'training' && eta !== undefined && evaluation > 0 && left > 0;
    const pace = known ? eta / (left * trainingPixels(work.config)) : running.pace;
    this.#running.set(work.id, { ...running, eta, pace });
  }

  #now(): number {
    // Not the time of day: a clock that is set meanwhile would change what the end is predicted from.
    return this.#options.now?.() ?? performance.now();
  }

  /** Progress of work that cannot predict its end yet, with what was expected beforehand. */
  #predicted(event: LaunchEvent): LaunchEvent {
    if (event.type !== 'progress' || event.progress.etaSeconds !== undefined) return event;
    const running = this.#running.get(event.work.id);
    if (running === undefined || event.progress.phase === 'measure') return event;
    const etaSeconds = this.#leftOf(running);
    return etaSeconds === undefined ? event : { ...event, progress: { ...event.progress, etaSeconds } };
  }

  /** Seconds until it ends, by what was expected of it. */
  #leftOf({ work, startedAt, from }: Running): number | undefined {
    const expected = this.#expected(work);
    if (expected === undefined) return undefined;
    const length = lengthOf(work);
    const left = length > 0 ? Math.max(0, 1 - from / length) : 1;
    return Math.max(0, expected * left - (this.#now() - startedAt) / 1000);
  }

  #learn(seconds: number, work: Work): void {
    const forecast = this.#options.forecast(work);
    const { took } = this.#tally(work);
    if (forecast !== undefined) {
      took.seconds += seconds;
      took.forecast += forecast;
    }
    if (work.kind !== 'training') return;
    this.#trained.seconds += seconds;
    this.#trained.pixels += trainingPixels(work.config);
  }

  /** Seconds that work will take that has not begun: as forecast, and as much off that as what was finished so far. */
  #expected(work: Work): number | undefined {
    const forecast = this.#options.forecast(work);
    if (forecast !== undefined) {
      const { took } = this.#tally(work);
      return forecast * (took.forecast > 0 ? took.seconds / took.forecast : 1);
    }
    const pace = this.#pace();
    return work.kind !== 'training' || pace === undefined ? undefined : pace * trainingPixels(work.config);
  }

  /** Seconds a pixel of trainings of which nothing was known beforehand: of finished ones, else of one that runs. */
  #pace(): number | undefined {
    const { seconds, pixels } = this.#trained;
    if (pixels > 0) return seconds / pixels;
    return [...this.#running.values()].find(({ pace }) => pace !== undefined)?.pace;
  }

  /**
   * Seconds until everything is done: the predictions of what runs, and what is expected of the rest; a trial does not
   * begin before its training has ended.
   */
  #eta(): number | undefined {
    const left = new Map<string, number | undefined>();
    for (const [id, running] of this.#running) left.set(id, running.eta ?? this.#leftOf(running));
    for (const [id, work] of this.#waiting) left.set(id, this.#expected(work));
    if (left.size === 0) return 0;
    const known = [...left.values()].filter((seconds) => seconds !== undefined);
    if (known.length < left.size) return undefined;
    const work = known.reduce((sum, seconds) => sum + seconds, 0);
    const chains = [...this.#waiting.values()].map((one) => {
      const needed = needsOf(one).map((id) => left.get(id) ?? 0);
      return Math.max(0, ...needed) + (needed.length > 0 ? left.get(one.id)! : 0);
    });
    const running = [...this.#running.keys()].map((id) => left.get(id)!);
    return Math.max(work / Math.min(this.#launcher.width, left.size), ...running, ...chains);
  }

  /** @param leavesFailures - whether the same command would leave what failed as it is */
  summary({
    leavesFailures = false,
    ...run
  }: {
    name: string;
    folder: string;
    seconds: number;
    interrupted: boolean;
    leavesFailures?: boolean;
  }): RunSummary {
    const { trial, training } = this.#tallies;
    const failed = trial.failures.length + training.failures.length;
    const open = trial.open + training.open;
    // A worker may be told to stop from outside, without this process; what stops because another failed is no news.
    const interrupted = open > 0 && (run.interrupted || (this.#interrupted && failed === 0));
    const exitCode = interrupted ? 130 : failed > 0 ? 1 : 0;
    const counts = {
      total: trial.total,
      diverged: trial.count('diverged'),
      pruned: trial.count('pruned'),
      open: trial.open,
    };
    const detached = run.interrupted && this.#launcher.outlives === true;
    return {
      ...run,
      ...counts,
      interrupted,
      before: trial.before,
      finished: trial.finished,
      elsewhere: trial.elsewhere,
      failures: trial.failures.flatMap(({ work, failure }) =>
        work.kind === 'training' ? [] : [{ trial: work, failure }],
      ),
      ...(training.total > 0 && { trainings: trainingSummary(training) }),
      exitCode,
      sentence: sentenceOf({
        ...run,
        ...counts,
        done: trial.results.length,
        failed: trial.failures.length,
        trainings: training,
        exitCode,
        detached,
        leavesFailures,
      }),
    };
  }
}
