/**
 * The state of something that goes on later, such as a trial or an optimiser, as one run of bytes: eight bytes that say what it is, the length of a JSON
 * header, the header, and the float32 data of its arrays, little-endian, in the header's order.
 */
import { NeckarError } from '../errors.ts';

/** Plain data that survives a round trip through a checkpoint: numbers, strings, typed arrays, nested. */
export type State = { [key: string]: StateValue };
export type StateValue = number | string | boolean | null | Float32Array | StateValue[] | State;

const magic = 'NKOPT001';
/** JSON has no NaN, infinities or negative zero, and no arrays of floats: they stand in the header as `{"$": …}`. */
type Tagged = { $: 'number'; text: string } | { $: 'floats'; length: number } | { $: 'object'; of: unknown };

/** The bytes of a state. Takes about four bytes per float. */
export function encodeState(state: State): Uint8Array {
  const arrays: Float32Array[] = [];
  const header = new TextEncoder().encode(JSON.stringify(pack(state, arrays)));
  // The data begins at a multiple of four, so that a reader may map it without copying.
  const dataStart = Math.ceil((magic.length + 4 + header.length) / 4) * 4;
  const floats = arrays.reduce((sum, array) => sum + array.length, 0);
  const bytes = new Uint8Array(dataStart + 4 * floats);
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(magic.length, header.length, true);
  bytes.set(header, magic.length + 4);
  let offset = dataStart;
  for (const array of arrays) {
    writeFloats(bytes, offset, array);
    offset += 4 * array.length;
  }
  return bytes;
}

/**
 * The state that `encodeState` made these bytes of, equal bit for bit.
 *
 * @param what - whose state it is, as the beginning of a sentence
 * @throws NeckarError when they are not such bytes, or cut short
 */
export function decodeState(bytes: Uint8Array, what = 'The state'): State {
  const start = magic.length + 4;
  if (bytes.length < start || new TextDecoder().decode(bytes.subarray(0, magic.length)) !== magic) {
    throw new NeckarError(
      `${what} is not there: the bytes are something else (expected "${magic}" at their beginning). Delete the checkpoint to start anew.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getUint32(magic.length, true);
  let offset = Math.ceil((start + headerLength) / 4) * 4;
  const take = (length: number): Float32Array => {
    if (offset + 4 * length > bytes.length) throw wrongLength(what, bytes.length);
    const array = readFloats(bytes, offset, length);
    offset += 4 * length;
    return array;
  };
  if (start + headerLength > bytes.length) throw wrongLength(what, bytes.length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(start, start + headerLength)));
  } catch (cause) {
    throw new NeckarError(`${what} is damaged: its header is no JSON. Delete the checkpoint to start anew.`, {
      cause,
    });
  }
  const state = unpack(header, take) as State;
  if (offset !== bytes.length) throw wrongLength(what, bytes.length);
  return state;
}

function wrongLength(what: string, length: number): NeckarError {
  return new NeckarError(
    `${what} has the wrong length (${length} bytes): it was cut short or appended to. Delete the checkpoint to start anew.`,
  );
}

function pack(value: StateValue, arrays: Float32Array[]): unknown {
  if (value instanceof Float32Array) {
    arrays.push(value);
    return { $: 'floats', length: value.length } satisfies Tagged;
  }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { $: 'number', text: Object.is(value, -0) ? '-0' : String(value) } satisfies Tagged;
  }
  if (Array.isArray(value)) return value.map((item) => pack(item, arrays));
  if (typeof value === 'object' && value !== null) {
    const packed = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pack(item, arrays)]));
    return '$' in packed ? ({ $: 'object', of: packed } satisfies Tagged) : packed;
  }
  return value;
}

function unpack(value: unknown, take: (length: number) => Float32Array): StateValue {
  if (Array.isArray(value)) return value.map((item) => unpack(item, take));
  if (typeof value !== 'object' || value === null) return value as StateValue;
  if ('$' in value) {
    const tagged = value as Tagged;
    if (tagged.$ === 'floats') return take(tagged.length);
    if (tagged.$ === 'number') return Number(tagged.text);
    return unpackEntries(tagged.of as object, take);
  }
  return unpackEntries(value, take);
}

function unpackEntries(value: object, take: (length: number) => Float32Array): State {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpack(item, take)]));
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function writeFloats(bytes: Uint8Array, offset: number, array: Float32Array): void {
  if (littleEndian) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < array.length; i++) view.setFloat32(offset + 4 * i, array[i]!, true);
}

function readFloats(bytes: Uint8Array, offset: number, length: number): Float32Array {
  const array = new Float32Array(length);
  if (littleEndian) {
    new Uint8Array(array.buffer).set(bytes.subarray(offset, offset + 4 * length));
    return array;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < length; i++) array[i] = view.getFloat32(offset + 4 * i, true);
  return array;
}
