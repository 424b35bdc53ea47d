/** Parameters of networks that are here, by the names of the catalogue or those they were imported under. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { didYouMean, NeckarError } from '../errors.ts';
import { weightsFolder } from '../weights/folder.ts';
import { importedNames, locateWeights, placeOfImported } from '../weights/installed.ts';
import { publishedNetworks, sizeText } from './catalog.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The absolute path of a network's installed parameters.
 * @throws NeckarError when there are none, with the command that fetches them and, for the offline, which files to import
 */
export function locateNetwork(name: string, environment?: Environment): string {
  const place = placeOfImported(name, environment);
  if (existsSync(place)) return place;
  const published = publishedNetworks.find((one) => one.name === name);
  if (published !== undefined) {
    const files = published.files.map(({ url }) => url).join(' and ');
    throw new NeckarError(
      `weights: the network ${name} is not installed. Fetch it with "neckar networks pull ${name}" (${sizeText(published)}); ` +
        `offline, get ${files} by other means and bring ${published.files.length === 1 ? 'it' : 'them'} in with "neckar networks import"`,
    );
  }
  const known = [...publishedNetworks.map((one) => one.name), ...importedNames(environment)];
  throw new NeckarError(
    `weights: there is no network "${name}" in ${weightsFolder(environment)}. ${didYouMean(name, known)}Give a file (one without an ending as ./${name}), or a name that "neckar networks list" shows`,
  );
}

/**
 * Whether weights are here, of an encoder or a network by that name: for experiments that use them only where they are.
 */
export function isInstalled(name: string, environment?: Environment): boolean {
  return [locateNetwork, locateWeights].some((locate) => {
    try {
      return existsSync(locate(name, environment));
    } catch (error) {
      if (!(error instanceof NeckarError)) throw error;
      return false;
    }
  });
}

/** What is installed under a name: whose parameters, with which settings; undefined where there is no network's. */
export function installedNetwork(
  name: string,
  environment?: Environment,
): { readonly path: string; readonly network: string; readonly settings: unknown } | undefined {
  const path = placeOfImported(name, environment);
  try {
    const { network, settings } = metadataOf(path) ?? {};
    // Encoders' files name their network alone.
    if (network === undefined || settings === undefined) return undefined;
    return { path, network, settings: JSON.parse(settings) };
  } catch {
    return undefined;
  }
}

/** Header lengths beyond this are no file of ours. */
const longestHeader = 1 << 24;

/**
 * What a safetensors file says of itself; undefined for any other file. Read at once, as a plan needs it.
 * @throws Error when it is missing or broken
 */
export function metadataOf(file: string): Readonly<Record<string, string>> | undefined {
  const handle = openSync(file, 'r');
  try {
    const opening = Buffer.alloc(8);
    readSync(handle, opening, 0, 8, 0);
    const length = Number(opening.readBigUInt64LE());
    if (length > longestHeader) return undefined;
    const header = Buffer.alloc(length);
    readSync(handle, header, 0, length, 8);
    return (JSON.parse(header.toString('utf8')) as { __metadata__?: Record<string, string> }).__metadata__;
  } finally {
    closeSync(handle);
  }
}
