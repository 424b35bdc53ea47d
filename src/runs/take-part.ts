/**
 * Taking part in an experiment from any machine that sees its run store: what is open of the stored plan is done until
 * nothing is left, whoever else works at it (`run`, a cluster's tasks, other machines).
 *
 * Nothing here decides who does what: the leases do (see lease.ts), and they read no clock of any machine. The plan is
 * read, never written: a machine with an older copy of the experiment's file cannot take anything out of it.
 */
import { hostname } from 'node:os';
import { NeckarError } from '../errors.ts';
import { diskFiles, type Files } from './files.ts';
import { identifyWork } from './identity.ts';
import { carryOut, chosen, experimentFolder, type RunOptions } from './run.ts';
import { changesBetween } from './staleness.ts';
import { planStatuses } from './status.ts';
import { readPlan } from './store.ts';
import type { RunSummary } from './summary.ts';
import { allWork, type PlannedWork } from './work.ts';

/** What a run's options mean here; what failed stays failed, since another machine would fail at it as well. */
export type TakePartOptions = Omit<
  RunOptions,
  'launcher' | 'failed' | 'also' | 'only' | 'identified' | 'fresh'
>;

/**
 * Does open trials and trainings of a stored experiment until none is left. What others add to its plan meanwhile is done
 * as well; what another process does is waited for, as it may die, unless `wait` is false.
 *
 * @returns counts of all rounds together
 * @throws NeckarError when there is no such experiment, the disk refuses, or a picture that is still needed is missing on
 *   this machine or another than was planned
 */
export async function takePart(name: string, options: TakePartOptions = {}): Promise<RunSummary> {
  const files = options.files ?? diskFiles();
  const folder = experimentFolder(name, options.runs);
  const seen = new Set<string>();
  const rounds: RunSummary[] = [];
  for (;;) {
    const plan = await readPlan(files, folder);
    const unseen = allWork(plan).filter(({ id }) => !seen.has(id));
    for (const { id } of unseen) seen.add(id);
    const last = rounds.at(-1);
    if (last !== undefined && (unseen.length === 0 || isOver(last, options))) return together(rounds);
    await refuseOthers(files, folder, plan);
    rounds.push(await carryOut(name, folder, plan, { ...options, files, failed: 'skip' }));
  }
}

function isOver(last: RunSummary, { stop, kill, failFast }: TakePartOptions): boolean {
  const failed = last.exitCode === 1 && failFast === true;
  return failed || last.interrupted || stop?.aborted === true || kill?.aborted === true;
}

/** Counts of several rounds, the last of which knows the whole plan. */
function together(rounds: readonly RunSummary[]): RunSummary {
  const last = rounds.at(-1)!;
  const earlier = rounds.slice(0, -1);
  const sum = (count: (round: RunSummary) => number): number =>
    earlier.reduce((total, round) => total + count(round), 0);
  const done = sum(({ finished, elsewhere }) => finished + elsewhere);
  return {
    ...last,
    before: last.before - done,
    finished: last.finished + sum(({ finished }) => finished),
    elsewhere: last.elsewhere + sum(({ elsewhere }) => elsewhere),
    seconds: last.seconds + sum(({ seconds }) => seconds),
  };
}

/**
 * Refuses work whose files are others here than where it was planned: its result would stand under a name that promises
 * those.
 * @throws NeckarError that names the file, or what differs
 */
async function refuseOthers(files: Files, folder: string, plan: PlannedWork): Promise<void> {
  const { open } = chosen(await planStatuses(files, folder, plan), { failed: 'skip' });
  const ids = new Set(open.map(({ id }) => id));
  const trials = plan.trials.filter(({ id }) => ids.has(id));
  const here = await identifyWork(trials).catch((error: unknown) => {
    if (!(error instanceof NeckarError)) throw error;
    throw new NeckarError(
      `On this machine (${hostname()}): ${error.message} Every machine must find the pictures and weights of an experiment under the same paths.`,
      { cause: error },
    );
  });
  const known = new Set(here.trials.map(({ id }) => id));
  const other = trials.find(({ id }) => !known.has(id));
  if (other === undefined) return;
  const now = here.trials.find(({ label }) => label === other.label);
  const what = now === undefined ? [] : changesBetween(other, now);
  const why = what.length === 0 ? '' : `: ${what.join('; ')}`;
  throw new NeckarError(
    `"${other.label}" (${other.id}) is not what was planned on this machine (${hostname()})${why}. Let it have the same files and the same Neckar, or plan anew: \`neckar run\` with the experiment's file.`,
  );
}
