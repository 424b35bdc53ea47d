/** What the store says about trials, for people and for whoever decides what to run. Reads only. */
import { join } from 'node:path';
import type { TrialResult } from '../experiment/result.ts';
import { checkpointedEvaluation } from './checkpoint.ts';
import { holder } from './execute.ts';
import { diskFiles, type Files } from './files.ts';
import type { IdentifiedTrial } from './identity.ts';
import { readLease } from './lease.ts';
import { isGone } from './owner.ts';
import { type Staleness, stalenessIn, stalenessText } from './staleness.ts';
import {
  attemptFolder,
  attemptsOf,
  checkResult,
  type Failure,
  parseJson,
  readExperiment,
  readFailure,
  readPlan,
  trialFolder,
} from './store.ts';
import { finalPicture } from './trial-io.ts';

export type TrialState = 'waiting' | 'running' | 'complete' | 'failed' | 'diverged' | 'pruned' | 'stale';

export interface TrialStatus {
  readonly id: string;
  readonly label: string;
  readonly state: TrialState;
  /** Why it is in that state, in words. */
  readonly reason: string;
  /** The newest attempt; 0: none. */
  readonly attempt: number;
  /** The trial's folder, absolute or as the experiment's folder was given. */
  readonly folder: string;
  /** Undefined for stale trials whose configuration cannot be read. */
  readonly trial: IdentifiedTrial | undefined;
  /** For complete, diverged and pruned trials, and for stale ones that have one. */
  readonly result?: TrialResult;
  /** For failed trials. */
  readonly failure?: Failure;
  /** A stored file that is damaged or missing. */
  readonly damage?: Damage;
  /** For stale trials: what tells them from the plan. */
  readonly stale?: Staleness;
}

/** What is wrong with a trial's stored files. */
export interface Damage {
  /** The file and what is wrong with it, such as `images/final.png is missing`. */
  readonly problem: string;
  /** `result`: the trial counts as not run, and runs again; `scores`: only what was measured later is lost. */
  readonly lost: 'result' | 'scores';
}

export interface ExperimentStatus {
  readonly name: string;
  readonly folder: string;
  /** In the plan's order, then the stale ones. */
  readonly trials: readonly TrialStatus[];
  readonly counts: Readonly<Record<TrialState, number>>;
}

/**
 * The states of all trials in an experiment's folder.
 *
 * @param verify - `hashes` also reads every artefact (default `sizes`)
 * @throws NeckarError when there is no experiment in the folder, a newer Neckar wrote it, or its plan is damaged
 */
export async function status(
  experimentFolder: string,
  options: { files?: Files; verify?: 'sizes' | 'hashes' } = {},
): Promise<ExperimentStatus> {
  const files = options.files ?? diskFiles();
  const plan = await readPlan(files, experimentFolder);
  const experiment = await readExperiment(files, experimentFolder);
  const trials = await mapInOrder(plan, (trial) =>
    trialStatus(files, experimentFolder, trial, options.verify),
  );
  const planned = new Set(plan.map((trial) => trial.id));
  const staleness = stalenessIn(plan);
  for (const id of await files.list(join(experimentFolder, 'trials'))) {
    if (!planned.has(id)) trials.push(await staleStatus(files, experimentFolder, id, staleness));
  }
  return {
    name: experiment!.name,
    folder: experimentFolder,
    trials,
    counts: countStates(trials),
  };
}

/** How many trials are in each state. */
export function countStates(trials: readonly TrialStatus[]): Record<TrialState, number> {
  const counts = { waiting: 0, running: 0, complete: 0, failed: 0, diverged: 0, pruned: 0, stale: 0 };
  for (const { state } of trials) counts[state]++;
  return counts;
}

/** The states of trials of the current plan, in order; of those that have no folder nothing is read. */
export async function trialStatuses(
  files: Files,
  experimentFolder: string,
  trials: readonly IdentifiedTrial[],
  verify?: 'sizes' | 'hashes',
): Promise<TrialStatus[]> {
  const begun = new Set(await files.list(join(experimentFolder, 'trials')));
  return await mapInOrder(trials, async (trial) =>
    begun.has(trial.id)
      ? await trialStatus(files, experimentFolder, trial, verify)
      : notBegun(trialFolder(experimentFolder, trial.id), trial),
  );
}

function notBegun(folder: string, trial: IdentifiedTrial): TrialStatus {
  return {
    id: trial.id,
    label: trial.label,
    folder,
    trial,
    state: 'waiting',
    reason: 'not begun',
    attempt: 0,
  };
}

/** The state of one trial of the current plan. */
export async function trialStatus(
  files: Files,
  experimentFolder: string,
  trial: IdentifiedTrial,
  verify: 'sizes' | 'hashes' = 'sizes',
): Promise<TrialStatus> {
  const folder = trialFolder(experimentFolder, trial.id);
  const known = { id: trial.id, label: trial.label, folder, trial };
  const check = await checkResult(files, folder, verify);
  if (check.state === 'valid') {
    const { result, damage } = check;
    return {
      ...known,
      state: result.state,
      reason: result.reason,
      attempt: result.attempt,
      result,
      ...(damage !== undefined && { damage: { problem: damage, lost: 'scores' } }),
    };
  }
  if ((await files.size(folder)) === undefined) return notBegun(folder, trial);
  const attempt = (await attemptsOf(files, folder)).at(-1) ?? 0;
  const lease = await readLease(files, folder);
  if (lease?.owner !== undefined && !isGone(lease.owner)) {
    return { ...known, state: 'running', reason: `by ${holder(lease)}`, attempt };
  }
  if (check.state === 'corrupt') {
    return {
      ...known,
      state: 'waiting',
      reason: `its result is damaged (${check.why}); it runs again`,
      attempt,
      damage: { problem: check.why, lost: 'result' },
    };
  }
  const failure = attempt === 0 ? undefined : await readFailure(files, folder, attempt);
  if (failure !== undefined) return { ...known, state: 'failed', reason: failure.message, attempt, failure };
  const waiting = { ...known, state: 'waiting', attempt } as const;
  const reason = await waitingReason(files, folder, attempt);
  if (!(await hasFinalPicture(files, folder, attempt))) return { ...waiting, reason };
  const problem = 'result.json is missing, though its picture is there';
  return { ...waiting, reason: `${reason} (${problem})`, damage: { problem, lost: 'result' } };
}

/** Whether an attempt came to its end: of one that did, only the result can be missing. */
async function hasFinalPicture(files: Files, folder: string, attempt: number): Promise<boolean> {
  return attempt > 0 && (await files.size(join(attemptFolder(folder, attempt), finalPicture))) !== undefined;
}

async function waitingReason(files: Files, folder: string, attempt: number): Promise<string> {
  if (attempt === 0) return 'not begun';
  for (const before of (await attemptsOf(files, folder)).reverse()) {
    const evaluation = await checkpointedEvaluation(files, attemptFolder(folder, before));
    if (evaluation !== undefined) return `interrupted; goes on after evaluation ${evaluation}`;
  }
  return 'interrupted before its first checkpoint; starts again';
}

async function staleStatus(
  files: Files,
  experimentFolder: string,
  id: string,
  staleness: (stored: IdentifiedTrial) => Staleness,
): Promise<TrialStatus> {
  const folder = trialFolder(experimentFolder, id);
  const bytes = await files.read(join(folder, 'config.json'));
  const read = bytes === undefined ? undefined : (parseJson(bytes) as IdentifiedTrial | undefined);
  const trial = read?.config === undefined ? undefined : read;
  const check = await checkResult(files, folder);
  const stale = trial && staleness(trial);
  const lease = await readLease(files, folder);
  const runs = lease?.owner !== undefined && !isGone(lease.owner) ? `; ${holder(lease)} is running it` : '';
  return {
    id,
    label: trial?.label ?? id,
    state: 'stale',
    reason:
      (stale === undefined
        ? 'not in the current plan, and its config.json cannot be read'
        : stalenessText(trial!, stale)) + runs,
    attempt: (await attemptsOf(files, folder)).at(-1) ?? 0,
    folder,
    trial,
    ...(check.state === 'valid' && { result: check.result }),
    ...(stale && { stale }),
  };
}

/** `Promise.all` with at most 16 at a time: thousands of open files are refused by some systems. */
export async function mapInOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const runner = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i]!);
  };
  await Promise.all(Array.from({ length: Math.min(16, items.length) }, runner));
  return results;
}
