/** Planned trials, and the trainings that they need, with their places in the store. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, NeckarError } from '../errors.ts';
import { sameSettings } from '../experiment/additions.ts';
import { type InputHashes, trialId } from '../experiment/identity.ts';
import { inputFiles } from '../experiment/input-files.ts';
import { labelTrials, type Swept } from '../experiment/labels.ts';
import type { TrainingConfig } from '../experiment/training.ts';
import {
  type TrainingHashes,
  trainingFiles,
  trainingId,
  trainingOf,
} from '../experiment/training-identity.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import { objectiveVersion } from './objective-version.ts';
import type { PlannedWork } from './work.ts';

/** What stands in the place of the hash of a picture that is not there yet. */
export const missingInput = 'missing: ';

/** A trial as the planner gives it. */
export interface TrialPlan {
  readonly label: string;
  readonly config: TrialConfig;
  /** What the images are called in labels and filters. */
  readonly names?: { readonly content: string; readonly style: string };
  /** The overrides that brought it into the experiment; absent: it is in the file as written. */
  readonly settings?: readonly string[];
}

/** A trial with its place in the store. */
export interface IdentifiedTrial extends TrialPlan {
  readonly kind?: undefined;
  /** 16 hexadecimal digits: the name of the trial's folder. */
  readonly id: string;
  /** SHA-256 of the files that go in, by role. */
  readonly inputs: InputHashes;
  /** The trainings that it needs, by id; absent: none. */
  readonly needs?: readonly string[];
}

/** A training with its place in the store. */
export interface IdentifiedTraining {
  readonly kind: 'training';
  /** 16 hexadecimal digits: the name of the training's folder. */
  readonly id: string;
  /** Short, and unique in the plan. */
  readonly label: string;
  readonly config: TrainingConfig;
  /** SHA-256 of the files that go in, by role. */
  readonly inputs: TrainingHashes;
}

/**
 * Ids for planned trials, in order, and for the trainings that they need, each once. Every file is read once. What other
 * overrides of the experiment ask for again, under another path of the same picture, is left out.
 *
 * @param folder - what relative paths in the configurations start from
 * @throws NeckarError when an input cannot be read, or two trials are the same work
 */
export async function identifyWork(
  trials: readonly TrialPlan[],
  folder: string = process.cwd(),
): Promise<PlannedWork> {
  const hashOf = fileHashes(folder);
  const trained = trainings(hashOf);
  const twins = new Map<string, IdentifiedTrial>();
  for (const { label, config, names, settings } of trials) {
    const entries: [string, string][] = [];
    for (const [role, path] of Object.entries(inputFiles(config)))
      entries.push([role, await hashOf(path, role)]);
    if (config.method?.kind === 'images') {
      const { file } = config.method;
      // One that is missing is that trial's failure, not the whole plan's.
      entries.push(['picture', await hashOf(file, 'picture').catch(() => `${missingInput}${file}`)]);
    }
    const training = trainingOf(config);
    const need = training && (await trained.idOf(training));
    if (need !== undefined) entries.push(['training', need]);
    const inputs = Object.fromEntries(entries) as unknown as InputHashes;
    const id = trialId(config, inputs, objectiveVersion);
    const twin = twins.get(id);
    if (twin !== undefined) {
      if (!sameSettings(twin.settings ?? [], settings ?? [])) continue;
      throw new NeckarError(
        `The trials "${twin.label}" and "${label}" are the same work: neither their settings nor the bytes of their images differ. Remove one of them.`,
      );
    }
    const needs = need === undefined ? {} : { needs: [need] };
    twins.set(id, { id, label, names, ...(settings && { settings }), config, inputs, ...needs });
  }
  const identified = [...twins.values()];
  return { trainings: labeled(trained.all(), identified), trials: identified };
}

/** The trials of `identifyWork` alone. */
export async function identifyTrials(
  trials: readonly TrialPlan[],
  folder?: string,
): Promise<readonly IdentifiedTrial[]> {
  return (await identifyWork(trials, folder)).trials;
}

type HashOf = (path: string, role: string) => Promise<string>;

/** SHA-256 of files, each read once. */
function fileHashes(folder: string): HashOf {
  const hashes = new Map<string, Promise<string>>();
  return (path, role) => {
    const absolute = resolve(folder, path);
    let hash = hashes.get(absolute);
    if (hash === undefined) {
      hash = fileHash(absolute, roleName(role));
      hashes.set(absolute, hash);
    }
    return hash;
  };
}

type Unlabeled = Omit<IdentifiedTraining, 'label'>;

/** Gives ids to trainings as they are met. */
function trainings(hashOf: HashOf): {
  idOf(config: TrainingConfig): Promise<string>;
  /** Those that were met, in that order. */
  all(): Unlabeled[];
} {
  const ids = new Map<string, string>();
  const found = new Map<string, Unlabeled>();
  return {
    all: () => [...found.values()],
    idOf: async (config) => {
      // Trials of one variant share their training, and its pictures may be many.
      const key = canonicalJson(config);
      const known = ids.get(key);
      if (known !== undefined) return known;
      const entries: [string, string][] = [];
      for (const [role, path] of Object.entries(trainingFiles(config))) {
        // Of many pictures the training passes over one that cannot be read.
        const picture = role.startsWith('picture ');
        const hash = hashOf(path, picture ? 'training picture' : role);
        entries.push([role, picture ? await hash.catch(() => `${missingInput}${path}`) : await hash]);
      }
      const inputs = Object.fromEntries(entries);
      const id = trainingId(config, inputs, objectiveVersion);
      ids.set(key, id);
      if (!found.has(id)) found.set(id, { kind: 'training', id, config, inputs });
      return id;
    },
  };
}

/** Labels from what the trials that need a training have in common and those of another have otherwise. */
function labeled(unlabeled: readonly Unlabeled[], trials: readonly IdentifiedTrial[]): IdentifiedTraining[] {
  const common = unlabeled.map(({ id }): Swept => {
    const needing = trials.filter(({ needs }) => needs?.includes(id));
    const [first, ...others] = needing.map(({ config: { swept, variant } }): Swept => {
      // The pictures that a network is applied to are nothing to its training.
      const { content: _, variant: __, ...rest } = swept as Swept;
      return { variant, ...rest };
    });
    const entries = Object.entries(first!).filter(
      ([path, value]) => path === 'variant' || others.every((other) => other[path] === value),
    );
    return Object.fromEntries(entries);
  });
  const telling = common.map((swept) =>
    Object.fromEntries(
      Object.entries(swept).filter(
        ([path, value]) => path === 'variant' || common.some((other) => other[path] !== value),
      ),
    ),
  );
  const labels = labelTrials(telling, '');
  return unlabeled.map(({ kind, ...rest }, i) => ({ kind, label: `training of ${labels[i]}`, ...rest }));
}

const roleNames: Readonly<Record<string, string>> = {
  content: 'content image',
  style: 'style image',
  encoder: 'weight file',
  from: 'weight file',
  initialization: 'initial image',
  network: 'file of parameters',
};

/** What the file of a role is called in a sentence. */
export function roleName(role: string): string {
  if (/ regions$/.test(role)) return 'region map';
  if (/^(content|style \d+) mask /.test(role)) return 'mask';
  if (role.startsWith('network ')) return 'file of the network';
  return roleNames[role] ?? (/^style \d+$/.test(role) ? roleNames.style! : role);
}

/** SHA-256 of a file, read in pieces. */
async function fileHash(path: string, role: string): Promise<string> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is not a file');
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${messageOf(cause)})`;
    throw new NeckarError(`The ${role} "${path}" ${why}. Check the path and its permissions.`, { cause });
  }
}
