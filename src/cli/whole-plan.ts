/** The plan of an experiment as its file stands, with what earlier runs added to it. */
import { withOwn } from '../experiment/additions.ts';
import type { LoadedExperiment } from '../experiment/load.ts';
import { type Plan, type PlanOptions, planTrials } from '../experiment/plan.ts';
import { diskFiles } from '../runs/files.ts';
import { askedBefore } from '../runs/plan-files.ts';
import { experimentFolder } from '../runs/run.ts';

/**
 * Plans an experiment. Overrides select trials of it, and add those that are not there yet; trials of other overrides,
 * with which it was run before, stay in the plan.
 * @param runs - where results are kept
 * @throws NeckarError as `planTrials`, and when a newer Neckar wrote the experiment's folder
 */
export async function planOf(
  { experiment, folder, name }: LoadedExperiment,
  runs: string,
  options: Pick<PlanOptions, 'overrides' | 'filter' | 'limit'> = {},
): Promise<Plan> {
  const planning = { ...options, folder, name };
  const own = planTrials(experiment, planning);
  const earlier = await askedBefore(diskFiles(), experimentFolder(own.name, runs));
  const known = withOwn(earlier, options.overrides ?? []);
  return known.length === 1 ? own : planTrials(experiment, { ...planning, earlier });
}
