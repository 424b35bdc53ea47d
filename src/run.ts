/** `neckar/run`: plans and sweeps from a program of one's own, as the command line does them. */
import { machineSpeed } from './engines/speed.ts';
import type { ExperimentInput } from './experiment/define.ts';
import { loadExperiment } from './experiment/load.ts';
import { type Plan, type PlanOptions, planTrials } from './experiment/plan.ts';
import { type RunOptions, type RunSummary, runExperiment } from './runs/run.ts';

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
  return runExperiment(plan, { speed: () => machineSpeed(), ...options });
}

/** The trials that `run` would run, done or not; the same arguments and errors. */
export async function planOf(experiment: string | ExperimentInput, options: PlanOptions = {}): Promise<Plan> {
  if (typeof experiment !== 'string') return planTrials(experiment, options);
  const loaded = await loadExperiment(experiment);
  return planTrials(loaded.experiment, { folder: loaded.folder, name: loaded.name, ...options });
}
