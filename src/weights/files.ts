/** Weight files on disk: opening, reading pieces, and telling formats apart by their first bytes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { messageOf, NeckarError } from '../errors.ts';

/** The formats weights are read from. */
export type WeightFormat = 'safetensors' | 'keras' | 'pytorch' | 'onnx' | 'numpy';

export interface OpenFile {
  readonly handle: FileHandle;
  readonly path: string;
  readonly size: number;
}

/** @throws NeckarError when the file is missing, unreadable or no file */
export async function openFile(path: string): Promise<OpenFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new NeckarError(`There is no weights file ${path}. Check the path, or put the file there.`, {
        cause,
      });
    }
    throw new NeckarError(`Cannot read the weights file ${path}: ${messageOf(cause)}.`, { cause });
  }
  const status = await handle.stat();
  if (status.isFile()) return { handle, path, size: status.size };
  await handle.close();
  throw new NeckarError(`${path} is not a file; a file of weights is expected.`);
}

/** @throws NeckarError when the file ends before `length` bytes were read */
export async function readExactly(
  { handle, path }: OpenFile,
  position: number,
  length: number,
): Promise<Buffer> {
  const buffer = Buffer.from(new ArrayBuffer(length));
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) throw new NeckarError(`${path} ended while it was read. Fetch it again.`);
    filled += bytesRead;
  }
  return buffer;
}

/** What a file is by its first bytes, when it is not safetensors. */
export function otherKind(opening: Buffer): string | undefined {
  const stray = strayKind(opening);
  if (stray !== undefined) return stray;
  if (startsAsZip(opening)) return 'a zip archive (a PyTorch checkpoint?)';
  if (startsAsHdf5(opening)) return 'an HDF5 file (Keras weights?)';
  if (startsAsPickle(opening)) return 'a Python pickle (a PyTorch checkpoint?)';
  return undefined;
}

/** What a file is by its first bytes, when it is something people save under a weights file's name by mistake. */
export function strayKind(opening: Buffer): string | undefined {
  const text = opening.toString('latin1').trimStart();
  if (/^<(!doctype|html|\?xml|head|body)/i.test(text))
    return 'an HTML page (a failed download saved as weights)';
  if (text.startsWith('version https://git-lfs')) return 'a Git LFS pointer, not the file it points to';
  return undefined;
}

/**
 * The format of a weight file, by its first bytes.
 * @throws NeckarError for a file that is missing or of another kind, saying what it is and what is expected
 */
export async function formatOf(path: string): Promise<WeightFormat> {
  const file = await openFile(path);
  try {
    const opening = await readExactly(file, 0, Math.min(file.size, 512));
    const stray = strayKind(opening);
    if (stray !== undefined) throw new NeckarError(`${path} is ${stray}. Get the weights again.`);
    if (startsAsZip(opening) || startsAsPickle(opening)) return 'pytorch';
    if (startsAsHdf5(opening)) return 'keras';
    if (startsAsOnnx(opening)) return 'onnx';
    if (startsAsSafetensors(opening)) return 'safetensors';
    throw new NeckarError(
      `${path} ${strangeOpening(opening)}. Weights are expected: safetensors, a PyTorch checkpoint, a Keras HDF5 file or an ONNX model.`,
    );
  } finally {
    await file.handle.close();
  }
}

/** Whether there is a folder of that path. */
export async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

/** Bytes of a file, 0 where there is none. */
export async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

export interface FileHashes {
  readonly sha256: string;
  readonly md5: string;
  readonly bytes: number;
}

/**
 * Both checksums of a file, read once and in pieces.
 * @throws NeckarError when it cannot be read
 */
export async function hashFile(path: string): Promise<FileHashes> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      sha256.update(chunk as Buffer);
      md5.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
  } catch (cause) {
    throw new NeckarError(`Cannot read the weights file ${path}: ${messageOf(cause)}.`, { cause });
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex'), bytes };
}

function startsAsZip(opening: Buffer): boolean {
  return opening.subarray(0, 2).toString('latin1') === 'PK';
}

function startsAsHdf5(opening: Buffer): boolean {
  return opening.subarray(1, 4).toString('latin1') === 'HDF';
}

/** First bytes of other files that may be taken for weights. */
const strangers: readonly (readonly [opening: string, what: string])[] = [
  ['\xff\xd8\xff', 'a JPEG picture'],
  ['\x89PNG', 'a PNG picture'],
  ['\x93NUMPY', 'a single NumPy array'],
  ['\x1f\x8b', 'a gzip archive: unpack it'],
  ['%PDF', 'a PDF document'],
];

/** What is wrong with a file that begins like none of weights, as the end of a sentence. */
function strangeOpening(opening: Buffer): string {
  if (opening.length === 0) return 'is empty';
  const text = opening.toString('latin1');
  const known = strangers.find(([start]) => text.startsWith(start));
  if (known !== undefined) return `is ${known[1]}`;
  const start = opening.subarray(0, 16);
  const isText = /^[\t\r\n\x20-\x7e]+$/.test(start.toString('latin1'));
  const shown = isText
    ? `the text ${JSON.stringify(start.toString('latin1'))}`
    : `the bytes ${start.toString('hex').replace(/..(?=.)/g, '$& ')}`;
  return `is no file of weights, or broken: it begins with ${shown}`;
}

/** A pickle opens with the PROTO opcode. */
function startsAsPickle(opening: Buffer): boolean {
  return opening[0] === 0x80 && opening[1]! <= 5 && !startsAsSafetensors(opening);
}

/** ModelProto opens with its IR version, a small number in field 1. */
function startsAsOnnx(opening: Buffer): boolean {
  return opening[0] === 0x08 && opening[1]! > 0 && opening[1]! < 0x20 && !startsAsSafetensors(opening);
}

/** A header length of eight bytes, of which the upper four are zero in any real file, and the brace of its JSON. */
function startsAsSafetensors(opening: Buffer): boolean {
  return opening.length > 8 && opening[8] === 0x7b && opening.readUInt32LE(4) === 0;
}
