/** Weights that are here: by their name in the catalogue, their network's name, or the name they were imported under. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean, NeckarError } from '../errors.ts';
import { bytes } from '../platform/format.ts';
import { type CatalogEntry, catalog, entriesOf, type PublishedFile, weightNames } from './catalog.ts';
import { weightsFolder } from './folder.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a text means weights by name. A file has an ending or a folder before it: `./vgg19` is a file. */
export function isWeightName(text: string): boolean {
  return /^[\w-]+$/.test(text);
}

/** Where the file of an entry lies once it is there. */
export function placeOf(entry: PublishedFile, environment?: Environment): string {
  return join(weightsFolder(environment), entry.file);
}

/** Where weights imported under a name of their own lie. */
export function placeOfImported(name: string, environment?: Environment): string {
  return join(weightsFolder(environment), `${name}.safetensors`);
}

/** Names under which weights of one's own were imported. */
export function importedNames(environment?: Environment): string[] {
  try {
    return readdirSync(weightsFolder(environment))
      .filter((file) => file.endsWith('.safetensors') && !file.startsWith('.'))
      .map((file) => file.slice(0, -'.safetensors'.length))
      .sort();
  } catch {
    return [];
  }
}

/**
 * The absolute path of installed weights. A network's name means the first of its entries that is here.
 * @throws NeckarError when there are none, with the command that fetches them and, for the offline, which file to put where
 */
export function locateWeights(name: string, environment?: Environment): string {
  const imported = placeOfImported(name, environment);
  if (existsSync(imported)) return imported;
  const entries = entriesOf(name);
  const here = entries.map((entry) => placeOf(entry, environment)).find((place) => existsSync(place));
  if (here !== undefined) return here;
  const [entry] = entries;
  if (entry !== undefined) throw notInstalled(name, entry, weightsFolder(environment));
  const known = [...weightNames, ...importedNames(environment)];
  throw new NeckarError(
    `there are no weights called "${name}". ${didYouMean(name, known)}Give a file (one without an ending as ./${name}), ` +
      `a name that "neckar weights list" shows, or random.`,
  );
}

/** The sentence for weights that are not here. */
function notInstalled(name: string, entry: CatalogEntry, folder: string): NeckarError {
  return new NeckarError(
    `the weights ${name} are not installed. Fetch them with "neckar weights pull ${entry.name}" (${megabytes(entry)}); ` +
      `offline, put ${entry.file} (from ${entry.url}) into ${folder}`,
  );
}

/** `80 MB`, `about 5 MB`, `6 kB`. */
export function megabytes(file: Pick<PublishedFile, 'bytes' | 'exact'>): string {
  const size = bytes(file.bytes);
  return file.exact === false ? `about ${size}` : size;
}

/** Every entry with whether it is here. */
export function inventory(
  environment?: Environment,
): { entry: CatalogEntry; place: string; here: boolean }[] {
  return catalog.map((entry) => {
    const place = placeOf(entry, environment);
    return { entry, place, here: existsSync(place) };
  });
}
