/** Runs an experiment: what is finished stays, what is missing is run, and whatever happens is said. */
import { dirname, join } from 'node:path';
import type { MachineSpeed } from '../engines/speed.ts';
import { NeckarError } from '../errors.ts';
import { faultFromEnvironment } from './faults.ts';
import { diskFiles, type Files } from './files.ts';
import { knownForecasts } from './forecast/known.ts';
import { resultsBeside } from './forecast/others.ts';
import { pictureShapes } from './forecast/shapes.ts';
import { trainingForecasts, trainingMemory } from './forecast/trainings.ts';
import { identifyWork, type TrialPlan } from './identity.ts';
import type { Launcher, OpenWork, RunEvent } from './launcher.ts';
import { Ledger } from './ledger.ts';
import { type LocalOptions, localLauncher } from './local.ts';
import { memoryEstimates } from './memory.ts';
import { leavingSentence, writePlan } from './plan-files.ts';
import { type PlanStatuses, planStatuses, type TrainingStatus, type TrialStatus, workIn } from './status.ts';
import type { RunSummary } from './summary.ts';
import { needsOf, type PlannedWork, type Work } from './work.ts';

export type { RunSummary } from './summary.ts';

/** What the planner gives; its `Plan` is one. */
export interface ExperimentPlan {
  readonly name: string;
  readonly trials: readonly TrialPlan[];
  /** Kept in `experiment.json`. */
  readonly question?: string;
  readonly primary?: unknown;
  readonly metrics?: readonly string[];
  readonly report?: unknown;
  readonly launcher?: unknown;
  /** The overrides whose trials these are, [] for the file as written; those of others stay in the store's plan. */
  readonly asked?: readonly (readonly string[])[];
  /** The experiment's file. */
  readonly file?: string;
}

export interface RunOptions extends LocalOptions {
  /** Where experiments are kept; default `runs`. The experiment's own folder is `<runs>/<name>`. */
  readonly runs?: string;
  /** What carries the work out; default: this machine, with the options of `LocalOptions`. */
  readonly launcher?: Launcher;
  /** What to do with what failed before: `run` it again (default), `skip` it, or run it `only`. */
  readonly failed?: 'run' | 'skip' | 'only';
  /** Run these whatever `failed` says: what failed as something else, before its files were there. */
  readonly also?: ReadonlySet<string>;
  /** Only the trials with these ids, with the trainings that they need, and the trainings with these. */
  readonly only?: ReadonlySet<string>;
  /** The plan's work, where its files have been read already. */
  readonly identified?: PlannedWork;
  /** Start what was interrupted or failed from nothing. */
  readonly fresh?: boolean;
  /** Start nothing more after the first failure. */
  readonly failFast?: boolean;
  /** Wait for what another process does at the moment; default true. */
  readonly wait?: boolean;
  /** Finish the evaluations at hand, keep checkpoints, and return (Ctrl-C). */
  readonly stop?: AbortSignal;
  /** End everything now (Ctrl-C again). */
  readonly kill?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
  /** Measures the processor for the first prediction of the end, where a long run has nothing else to go by. */
  readonly speed?: () => Promise<MachineSpeed | undefined>;
  /** What to type to do a piece of work again; default `neckar retry <experiment> <id>`. */
  readonly command?: (work: Work, experiment: string) => string;
  readonly files?: Files;
}

/**
 * Runs the trials of a plan that are not finished, and before them the trainings that they need.
 *
 * @throws NeckarError when the plan is empty or invalid, an input is missing, the folder belongs to a newer Neckar, or
 *   the disk refuses (full, read-only): then nothing is left half-written, and what is finished is kept
 */
export async function runExperiment(plan: ExperimentPlan, options: RunOptions = {}): Promise<RunSummary> {
  const { onEvent = () => {} } = options;
  const files = options.files ?? diskFiles(faultFromEnvironment('run'));
  // Options that make no sense are refused before anything is written.
  const launcher = options.launcher ?? localLauncher(options);
  if (plan.trials.length === 0) {
    throw new NeckarError(
      `The experiment "${plan.name}" has no trials. Give it at least one variant and one pair of images.`,
    );
  }
  const work = options.identified ?? (await identifyWork(plan.trials));
  const folder = experimentFolder(plan.name, options.runs);
  const { name, asked: settings, file, question, primary, metrics, report } = plan;
  const declaration = { question, primary, metrics, report, launcher: plan.launcher };
  const keeping = { name, declaration, ...work, ...(settings && { asked: settings }), ...(file && { file }) };
  const leaving = await leavingSentence(files, folder, work, settings);
  for (const sentence of await writePlan(files, folder, keeping)) onEvent({ type: 'note', sentence });
  if (leaving !== undefined) onEvent({ type: 'note', sentence: leaving });

  return await carryOut(plan.name, folder, work, { ...options, files, launcher });
}

/**
 * Does what is open of work that a store's plan holds already; what is finished stays.
 *
 * @param folder - the experiment's
 * @throws NeckarError as `runExperiment`
 */
export async function carryOut(
  name: string,
  folder: string,
  work: PlannedWork,
  options: RunOptions,
): Promise<RunSummary> {
  const begun = performance.now();
  const { onEvent = () => {} } = options;
  const files = options.files ?? diskFiles(faultFromEnvironment('run'));
  const launcher = options.launcher ?? localLauncher(options);
  const statuses = await planStatuses(files, folder, work, 'hashes');
  const { asked, open } = chosen(statuses, options);
  const results = resultsOf(statuses.trials);
  const shapes = await pictureShapes(work.trials.map(({ config }) => config));
  const memory = memoryEstimates(results, shapes);
  // Of a cluster's nodes this machine's processor says nothing.
  const { speed } = launcher.outlives ? {} : options;
  const { forecast } = await knownForecasts(
    open.flatMap((status) => (status.kind === 'training' ? [] : [status.trial!.config])),
    {
      results,
      shapes,
      others: () => resultsBeside(files, dirname(folder), name),
      ...(speed && { speed }),
      worth: worthMeasuring,
    },
  );
  const trained = resultsOf(statuses.trainings);
  const [trainingForecast, memoryOfTraining] = [trainingForecasts(trained), trainingMemory(trained)];
  const ledger = new Ledger(
    asked,
    open.map((status) => workIn(status)!),
    launcher,
    {
      onEvent,
      forecast: (one) =>
        one.kind === 'training' ? trainingForecast(one.config) : forecast(one.config).seconds,
    },
  );
  onEvent(ledger.planned());
  const stop = options.stop ?? new AbortController().signal;
  const kill = options.kill ?? new AbortController().signal;
  if (open.length > 0 && !stop.aborted && !kill.aborted) {
    await launcher.launch({
      files,
      experimentFolder: folder,
      open: open.map((status): OpenWork => {
        const { id, state, attempt } = status;
        const one = workIn(status)!;
        return {
          work: one,
          // An attempt that is still running may fail yet, and that failure is news.
          knownAttempts: state === 'running' ? attempt - 1 : attempt,
          command: options.command?.(one, name) ?? `neckar retry ${name} ${id}`,
        };
      }),
      fresh: options.fresh ?? false,
      failFast: options.failFast ?? false,
      wait: options.wait ?? true,
      stop,
      kill,
      emit: (event) => ledger.hear(event),
      memoryOf: (one) => (one.kind === 'training' ? memoryOfTraining(one.config) : memory(one.config)),
    });
  }
  return ledger.summary({
    name,
    folder,
    seconds: (performance.now() - begun) / 1000,
    leavesFailures: options.failed === 'skip',
    interrupted: stop.aborted || kill.aborted,
  });
}

function resultsOf<Result>(statuses: readonly { readonly result?: Result }[]): Result[] {
  return statuses.flatMap(({ result }) => (result === undefined ? [] : [result]));
}

/** What of a plan is asked for, and what of that is to be done: trainings first, those that an open trial needs. */
export function chosen(
  { trials, trainings }: PlanStatuses,
  { only, also, failed = 'run' }: Pick<RunOptions, 'only' | 'also' | 'failed'>,
): { readonly asked: PlanStatuses; readonly open: readonly (TrainingStatus | TrialStatus)[] } {
  const byId = new Map(trainings.map((status) => [status.id, status]));
  const openBy = (status: TrialStatus | TrainingStatus): boolean =>
    isOpen(status, also?.has(status.id) ? 'run' : failed);
  /** Whether the trainings of a trial are complete or can be. */
  const trainable = ({ trial }: TrialStatus): boolean =>
    needsOf(trial!).every((id) => {
      const training = byId.get(id);
      if (training === undefined) return false;
      return training.state === 'failed'
        ? failed !== 'skip' || also?.has(id) === true
        : training.state !== 'diverged';
    });
  const askedTrials = trials.filter(({ id }) => only?.has(id) ?? true);
  const openTrials = askedTrials.filter((status) => openBy(status) && trainable(status));
  const needed = new Set(openTrials.flatMap(({ trial }) => needsOf(trial!)));
  const isDone = ({ state }: TrainingStatus): boolean => state === 'complete' || state === 'diverged';
  const openTrainings = trainings.filter(
    (status) => !isDone(status) && (needed.has(status.id) || only?.has(status.id) === true),
  );
  const wanted = new Set(askedTrials.flatMap(({ trial }) => needsOf(trial!)));
  return {
    asked: {
      trials: askedTrials,
      trainings: trainings.filter(({ id }) => wanted.has(id) || only?.has(id) === true),
    },
    open: [...openTrainings, ...openTrials],
  };
}

/** Seconds that a run must seem to take for the processor to be measured beforehand. */
export const worthMeasuring = 30;

/** The folder of an experiment's runs. */
export function experimentFolder(name: string, runs = 'runs'): string {
  return join(runs, name);
}

function isOpen({ state }: TrialStatus | TrainingStatus, failed: 'run' | 'skip' | 'only'): boolean {
  if (state === 'failed') return failed !== 'skip';
  return failed !== 'only' && (state === 'waiting' || state === 'running');
}
