/** Writers of weight files in the formats Neckar reads, as far as tests need them. */
import { writeFile } from 'node:fs/promises';
import {
  encodeModel,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from '../../src/engines/onnx/proto.ts';
import type { TensorValue } from '../../src/tensor.ts';

export type Tensors = ReadonlyMap<string, TensorValue>;

const bytesOf = ({ data }: { data: TensorValue['data'] }) =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** From OIHW, as torch has filters, to HWIO, as Keras has them; other tensors as they are. */
function toKerasLayout({ shape, data }: TensorValue): { shape: number[]; data: Float32Array } {
  if (shape.length !== 4) return { shape: [...shape], data: Float32Array.from(data) };
  const [outputs, inputs, height, width] = shape as [number, number, number, number];
  const values = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          values[((y * width + x) * inputs + i) * outputs + o] =
            data[((o * inputs + i) * height + y) * width + x]!;
        }
      }
    }
  }
  return { shape: [height, width, inputs, outputs], data: values };
}

/** How Keras named a layer's tensors: version 1 (as its model zoo's files), version 2, or within a saved model. */
export type KerasManner = 'keras1' | 'keras2' | 'model';

/** A Keras file; tensors come as `<layer>.weight` and `<layer>.bias` in OIHW. `chunked` compresses them as well. */
export async function writeKeras(
  path: string,
  tensors: Tensors,
  { manner = 'keras1', chunked = false }: { manner?: KerasManner; chunked?: boolean } = {},
): Promise<void> {
  const { File, ready } = await import('h5wasm/node');
  await ready;
  const file = new File(path, 'w');
  const root = manner === 'model' ? file.create_group('model_weights') : file;
  const layers = [...new Set([...tensors.keys()].map((name) => name.slice(0, name.lastIndexOf('.'))))];
  for (const layer of layers) {
    const group = createGroups(root, layer);
    const last = layer.split('/').at(-1)!;
    const names = (['weight', 'bias'] as const)
      .filter((part) => tensors.has(`${layer}.${part}`))
      .map((part) => ({
        part,
        name:
          manner === 'keras1'
            ? `${last}_${part === 'weight' ? 'W' : 'b'}_1:0`
            : `${last}/${part === 'weight' ? 'kernel' : 'bias'}:0`,
      }));
    group.create_attribute(
      'weight_names',
      names.map(({ name }) => name),
      null,
      'S40',
    );
    for (const { part, name } of names) {
      const { shape, data } = toKerasLayout(tensors.get(`${layer}.${part}`)!);
      const parent = name.includes('/') && !group.keys().includes(last) ? group.create_group(last) : group;
      const inside = name.includes('/') ? (group.get(last) as typeof parent) : group;
      inside.create_dataset({
        name: name.split('/').at(-1)!,
        data,
        shape,
        ...(chunked ? { chunks: shape.map((n) => Math.ceil(n / 2)), compression: 'gzip' as const } : {}),
      });
    }
  }
  const empty = root.create_group('pool1');
  empty.create_attribute('nothing', 'here');
  root.create_attribute('layer_names', layers, null, 'S40');
  file.close();
}

type H5Group = InstanceType<typeof import('h5wasm/node')['Group']>;

function createGroups(root: H5Group, path: string): H5Group {
  let group = root;
  for (const part of path.split('/')) {
    group = group.keys().includes(part) ? (group.get(part) as H5Group) : group.create_group(part);
  }
  return group;
}

/** Opcodes of pickles, one after the other: enough to write any state dict, or mischief. */
export const pickle = {
  global: (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`),
  text: (value: string) => {
    const bytes = Buffer.from(value);
    const head = Buffer.alloc(5, 'X');
    head.writeUInt32LE(bytes.length, 1);
    return Buffer.concat([head, bytes]);
  },
  integer: (value: number) => {
    const bytes = Buffer.alloc(5, 'J');
    bytes.writeInt32LE(value, 1);
    return bytes;
  },
  /** A tuple of what the parts leave on the stack. */
  tuple: (...parts: readonly Buffer[]) => Buffer.concat([Buffer.from('('), ...parts, Buffer.from('t')]),
  /** The call of a global with a tuple. */
  reduce: (callee: Buffer, args: Buffer) => Buffer.concat([callee, args, Buffer.from('R')]),
  dictionary: (items: readonly (readonly [Buffer, Buffer])[]) =>
    Buffer.concat([Buffer.from('}('), ...items.flat(), Buffer.from('u')]),
  none: Buffer.from('N'),
  no: Buffer.from([0x89]),
  yes: Buffer.from([0x88]),
  /** A whole pickle of protocol 2. */
  whole: (value: Buffer) => Buffer.concat([Buffer.from([0x80, 2]), value, Buffer.from('.')]),
};

export interface TorchOptions {
  /** Keys around the dictionary, such as `state_dict`. */
  readonly within?: string;
  /** The storage class; the values are written as they are, so `HalfStorage` wants halves. */
  readonly storage?: string;
}

/** The pickle of an ordered state dict whose storages are numbered as the tensors are. */
export function pickledStateDict(tensors: Tensors, legacy: boolean, options: TorchOptions = {}): Buffer {
  const { global, integer, reduce, text, tuple } = pickle;
  const ordered = reduce(global('collections', 'OrderedDict'), Buffer.from(')'));
  const items = [...tensors].flatMap(([name, { shape, data }], index) => {
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1));
    const id = tuple(
      text('storage'),
      global('torch', options.storage ?? 'FloatStorage'),
      text(String(index)),
      text('cpu'),
      integer(data.length),
      ...(legacy ? [pickle.none] : []),
    );
    const tensor = reduce(
      global('torch._utils', '_rebuild_tensor_v2'),
      tuple(
        Buffer.concat([id, Buffer.from('Q')]),
        integer(0),
        tuple(...shape.map(integer)),
        tuple(...strides.map(integer)),
        pickle.no,
        ordered,
      ),
    );
    return [text(name), tensor];
  });
  // As PyTorch does it: the module's versions ride along as an attribute.
  const attributes = pickle.dictionary([[text('_metadata'), ordered]]);
  const state = Buffer.concat([
    ordered,
    Buffer.from('('),
    ...items,
    Buffer.from('u'),
    attributes,
    Buffer.from('b'),
  ]);
  if (options.within === undefined) return pickle.whole(state);
  return pickle.whole(
    pickle.dictionary([
      [text('epoch'), integer(3)],
      [text(options.within), state],
    ]),
  );
}

/** A zip checkpoint, as PyTorch writes them since 1.6: everything stored, not compressed. */
export async function writeTorchZip(
  path: string,
  tensors: Tensors,
  options: TorchOptions = {},
): Promise<void> {
  const members = new Map<string, Buffer>([
    ['archive/data.pkl', pickledStateDict(tensors, false, options)],
    ['archive/byteorder', Buffer.from('little')],
  ]);
  for (const [index, tensor] of [...tensors.values()].entries())
    members.set(`archive/data/${index}`, bytesOf(tensor));
  members.set('archive/version', Buffer.from('3\n'));
  await writeFile(path, zipOf(members));
}

/** A checkpoint as PyTorch wrote them before 1.6. */
export async function writeTorchStream(
  path: string,
  tensors: Tensors,
  options: TorchOptions = {},
): Promise<void> {
  const keys = [...tensors.keys()].map((_, index) => pickle.text(String(index)));
  const parts = [
    ...legacyHead(),
    pickledStateDict(tensors, true, options),
    pickle.whole(Buffer.concat([Buffer.from(']('), ...keys, Buffer.from('e')])),
  ];
  for (const tensor of tensors.values()) {
    const count = Buffer.alloc(8);
    count.writeBigInt64LE(BigInt(tensor.data.length));
    parts.push(count, bytesOf(tensor));
  }
  await writeFile(path, Buffer.concat(parts));
}

/** The magic number 0x1950a86a20f9469cfc6c, protocol 1001 and the system's traits. */
export function legacyHead(): Buffer[] {
  const magic = Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex');
  const { dictionary, integer, text, whole, yes } = pickle;
  return [
    whole(magic),
    whole(integer(1001)),
    whole(
      dictionary([
        [text('protocol_version'), integer(1001)],
        [text('little_endian'), yes],
      ]),
    ),
  ];
}

/** A zip archive without compression. */
export function zipOf(members: ReadonlyMap<string, Buffer>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of members) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\u0001\u0002\u0014\u0000'), common, place, Buffer.from(name));
    const entry = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, Buffer.from(name), bytes]);
    local.push(entry);
    offset += entry.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(members.size, 8);
  end.writeUInt16LE(members.size, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

const valueInfo = (name: string, dims?: readonly number[]) =>
  ({
    name,
    type: {
      tensorType: { elemType: 1, ...(dims && { shape: { dim: dims.map((dimValue) => ({ dimValue })) } }) },
    },
  }) as ModelProto['graph']['output'][number];

export const node = (
  opType: string,
  input: string[],
  output: string,
  attribute: NodeProto['attribute'] = [],
): NodeProto => ({ opType, input, output: [output], name: `node_${output}`, domain: '', attribute });

export const ints = (name: string, ...values: number[]): NodeProto['attribute'][number] => ({
  name,
  type: 7,
  ints: values,
});

/** The bytes of an ONNX model with one input `image`. */
export function onnxModel(
  nodes: NodeProto[],
  tensors: Tensors,
  options: { outputs?: string[]; asFloats?: boolean; size?: number[] } = {},
): Uint8Array {
  const initializer = [...tensors].map(
    ([name, tensor]): TensorProto => ({
      name,
      dims: tensor.shape,
      dataType: 1,
      ...(options.asFloats ? { floatData: [...tensor.data] } : { rawData: bytesOf(tensor) }),
    }),
  );
  return encodeModel({
    irVersion: 8,
    producerName: 'test',
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'test',
      node: nodes,
      initializer,
      input: [valueInfo('image', options.size ?? [1, 3, 32, 32])],
      output: (options.outputs ?? [nodes.at(-1)!.output[0]!]).map((name) => valueInfo(name)),
    },
  });
}

/** A model of convolutions one after the other with the given `<layer>.weight` and `<layer>.bias`. */
export async function writeOnnx(path: string, tensors: Tensors): Promise<void> {
  const layers = [...new Set([...tensors.keys()].map((name) => name.slice(0, name.lastIndexOf('.'))))];
  const nodes = layers.map((layer, i) =>
    node('Conv', [i === 0 ? 'image' : `x${i - 1}`, `${layer}.weight`, `${layer}.bias`], `x${i}`),
  );
  await writeFile(path, onnxModel(nodes, tensors));
}

export const integer = (name: string, i: number): NodeProto['attribute'][number] => ({ name, type: 2, i });
export const float = (name: string, f: number): NodeProto['attribute'][number] => ({ name, type: 1, f });
export const string = (name: string, text: string): NodeProto['attribute'][number] => ({
  name,
  type: 3,
  s: Buffer.from(text),
});
