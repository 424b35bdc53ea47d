/**
 * Arrays as numpy saves them, one to a file: numpy/lib/format.py, versions 1 to 3. The header is read as the plain text
 * that it is; nothing in a file is run.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, NeckarError } from '../errors.ts';
import { float32, type TensorValue } from '../tensor.ts';

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
 * The arrays of a folder by their files' names without `.npy`.
 * @throws NeckarError when it cannot be read or holds none, and for files that are no such arrays
 */
export async function readArrays(folder: string): Promise<Map<string, TensorValue>> {
  let files: string[];
  try {
    files = await readdir(folder);
  } catch (cause) {
    throw new NeckarError(`Cannot read the folder ${folder}: ${messageOf(cause)}.`, { cause });
  }
  const arrays = files.filter((file) => file.endsWith('.npy')).sort();
  if (arrays.length === 0)
    throw new NeckarError(`${folder} holds no numpy arrays; files that end in .npy are expected.`);
  const read = async (file: string) =>
    [file.slice(0, -'.npy'.length), readNpy(await readFile(join(folder, file)), file)] as const;
  return new Map(await Promise.all(arrays.map(read)));
}
