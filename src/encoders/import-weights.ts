/** Putting files of encoders' weights into the folder of weights. */
import { basename } from 'node:path';
import { NeckarError } from '../errors.ts';
import type { CatalogEntry } from '../weights/catalog.ts';
import { checkOwnName, importPublished, keepOwn } from '../weights/import.ts';
import { readSafetensors } from '../weights/safetensors.ts';
import { openTensorFile } from '../weights/tensor-file.ts';
import { convertedWeights, networksIn } from './converted-weights.ts';
import { loadWeights } from './network-weights.ts';
import type { NetworkName } from './networks.ts';
import { formatPreprocessing, parsePreprocessing } from './preprocessing.ts';

/** Where imported weights went and what they are. */
export interface Imported {
  readonly name: string;
  readonly path: string;
  readonly entry?: CatalogEntry;
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
  const { name } = options;
  if (name === undefined) {
    const published = await importPublished(file, options.environment);
    if (published !== undefined) return published;
    // What is no file of tensors at all needs no name.
    await (await openTensorFile(file)).close();
    throw new NeckarError(
      `${file} is in no catalogue: give it a name of your own, as --name my-vgg19. Files of the catalogue are known by their bytes.`,
    );
  }
  checkOwnName(name);
  const network = options.network ?? (await networkOf(file));
  if (options.input !== undefined) parsePreprocessing(options.input, '--input');
  const { preprocessing } = await loadWeights(network, {
    file,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  const { tensors, metadata } = await readSafetensors(await convertedWeights(file, network));
  const input = formatPreprocessing(preprocessing);
  const path = await keepOwn(name, tensors, { ...metadata, network, input, source: basename(file) }, options);
  return { name, path, network, input };
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
