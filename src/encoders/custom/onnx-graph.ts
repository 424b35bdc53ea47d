/** The convolutional part of an ONNX model as a graph. */
import type { AttributeProto, NodeProto } from '../../engines/onnx/proto.ts';
import { NeckarError } from '../../errors.ts';
import { float32, type TensorValue } from '../../tensor.ts';
import { constantValue, type OnnxModel } from '../../weights/onnx.ts';
import { toChannelsLast } from '../network-weights.ts';
import { type GraphNode, imageName, type Margins, type Operation, type Pair } from './graph.ts';

/** A model's maps: those that can be computed, and why the others cannot. */
export interface OnnxGraph {
  readonly nodes: readonly GraphNode[];
  /** Every name by which a map may be called (its node's, its output's) -> the name of its graph node. */
  readonly names: ReadonlyMap<string, string>;
  /** Name of a map that cannot be computed -> why. */
  readonly refused: ReadonlyMap<string, string>;
}

/**
 * Translates every node that makes a feature map. A node of another kind ends the feature part: what depends on it is
 * refused with its name, unless nobody asks for it (the classifier after the convolutions).
 *
 * @throws NeckarError when the model does not take one image of three channels, and for constants that are no numbers
 */
export function onnxGraph(model: OnnxModel): OnnxGraph {
  const { graph, constants, path } = model;
  const inputs = graph.input.filter(({ name }) => !constants.has(name));
  if (inputs.length !== 1) {
    throw new NeckarError(
      `${path} has ${inputs.length} inputs (${inputs.map(({ name }) => name).join(', ')}); expected one image.`,
    );
  }
  const nodes: GraphNode[] = [];
  const refused = new Map<string, string>();
  const names = new Map<string, string>();
  const made = new Map<string, string>([[inputs[0]!.name, imageName]]);
  const taken = new Set([imageName]);
  for (const node of graph.node) {
    if (node.opType === 'Constant') continue;
    const output = node.output[0]!;
    const name = node.name === '' || taken.has(node.name) ? output : node.name;
    taken.add(name);
    const after = node.input.find((input) => refused.has(input));
    const translated = after === undefined ? translate(model, node, made) : refused.get(after)!;
    if (typeof translated === 'string') {
      for (const each of [name, ...node.output]) refused.set(each, translated);
      continue;
    }
    nodes.push({ name, ...translated });
    made.set(output, name);
    names.set(name, name).set(output, name);
  }
  if (!nodes.some(({ operation }) => operation.kind === 'convolution')) {
    const why = refused.values().next().value;
    throw new NeckarError(
      `${path} has no convolution that can be computed${why === undefined ? '' : `: ${why}`}.`,
    );
  }
  return { nodes, names, refused };
}

type Translated = { readonly inputs: readonly string[]; readonly operation: Operation };

/** One node, or why it cannot be computed. */
function translate(
  model: OnnxModel,
  node: NodeProto,
  made: ReadonlyMap<string, string>,
): Translated | string {
  const { opType, input } = node;
  const called = `${opType}${node.name === '' ? '' : ` "${node.name}"`}`;
  const maps = input.filter((name) => made.has(name)).map((name) => made.get(name)!);
  const refuse = (what: string) => `${called} ${what}`;
  if (maps.length === 0) return refuse('reads no feature map');
  const one = (operation: Operation): Translated => ({ inputs: maps.slice(0, 1), operation });
  const constant = (index: number) => {
    const name = input[index];
    return name !== undefined && name !== '' && model.constants.has(name)
      ? constantValue(model, name)
      : undefined;
  };
  switch (opType) {
    case 'Conv': {
      const filter = constant(1);
      const bias = constant(2);
      if (filter === undefined) return refuse('has a filter that is no constant');
      if (filter.shape.length !== 4)
        return refuse(`is a convolution over ${filter.shape.length - 2} axes, not two`);
      return one({
        kind: 'convolution',
        filter: toChannelsLast(dilated(filter, pairOf(node, 'dilations'))),
        ...(bias === undefined ? {} : { bias }),
        strides: pairOf(node, 'strides'),
        groups: integerOf(node, 'group', 1),
        margins: marginsOf(node),
      });
    }
    case 'MaxPool':
    case 'AveragePool': {
      if (pairOf(node, 'dilations').some((n) => n !== 1)) return refuse('has dilations');
      const size = ints(node, 'kernel_shape');
      if (size?.length !== 2) return refuse('is no pooling over two axes');
      return one({
        kind: 'pool',
        pooling: opType === 'MaxPool' ? 'max' : 'average',
        size: [size[0]!, size[1]!],
        strides: pairOf(node, 'strides'),
        margins: marginsOf(node),
        partial: integerOf(node, 'ceil_mode', 0) === 1,
        countMargins: integerOf(node, 'count_include_pad', 0) === 1,
      });
    }
    case 'Relu':
      return one({ kind: 'relu' });
    case 'Sigmoid':
      return one({ kind: 'sigmoid' });
    case 'Tanh':
      return one({ kind: 'tanh' });
    case 'Identity':
    case 'Dropout':
      return one({ kind: 'identity' });
    case 'LeakyRelu':
      return one({ kind: 'leaky', slope: floatOf(node, 'alpha', 0.01) });
    case 'Clip': {
      const least = constant(1)?.data[0] ?? floatOf(node, 'min', Number.NEGATIVE_INFINITY);
      const most = constant(2)?.data[0] ?? floatOf(node, 'max', Number.POSITIVE_INFINITY);
      return one({ kind: 'clip', least, most });
    }
    case 'BatchNormalization': {
      const [scale, shift, mean, variance] = [1, 2, 3, 4].map(constant);
      if (!scale || !shift || !mean || !variance) return refuse('has statistics that are no constants');
      return one(normalization(scale, shift, mean, variance, floatOf(node, 'epsilon', 1e-5)));
    }
    case 'Add':
    case 'Sub':
    case 'Mul':
      return arithmetic(node, maps, [constant(0), constant(1)], refuse);
    case 'Concat':
      if (maps.length !== input.length) return refuse('joins maps with constants');
      if (![1, -3].includes(integerOf(node, 'axis', 1)))
        return refuse('joins along another axis than the channels');
      return { inputs: maps, operation: { kind: 'concatenate' } };
    default:
      return refuse('is of a kind the encoder custom does not know');
  }
}

function arithmetic(
  node: NodeProto,
  maps: readonly string[],
  [first, second]: readonly (TensorValue | undefined)[],
  refuse: (what: string) => string,
): Translated | string {
  const kind = ({ Add: 'add', Sub: 'subtract', Mul: 'multiply' } as const)[
    node.opType as 'Add' | 'Sub' | 'Mul'
  ];
  const value = first ?? second;
  if (value === undefined) {
    return maps.length === node.input.length
      ? { inputs: maps, operation: { kind } }
      : refuse('reads something that is neither a feature map nor a constant');
  }
  // A value per channel stands as [C,1,1] or [1,C,1,1]; anything else would differ from place to place.
  const channels = value.shape.length >= 3 ? value.shape.at(-3)! : 1;
  if (channels !== value.data.length)
    return refuse(`has a constant of the shape [${value.shape.join(', ')}]`);
  const scaled = (factor: number) => Float32Array.from(value.data, (number) => factor * number);
  const affine = (scale: Float32Array, shift: Float32Array): Translated => ({
    inputs: maps,
    operation: {
      kind: 'affine',
      scale: float32([scale.length], scale),
      shift: float32([shift.length], shift),
    },
  });
  if (kind === 'multiply') return affine(scaled(1), Float32Array.of(0));
  if (kind === 'add') return affine(Float32Array.of(1), scaled(1));
  return first === undefined
    ? affine(Float32Array.of(1), scaled(-1))
    : affine(Float32Array.of(-1), scaled(1));
}

/**
 * A filter OIHW with zeros between its taps instead of dilations, which tfjs cannot differentiate.
 */
function dilated(filter: TensorValue, [vertical, horizontal]: Pair): TensorValue {
  if (vertical === 1 && horizontal === 1) return filter;
  const [outputs, inputs, height, width] = filter.shape as [number, number, number, number];
  const tall = (height - 1) * vertical + 1;
  const wide = (width - 1) * horizontal + 1;
  const values = new Float32Array(outputs * inputs * tall * wide);
  for (let at = 0; at < filter.data.length; at++) {
    const x = at % width;
    const y = Math.floor(at / width) % height;
    const plane = Math.floor(at / (width * height));
    values[(plane * tall + y * vertical) * wide + x * horizontal] = filter.data[at]!;
  }
  return float32([outputs, inputs, tall, wide], values);
}

/** scale·(x − mean)/√(variance + ε) + shift. */
function normalization(
  scale: TensorValue,
  shift: TensorValue,
  mean: TensorValue,
  variance: TensorValue,
  epsilon: number,
): Operation {
  const factors = Float32Array.from(scale.data, (value, c) => value / Math.sqrt(variance.data[c]! + epsilon));
  const shifts = Float32Array.from(shift.data, (value, c) => value - mean.data[c]! * factors[c]!);
  return {
    kind: 'affine',
    scale: float32([factors.length], factors),
    shift: float32([shifts.length], shifts),
  };
}

function attribute({ attribute: all }: NodeProto, name: string): AttributeProto | undefined {
  return all.find((each) => each.name === name);
}

function ints(node: NodeProto, name: string): readonly number[] | undefined {
  return attribute(node, name)?.ints;
}

function pairOf(node: NodeProto, name: string): Pair {
  const [first = 1, second = 1] = ints(node, name) ?? [];
  return [first, second];
}

function integerOf(node: NodeProto, name: string, standard: number): number {
  return Number(attribute(node, name)?.i ?? standard);
}

function floatOf(node: NodeProto, name: string, standard: number): number {
  return attribute(node, name)?.f ?? standard;
}

function marginsOf(node: NodeProto): Margins {
  const automatic = Buffer.from(attribute(node, 'auto_pad')?.s ?? []).toString() || 'NOTSET';
  if (automatic === 'SAME_UPPER') return 'same-upper';
  if (automatic === 'SAME_LOWER') return 'same-lower';
  const [top = 0, left = 0, bottom = 0, right = 0] = automatic === 'VALID' ? [] : (ints(node, 'pads') ?? []);
  return [top, left, bottom, right];
}
