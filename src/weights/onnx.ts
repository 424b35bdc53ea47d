/** ONNX files: the model, and its initialisers as tensors. */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { decodeModel, externalLocation, type ModelProto, type TensorProto } from '../engines/onnx/proto.ts';
import { messageOf, NeckarError } from '../errors.ts';
import { float32, type TensorValue } from '../tensor.ts';
import { type FloatKind, floatWidths, toFloat32 } from './numbers.ts';
import type { TensorEntry, TensorFile } from './tensor-file.ts';

/** TensorProto.DataType of what can be read, and names for what people may meet besides. */
const kinds: Readonly<Record<number, string>> = {
  1: 'F32',
  2: 'U8',
  3: 'I8',
  6: 'I32',
  7: 'I64',
  9: 'BOOL',
  10: 'F16',
  11: 'F64',
  16: 'BF16',
};

/** A model and its constant tensors by name: initialisers and the outputs of Constant nodes. */
export interface OnnxModel {
  readonly path: string;
  readonly graph: ModelProto['graph'];
  readonly constants: ReadonlyMap<string, TensorProto>;
}

/**
 * Reads an ONNX file. Synchronous, as the layers of a network must be known wherever its name is checked.
 * @throws NeckarError when the file is missing, truncated or no ONNX model
 */
export function readOnnx(path: string): OnnxModel {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new NeckarError(
      missing
        ? `There is no ONNX file ${path}. Check the path.`
        : `Cannot read ${path}: ${messageOf(cause)}.`,
      { cause },
    );
  }
  let model: ModelProto;
  try {
    model = decodeModel(bytes);
  } catch (cause) {
    throw new NeckarError(`${path} is a truncated or broken ONNX file, or none (${messageOf(cause)}).`, {
      cause,
    });
  }
  const { graph } = model;
  if (graph == null || graph.node.length === 0)
    throw new NeckarError(`${path} is no ONNX model: it has no nodes.`);
  const constants = new Map<string, TensorProto>();
  for (const tensor of graph.initializer) constants.set(tensor.name, tensor);
  for (const { opType, output, attribute } of graph.node) {
    const value = attribute.find(({ name }) => name === 'value')?.t;
    if (opType === 'Constant' && value != null) constants.set(output[0]!, value);
  }
  return { path, graph, constants };
}

/**
 * A constant as float32.
 * @throws NeckarError for numbers that are not floating-point, and when there are too few of them
 */
export function constantValue(model: OnnxModel, name: string): TensorValue {
  const tensor = model.constants.get(name);
  if (tensor === undefined) throw new NeckarError(`${model.path} has no constant tensor ${name}.`);
  const shape = [...tensor.dims];
  const size = shape.reduce((product, extent) => product * extent, 1);
  const kind = kinds[tensor.dataType] ?? `type ${tensor.dataType}`;
  if (!Object.hasOwn(floatWidths, kind)) {
    throw new NeckarError(
      `${model.path}: tensor ${name} [${shape.join(', ')}] holds ${kind}; expected one of ${Object.keys(floatWidths).join(', ')}.`,
    );
  }
  const values =
    tensor.floatData !== undefined && tensor.floatData.length > 0
      ? Float32Array.from(tensor.floatData)
      : toFloat32(bytesOf(model, name, tensor, size * floatWidths[kind as FloatKind]), kind as FloatKind);
  if (values.length !== size) {
    throw new NeckarError(
      `${model.path} is broken: tensor ${name} wants ${size} values, has ${values.length}.`,
    );
  }
  return float32(shape, values);
}

function bytesOf(model: OnnxModel, name: string, tensor: TensorProto, length: number): Uint8Array {
  if (tensor.dataLocation !== externalLocation) {
    const raw = tensor.rawData ?? new Uint8Array(0);
    if (raw.length === length) return raw;
    throw new NeckarError(
      `${model.path} is broken: tensor ${name} wants ${length} bytes, has ${raw.length}.`,
    );
  }
  const details = new Map(tensor.externalData?.map(({ key, value }) => [key, value]));
  const location = details.get('location') ?? '';
  const inside = normalize(location);
  if (location === '' || isAbsolute(inside) || inside.startsWith('..')) {
    throw new NeckarError(
      `${model.path} keeps tensor ${name} in "${location}", which is not in its own folder.`,
    );
  }
  const beside = join(dirname(model.path), inside);
  const offset = Number(details.get('offset') ?? 0);
  try {
    const bytes = readFileSync(beside).subarray(offset, offset + length);
    if (bytes.length === length) return bytes;
  } catch (cause) {
    throw new NeckarError(
      `${model.path} keeps its numbers in ${beside}, which cannot be read: ${messageOf(cause)}.`,
      {
        cause,
      },
    );
  }
  throw new NeckarError(`${beside}, where ${model.path} keeps its numbers, is truncated. Fetch it again.`);
}

/**
 * Opens a model as a file of tensors. The filter and bias of a Conv node are `<layer>.weight` and `<layer>.bias`, with
 * the layer's name from the filter's (without endings such as `.weight` or `_w_0`) or, where it tells none, the node's.
 */
export function openOnnx(path: string): TensorFile {
  const model = readOnnx(path);
  const sources = new Map<string, string>();
  let count = 0;
  for (const { opType, name, input } of model.graph.node) {
    if (opType !== 'Conv' && opType !== 'Gemm') continue;
    count++;
    const [, filter, bias] = input;
    if (filter === undefined || !model.constants.has(filter)) continue;
    const layer =
      /^(.+?)[._/](?:weight|kernel|W|w)(?:[_:]\d+)*$/.exec(filter)?.[1] ?? (name || `layer${count}`);
    sources.set(`${layer}.weight`, filter);
    if (bias !== undefined && model.constants.has(bias)) sources.set(`${layer}.bias`, bias);
  }
  const named = new Set(sources.values());
  for (const name of model.constants.keys()) if (!named.has(name)) sources.set(name, name);
  const entries = new Map<string, TensorEntry>();
  for (const [name, source] of sources) {
    const { dims, dataType } = model.constants.get(source)!;
    entries.set(name, { shape: [...dims], dtype: kinds[dataType] ?? `type ${dataType}` });
  }
  return {
    path,
    format: 'onnx',
    entries,
    metadata: {},
    read: async (name) => constantValue(model, sources.get(name)!),
    close: async () => {},
  };
}
