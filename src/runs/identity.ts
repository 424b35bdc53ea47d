/** Planned trials with their place in the store. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, NeckarError } from '../errors.ts';
import { type InputHashes, trialId } from '../experiment/identity.ts';
import type { TrialConfig } from '../experiment/trial.ts';

/**
 * Raised when the code computes other numbers for the same configuration (a loss, an encoder or an optimiser was
 * corrected): trials of before are then stale and run anew.
 */
export const objectiveVersion = 3;

/** A trial as the planner gives it. */
export interface TrialPlan {
  readonly label: string;
  readonly config: TrialConfig;
  /** What the images are called in labels and filters. */
  readonly names?: { readonly content: string; readonly style: string };
}

/** A trial with its place in the store. */
export interface IdentifiedTrial extends TrialPlan {
  /** 16 hexadecimal digits: the name of the trial's folder. */
  readonly id: string;
  /** SHA-256 of the files that go in, by role. */
  readonly inputs: InputHashes;
}

/**
 * Ids for planned trials, in order. Every file is read once.
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
  const labels = new Map<string, string>();
  const identified: IdentifiedTrial[] = [];
  for (const { label, config, names } of trials) {
    const entries: [string, string][] = [];
    for (const [role, path] of Object.entries(inputFiles(config)))
      entries.push([role, await hashOf(path, role)]);
    if (config.method?.kind === 'images') {
      const { file } = config.method;
      // One that is missing is that trial's failure, not the whole plan's.
      entries.push(['picture', await hashOf(file, 'picture').catch(() => `missing: ${file}`)]);
    }
    const inputs = Object.fromEntries(entries) as unknown as InputHashes;
    const id = trialId(config, inputs, objectiveVersion);
    const twin = labels.get(id);
    if (twin !== undefined) {
      throw new NeckarError(
        `The trials "${twin}" and "${label}" are the same work: neither their settings nor the bytes of their images differ. Remove one of them.`,
      );
    }
    labels.set(id, label);
    identified.push({ id, label, names, config, inputs });
  }
  return identified;
}

const roleNames: Readonly<Record<string, string>> = {
  content: 'content image',
  style: 'style image',
  encoder: 'weight file',
  initialization: 'initial image',
};

function roleName(role: string): string {
  if (/ regions$/.test(role)) return 'region map';
  if (/^(content|style \d+) mask /.test(role)) return 'mask';
  return roleNames[role] ?? (/^style \d+$/.test(role) ? roleNames.style! : role);
}

/** The files a trial reads, by role. */
export function inputFiles(config: TrialConfig): Record<string, string> {
  const files: Record<string, string> = { content: config.content, style: config.style };
  const { encoder, initialization, styles = [], regions } = config;
  for (const [i, { file }] of styles.slice(1).entries()) files[`style ${i + 2}`] = file;
  if (regions !== undefined && 'masks' in regions) {
    for (const [name, file] of Object.entries(regions.masks.content)) files[`content mask ${name}`] = file;
    for (const [i, masks] of regions.masks.styles.entries()) {
      for (const [name, file] of Object.entries(masks)) files[`style ${i + 1} mask ${name}`] = file;
    }
  } else if (regions !== undefined) {
    files['content regions'] = regions.content;
    for (const [i, file] of regions.styles.entries()) files[`style ${i + 1} regions`] = file;
  }
  if ('weights' in encoder && 'file' in encoder.weights) files.encoder = encoder.weights.file;
  if (initialization.from === 'file') files.initialization = initialization.file;
  return files;
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
