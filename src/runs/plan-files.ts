/** The plan on the disk: the trials of every run that an experiment's file was given, whatever the settings. */
import { join } from 'node:path';
import { NeckarError } from '../errors.ts';
import { sameSettings } from '../experiment/additions.ts';
import { canonicalJson } from '../experiment/identity.ts';
import { alone } from './alone.ts';
import type { Files } from './files.ts';
import { sha256 } from './hash.ts';
import type { IdentifiedTrial } from './identity.ts';
import { stalenessIn, stalenessText } from './staleness.ts';
import {
  DamagedFile,
  parseJson,
  readExperiment,
  readPlan,
  type StoredExperiment,
  trialFolder,
} from './store.ts';
import { storeVersion } from './store-version.ts';

/** A plan as it is to be kept. */
export interface PlanToKeep {
  readonly name: string;
  readonly declaration?: unknown;
  readonly trials: readonly IdentifiedTrial[];
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
  await files.folder(join(folder, 'trials'));
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
  const meanwhile = unknown.length === 0 ? [] : await trialsOf(files, folder, unknown);
  const trials = withMeanwhile(plan.trials, meanwhile);
  const file = plan.file ?? before?.file;
  const { name, declaration } = plan;
  const asked = [...known, ...unknown];
  return { texts: textsFor({ storeVersion, name, asked, file, declaration }, trials), notes };
}

/**
 * What a new plan leaves out although it is finished, in a sentence: undefined when that is nothing. It is kept, and
 * comes back with a plan that holds it.
 */
export async function leavingSentence(
  files: Files,
  folder: string,
  trials: readonly IdentifiedTrial[],
  asked: readonly (readonly string[])[] = [[]],
): Promise<string | undefined> {
  const ids = new Set(trials.map(({ id }) => id));
  const before = await readPlan(files, folder).catch((error: unknown) => {
    if (!(error instanceof NeckarError)) throw error;
    return [];
  });
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
  const why = stalenessText(first, stalenessIn(trials)(first));
  const others = leaving.length === 1 ? '' : ` (and ${leaving.length - 1} more)`;
  return `Finished, but no longer planned: ${first.label}${others}: ${why}. What is finished is kept as stale: "neckar status" lists it, and a plan that holds it takes it up again.`;
}

/** Takes overrides, and the trials that only they brought in, out of the plan. */
export async function dropAsked(
  files: Files,
  folder: string,
  gone: readonly (readonly string[])[],
): Promise<void> {
  await alone(files, join(folder, 'planning'), async () => {
    const experiment = await readExperiment(files, folder);
    const isGone = (settings: readonly string[]) => gone.some((one) => sameSettings(one, settings));
    const trials = (await readPlan(files, folder)).filter(({ settings = [] }) => !isGone(settings));
    const left = (experiment?.asked ?? [[]]).filter((settings) => !isGone(settings));
    const texts = textsFor({ ...experiment!, asked: left }, trials);
    for (const name of await differing(files, folder, texts))
      await files.write(join(folder, name), texts[name]);
  });
}

function textsFor(
  experiment: Omit<StoredExperiment, 'planHash'>,
  trials: readonly IdentifiedTrial[],
): PlanTexts {
  const { storeVersion: version, name, asked, file, declaration } = experiment;
  const stored: StoredExperiment = {
    storeVersion: version,
    name,
    planHash: sha256(trials.map(({ id }) => id).join('\n')),
    asked,
    ...(file !== undefined && { file }),
    declaration,
  };
  return {
    'experiment.json': `${JSON.stringify(stored, undefined, 2)}\n`,
    'plan.jsonl': trials.map((trial) => `${canonicalJson(trial)}\n`).join(''),
  };
}

/** The planned trials that some overrides brought in; none where the plan is damaged, as it is written anew then. */
async function trialsOf(
  files: Files,
  folder: string,
  asked: readonly (readonly string[])[],
): Promise<IdentifiedTrial[]> {
  const planned = await readPlan(files, folder).catch((error: unknown) => {
    if (!(error instanceof NeckarError)) throw error;
    return [];
  });
  return planned.filter(({ settings = [] }) => asked.some((one) => sameSettings(one, settings)));
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
