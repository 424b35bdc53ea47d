/** Published files of networks, fetched or at hand, as Neckar's own files of parameters. */
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { didYouMean, NeckarError } from '../errors.ts';
import type { NamedValues } from '../tensor.ts';
import { matchesChecksum } from '../weights/catalog.ts';
import type { DownloadOptions } from '../weights/download.ts';
import { hashFile, isFolder } from '../weights/files.ts';
import { checkOwnName, keepOwn } from '../weights/import.ts';
import { isWeightName, placeOfImported } from '../weights/installed.ts';
import { pullWeights } from '../weights/pull.ts';
import { openTensorFile } from '../weights/tensor-file.ts';
import { type PublishedNetwork, publishedNetworks } from './catalog.ts';
import { joined, type Tensors } from './checkpoint.ts';
import type { NetworkSpec } from './define.ts';
import { installedNetwork } from './installed.ts';
import { checkpointWith, encodedTensors, networkMetadata, readParameters, tensorsOf } from './parameters.ts';
import { networks, resolveNetwork } from './registry.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where imported parameters went, and whose they are. */
export interface ImportedNetwork {
  readonly name: string;
  readonly path: string;
  readonly network: NetworkSpec;
  /** Numbers among them. */
  readonly parameters: number;
  /** Whose files they were; absent: Neckar's own. */
  readonly checkpoint?: string;
}

export interface ImportOptions {
  /** What they are to be called; default: the catalogue's name of files that it knows. */
  readonly name?: string;
  /** Whose they are, where the names of the tensors fit several. */
  readonly network?: string;
  /** Replace parameters that have the name. */
  readonly force?: boolean;
  readonly environment?: Environment;
}

/**
 * Keeps the parameters in one file or several (all that one network is published in) as one file of Neckar's own. The
 * tensors of several files count under their file's name without endings, a slash and their own.
 *
 * @throws NeckarError for a broken file, one that no network knows, and a name that is taken or missing
 */
export async function importNetwork(
  files: readonly string[],
  options: ImportOptions = {},
): Promise<ImportedNetwork> {
  const published = options.name === undefined ? await publishedIn(files) : undefined;
  const name = options.name ?? published?.name;
  if (name === undefined) {
    for (const file of files) await (await openTensorFile(file)).close();
    throw new NeckarError(
      `${files.join(' and ')}: in no catalogue of networks; give a name of your own, as --name my-style. Files of the catalogue are known by their bytes, all of a network's together.`,
    );
  }
  if (published === undefined) checkNetworkName(name);
  return await keepNetwork(files, name, options);
}

/**
 * Fetches a network of the catalogue and converts it, unless it is here.
 *
 * @returns its path, and whether it had to be fetched
 * @throws NeckarError when a file cannot be fetched, or is another than expected
 */
export async function pullNetwork(
  entry: PublishedNetwork,
  options: DownloadOptions & {
    readonly force?: boolean;
    /** Told which file is fetched next. */
    readonly begins?: (file: string) => void;
  } = {},
): Promise<{ readonly path: string; readonly fetched: boolean }> {
  const { environment } = options;
  const here = placeOfImported(entry.name, environment);
  if (!options.force && installedNetwork(entry.name, environment) !== undefined) {
    return { path: here, fetched: false };
  }
  networks.get(entry.network);
  const paths: string[] = [];
  for (const file of entry.files) {
    options.begins?.(file.file);
    const { path } = await pullWeights({ ...file, name: `${entry.name} (${file.file})` }, options);
    paths.push(path);
  }
  const { path } = await keepNetwork(paths, entry.name, {
    network: entry.network,
    force: true,
    ...(environment && { environment }),
  });
  // All that they hold is in the file that was made of them.
  for (const one of paths) await rm(one, { force: true });
  return { path, fetched: true };
}

/** The network of the catalogue that is published in just these files. */
async function publishedIn(files: readonly string[]): Promise<PublishedNetwork | undefined> {
  // No network is published as a folder of arrays.
  for (const file of files) if (await isFolder(file)) return undefined;
  const hashes = await Promise.all(files.map(hashFile));
  return publishedNetworks.find(
    (one) =>
      one.files.length === files.length &&
      one.files.every((file) => hashes.some((hash) => matchesChecksum({ ...file, name: one.name }, hash))),
  );
}

/** @throws NeckarError for a name that parameters of one's own cannot have */
function checkNetworkName(name: string): void {
  checkOwnName(name);
  const taken = publishedNetworks.some((one) => one.name === name) || networks.find(name) !== undefined;
  if (!taken && isWeightName(name)) return;
  throw new NeckarError(
    `"${name}" cannot be the name of your parameters: ${networks.find(name) === undefined ? 'the catalogue has it' : 'a network is called so'}.`,
  );
}

async function keepNetwork(
  files: readonly string[],
  name: string,
  options: ImportOptions,
): Promise<ImportedNetwork> {
  const { spec, values, checkpoint } = await convertedOf(files, options.network);
  const path = await keepOwn(
    name,
    encodedTensors(spec, values),
    {
      ...networkMetadata(spec),
      source: files.map((file) => basename(file)).join(' '),
      ...(checkpoint !== undefined && { checkpoint }),
    },
    options,
  );
  // What was written is read as it will be: a value that is no finite number is said now.
  try {
    await readParameters(spec, path);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  const parameters = Object.values(values).reduce((sum, { data }) => sum + data.length, 0);
  return { name, path, network: spec, parameters, ...(checkpoint !== undefined && { checkpoint }) };
}

async function convertedOf(
  files: readonly string[],
  wanted: string | undefined,
): Promise<{
  readonly spec: NetworkSpec;
  readonly values: NamedValues;
  readonly checkpoint?: string;
}> {
  const [first] = files;
  if (files.length === 1) {
    const own = await ownSpec(first!);
    if (own !== undefined) {
      const { parameters } = await readParameters(own, first!);
      return { spec: own, values: parameters };
    }
  }
  const tensors = await joinedTensors(files);
  const found = checkpointWith(new Set(tensors.keys()), wanted);
  if (found === undefined) {
    const known = wanted === undefined ? networks.all() : [networks.get(wanted)];
    const readable = known.flatMap(({ name, checkpoints = [] }) =>
      checkpoints.map((one) => `${name} (${one.name})`),
    );
    throw new NeckarError(
      `${files.join(' and ')}: these tensors (${summary([...tensors.keys()])}) are no network's that Neckar reads${readable.length === 0 ? '' : `: it reads ${readable.join('; ')}`}. A whole network in an ONNX file runs as it is, with the network onnx.`,
    );
  }
  const { settings, parameters } = found.checkpoint.convert(tensors);
  return {
    spec: resolveNetwork({ ...settings, name: found.network }),
    values: parameters,
    checkpoint: found.checkpoint.name,
  };
}

/** The network whose a file of Neckar's own is. */
async function ownSpec(file: string): Promise<NetworkSpec | undefined> {
  const opened = await openTensorFile(file);
  await opened.close();
  const { network, settings } = opened.metadata;
  if (network === undefined || settings === undefined || networks.find(network) === undefined)
    return undefined;
  try {
    return resolveNetwork({ ...(JSON.parse(settings) as object), name: network });
  } catch (cause) {
    throw new NeckarError(
      `${file} says that it is of the network ${network} with the settings ${settings}, which it does not have.`,
      { cause },
    );
  }
}

async function joinedTensors(files: readonly string[]): Promise<Tensors> {
  const parts: (readonly [string, Tensors])[] = [];
  for (const path of files) {
    const file = await openTensorFile(path);
    try {
      parts.push([path, await tensorsOf(file)]);
    } finally {
      await file.close();
    }
  }
  return joined(parts);
}

function summary(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
}

/**
 * The network and parameters that a name means to somebody who writes one word: a network's own name (with the parameters
 * of that name, where it needs any), or that of parameters of the catalogue or of one's own.
 *
 * @throws NeckarError for a name that means neither, with the nearest
 */
export function networkCalled(
  name: string,
  environment?: Environment,
): { readonly network: string; readonly weights?: string } {
  const definition = networks.find(name);
  if (definition !== undefined) return { network: name, weights: name };
  const installed = installedNetwork(name, environment)?.network;
  const network = installed ?? publishedNetworks.find((one) => one.name === name)?.network;
  if (network !== undefined) return { network, weights: name };
  const known = [...networks.names(), ...publishedNetworks.map((one) => one.name)];
  throw new NeckarError(
    `there is no network "${name}". ${didYouMean(name, known)}Networks are ${networks.names().join(', ')}; "neckar networks list" shows those with parameters as well.`,
  );
}
