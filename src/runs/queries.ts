/** Looking at trials, comparing, retrying and removing them: the data behind the command line's verbs. */
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
import { type IdentifiedTrial, identifyTrials, objectiveVersion } from './identity.ts';
import { claim } from './lease.ts';
import { dropAsked } from './plan-files.ts';
import {
  type ExperimentPlan,
  experimentFolder,
  type RunOptions,
  type RunSummary,
  runExperiment,
} from './run.ts';
import { changesBetween } from './staleness.ts';
import { type ExperimentStatus, type TrialStatus, trialStatuses } from './status.ts';
import { attemptFolder, attemptsOf, type Failure, readExperiment, readFailure, readPlan } from './store.ts';

/**
 * The trial that a person means: by its whole id, the beginning of it, or its label.
 * @throws NeckarError when there is none (with a suggestion) or several
 */
export function findTrial(experiment: ExperimentStatus, text: string): TrialStatus {
  const exact = experiment.trials.filter(({ id, label }) => id === text || label === text);
  // A stale trial may have the label of the one that replaced it.
  const current = exact.find(({ state }) => state !== 'stale') ?? exact[0];
  if (current !== undefined) return current;
  const beginning = experiment.trials.filter(({ id }) => text !== '' && id.startsWith(text));
  if (beginning.length === 1) return beginning[0]!;
  if (beginning.length > 1) {
    const some = beginning.slice(0, 5).map(({ id, label }) => `${id} (${label})`);
    throw new NeckarError(
      `"${text}" begins the ids of ${beginning.length} trials: ${some.join(', ')}. Give more of it.`,
    );
  }
  const labels = experiment.trials.map(({ label }) => label);
  throw new NeckarError(
    `"${experiment.name}" has no trial "${text}". ${didYouMean(text, labels)}Give a trial's label, or the beginning of its id; \`neckar status ${experiment.name}\` lists them.`,
  );
}

/** Everything there is to say about one trial. */
export interface TrialDetails extends TrialStatus {
  readonly attempts: readonly {
    readonly attempt: number;
    readonly folder: string;
    readonly failure: Failure | undefined;
    /** The evaluation of its newest checkpoint. */
    readonly checkpoint: number | undefined;
    /** The last lines of its log. */
    readonly log: readonly string[];
  }[];
  /** Names of results that were damaged and set aside. */
  readonly quarantined: readonly string[];
}

/** @param lines - of each log's end */
export async function show(
  trial: TrialStatus,
  lines = 20,
  files: Files = diskFiles(),
): Promise<TrialDetails> {
  const attempts = [];
  for (const attempt of await attemptsOf(files, trial.folder)) {
    const folder = attemptFolder(trial.folder, attempt);
    const log = String((await files.read(join(folder, 'log.txt'))) ?? '').trimEnd();
    attempts.push({
      attempt,
      folder,
      failure: await readFailure(files, trial.folder, attempt),
      checkpoint: await checkpointedEvaluation(files, folder),
      log: log === '' ? [] : log.split('\n').slice(-lines),
    });
  }
  const names = await files.list(trial.folder);
  return { ...trial, attempts, quarantined: names.filter((name) => name.startsWith('result.json.corrupt-')) };
}

export interface TrialDifference {
  /** Dotted path -> both values, for every setting that differs; undefined where one has none. */
  readonly config: Readonly<Record<string, readonly [unknown, unknown]>>;
  /** Metric spec id -> both scores, equal or not; undefined where one has none. */
  readonly scores: Readonly<Record<string, readonly [Score | undefined, Score | undefined]>>;
  /** Other facts of the results that differ, such as `cost.evaluations` or `identity.provider`. */
  readonly facts: Readonly<Record<string, readonly [unknown, unknown]>>;
}

/** What tells two trials apart. Those without a result have no scores and no facts. */
export function diff(a: TrialStatus, b: TrialStatus): TrialDifference {
  const factsOf = ({ result }: TrialStatus): unknown =>
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
  for (const id of [...Object.keys(a.result?.scores ?? {}), ...Object.keys(b.result?.scores ?? {})]) {
    scores[id] = [a.result?.scores[id], b.result?.scores[id]];
  }
  return {
    config: differences(a.trial?.config, b.trial?.config),
    scores,
    facts: differences(factsOf(a), factsOf(b)),
  };
}

/**
 * Runs the failed trials of an experiment again, from its folder alone. A file that was missing or broken when they were
 * planned, and has been mended by now, becomes theirs, as long as nothing that is finished rests on what it was.
 *
 * @param trials - only these (see `findTrial`); default: all that failed
 * @throws NeckarError as `runExperiment`, and when one of them is not what was planned any more
 */
export async function retry(
  name: string,
  options: RunOptions & { trials?: readonly TrialStatus[] } = {},
): Promise<RunSummary> {
  const files = options.files ?? diskFiles();
  const folder = experimentFolder(name, options.runs);
  const stored = await readPlan(files, folder);
  const states = await trialStatuses(files, folder, stored);
  const unplanned = options.trials?.find(({ state }) => state === 'stale');
  if (unplanned !== undefined) {
    throw new NeckarError(
      `"${unplanned.label}" (${unplanned.id}) is not in the plan any more: ${unplanned.reason}. Run the experiment's file with settings that plan it.`,
    );
  }
  const wanted = new Set(
    (options.trials ?? states.filter(({ state }) => state === 'failed')).map(({ id }) => id),
  );
  const finished = states.flatMap(({ trial, result }) => (result === undefined ? [] : [trial!]));
  const renewed = await renewedTrials(
    stored.filter(({ id }) => wanted.has(id)),
    finished,
  );
  for (const [id, { label, id: now }] of renewed) {
    if (id === now) continue;
    const sentence = `A file of ${label} is another than when it was planned; the trial is ${now} from now on.`;
    options.onEvent?.({ type: 'note', sentence });
  }
  const trials = stored.map((trial) => renewed.get(trial.id) ?? trial);
  const ids = new Set([...renewed.values()].map(({ id }) => id));
  const experiment = await readExperiment(files, folder);
  const plan: ExperimentPlan = {
    ...(experiment?.declaration as object | undefined),
    name: experiment!.name,
    asked: experiment!.asked ?? [[]],
    trials,
  };
  return await runExperiment(plan, {
    ...options,
    identified: trials,
    ...(options.trials === undefined ? { failed: 'only', also: ids } : { only: ids }),
  });
}

/** The trials as their files are now, by the ids under which they are planned. */
async function renewedTrials(
  trials: readonly IdentifiedTrial[],
  finished: readonly IdentifiedTrial[],
): Promise<Map<string, IdentifiedTrial>> {
  const identified = new Map((await identifyTrials(trials)).map((trial) => [trial.label, trial]));
  return new Map(
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
 * Removes trials with everything they hold. Each vanishes at once, or not at all.
 * @throws NeckarError when one of them is running; those before it are removed then
 */
export async function removeTrials(
  trials: readonly TrialStatus[],
  files: Files = diskFiles(),
): Promise<void> {
  for (const { folder, label, attempt } of trials) {
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
    plan.filter((trial) => sameSettings(trial.settings ?? [], settings));
  const gone = asked.filter((settings) => {
    const trials = ofSettings(settings);
    return settings.length > 0 && trials.length > 0 && trials.every(({ id }) => !begun.has(id));
  });
  if (gone.length > 0) await dropAsked(files, folder, gone);
}
