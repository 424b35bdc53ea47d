/** Runs an experiment: what is finished stays, what is missing is run, and whatever happens is said. */
import { dirname, join } from 'node:path';
import type { MachineSpeed } from '../engines/speed.ts';
import { NeckarError } from '../errors.ts';
import { faultFromEnvironment } from './faults.ts';
import { diskFiles, type Files } from './files.ts';
import { knownForecasts } from './forecast/known.ts';
import { resultsBeside } from './forecast/others.ts';
import { pictureShapes } from './forecast/shapes.ts';
import { type IdentifiedTrial, identifyTrials, type TrialPlan } from './identity.ts';
import type { Launcher, OpenTrial, RunEvent } from './launcher.ts';
import { Ledger, type RunSummary } from './ledger.ts';
import { type LocalOptions, localLauncher } from './local.ts';
import { memoryEstimates } from './memory.ts';
import { leavingSentence, writePlan } from './plan-files.ts';
import { type TrialStatus, trialStatuses } from './status.ts';

export type { RunSummary } from './ledger.ts';

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
  /** What carries trials out; default: this machine, with the options of `LocalOptions`. */
  readonly launcher?: Launcher;
  /** What to do with trials that failed before: `run` them again (default), `skip` them, or run them `only`. */
  readonly failed?: 'run' | 'skip' | 'only';
  /** Run these whatever `failed` says: what failed as something else, before its files were there. */
  readonly also?: ReadonlySet<string>;
  /** Only the trials with these ids. */
  readonly only?: ReadonlySet<string>;
  /** The plan's trials, where their files have been read already. */
  readonly identified?: readonly IdentifiedTrial[];
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
  /** Measures the processor for the first prediction of the end, where a long run has nothing else to go by. */
  readonly speed?: () => Promise<MachineSpeed | undefined>;
  /** What to type to run a trial again; default `neckar retry <experiment> <id>`. */
  readonly command?: (trial: IdentifiedTrial) => string;
  readonly files?: Files;
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
  const trials = options.identified ?? (await identifyTrials(plan.trials));
  const folder = experimentFolder(plan.name, options.runs);
  const { name, asked: settings, file, question, primary, metrics, report } = plan;
  const declaration = { question, primary, metrics, report, launcher: plan.launcher };
  const keeping = { name, declaration, trials, ...(settings && { asked: settings }), ...(file && { file }) };
  const leaving = await leavingSentence(files, folder, trials, settings);
  for (const sentence of await writePlan(files, folder, keeping)) onEvent({ type: 'note', sentence });
  if (leaving !== undefined) onEvent({ type: 'note', sentence: leaving });

  const statuses = await trialStatuses(files, folder, trials, 'hashes');
  const asked = statuses.filter(({ id }) => options.only?.has(id) ?? true);
  const open = asked.filter((status) =>
    isOpen(status, options.also?.has(status.id) ? 'run' : (options.failed ?? 'run')),
  );
  const results = statuses.flatMap(({ result }) => (result === undefined ? [] : [result]));
  const shapes = await pictureShapes(trials.map(({ config }) => config));
  const memory = memoryEstimates(results, shapes);
  // Of a cluster's nodes this machine's processor says nothing.
  const { speed } = launcher.outlives ? {} : options;
  const { forecast } = await knownForecasts(
    open.map(({ trial }) => trial!.config),
    {
      results,
      shapes,
      others: () => resultsBeside(files, dirname(folder), plan.name),
      ...(speed && { speed }),
      worth: worthMeasuring,
    },
  );
  const ledger = new Ledger(asked, open, launcher, {
    onEvent,
    forecast: (config) => forecast(config).seconds,
  });
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

/** Seconds that a run must seem to take for the processor to be measured beforehand. */
export const worthMeasuring = 30;

/** The folder of an experiment's runs. */
export function experimentFolder(name: string, runs = 'runs'): string {
  return join(runs, name);
}

function isOpen({ state }: TrialStatus, failed: 'run' | 'skip' | 'only'): boolean {
  if (state === 'failed') return failed !== 'skip';
  return failed !== 'only' && (state === 'waiting' || state === 'running');
}
