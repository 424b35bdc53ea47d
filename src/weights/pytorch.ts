/**
 * PyTorch checkpoints (`torch.save`): zip archives as PyTorch writes them since 1.6, and the stream of pickles before
 * that, which torchvision's VGG files still are. Only state dicts, files of tensors by name, are read; a checkpoint that
 * needs any other Python object is refused, and no code of a file is ever run.
 */
import { NeckarError } from '../errors.ts';
import { type OpenFile, openFile, readExactly } from './files.ts';
import { type PickleGlobal, readPickle } from './pickle.ts';
import { type ReadStorage, readTensor, Storage, StoredTensor, widthOf } from './pytorch-tensors.ts';
import type { TensorEntry, TensorFile } from './tensor-file.ts';
import { listMembers, readMember } from './zip.ts';

/** PyTorch's storage classes with the kind of their numbers. */
const storageKinds: Readonly<Record<string, string>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

class StorageKind {
  readonly name: string;
  readonly kind: string;
  constructor(name: string, kind: string) {
    this.name = name;
    this.kind = kind;
  }
}

/**
 * Opens a checkpoint. Dictionaries within dictionaries give names joined by dots.
 *
 * @throws NeckarError when it is truncated or broken, wants code to be run, or holds no tensors
 */
export async function openPytorch(path: string): Promise<TensorFile> {
  const file = await openFile(path);
  try {
    const opening = await readExactly(file, 0, Math.min(2, file.size));
    const opened = opening.toString('latin1') === 'PK' ? await openArchive(file) : await openStream(file);
    const tensors = tensorsOf(opened.value, path);
    const entries = new Map<string, TensorEntry>();
    for (const [name, { shape, storage }] of tensors) entries.set(name, { shape, dtype: storage.kind });
    return {
      path,
      format: 'pytorch',
      entries,
      metadata: {},
      read: (name) => readTensor(path, name, tensors.get(name)!, opened.read),
      close: () => file.handle.close(),
    };
  } catch (error) {
    await file.handle.close();
    throw error;
  }
}

/** What a file's pickles may name and call. Each stand-in does nothing but describe a tensor or build a container. */
function readerOf(path: string, seen: Map<string, Storage>) {
  const refuse = (what: string) =>
    new NeckarError(`${path} is broken: its pickle describes ${what}. Fetch it again.`);
  const rebuilt = (args: readonly unknown[]): StoredTensor => {
    const [storage, offset, shape, strides] = args;
    if (!(storage instanceof Storage)) throw refuse('a tensor without a storage');
    if (!isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length) {
      throw refuse('a tensor without a proper shape');
    }
    const last = shape.reduce((at, extent, axis) => at + (extent - 1) * strides[axis]!, offset);
    if (shape.every((extent) => extent > 0) && last >= storage.length) {
      throw refuse(
        `a tensor [${shape.join(', ')}] that reaches beyond its storage of ${storage.length} values`,
      );
    }
    return new StoredTensor(storage, storage.offset + offset, shape, strides);
  };
  const ordered = ([pairs]: readonly unknown[]): Map<unknown, unknown> => {
    if (pairs === undefined) return new Map();
    if (Array.isArray(pairs) && pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
      return new Map(pairs as [unknown, unknown][]);
    }
    throw refuse('a dictionary without pairs');
  };
  const globals = new Map<string, PickleGlobal>();
  const allow = (name: string, call?: PickleGlobal['call']) =>
    globals.set(name, call === undefined ? { name } : { name, call });
  allow('collections.OrderedDict', ordered);
  allow('torch._utils._rebuild_tensor', rebuilt);
  allow('torch._utils._rebuild_tensor_v2', rebuilt);
  allow('torch._utils._rebuild_parameter', ([data]) => data);
  allow('torch.Size', ([extents]) => extents);
  for (const [name, kind] of Object.entries(storageKinds)) {
    globals.set(`torch.${name}`, new StorageKind(`torch.${name}`, kind));
  }
  return {
    path,
    globals,
    persistent(id: unknown): Storage {
      const [what, type, key, , length, view] = Array.isArray(id) ? id : [];
      if (
        what !== 'storage' ||
        !(type instanceof StorageKind) ||
        typeof key !== 'string' ||
        !isCount(length)
      ) {
        throw refuse('an outside object that is no storage');
      }
      seen.set(key, seen.get(key) ?? new Storage(key, type.kind, length, 0));
      if (!Array.isArray(view)) return new Storage(key, type.kind, length, 0);
      const [, offset, viewed] = view;
      if (!isCount(offset) || !isCount(viewed) || offset + viewed > length)
        throw refuse('a view of no storage');
      return new Storage(key, type.kind, viewed, offset);
    },
  };
}

/** `archive/data.pkl` holds the pickle and `archive/data/<key>` each storage's bytes. */
async function openArchive(file: OpenFile): Promise<{ value: unknown; read: ReadStorage }> {
  const { path } = file;
  const { zip, members } = await listMembers(file);
  const pickled = [...members.keys()].find((name) => /(^|\/)data\.pkl$/.test(name));
  if (pickled === undefined) {
    throw new NeckarError(
      `${path} is a zip archive but no PyTorch checkpoint: it has no data.pkl. Expected what torch.save writes.`,
    );
  }
  const folder = pickled.slice(0, -'data.pkl'.length);
  if (members.has(`${folder}constants.pkl`)) {
    throw new NeckarError(
      `${path} is a TorchScript program, not a file of tensors. Save the state dict: torch.save(model.state_dict(), …).`,
    );
  }
  const order = members.get(`${folder}byteorder`);
  if (order !== undefined && (await readMember(zip, order, path)).toString() !== 'little') {
    throw new NeckarError(
      `${path} was saved with the bytes in big-endian order; save it on another machine.`,
    );
  }
  const bytes = await readMember(zip, members.get(pickled)!, path);
  const { value } = readPickle(bytes, 0, readerOf(path, new Map()));
  const read: ReadStorage = async (storage, first, count) => {
    const width = widthOf(storage.kind);
    const member = members.get(`${folder}data/${storage.key}`);
    if (member === undefined || member.uncompressedSize < (first + count) * width) {
      throw new NeckarError(
        `${path} is truncated: the numbers of storage ${storage.key} are missing. Fetch it again.`,
      );
    }
    return (await readMember(zip, member, path)).subarray(first * width, (first + count) * width);
  };
  return { value, read };
}

/** The most a pickle of names and shapes can sensibly take. */
const longestPickle = 1 << 24;
const magicNumber = 0x1950a86a20f9469cfc6cn;

/**
 * Five pickles follow each other (magic number, protocol 1001, system information, the value, the keys of the storages),
 * then for each key its count of values as a 64-bit integer and the values.
 */
async function openStream(file: OpenFile): Promise<{ value: unknown; read: ReadStorage }> {
  const { path, size } = file;
  const bytes = await readExactly(file, 0, Math.min(size, longestPickle));
  const storages = new Map<string, Storage>();
  const reader = readerOf(path, storages);
  const magic = readPickle(bytes, 0, reader);
  if (magic.value !== magicNumber) {
    throw new NeckarError(
      `${path} is a Python pickle but no PyTorch checkpoint. Expected what torch.save writes, or safetensors.`,
    );
  }
  const protocol = readPickle(bytes, magic.end, reader);
  const system = readPickle(bytes, protocol.end, reader);
  if (!(system.value instanceof Map) || system.value.get('little_endian') !== true) {
    throw new NeckarError(
      `${path} was saved with the bytes in big-endian order; save it on another machine.`,
    );
  }
  const described = readPickle(bytes, system.end, reader);
  const keys = readPickle(bytes, described.end, reader);
  if (!Array.isArray(keys.value))
    throw new NeckarError(`${path} is broken: it lists no storages. Fetch it again.`);
  const places = new Map<string, number>();
  let position = keys.end;
  for (const key of keys.value) {
    const storage = storages.get(String(key));
    const truncated = (what: string) =>
      new NeckarError(
        `${path} is truncated: ${what}. Fetch it again; it should be larger than ${size} bytes.`,
      );
    if (storage === undefined)
      throw new NeckarError(`${path} is broken: no tensor needs its storage ${key}.`);
    if (position + 8 > size) throw truncated(`storage ${key} is missing`);
    const count = Number((await readExactly(file, position, 8)).readBigInt64LE());
    if (count < storage.length) throw new NeckarError(`${path} is broken: storage ${key} is too short.`);
    places.set(storage.key, position + 8);
    position += 8 + count * widthOf(storage.kind);
    if (position > size) throw truncated(`storage ${key} wants ${position - size} bytes more`);
  }
  const read: ReadStorage = ({ key, kind }, first, count) => {
    const width = widthOf(kind);
    return readExactly(file, places.get(key)! + first * width, count * width);
  };
  return { value: described.value, read };
}

/** More levels of dictionaries than any checkpoint has; a pickle can hold itself. */
const deepest = 8;

function tensorsOf(value: unknown, path: string): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  let visited = 0;
  const collect = (inner: unknown, name: string, depth: number): void => {
    if (inner instanceof StoredTensor) tensors.set(name, inner);
    if (!(inner instanceof Map) || depth > deepest) return;
    for (const [key, entry] of inner) {
      if (++visited > 100_000) throw new NeckarError(`${path} is no state dict: it holds too many objects.`);
      collect(entry, name === '' ? String(key) : `${name}.${key}`, depth + 1);
    }
  };
  collect(value, '', 0);
  if (tensors.size > 0) return tensors;
  throw new NeckarError(
    `${path} holds no tensors by name. Expected a state dict: torch.save(model.state_dict(), …).`,
  );
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}
