/** Looking at work, comparing, retrying and removing it: the data behind the command line's verbs. */
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Score } from '../../metrics/score.ts';
import { didYouMean, NeckarError } from '../errors.ts';
import { sameSettings } from '../experiment/additions.ts';
import { trialId } from '../experiment/identity.ts';
import { checkpointedEvaluation } from './checkpoint.ts';
import { differences } from './differences.ts';
import { holder } from './execute.ts';
import { diskFiles, type Files } from './files.ts';
import { type IdentifiedTrial, identifyWork } from './identity.ts';
import { claim } from './lease.ts';
import { objectiveVersion } from './objective-version.ts';
import { dropAsked } from './plan-files.ts';
import {
  type ExperimentPlan,
  experimentFolder,
  type RunOptions,
  type RunSummary,
  runExperiment,
} from './run.ts';
import { changesBetween } from './staleness.ts';
import {
  type ExperimentStatus,
  planStatuses,
  type TrainingStatus,
  type WorkStatus,
  workIn,
} from './status.ts';
import { attemptFolder, attemptsOf, type Failure, readExperiment, readFailure, readPlan } from './store.ts';
import { needsOf, type PlannedWork } from './work.ts';

/**
 * The trial or training that a person means: by its whole id, the beginning of it, or its label.
 * @throws NeckarError when there is none (with a suggestion) or several
 */
export function findWork(experiment: ExperimentStatus, text: string): WorkStatus {
  const all: readonly WorkStatus[] = [...experiment.trials, ...experiment.trainings];
  const exact = all.filter(({ id, label }) => id === text || label === text);
  // What is stale may have the label of what replaced it.
  const current = exact.find(({ state }) => state !== 'stale') ?? exact[0];
  if (current !== undefined) return current;
  const beginning = all.filter(({ id }) => text !== '' && id.startsWith(text));
  if (beginning.length === 1) return beginning[0]!;
  if (beginning.length > 1) {
    const some = beginning.slice(0, 5).map(({ id, label }) => `${id} (${label})`);
    throw new NeckarError(
      `"${text}" begins the ids of ${beginning.length} ${beginning.some(({ kind }) => kind === 'training') ? 'trials and trainings' : 'trials'}: ${some.join(', ')}. Give more of it.`,
    );
  }
  const labels = all.map(({ label }) => label);
  throw new NeckarError(
    `"${experiment.name}" has no trial "${text}". ${didYouMean(text, labels)}Give a trial's label, or the beginning of its id; \`neckar status ${experiment.name}\` lists them.`,
  );
}

/** What there is to say about one trial or training besides its status. */
export interface WorkHistory {
  readonly attempts: readonly {
    readonly attempt: number;
    readonly folder: string;
    readonly failure: Failure | undefined;
    /** The evaluation or step of its newest checkpoint. */
    readonly checkpoint: number | undefined;
    /** The last lines of its log. */
    readonly log: readonly string[];
  }[];
  /** Names of results that were damaged and set aside. */
  readonly quarantined: readonly string[];
}

/** @param lines - of each log's end */
export async function show<Status extends WorkStatus>(
  status: Status,
  lines = 20,
  files: Files = diskFiles(),
): Promise<Status & WorkHistory> {
  const attempts = [];
  for (const attempt of await attemptsOf(files, status.folder)) {
    const folder = attemptFolder(status.folder, attempt);
    const log = String((await files.read(join(folder, 'log.txt'))) ?? '').trimEnd();
    attempts.push({
      attempt,
      folder,
      failure: await readFailure(files, status.folder, attempt),
      checkpoint: await checkpointedEvaluation(files, folder),
      log: log === '' ? [] : log.split('\n').slice(-lines),
    });
  }
  const names = await files.list(status.folder);
  return {
    ...status,
    attempts,
    quarantined: names.filter((name) => name.startsWith('result.json.corrupt-')),
  };
}

export interface WorkDifference {
  /** Dotted path -> both values, for every setting that differs; undefined where one has none. */
  readonly config: Readonly<Record<string, readonly [unknown, unknown]>>;
  /** Metric spec id -> both scores, equal or not; undefined where one has none. Trainings have no scores. */
  readonly scores: Readonly<Record<string, readonly [Score | undefined, Score | undefined]>>;
  /** Other facts of the results that differ, such as `cost.evaluations` or `identity.provider`. */
  readonly facts: Readonly<Record<string, readonly [unknown, unknown]>>;
}

/**
 * What tells two trials or two trainings apart. Those without a result have no scores and no facts.
 * @throws NeckarError for one of each
 */
export function diff(a: WorkStatus, b: WorkStatus): WorkDifference {
  if (a.kind !== b.kind) {
    const training = a.kind === 'training' ? a : b;
    throw new NeckarError(
      `"${training.label}" is a training, the other a trial: only two of one kind can be compared.`,
    );
  }
  const factsOf = ({ result }: WorkStatus): unknown =>
    result === undefined
      ? {}
      : {
          state: result.state,
          reason: result.reason,
          identity: result.identity,
          cost: result.cost,
          final: result.final,
          timing: result.timing,
        };
  const scores: Record<string, readonly [Score | undefined, Score | undefined]> = {};
  const [left, right] = [scoresOf(a), scoresOf(b)];
  for (const id of [...Object.keys(left), ...Object.keys(right)]) scores[id] = [left[id], right[id]];
  return {
    config: differences(workIn(a)?.config, workIn(b)?.config),
    scores,
    facts: differences(factsOf(a), factsOf(b)),
  };
}

function scoresOf(status: WorkStatus): Readonly<Record<string, Score>> {
  return status.kind === 'training' ? {} : (status.result?.scores ?? {});
}

/**
 * Runs the failed trials of an experiment again, from its folder alone, with the trainings that they failed by. A file
 * that was missing or broken when they were planned, and has been mended by now, becomes theirs, as long as nothing that is
 * finished rests on what it was.
 *
 * @param work - only these (see `findWork`), of a training with the trials that wait for it; default: all that failed
 * @throws NeckarError as `runExperiment`, and when one of them is not what was planned any more
 */
export async function retry(
  name: string,
  options: RunOptions & { work?: readonly WorkStatus[] } = {},
): Promise<RunSummary> {
  const files = options.files ?? diskFiles();
  const folder = experimentFolder(name, options.runs);
  const stored = await readPlan(files, folder);
  const states = await planStatuses(files, folder, stored);
  const unplanned = options.work?.find(({ state }) => state === 'stale');
  if (unplanned !== undefined) {
    throw new NeckarError(
      `"${unplanned.label}" (${unplanned.id}) is not in the plan any more: ${unplanned.reason}. Run the experiment's file with settings that plan it.`,
    );
  }
  const named = options.work && new Set(options.work.map(({ id }) => id));
  const wanted = new Set(
    states.trials.flatMap(({ id, state, trial, result }) => {
      if (named === undefined) return state === 'failed' ? [id] : [];
      const waits = result === undefined && needsOf(trial!).some((need) => named.has(need));
      return named.has(id) || waits ? [id] : [];
    }),
  );
  const finished = states.trials.flatMap(({ trial, result }) => (result === undefined ? [] : [trial!]));
  const renewed = await renewedTrials(
    stored.trials.filter(({ id }) => wanted.has(id)),
    finished,
  );
  for (const [id, { label, id: now }] of renewed.trials) {
    if (id === now) continue;
    const sentence = `A file of ${label} is another than when it was planned; the trial is ${now} from now on.`;
    options.onEvent?.({ type: 'note', sentence });
  }
  const trials = stored.trials.map((trial) => renewed.trials.get(trial.id) ?? trial);
  const plan = { trials, trainings: trainingsFor(trials, [...stored.trainings, ...renewed.trainings]) };
  const ids = new Set([...renewed.trials.values()].map(({ id }) => id));
  const needed = new Set(trials.filter(({ id }) => ids.has(id)).flatMap(needsOf));
  const again = states.trainings.filter(({ id }) => needed.has(id) || named?.has(id) === true);
  await forgetDiverged(again, options, files);
  const experiment = await readExperiment(files, folder);
  const declared: ExperimentPlan = {
    ...(experiment?.declaration as object | undefined),
    name: experiment!.name,
    asked: experiment!.asked ?? [[]],
    trials,
  };
  return await runExperiment(declared, {
    ...options,
    identified: plan,
    ...(named === undefined
      ? { failed: 'only', also: ids }
      : { only: new Set([...ids, ...again.map(({ id }) => id)]) }),
  });
}

/** A training that diverged is done once more only if its result goes. */
async function forgetDiverged(
  trainings: readonly TrainingStatus[],
  { onEvent }: RunOptions,
  files: Files,
): Promise<void> {
  const diverged = trainings.filter(({ state }) => state === 'diverged');
  for (const { label, reason } of diverged) {
    const sentence = `The ${label} diverged (${reason}); it is done again from nothing. With the same settings it may well diverge again.`;
    onEvent?.({ type: 'note', sentence });
  }
  await removeWork(diverged, files);
}

/** The trainings that some trials need, each once. */
function trainingsFor(
  trials: PlannedWork['trials'],
  known: PlannedWork['trainings'],
): PlannedWork['trainings'] {
  return [...new Set(trials.flatMap(needsOf))].flatMap((id) => known.find((one) => one.id === id) ?? []);
}

/** The trials as their files are now, by the ids under which they are planned, with the trainings that they need. */
async function renewedTrials(
  trials: readonly IdentifiedTrial[],
  finished: readonly IdentifiedTrial[],
): Promise<{
  readonly trials: ReadonlyMap<string, IdentifiedTrial>;
  readonly trainings: PlannedWork['trainings'];
}> {
  const work = await identifyWork(trials);
  const identified = new Map(work.trials.map((trial) => [trial.label, trial]));
  const renewed = new Map(
    trials.flatMap((before) => {
      const now = identified.get(before.label);
      // Other settings ask for the same by now.
      if (now === undefined) return [];
      if (now.id !== before.id && !onlyMended(before, now, finished)) {
        throw new NeckarError(
          `"${before.label}" is not what was planned any more: ${changesBetween(before, now).join('; ')}. Run the experiment itself: \`neckar run\` with its file.`,
        );
      }
      return [[before.id, now] as const];
    }),
  );
  return { trials: renewed, trainings: work.trainings };
}

/** Whether only files changed, and none that a finished trial was made of. */
function onlyMended(
  before: IdentifiedTrial,
  now: IdentifiedTrial,
  finished: readonly IdentifiedTrial[],
): boolean {
  if (trialId(now.config, before.inputs, objectiveVersion) !== before.id) return false;
  const [old, own] = [before.inputs, now.inputs] as unknown as Record<string, string>[];
  const changed = Object.keys(old!).filter((role) => old![role] !== own![role]);
  return !finished.some(({ inputs }) =>
    changed.some((role) => (inputs as unknown as Record<string, string>)[role] === old![role]),
  );
}

/**
 * Removes trials and trainings with everything they hold. Each vanishes at once, or not at all.
 * @throws NeckarError when one of them is running; those before it are removed then
 */
export async function removeWork(work: readonly WorkStatus[], files: Files = diskFiles()): Promise<void> {
  for (const { folder, label, attempt } of work) {
    if ((await files.size(folder)) === undefined) continue;
    const lease = await claim(files, folder, { lastAttempt: attempt });
    if ('heldBy' in lease) {
      throw new NeckarError(
        `"${label}" is being run by ${holder(lease.heldBy)}. Stop that first, or wait for its end.`,
      );
    }
    const gone = resolve(folder, '..', `.removed.${randomBytes(6).toString('hex')}.tmp`);
    if (await files.move(folder, gone)) await files.remove(gone);
  }
}

/**
 * Forgets overrides that the experiment was run with once all of their trials have been removed: they are no longer a
 * part of it. Those that the last run asked for are planned again by the next.
 */
export async function forgetRemoved(folder: string, files: Files = diskFiles()): Promise<void> {
  const experiment = await readExperiment(files, folder);
  const asked = experiment?.asked ?? [];
  if (experiment === undefined || asked.length < 2) return;
  const plan = await readPlan(files, folder);
  const begun = new Set(await files.list(join(folder, 'trials')));
  const ofSettings = (settings: readonly string[]) =>
    plan.trials.filter((trial) => sameSettings(trial.settings ?? [], settings));
  const gone = asked.filter((settings) => {
    const trials = ofSettings(settings);
    return settings.length > 0 && trials.length > 0 && trials.every(({ id }) => !begun.has(id));
  });
  if (gone.length > 0) await dropAsked(files, folder, gone);
}
