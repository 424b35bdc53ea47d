/**
 * Arrays as numpy saves them, one to a file: numpy/lib/format.py, versions 1 to 3. The header is read as the plain text
 * that it is; nothing in a file is run.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, NeckarError } from '../errors.ts';
import { float32, type TensorValue } from '../tensor.ts';
import { isFolder, openFile, readExactly } from './files.ts';
import type { TensorFile } from './tensor-file.ts';
import { listMembers, readMember } from './zip.ts';

/**
 * An array of floating-point numbers.
 *
 * @param bytes - of the whole file
 * @param path - for errors
 * @throws NeckarError for what is no such array: another format, Python objects, other numbers, a truncated file
 */
export function readNpy(bytes: Uint8Array, path: string): TensorValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const opening = String.fromCharCode(...bytes.subarray(0, 6));
  if (opening !== '\x93NUMPY' || bytes.length < 12)
    throw new NeckarError(`${path} is no numpy array; a file that numpy.save wrote is expected.`);
  const long = view.getUint8(6) >= 2;
  const start = long ? 12 : 10;
  const begin = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder().decode(bytes.subarray(start, begin));
  const kind = /'descr': '([^']*)'/.exec(header)?.[1];
  const extents = /'shape': \(([^)]*)\)/.exec(header)?.[1];
  const width = kind === '<f4' ? 4 : kind === '<f8' ? 8 : undefined;
  if (width === undefined || extents === undefined) {
    throw new NeckarError(
      `${path} holds an array of type ${kind ?? 'unknown'}; save it as float32: array.astype('<f4').`,
    );
  }
  if (/'fortran_order': True/.test(header)) {
    throw new NeckarError(
      `${path} keeps its array column by column; save it row by row: numpy.ascontiguousarray(array).`,
    );
  }
  const shape = extents
    .split(',')
    .filter((extent) => extent.trim() !== '')
    .map(Number);
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (bytes.length !== begin + size * width) {
    throw new NeckarError(
      `${path} should hold ${size * width} bytes of numbers, and has ${bytes.length - begin}. Fetch it again.`,
    );
  }
  const data = Float32Array.from({ length: size }, (_, i) =>
    width === 4 ? view.getFloat32(begin + 4 * i, true) : view.getFloat64(begin + 8 * i, true),
  );
  return float32(shape, data);
}

/**
 * The arrays of a folder, or of what numpy.savez wrote, by their files' names without `.npy`: raw arrays with names, as
 * ports of networks to other programs hand them on.
 *
 * @throws NeckarError when it cannot be read or holds none, and for files that are no such arrays
 */
export async function openArrays(path: string): Promise<TensorFile> {
  const arrays = new Map<string, TensorValue>();
  for (const [file, bytes] of await ((await isFolder(path)) ? filesOf(path) : membersOf(path))) {
    if (!file.endsWith('.npy')) continue;
    arrays.set(file.slice(0, -'.npy'.length), readNpy(bytes, join(path, file)));
  }
  if (arrays.size === 0) {
    throw new NeckarError(`${path} holds no numpy arrays; files that end in .npy are expected.`);
  }
  return {
    path,
    format: 'numpy',
    entries: new Map([...arrays].map(([name, { shape }]) => [name, { shape, dtype: 'F32' }])),
    metadata: {},
    read: async (name) => arrays.get(name)!,
    close: async () => {},
  };
}

/** Whether a file is a zip archive of numpy's: it holds arrays, and not the pickle of a PyTorch checkpoint. */
export async function isNpz(path: string): Promise<boolean> {
  const file = await openFile(path);
  try {
    const opening = await readExactly(file, 0, Math.min(2, file.size));
    if (opening.toString('latin1') !== 'PK') return false;
    const { members } = await listMembers(file);
    const names = [...members.keys()];
    return names.some((name) => name.endsWith('.npy')) && !names.some((name) => name.endsWith('.pkl'));
  } finally {
    await file.handle.close();
  }
}

async function filesOf(folder: string): Promise<(readonly [string, Uint8Array])[]> {
  try {
    const files = (await readdir(folder)).filter((file) => file.endsWith('.npy')).sort();
    return await Promise.all(files.map(async (file) => [file, await readFile(join(folder, file))] as const));
  } catch (cause) {
    throw new NeckarError(`Cannot read the folder ${folder}: ${messageOf(cause)}.`, { cause });
  }
}

async function membersOf(path: string): Promise<(readonly [string, Uint8Array])[]> {
  const file = await openFile(path);
  try {
    const { zip, members } = await listMembers(file);
    const read: (readonly [string, Uint8Array])[] = [];
    for (const [name, entry] of members) {
      if (name.endsWith('.npy')) read.push([name, await readMember(zip, entry, path)]);
    }
    return read;
  } finally {
    await file.handle.close();
  }
}
