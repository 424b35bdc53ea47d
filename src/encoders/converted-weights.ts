/**
 * Weights of any format as safetensors under torchvision's names: converted once, kept by the content of their source.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { NeckarError } from '../errors.ts';
import type { TensorValue } from '../tensor.ts';
import { catalog, checksumText, entryWith, matchesChecksum } from '../weights/catalog.ts';
import { type FileHashes, hashFile } from '../weights/files.ts';
import { convertedFolder } from '../weights/folder.ts';
import { shapeText, writeSafetensors } from '../weights/safetensors.ts';
import { openTensorFile, type TensorEntry, type TensorFile } from '../weights/tensor-file.ts';
import { customaryInput, type Naming, namingOf } from './naming.ts';
import { type ExpectedTensor, expectedTensors } from './network.ts';
import { type NetworkName, networkNames, networkStages } from './networks.ts';
import { formatPreprocessing, type Preprocessing, preprocessings } from './preprocessing.ts';

/** To be raised when the same source would be converted otherwise. */
const version = 1;

/**
 * A network's weights as a safetensors file of torchvision's names, with the metadata entry `input`. A safetensors file
 * that has these names already is returned itself; anything else is converted into the cache, unless it has been.
 *
 * @param folder - of the cache; default: beside the installed weights
 * @throws NeckarError when the file is broken, holds another network's weights or wants code to be run
 */
export async function convertedWeights(
  source: string,
  network: NetworkName,
  folder?: string,
): Promise<string> {
  const file = await openTensorFile(source);
  try {
    const expected = expectedTensors(networkStages(network));
    const naming = checkedNaming(network, expected, file);
    const inPlace = expected.every(({ name }) => naming.names.get(name) === name);
    if (file.format === 'safetensors' && inPlace) return source;
    const hashes = await hashFile(source);
    checkPublished(source, hashes);
    const target = join(
      folder ?? convertedFolder(),
      `${network}-${hashes.sha256.slice(0, 32)}.${version}.safetensors`,
    );
    if (existsSync(target)) return target;
    const tensors = new Map<string, TensorValue>();
    for (const { name } of expected) tensors.set(name, await file.read(naming.names.get(name)!));
    const said = file.metadata.input;
    const input = entryWith(hashes)?.input;
    const preprocessing: Preprocessing =
      input !== undefined ? preprocessings[input] : customaryInput(network, naming.style);
    await writeSafetensors(target, tensors, {
      input: said ?? formatPreprocessing(preprocessing),
      network,
      source: basename(source),
      source_format: file.format,
      source_sha256: hashes.sha256,
    });
    return target;
  } finally {
    await file.close();
  }
}

/** The networks whose weights a file holds. */
export function networksIn(entries: ReadonlyMap<string, TensorEntry>): NetworkName[] {
  return networkNames.filter(
    (network) => namingOf(network, expectedTensors(networkStages(network)), entries).complete,
  );
}

/**
 * Files of the catalogue, even those somebody put in place by hand, must be what was published.
 * @throws NeckarError when a file bears the name of a published one and has other bytes
 */
function checkPublished(source: string, hashes: FileHashes): void {
  const entry = catalog.find(({ file }) => file === basename(source));
  if (entry === undefined || matchesChecksum(entry, hashes)) return;
  const found = 'md5' in entry.checksum ? `MD5 ${hashes.md5}` : `SHA-256 ${hashes.sha256}`;
  throw new NeckarError(
    `${source} is not what ${entry.url} holds: it has ${hashes.bytes} bytes and ${found}, expected ` +
      `${checksumText(entry.checksum)}. Fetch it again with "neckar weights pull ${entry.name} --force".`,
  );
}

function checkedNaming(network: NetworkName, expected: readonly ExpectedTensor[], file: TensorFile): Naming {
  const naming = namingOf(network, expected, file.entries);
  if (naming.complete) return naming;
  const { name, shape } = expected.find(
    (tensor) => shapeOf(file, naming, tensor.name) !== shapeText(tensor.shape),
  )!;
  const found = shapeOf(file, naming, name);
  const called = naming.names.get(name)!;
  const [other] = networksIn(file.entries);
  const hint =
    other === undefined
      ? `Give weights of ${network} with the tensor names of torchvision, Caffe or Keras.`
      : `Its tensors are those of ${other}: use the encoder ${other}, or give weights of ${network}.`;
  throw new NeckarError(
    `${file.path} does not hold weights of ${network}: tensor ${called} should have the shape ${shapeText(shape)}, ` +
      `${found === undefined ? 'and is missing' : `found ${found}`}. ${hint}`,
  );
}

function shapeOf(file: TensorFile, naming: Naming, name: string): string | undefined {
  const entry = file.entries.get(naming.names.get(name)!);
  return entry && shapeText(entry.shape);
}
