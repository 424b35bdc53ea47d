/**
 * Weight files in the safetensors format: eight bytes of header length (little-endian), a JSON header that gives each
 * tensor's dtype, shape and place, then the bytes of the tensors without gaps.
 */
import { messageOf, NeckarError } from '../errors.ts';
import { replaceFile, writeSynced } from '../platform/write.ts';
import { float32, type TensorValue } from '../tensor.ts';
import { type OpenFile, openFile, otherKind, readExactly } from './files.ts';
import { isFloatKind, toFloat32 } from './numbers.ts';

/** What the header says of one tensor. */
export interface SafetensorsEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
}

export interface SafetensorsContent {
  readonly metadata: Readonly<Record<string, string>>;
  /** Every tensor of the file, read or not. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  /** The tensors that were asked for, as float32. */
  readonly tensors: ReadonlyMap<string, TensorValue>;
}

interface PlacedEntry extends SafetensorsEntry {
  readonly begin: number;
  readonly end: number;
}

/** Bytes per value of the format's dtypes. */
const widths: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
};
const readable = ['F32', 'F16', 'BF16', 'F64'];

/** The format's own limit for headers: beyond it the first bytes are no header length. */
const longestHeader = 100_000_000;

/**
 * Reads tensors from a file. F16 and BF16 become float32. The whole header is checked first: names, dtypes, shapes,
 * and that the tensors fill the rest of the file without gap or overlap.
 *
 * @param wanted - the names to read; default: all. Names that are not in the file are left out.
 * @throws NeckarError for a missing, unreadable, truncated or inconsistent file, for a file of another kind (an HTML
 *   page, a PyTorch or Keras file), and for a wanted tensor of integers
 */
export async function readSafetensors(path: string, wanted?: readonly string[]): Promise<SafetensorsContent> {
  const file = await openFile(path);
  try {
    const { metadata, entries, start } = await readHeader(file);
    const tensors = new Map<string, TensorValue>();
    for (const name of wanted ?? entries.keys()) {
      const entry = entries.get(name);
      if (entry === undefined) continue;
      if (!isFloatKind(entry.dtype)) {
        throw new NeckarError(
          `${path}: tensor ${name} ${shapeText(entry.shape)} has dtype ${entry.dtype}; expected one of ${readable.join(', ')}.`,
        );
      }
      const bytes = await readExactly(file, start + entry.begin, entry.end - entry.begin);
      tensors.set(name, float32(entry.shape, toFloat32(bytes, entry.dtype)));
    }
    return { metadata, entries, tensors };
  } finally {
    await file.handle.close();
  }
}

/** The bytes of a safetensors file of the given tensors, in their order; float32 becomes F32, int32 I32. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, TensorValue>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let end = 0;
  for (const [name, { shape, dtype, data }] of tensors) {
    const begin = end;
    end += data.byteLength;
    header[name] = { dtype: dtype === 'float32' ? 'F32' : 'I32', shape, data_offsets: [begin, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  // Spaces after the JSON keep the data aligned to eight bytes.
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = Buffer.alloc(8 + padded + end, ' ');
  bytes.writeBigUInt64LE(BigInt(padded));
  json.copy(bytes, 8);
  let at = 8 + padded;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Writes tensors to a file, whole or not at all.
 * @throws NeckarError when the file cannot be written
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorValue>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  try {
    await replaceFile(path, (temporary) => writeSynced(temporary, encodeSafetensors(tensors, metadata)));
  } catch (cause) {
    throw new NeckarError(`Cannot write the weights to ${path}: ${messageOf(cause)}.`, {
      cause,
      exitCode: 1,
    });
  }
}

/** `[64, 3, 3, 3]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

async function readHeader(
  file: OpenFile,
): Promise<{ metadata: Record<string, string>; entries: Map<string, PlacedEntry>; start: number }> {
  const { path, size } = file;
  const opening = await readExactly(file, 0, Math.min(size, 512));
  const other = otherKind(opening);
  if (other !== undefined) {
    throw new NeckarError(`${path} is ${other}, not a safetensors file. Get the weights as safetensors.`);
  }
  const truncated = (what: string) =>
    new NeckarError(`${path} is truncated or no safetensors file: ${what}. Fetch it again.`);
  if (size < 8) throw truncated(`it has ${size} bytes`);
  const length = Number(Buffer.from(opening.subarray(0, 8)).readBigUInt64LE());
  if (length > longestHeader) throw truncated(`its first bytes give a header of ${length} bytes`);
  if (8 + length > size) throw truncated(`its header wants ${length} bytes, ${size - 8} follow`);

  const json = (await readExactly(file, 8, length)).toString('utf8');
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch (cause) {
    throw new NeckarError(`${path} has a broken header: ${messageOf(cause)}. Fetch it again.`, { cause });
  }
  if (!isRecord(header))
    throw new NeckarError(`${path} has a broken header: not a JSON object. Fetch it again.`);
  const { __metadata__: metadata = {}, ...described } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new NeckarError(`${path} has a broken header: __metadata__ is not a record of texts.`);
  }
  const entries = new Map<string, PlacedEntry>();
  for (const [name, entry] of Object.entries(described)) entries.set(name, parseEntry(path, name, entry));
  checkPlaces(path, entries, size - 8 - length);
  return { metadata: metadata as Record<string, string>, entries, start: 8 + length };
}

function parseEntry(path: string, name: string, entry: unknown): PlacedEntry {
  const refuse = (what: string) => new NeckarError(`${path} has a broken header: tensor ${name} ${what}.`);
  if (!isRecord(entry)) throw refuse('is not described by an object');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || widths[dtype] === undefined) {
    throw refuse(`has the unknown dtype ${JSON.stringify(dtype)}`);
  }
  if (!isCounts(shape)) throw refuse(`has the shape ${JSON.stringify(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw refuse(`${shapeText(shape)} has the data offsets ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, extent) => product * extent, widths[dtype]!);
  if (end - begin !== bytes) {
    throw refuse(`of ${dtype} ${shapeText(shape)} needs ${bytes} bytes, its offsets give ${end - begin}`);
  }
  return { dtype, shape, begin, end };
}

function checkPlaces(path: string, entries: ReadonlyMap<string, PlacedEntry>, available: number): void {
  let reached = 0;
  let previous = '';
  for (const [name, { begin, end, shape }] of [...entries].sort(
    ([, a], [, b]) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin < reached) {
      throw new NeckarError(`${path} has a broken header: tensor ${name} overlaps tensor ${previous}.`);
    }
    if (begin > reached) {
      throw new NeckarError(
        `${path} has a broken header: ${begin - reached} bytes before tensor ${name} are no tensor's.`,
      );
    }
    if (end > available) {
      const found = Math.max(0, available - begin);
      throw new NeckarError(
        `${path} is truncated: tensor ${name} ${shapeText(shape)} needs ${end - begin} bytes, ${found} are there. Fetch it again.`,
      );
    }
    reached = end;
    previous = name;
  }
  if (reached < available) {
    throw new NeckarError(
      `${path} is broken: ${available - reached} bytes follow its last tensor. Fetch it again.`,
    );
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
}
