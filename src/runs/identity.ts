/** Planned trials with their place in the store. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, NeckarError } from '../errors.ts';
import { sameSettings } from '../experiment/additions.ts';
import { type InputHashes, trialId } from '../experiment/identity.ts';
import { inputFiles } from '../experiment/input-files.ts';
import type { TrialConfig } from '../experiment/trial.ts';

/**
 * Raised when the code computes other numbers for the same configuration (a loss, an encoder or an optimiser was
 * corrected): trials of before are then stale and run anew.
 */
export const objectiveVersion = 3;

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
  /** 16 hexadecimal digits: the name of the trial's folder. */
  readonly id: string;
  /** SHA-256 of the files that go in, by role. */
  readonly inputs: InputHashes;
}

/**
 * Ids for planned trials, in order. Every file is read once. What other overrides of the experiment ask for again, under
 * another path of the same picture, is left out.
 *
 * @param folder - what relative paths in the configurations start from
 * @throws NeckarError when an input cannot be read, or two trials are the same work
 */
export async function identifyTrials(
  trials: readonly TrialPlan[],
  folder: string = process.cwd(),
): Promise<IdentifiedTrial[]> {
  const hashes = new Map<string, Promise<string>>();
  const hashOf = (path: string, role: string): Promise<string> => {
    const absolute = resolve(folder, path);
    let hash = hashes.get(absolute);
    if (hash === undefined) {
      hash = fileHash(absolute, roleName(role));
      hashes.set(absolute, hash);
    }
    return hash;
  };
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
    const inputs = Object.fromEntries(entries) as unknown as InputHashes;
    const id = trialId(config, inputs, objectiveVersion);
    const twin = twins.get(id);
    if (twin !== undefined) {
      if (!sameSettings(twin.settings ?? [], settings ?? [])) continue;
      throw new NeckarError(
        `The trials "${twin.label}" and "${label}" are the same work: neither their settings nor the bytes of their images differ. Remove one of them.`,
      );
    }
    twins.set(id, { id, label, names, ...(settings && { settings }), config, inputs });
  }
  return [...twins.values()];
}

const roleNames: Readonly<Record<string, string>> = {
  content: 'content image',
  style: 'style image',
  encoder: 'weight file',
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
