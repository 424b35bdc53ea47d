/** Putting weight files that people have into the folder of weights, whatever they are the weights of. */
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { messageOf, NeckarError } from '../errors.ts';
import { replaceFile, syncFile } from '../platform/write.ts';
import type { TensorValue } from '../tensor.ts';
import { type CatalogEntry, catalog, entryWith } from './catalog.ts';
import { hashFile } from './files.ts';
import { isWeightName, placeOf, placeOfImported } from './installed.ts';
import { makeFolder, problemOf } from './pull.ts';
import { writeSafetensors } from './safetensors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Puts a file of the catalogue in its place, known by its bytes whatever it is called.
 *
 * @returns undefined for a file that is in no catalogue
 * @throws NeckarError for a file that bears the name of a published one and has other bytes
 */
export async function importPublished(
  file: string,
  environment?: Environment,
): Promise<{ readonly name: string; readonly path: string; readonly entry: CatalogEntry } | undefined> {
  const hashes = await hashFile(file);
  const entry = entryWith(hashes);
  if (entry !== undefined) {
    const path = placeOf(entry, environment);
    await install(file, path);
    return { name: entry.name, path, entry };
  }
  const meant = catalog.find((candidate) => candidate.file === basename(file));
  if (meant === undefined) return undefined;
  throw new NeckarError(
    `${file} is not ${meant.name}: ${await problemOf(meant, file, hashes)}. Get it again.`,
  );
}

/** @throws NeckarError for a name that weights of one's own cannot have */
export function checkOwnName(name: string): void {
  const taken = catalog.some((candidate) => candidate.name === name || candidate.network === name);
  if (isWeightName(name) && !taken) return;
  throw new NeckarError(
    `"${name}" cannot be the name of your weights: ${isWeightName(name) ? 'the catalogue has it' : 'use letters, digits, - and _'}.`,
  );
}

/**
 * Keeps converted weights under a name of somebody's own.
 *
 * @returns the file's path
 * @throws NeckarError for a name that is taken, unless `force` replaces what has it
 */
export async function keepOwn(
  name: string,
  tensors: ReadonlyMap<string, TensorValue>,
  metadata: Readonly<Record<string, string>>,
  options: { readonly force?: boolean; readonly environment?: Environment } = {},
): Promise<string> {
  const place = placeOfImported(name, options.environment);
  if (options.force !== true && existsSync(place)) {
    throw new NeckarError(
      `there are weights called "${name}" already, in ${place}. Give these another name, or replace those with --force.`,
    );
  }
  await makeFolder(dirname(place));
  await writeSafetensors(place, tensors, metadata);
  return place;
}

/** A copy beside its place, then renamed: nobody ever sees half of it. */
async function install(file: string, place: string): Promise<void> {
  await makeFolder(dirname(place));
  try {
    await replaceFile(place, async (temporary) => {
      await copyFile(file, temporary);
      await syncFile(temporary);
    });
  } catch (cause) {
    throw new NeckarError(`Cannot copy ${file} to ${place}: ${messageOf(cause)}.`, { cause, exitCode: 1 });
  }
}
