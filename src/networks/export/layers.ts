/** Every kind of layer as ONNX operations on maps [1,C,H,W] whose heights and widths are known at each run. */
import { NeckarError } from '../../errors.ts';
import type { NamedValues, TensorValue } from '../../tensor.ts';
import type { Layer } from '../layers.ts';
import { parametersOf } from '../layers.ts';
import type { ModelWriter } from './writer.ts';

/** What the layers of one file have in common. */
export interface LayerContext {
  readonly writer: ModelWriter;
  readonly parameters: NamedValues;
  /** The input of style weights, [1,S], entered in the file when it is asked for. */
  weights(styles: number): string;
}

/** A map in the file. */
export interface MapValue {
  readonly name: string;
  readonly channels: number;
}

/**
 * What a chain of layers makes of a map, as `applyLayers` does it for a batch of one.
 *
 * @throws NeckarError for a parameter that is missing or of another shape, with both shapes
 */
export function exportLayers(context: LayerContext, layers: readonly Layer[], map: MapValue): MapValue {
  const wanted = parametersOf(layers, map.channels);
  for (const { name, shape } of wanted.parameters) requireShape(context.parameters, name, shape);
  let { name, channels } = map;
  for (const layer of layers) {
    name = exportLayer(context, layer, { name, channels });
    channels = parametersOf([layer], channels).channels;
  }
  return { name, channels };
}

/** @throws NeckarError when the parameter is missing or of another shape */
function requireShape(parameters: NamedValues, name: string, shape: readonly number[]): void {
  const given = parameters[name]?.shape;
  if (given?.length === shape.length && given.every((extent, i) => extent === shape[i])) return;
  const there = given === undefined ? 'there is none' : `there is one of [${given}]`;
  throw new NeckarError(`the network wants a parameter "${name}" of [${shape}], but ${there}.`);
}

function exportLayer(context: LayerContext, layer: Layer, map: MapValue): string {
  const { writer } = context;
  const one = (type: string, attributes = {}) => writer.node(type, [map.name], attributes);
  switch (layer.kind) {
    case 'convolution':
      return convolution(context, layer, map);
    case 'transposed':
      return transposed(context, layer, map);
    case 'pad':
      return padded(writer, map.name, layer.by, layer.surround);
    case 'pool':
      return one('MaxPool', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 });
    case 'upsample':
      return upsampled(writer, layer, map.name);
    case 'norm':
      return normalized(context, layer, map);
    case 'relu':
      return one('Relu');
    case 'tanh':
      return one('Tanh');
    case 'sigmoid':
      return one('Sigmoid');
    case 'leaky':
      return one('LeakyRelu', { alpha: { float: layer.slope } });
    case 'rescale': {
      const times = writer.node('Mul', [map.name, writer.numbers([layer.times], [])]);
      return writer.node('Add', [times, writer.numbers([layer.plus], [])]);
    }
    case 'residual': {
      const added = exportLayers(context, layer.layers, map).name;
      const kept = layer.layers.every(keepsSize) ? map.name : middle(writer, map.name, added);
      return writer.node('Add', [kept, added]);
    }
  }
}

function convolution(
  { writer, parameters }: LayerContext,
  layer: Extract<Layer, { kind: 'convolution' }>,
  map: MapValue,
): string {
  const { name, size, stride = 1, surround = 'reflect', groups = 1 } = layer;
  const by = size >> 1;
  // Zeros are what the operation itself can surround a map with.
  const pads = surround === 'zero' ? [by, by, by, by] : [0, 0, 0, 0];
  const around =
    surround === 'reflect' || surround === 'repeat' ? padded(writer, map.name, by, surround) : map.name;
  const filter = filterOf(parameters[`${name}.weight`]!, groups);
  const attributes = {
    kernel_shape: [size, size],
    strides: [stride, stride],
    pads,
    ...(groups > 1 && { group: groups }),
  };
  return writer.node('Conv', [around, ...filtering(writer, parameters, name, filter)], attributes);
}

function transposed(
  { writer, parameters }: LayerContext,
  { name, size, stride, cut, extra }: Extract<Layer, { kind: 'transposed' }>,
  map: MapValue,
): string {
  // Ours is [h,w,out,in], theirs [in,out,h,w].
  const filter = permuted(parameters[`${name}.weight`]!, [3, 2, 0, 1]);
  return writer.node('ConvTranspose', [map.name, ...filtering(writer, parameters, name, filter)], {
    kernel_shape: [size, size],
    strides: [stride, stride],
    pads: [cut, cut, cut, cut],
    output_padding: [extra, extra],
  });
}

/** A filter and its bias as constants. */
function filtering(
  writer: ModelWriter,
  parameters: NamedValues,
  name: string,
  { data, shape }: TensorValue,
): string[] {
  const filter = writer.floats(`${name}.weight`, data as Float32Array, shape);
  const bias = parameters[`${name}.bias`];
  if (bias === undefined) return [filter];
  return [filter, writer.floats(`${name}.bias`, bias.data as Float32Array, bias.shape)];
}

/** The map with `by` more positions on each side. */
function padded(
  writer: ModelWriter,
  map: string,
  by: number,
  surround: 'reflect' | 'repeat' | 'zero',
): string {
  if (by === 0) return map;
  const pads = writer.integers([0, 0, by, by, 0, 0, by, by]);
  const modes = { reflect: 'reflect', repeat: 'edge', zero: 'constant' };
  return writer.node('Pad', [map, pads], { mode: modes[surround] });
}

function upsampled(
  writer: ModelWriter,
  { factor, how }: Extract<Layer, { kind: 'upsample' }>,
  map: string,
): string {
  const scales = writer.numbers([1, 1, factor, factor], [4]);
  const attributes: Readonly<Record<string, string>> =
    how === 'nearest'
      ? { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
      : { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
  return writer.node('Resize', [map, '', scales], attributes);
}

/** The picture is alone in its batch: what is normalised over the batch is normalised over the picture. */
function normalized(
  context: LayerContext,
  layer: Extract<Layer, { kind: 'norm' }>,
  { name: map, channels }: MapValue,
): string {
  const { writer, parameters } = context;
  const { name, over, epsilon = 1e-5 } = layer;
  const stored = (role: string) =>
    writer.floats(
      `${name}.${role}`,
      parameters[`${name}.${role}`]!.data as Float32Array,
      parameters[`${name}.${role}`]!.shape,
    );
  const filled = (value: number) =>
    writer.numbers(
      Array.from({ length: channels }, () => value),
      [channels],
    );
  const affine = (role: 'scale' | 'shift') => {
    if (layer.affine === false) return filled(role === 'scale' ? 1 : 0);
    if (layer.styles === undefined) return stored(role);
    // The blend of the styles' rows: [1,S] · [S,C].
    const blend = writer.node('MatMul', [context.weights(layer.styles), stored(role)]);
    return writer.node('Reshape', [blend, writer.integers([channels])]);
  };
  const inputs = [map, affine('scale'), affine('shift')];
  const attributes = { epsilon: { float: epsilon } };
  return over === 'stored'
    ? writer.node('BatchNormalization', [...inputs, stored('mean'), stored('variance')], attributes)
    : writer.node('InstanceNormalization', inputs, attributes);
}

/** Whether a layer evidently leaves heights and widths as they are. */
function keepsSize(layer: Layer): boolean {
  switch (layer.kind) {
    case 'convolution':
      return (
        (layer.stride ?? 1) === 1 && (layer.size === 1 || (layer.surround !== 'none' && layer.size % 2 === 1))
      );
    case 'residual':
      return layer.layers.every(keepsSize);
    case 'transposed':
    case 'pad':
    case 'pool':
    case 'upsample':
      return false;
    default:
      return true;
  }
}

/** The middle of a map, of the height and width of another. */
function middle(writer: ModelWriter, map: string, like: string): string {
  const [own, wanted] = [map, like].map((name) => extents(writer, name));
  const spare = writer.node('Sub', [own!, wanted!]);
  const first = writer.node('Div', [spare, writer.integers([2])]);
  return writer.node('Slice', [map, first, writer.node('Add', [first, wanted!]), writer.integers([2, 3])]);
}

/** The first rows and columns of a map, of the height and width of another. */
export function cropped(writer: ModelWriter, map: string, like: string): string {
  return writer.node('Slice', [map, writer.integers([0, 0]), extents(writer, like), writer.integers([2, 3])]);
}

/** Height and width of a map, two whole numbers. */
export function extents(writer: ModelWriter, map: string): string {
  const shape = writer.node('Shape', [map]);
  return writer.node('Slice', [shape, writer.integers([2]), writer.integers([4])]);
}

/**
 * A filter as the operation has it, [out,in/groups,h,w]. Ours is [h,w,in,out/groups]: in groups, each of the inputs in a
 * group lies beside what it gives to each of the group's outputs.
 */
function filterOf(filter: TensorValue, groups: number): TensorValue {
  if (groups === 1) return permuted(filter, [3, 2, 0, 1]);
  const [height, width, given, each] = filter.shape as [number, number, number, number];
  const into = given / groups;
  const data = new Float32Array(filter.data.length);
  let at = 0;
  for (let out = 0; out < each * groups; out++) {
    const first = Math.floor(out / each) * into;
    for (let c = 0; c < into; c++)
      for (let p = 0; p < height * width; p++)
        data[at++] = filter.data[(p * given + first + c) * each + (out % each)]!;
  }
  return { shape: [each * groups, into, height, width], dtype: 'float32', data };
}

/** A tensor of rank 4 with its axes permuted: axis i of the result is axis order[i] of the value. */
function permuted({ shape, data }: TensorValue, order: readonly number[]): TensorValue {
  const strides = [shape[1]! * shape[2]! * shape[3]!, shape[2]! * shape[3]!, shape[3]!, 1];
  const [a, b, c, d] = order.map((axis) => shape[axis]!) as [number, number, number, number];
  const [i, j, k, l] = order.map((axis) => strides[axis]!) as [number, number, number, number];
  const result = new Float32Array(data.length);
  let at = 0;
  for (let p = 0; p < a; p++)
    for (let q = 0; q < b; q++)
      for (let r = 0; r < c; r++)
        for (let s = 0; s < d; s++) result[at++] = data[p * i + q * j + r * k + s * l]!;
  return { shape: [a, b, c, d], dtype: 'float32', data: result };
}
