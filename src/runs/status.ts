/** What the store says about trials and trainings, for people and for whoever decides what to run. Reads only. */
import { join } from 'node:path';
import type { TrialResult } from '../experiment/result.ts';
import type { TrainingResult } from '../experiment/training.ts';
import { checkpointedEvaluation } from './checkpoint.ts';
import { holder } from './execute.ts';
import { diskFiles, type Files } from './files.ts';
import type { IdentifiedTraining, IdentifiedTrial } from './identity.ts';
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
} from './store.ts';
import { failureOfNeed } from './trained.ts';
import {
  folderOf,
  type KindOfWork,
  kindOf,
  kinds,
  needsOf,
  type PlannedWork,
  trainingKind,
  trialKind,
  type Work,
  type WorkResult,
  workFolder,
} from './work.ts';

export type TrialState = 'waiting' | 'running' | 'complete' | 'failed' | 'diverged' | 'pruned' | 'stale';

/** What is said of a piece of work of either kind. */
interface StatusOf<Result extends WorkResult> {
  readonly id: string;
  readonly label: string;
  readonly state: TrialState;
  /** Why it is in that state, in words. */
  readonly reason: string;
  /** The newest attempt; 0: none. */
  readonly attempt: number;
  /** Its own folder, absolute or as the experiment's folder was given. */
  readonly folder: string;
  /** For what is complete, diverged or pruned, and for what is stale and has one. */
  readonly result?: Result;
  /** For what failed. */
  readonly failure?: Failure;
  /** A stored file that is damaged or missing. */
  readonly damage?: Damage;
  /** For what is stale: what tells it from the plan. */
  readonly stale?: Staleness;
}

export interface TrialStatus extends StatusOf<TrialResult> {
  readonly kind?: undefined;
  /** Undefined for stale trials whose configuration cannot be read. */
  readonly trial: IdentifiedTrial | undefined;
}

export interface TrainingStatus extends StatusOf<TrainingResult> {
  readonly kind: 'training';
  /** Undefined for stale trainings whose configuration cannot be read. */
  readonly training: IdentifiedTraining | undefined;
  /** The ids of the trials of the plan that need it. */
  readonly neededBy: readonly string[];
}

export type WorkStatus = TrialStatus | TrainingStatus;

/** What a status speaks of; undefined where its configuration cannot be read. */
export function workIn(status: WorkStatus): Work | undefined {
  return status.kind === 'training' ? status.training : status.trial;
}

/** What is wrong with stored files. */
export interface Damage {
  /** The file and what is wrong with it, such as `images/final.png is missing`. */
  readonly problem: string;
  /** `result`: it counts as not done, and is done again; `scores`: only what was measured later is lost. */
  readonly lost: 'result' | 'scores';
}

export interface ExperimentStatus {
  readonly name: string;
  readonly folder: string;
  /** In the plan's order, then the stale ones. */
  readonly trials: readonly TrialStatus[];
  readonly trainings: readonly TrainingStatus[];
  /** Of the trials. */
  readonly counts: Readonly<Record<TrialState, number>>;
}

/**
 * The states of all trials and trainings in an experiment's folder.
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
  const { trainings, trials } = await planStatuses(files, experimentFolder, plan, options.verify);
  const stale = await mapInOrder(kinds, async (kind) => {
    const planned = new Set((kind === trainingKind ? plan.trainings : plan.trials).map(({ id }) => id));
    const ids = await files.list(join(experimentFolder, kind.folder));
    const staleness = stalenessIn(plan);
    const gone = ids.filter((id) => !planned.has(id));
    return await mapInOrder(gone, (id) => staleStatus(files, experimentFolder, kind, id, staleness));
  });
  const isTraining = (status: WorkStatus) => status.kind === 'training';
  const all = [...trials, ...stale.flat().flatMap((status) => (status.kind === 'training' ? [] : [status]))];
  return {
    name: experiment!.name,
    folder: experimentFolder,
    trials: all,
    trainings: [...trainings, ...stale.flat().filter(isTraining)],
    counts: countStates(all),
  };
}

/** How many of some trials or trainings are in each state. */
export function countStates(work: readonly WorkStatus[]): Record<TrialState, number> {
  const counts = { waiting: 0, running: 0, complete: 0, failed: 0, diverged: 0, pruned: 0, stale: 0 };
  for (const { state } of work) counts[state]++;
  return counts;
}

/** The states of planned work. */
export interface PlanStatuses {
  readonly trainings: readonly TrainingStatus[];
  readonly trials: readonly TrialStatus[];
}

/** The states of a plan's work, in order; of what has no folder nothing is read. */
export async function planStatuses(
  files: Files,
  experimentFolder: string,
  { trainings, trials }: PlannedWork,
  verify?: 'sizes' | 'hashes',
): Promise<PlanStatuses> {
  const neededBy = new Map<string, string[]>(trainings.map(({ id }) => [id, []]));
  for (const trial of trials) for (const id of needsOf(trial)) neededBy.get(id)?.push(trial.id);
  const ofTrainings = (await workStatuses(files, experimentFolder, trainings, verify)).map(
    (status): TrainingStatus => ({ ...status, neededBy: neededBy.get(status.id) ?? [] }),
  );
  const byId = new Map(ofTrainings.map((status) => [status.id, status]));
  const ofTrials = await workStatuses(files, experimentFolder, trials, verify);
  return { trainings: ofTrainings, trials: ofTrials.map((status) => withNeeds(status, byId)) };
}

/** A trial that has not been finished fails with its training, and waits for it. */
function withNeeds(status: TrialStatus, trainings: ReadonlyMap<string, TrainingStatus>): TrialStatus {
  const { state, trial } = status;
  if (trial?.needs === undefined || (state !== 'waiting' && state !== 'failed')) return status;
  const needed = trial.needs.flatMap((id) => trainings.get(id) ?? []);
  const failed = needed.find((training) => training.state === 'failed' || training.state === 'diverged');
  if (failed !== undefined) {
    const failure = failureOfNeed(failed, failed.failure ?? failed.result!);
    return { ...status, state: 'failed', reason: failure.message, failure };
  }
  const awaited = needed.find((training) => training.state !== 'complete');
  if (awaited === undefined || state === 'failed') return status;
  return { ...status, reason: `waits for the ${awaited.label} (${awaited.id})` };
}

type StatusFor<Own extends Work> = Own extends IdentifiedTraining
  ? Omit<TrainingStatus, 'neededBy'>
  : TrialStatus;

async function workStatuses<Own extends Work>(
  files: Files,
  experimentFolder: string,
  planned: readonly Own[],
  verify: 'sizes' | 'hashes' = 'sizes',
): Promise<StatusFor<Own>[]> {
  if (planned.length === 0) return [];
  const begun = new Set(await files.list(join(experimentFolder, kindOf(planned[0]!).folder)));
  return await mapInOrder(planned, (work) =>
    begun.has(work.id)
      ? workStatus(files, experimentFolder, work, verify)
      : Promise.resolve(statusFor(experimentFolder, work, notBegun)),
  );
}

/** What is known of a state apart from whose it is. */
type Found = Pick<StatusOf<WorkResult>, 'state' | 'reason' | 'attempt'> &
  Partial<Pick<StatusOf<WorkResult>, 'result' | 'failure' | 'damage'>>;

const notBegun: Found = { state: 'waiting', reason: 'not begun', attempt: 0 };

function statusFor<Own extends Work>(experimentFolder: string, work: Own, found: Found): StatusFor<Own> {
  const { id, label, kind } = work;
  return {
    ...(kind !== undefined && { kind }),
    id,
    label,
    folder: workFolder(experimentFolder, work),
    [kindOf(work).name]: work,
    ...found,
  } as unknown as StatusFor<Own>;
}

/** The state of one piece of planned work that has a folder. */
async function workStatus<Own extends Work>(
  files: Files,
  experimentFolder: string,
  work: Own,
  verify: 'sizes' | 'hashes',
): Promise<StatusFor<Own>> {
  const found = await lookAt(files, workFolder(experimentFolder, work), kindOf(work), verify);
  return statusFor(experimentFolder, work, found);
}

async function lookAt(
  files: Files,
  folder: string,
  kind: KindOfWork,
  verify: 'sizes' | 'hashes',
): Promise<Found> {
  const check = await checkResult(files, folder, kind, verify);
  if (check.state === 'valid') {
    const { result, damage } = check;
    return {
      state: result.state,
      reason: result.reason,
      attempt: result.attempt,
      result,
      ...(damage !== undefined && { damage: { problem: damage, lost: 'scores' } }),
    };
  }
  if ((await files.size(folder)) === undefined) return notBegun;
  const attempt = (await attemptsOf(files, folder)).at(-1) ?? 0;
  const lease = await readLease(files, folder);
  if (lease?.owner !== undefined && !isGone(lease.owner)) {
    return { state: 'running', reason: `by ${holder(lease)}`, attempt };
  }
  if (check.state === 'corrupt') {
    return {
      state: 'waiting',
      reason: `its result is damaged (${check.why}); it runs again`,
      attempt,
      damage: { problem: check.why, lost: 'result' },
    };
  }
  const failure = attempt === 0 ? undefined : await readFailure(files, folder, attempt);
  if (failure !== undefined) return { state: 'failed', reason: failure.message, attempt, failure };
  const reason = await waitingReason(files, folder, kind, attempt);
  if (!(await cameToItsEnd(files, folder, kind, attempt))) return { state: 'waiting', reason, attempt };
  const problem = 'result.json is missing, though its picture is there';
  return {
    state: 'waiting',
    reason: `${reason} (${problem})`,
    attempt,
    damage: { problem, lost: 'result' },
  };
}

/** Whether an attempt came to its end: of one that did, only the result can be missing. */
async function cameToItsEnd(
  files: Files,
  folder: string,
  { last }: KindOfWork,
  attempt: number,
): Promise<boolean> {
  if (last === undefined || attempt === 0) return false;
  return (await files.size(join(attemptFolder(folder, attempt), last))) !== undefined;
}

async function waitingReason(
  files: Files,
  folder: string,
  { unit }: KindOfWork,
  attempt: number,
): Promise<string> {
  if (attempt === 0) return 'not begun';
  for (const before of (await attemptsOf(files, folder)).reverse()) {
    const reached = await checkpointedEvaluation(files, attemptFolder(folder, before));
    if (reached !== undefined) return `interrupted; goes on after ${unit} ${reached}`;
  }
  return 'interrupted before its first checkpoint; starts again';
}

async function staleStatus(
  files: Files,
  experimentFolder: string,
  kind: KindOfWork,
  id: string,
  staleness: (stored: Work) => Staleness,
): Promise<WorkStatus> {
  const folder = folderOf(experimentFolder, kind, id);
  const bytes = await files.read(join(folder, 'config.json'));
  const read = bytes === undefined ? undefined : (parseJson(bytes) as Work | undefined);
  const work = read?.config === undefined ? undefined : read;
  const check = await checkResult(files, folder, kind);
  const stale = work && staleness(work);
  const lease = await readLease(files, folder);
  const runs = lease?.owner !== undefined && !isGone(lease.owner) ? `; ${holder(lease)} is running it` : '';
  return {
    ...(kind === trialKind ? {} : { kind: kind.name, neededBy: [] }),
    id,
    label: work?.label ?? id,
    state: 'stale',
    reason:
      (stale === undefined
        ? 'not in the current plan, and its config.json cannot be read'
        : stalenessText(work!, stale)) + runs,
    attempt: (await attemptsOf(files, folder)).at(-1) ?? 0,
    folder,
    [kind.name]: work,
    ...(check.state === 'valid' && { result: check.result }),
    ...(stale && { stale }),
  } as unknown as WorkStatus;
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
