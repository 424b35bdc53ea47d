/** `neckar/run`: plans and sweeps from a program of one's own, as the command line does them. */
import { machineSpeed } from './engines/speed.ts';
import { withOwn } from './experiment/additions.ts';
import type { ExperimentInput } from './experiment/define.ts';
import { loadExperiment, shownPath } from './experiment/load.ts';
import { type Plan, type PlanOptions, planTrials } from './experiment/plan.ts';
import { diskFiles } from './runs/files.ts';
import { identifyTrials } from './runs/identity.ts';
import { askedBefore } from './runs/plan-files.ts';
import { experimentFolder, type RunOptions, type RunSummary, runExperiment } from './runs/run.ts';

export { type PlannedTrial, planTrials } from './experiment/plan.ts';
export { identifyTrials } from './runs/identity.ts';
export type { RunEvent } from './runs/launcher.ts';
export { type LocalOptions, localLauncher } from './runs/local.ts';
export { status, type TrialStatus } from './runs/status.ts';
export type { Plan, PlanOptions, RunOptions, RunSummary };

/** How a sweep is planned and how it is carried out. */
export type SweepOptions = PlanOptions & RunOptions;

/**
 * Runs what is missing of an experiment.
 *
 * @param experiment - its file, its name where it lies in `experiments/`, or the experiment itself, which then needs a
 *   `name`; relative paths in it start from its file, or from `options.folder`
 * @returns what was done, in numbers and in a sentence; a trial that fails is told there and does not throw
 * @throws NeckarError for a file that cannot be read and for everything that is wrong with the experiment, all at once
 */
export async function run(
  experiment: string | ExperimentInput,
  options: SweepOptions = {},
): Promise<RunSummary> {
  const plan = await planOf(experiment, options);
  const only = options.only ?? (await selectedOf(plan));
  return runExperiment(plan, {
    speed: () => machineSpeed(),
    ...options,
    ...(only !== undefined && { only }),
  });
}

/** A plan, and the experiment's file where it has one. */
export interface ExperimentPlan extends Plan {
  readonly file?: string;
}

/**
 * The plan of an experiment as its file stands, with what earlier runs added to it. Overrides select trials of it, and
 * add those that are not there yet; trials of other overrides, with which it was run before, stay in the plan.
 *
 * @param experiment - as `run` takes it
 * @param options - `runs`: where results are kept
 * @throws NeckarError as `run`, and when a newer Neckar wrote the experiment's folder
 */
export async function planOf(
  experiment: string | ExperimentInput,
  { runs, ...options }: PlanOptions & Pick<RunOptions, 'runs'> = {},
): Promise<ExperimentPlan> {
  const loaded = typeof experiment === 'string' ? await loadExperiment(experiment) : { experiment };
  const planning = { ...('file' in loaded && { folder: loaded.folder, name: loaded.name }), ...options };
  const own = planTrials(loaded.experiment, planning);
  const earlier = await askedBefore(diskFiles(), experimentFolder(own.name, runs));
  const known = withOwn(earlier, options.overrides ?? []);
  const plan = known.length === 1 ? own : planTrials(loaded.experiment, { ...planning, earlier });
  return 'file' in loaded ? { ...plan, file: shownPath(loaded.file) } : plan;
}

/** The ids of the trials that overrides, filter and limit have left of a plan; undefined for all. */
export async function selectedOf(plan: Plan): Promise<ReadonlySet<string> | undefined> {
  if (plan.selected.length === plan.trials.length) return undefined;
  return new Set((await identifyTrials(plan.selected)).map(({ id }) => id));
}
