/** Putting weight files that people have into the folder of weights. */
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { messageOf, NeckarError } from '../../errors.ts';
import { replaceFile, syncFile } from '../../platform/write.ts';
import type { NetworkName } from '../networks.ts';
import { formatPreprocessing, parsePreprocessing } from '../preprocessing.ts';
import { type CatalogueEntry, catalogue, entryWith } from './catalogue.ts';
import { convertedWeights, networksIn } from './convert.ts';
import { hashFile } from './files.ts';
import { isWeightName, placeOf, placeOfImported } from './installed.ts';
import { loadWeights } from './network-weights.ts';
import { makeFolder, problemOf } from './pull.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { openTensorFile } from './tensor-file.ts';

/** Where imported weights went and what they are. */
export interface Imported {
  readonly name: string;
  readonly path: string;
  readonly entry?: CatalogueEntry;
  readonly network?: NetworkName;
  /** How the network wants its input, in the notation of `parsePreprocessing`. */
  readonly input?: string;
}

/**
 * Puts a file that somebody has into the folder of weights. One of the catalogue is recognised by its checksum, whatever
 * it is called; other weights are converted and get a name of their own.
 *
 * @param options - `name` for weights that are in no catalogue; `network` where the file would fit several; `input` where
 *   the network wants its input otherwise than is customary for such names
 * @throws NeckarError for a broken file, an unknown network, and a name that is taken or missing
 */
export async function importWeights(
  file: string,
  options: {
    readonly name?: string;
    readonly network?: NetworkName;
    readonly input?: string;
    /** Replace weights that have the name. */
    readonly force?: boolean;
    readonly environment?: Readonly<Record<string, string | undefined>>;
  } = {},
): Promise<Imported> {
  const { environment } = options;
  const hashes = await hashFile(file);
  const entry = entryWith(hashes);
  if (entry !== undefined && options.name === undefined) {
    const place = placeOf(entry, environment);
    await install(file, place);
    return { name: entry.name, path: place, entry };
  }
  const meant = catalogue.find((candidate) => candidate.file === basename(file));
  if (meant !== undefined && options.name === undefined) {
    throw new NeckarError(
      `${file} is not ${meant.name}: ${await problemOf(meant, file, hashes)}. Get it again.`,
    );
  }
  const { name } = options;
  if (name === undefined) {
    // What is no file of tensors at all needs no name.
    await (await openTensorFile(file)).close();
    throw new NeckarError(
      `${file} is in no catalogue: give it a name of your own, as --name my-vgg19. Files of the catalogue are known by their bytes.`,
    );
  }
  if (
    !isWeightName(name) ||
    catalogue.some((candidate) => candidate.name === name || candidate.network === name)
  ) {
    throw new NeckarError(
      `"${name}" cannot be the name of your weights: ${isWeightName(name) ? 'the catalogue has it' : 'use letters, digits, - and _'}.`,
    );
  }
  const network = options.network ?? (await networkOf(file));
  if (options.input !== undefined) parsePreprocessing(options.input, '--input');
  const { preprocessing } = await loadWeights(network, {
    file,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  const { tensors, metadata } = await readSafetensors(await convertedWeights(file, network));
  const place = placeOfImported(name, environment);
  if (options.force !== true && existsSync(place)) {
    throw new NeckarError(
      `there are weights called "${name}" already, in ${place}. Give these another name, or replace those with --force.`,
    );
  }
  const input = formatPreprocessing(preprocessing);
  await makeFolder(dirname(place));
  await writeSafetensors(place, tensors, { ...metadata, network, input, source: basename(file) });
  return { name, path: place, network, input };
}

async function networkOf(file: string): Promise<NetworkName> {
  const opened = await openTensorFile(file);
  try {
    const networks = networksIn(opened.entries);
    if (networks.length === 1) return networks[0]!;
    throw new NeckarError(
      networks.length === 0
        ? `${file} holds the weights of no network Neckar knows by name. For networks of your own, take the encoder custom.`
        : `${file} fits ${networks.join(' and ')}: say which, as --network ${networks[0]}.`,
    );
  } finally {
    await opened.close();
  }
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
