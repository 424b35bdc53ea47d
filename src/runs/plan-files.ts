/** The plan on the disk: the work of every run that an experiment's file was given, whatever the settings. */
import { join } from 'node:path';
import { NeckarError } from '../errors.ts';
import { sameSettings } from '../experiment/additions.ts';
import { alone } from './alone.ts';
import type { Files } from './files.ts';
import type { IdentifiedTraining, IdentifiedTrial } from './identity.ts';
import { stalenessIn, stalenessText } from './staleness.ts';
import {
  DamagedFile,
  parseJson,
  planText,
  readExperiment,
  readPlan,
  type StoredExperiment,
  trialFolder,
} from './store.ts';
import { storeVersion } from './store-version.ts';
import { kinds, needsOf, type PlannedWork } from './work.ts';

/** A plan as it is to be kept. */
export interface PlanToKeep extends PlannedWork {
  readonly name: string;
  readonly declaration?: unknown;
  /** The overrides whose trials these are (default: the file as written); those of others that are kept stay. */
  readonly asked?: readonly (readonly string[])[];
  readonly file?: string;
}

/**
 * Writes what was asked and the plan, where they differ from what is there. What other processes have added since this
 * one looked stays: trials of overrides that this one does not know.
 * @returns a sentence about anything that was found damaged
 * @throws NeckarError when the folder was written by a newer Neckar or belongs to another experiment
 */
export async function writePlan(files: Files, folder: string, plan: PlanToKeep): Promise<string[]> {
  for (const kind of kinds) {
    if (kind.name === 'trial' || plan.trainings.length > 0) await files.folder(join(folder, kind.folder));
  }
  // Where nothing changes nothing is written: what is finished can be looked at on a disk that is read-only.
  const { texts, notes } = await textsOf(files, folder, plan);
  if ((await differing(files, folder, texts)).length === 0) return notes;
  await alone(files, join(folder, 'planning'), async () => {
    const { texts: latest } = await textsOf(files, folder, plan);
    for (const name of await differing(files, folder, latest)) {
      await files.write(join(folder, name), latest[name]);
    }
  });
  return notes;
}

interface PlanTexts {
  readonly 'experiment.json': string;
  readonly 'plan.jsonl': string;
}

async function differing(files: Files, folder: string, texts: PlanTexts): Promise<(keyof PlanTexts)[]> {
  const found: (keyof PlanTexts)[] = [];
  for (const name of ['experiment.json', 'plan.jsonl'] as const) {
    const before = await files.read(join(folder, name));
    if (before === undefined || String(before) !== texts[name]) found.push(name);
  }
  return found;
}

async function textsOf(
  files: Files,
  folder: string,
  plan: PlanToKeep,
): Promise<{ texts: PlanTexts; notes: string[] }> {
  const notes: string[] = [];
  const before = await readExperiment(files, folder).catch((error: unknown) => {
    if (!(error instanceof DamagedFile)) throw error;
    notes.push(`${error.message} It is written anew.`);
    return undefined;
  });
  if (before !== undefined && before.name !== plan.name) {
    throw new NeckarError(
      `The folder "${folder}" holds the runs of "${before.name}", not of "${plan.name}". Choose another folder with --runs, or rename the experiment.`,
    );
  }
  const known = plan.asked ?? [[]];
  const unknown = (before?.asked ?? []).filter((one) => !known.some((other) => sameSettings(one, other)));
  const meanwhile =
    unknown.length === 0 ? { trainings: [], trials: [] } : await workOf(files, folder, unknown);
  const trials = withMeanwhile(plan.trials, meanwhile.trials);
  const trainings = needed(trials, [...plan.trainings, ...meanwhile.trainings]);
  const file = plan.file ?? before?.file;
  const { name, declaration } = plan;
  const asked = [...known, ...unknown];
  return { texts: textsFor({ storeVersion, name, asked, file, declaration }, { trainings, trials }), notes };
}

/**
 * What a new plan leaves out although it is finished, in a sentence: undefined when that is nothing. It is kept, and
 * comes back with a plan that holds it.
 */
export async function leavingSentence(
  files: Files,
  folder: string,
  plan: PlannedWork,
  asked: readonly (readonly string[])[] = [[]],
): Promise<string | undefined> {
  const ids = new Set(plan.trials.map(({ id }) => id));
  const { trials: before } = await planIn(files, folder);
  // Trials of overrides that this plan does not know stay in it.
  const candidates = before.filter(
    ({ id, settings = [] }) => !ids.has(id) && asked.some((one) => sameSettings(one, settings)),
  );
  const leaving: IdentifiedTrial[] = [];
  for (const trial of candidates) {
    const result = join(trialFolder(folder, trial.id), 'result.json');
    if ((await files.size(result)) !== undefined) leaving.push(trial);
  }
  const [first] = leaving;
  if (first === undefined) return undefined;
  const why = stalenessText(first, stalenessIn(plan)(first));
  const others = leaving.length === 1 ? '' : ` (and ${leaving.length - 1} more)`;
  return `Finished, but no longer planned: ${first.label}${others}: ${why}. What is finished is kept as stale: "neckar status" lists it, and a plan that holds it takes it up again.`;
}

/** The trainings that some trials need, each once, in their order. */
function needed(
  trials: readonly IdentifiedTrial[],
  trainings: readonly IdentifiedTraining[],
): IdentifiedTraining[] {
  const ids = new Set(trials.flatMap(needsOf));
  const byId = new Map(trainings.filter(({ id }) => ids.has(id)).map((training) => [training.id, training]));
  return [...byId.values()];
}

/** The plan in a folder; nothing where there is none, or a damaged one, as it is written anew then. */
async function planIn(files: Files, folder: string): Promise<PlannedWork> {
  return await readPlan(files, folder).catch((error: unknown) => {
    if (!(error instanceof NeckarError)) throw error;
    return { trainings: [], trials: [] };
  });
}

/** Takes overrides, and the work that only they brought in, out of the plan. */
export async function dropAsked(
  files: Files,
  folder: string,
  gone: readonly (readonly string[])[],
): Promise<void> {
  await alone(files, join(folder, 'planning'), async () => {
    const experiment = await readExperiment(files, folder);
    const isGone = (settings: readonly string[]) => gone.some((one) => sameSettings(one, settings));
    const plan = await readPlan(files, folder);
    const trials = plan.trials.filter(({ settings = [] }) => !isGone(settings));
    const trainings = needed(trials, plan.trainings);
    const left = (experiment?.asked ?? [[]]).filter((settings) => !isGone(settings));
    const texts = textsFor({ ...experiment!, asked: left }, { trainings, trials });
    for (const name of await differing(files, folder, texts))
      await files.write(join(folder, name), texts[name]);
  });
}

function textsFor(experiment: Omit<StoredExperiment, 'planHash'>, plan: PlannedWork): PlanTexts {
  const { text, hash } = planText(plan);
  const { storeVersion: version, name, asked, file, declaration } = experiment;
  const stored: StoredExperiment = {
    storeVersion: version,
    name,
    planHash: hash,
    asked,
    ...(file !== undefined && { file }),
    declaration,
  };
  return {
    'experiment.json': `${JSON.stringify(stored, undefined, 2)}\n`,
    'plan.jsonl': text,
  };
}

/** The planned trials that some overrides brought in, and all trainings; nothing where the plan is damaged. */
async function workOf(
  files: Files,
  folder: string,
  asked: readonly (readonly string[])[],
): Promise<PlannedWork> {
  const { trainings, trials } = await planIn(files, folder);
  return {
    trainings,
    trials: trials.filter(({ settings = [] }) => asked.some((one) => sameSettings(one, settings))),
  };
}

/** Labels were made without these: one that is taken says what it belongs to. */
function withMeanwhile(
  trials: readonly IdentifiedTrial[],
  meanwhile: readonly IdentifiedTrial[],
): IdentifiedTrial[] {
  const ids = new Set(trials.map(({ id }) => id));
  const labels = new Set(trials.map(({ label }) => label));
  const added = meanwhile.filter(({ id }) => !ids.has(id));
  return [
    ...trials,
    ...added.map((trial) =>
      labels.has(trial.label)
        ? { ...trial, label: `${trial.label} (${trial.settings?.join(' ') || 'as written'})` }
        : trial,
    ),
  ];
}

/**
 * The overrides that an experiment was run with so far; none where there is no experiment. Where its own record is
 * damaged, the trials tell.
 * @throws NeckarError when a newer Neckar wrote it
 */
export async function askedBefore(files: Files, folder: string): Promise<(readonly string[])[]> {
  try {
    const experiment = await readExperiment(files, folder);
    return experiment === undefined ? [] : [...(experiment.asked ?? [[]])];
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
  }
  const found: (readonly string[])[] = [[]];
  for (const id of await files.list(join(folder, 'trials'))) {
    const bytes = await files.read(join(trialFolder(folder, id), 'config.json'));
    const trial = bytes === undefined ? undefined : (parseJson(bytes) as IdentifiedTrial | undefined);
    const settings = trial?.settings ?? [];
    if (!found.some((one) => sameSettings(one, settings))) found.push(settings);
  }
  return found;
}
