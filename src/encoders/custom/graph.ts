/** Convolutional networks as graphs: nodes that read maps and make one each. */
import type { TensorValue } from '../../tensor.ts';

/** Zeros (or nothing) beyond the edges: top, left, bottom, right; or as many as keep ⌈extent/stride⌉ positions. */
export type Margins = readonly [number, number, number, number] | 'same-upper' | 'same-lower';

export type Pair = readonly [vertical: number, horizontal: number];

/** What is common to operations that move a window over a map. */
interface Windowed {
  readonly strides: Pair;
  readonly margins: Margins;
}

export type Operation =
  | ({
      readonly kind: 'convolution';
      /** HWIO, with zeros between the taps where the network dilates; for groups, I is the inputs of one group. */
      readonly filter: TensorValue;
      /** One per output channel. */
      readonly bias?: TensorValue;
      readonly groups: number;
    } & Windowed)
  | ({
      readonly kind: 'pool';
      readonly pooling: 'max' | 'average';
      readonly size: Pair;
      /** Whether a last window that reaches over the edge counts. */
      readonly partial: boolean;
      /** Of averages: whether the margins count as zeros, or not at all. */
      readonly countMargins: boolean;
    } & Windowed)
  | { readonly kind: 'relu' | 'sigmoid' | 'tanh' | 'identity' }
  | { readonly kind: 'leaky'; readonly slope: number }
  | { readonly kind: 'clip'; readonly least: number; readonly most: number }
  /** scale·x + shift, each one value or one per channel, of the shape [n]. */
  | { readonly kind: 'affine'; readonly scale: TensorValue; readonly shift: TensorValue }
  | { readonly kind: 'add' | 'subtract' | 'multiply' | 'concatenate' };

export interface GraphNode {
  /** The layer's name. */
  readonly name: string;
  /** Names of the maps it reads: earlier nodes, or `image`. */
  readonly inputs: readonly string[];
  readonly operation: Operation;
}

/** Nodes in an order in which each comes after those it reads. */
export interface NetworkGraph {
  readonly nodes: readonly GraphNode[];
}

/** The name of the preprocessed image [1,H,W,3] among a graph's maps. */
export const imageName = 'image';

export type MapShape = readonly [height: number, width: number, channels: number];

/** The nodes that the wanted ones need, themselves included, in order. */
export function nodesFor({ nodes }: NetworkGraph, wanted: readonly string[]): GraphNode[] {
  const needed = new Set(wanted);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { name, inputs } = nodes[i]!;
    if (needed.has(name)) for (const input of inputs) needed.add(input);
  }
  return nodes.filter(({ name }) => needed.has(name));
}

/**
 * The shapes of all maps for an image of the given size. A map that has no position, or joins maps that do not fit, has
 * a reason instead, and so has everything after it.
 */
export function graphShapes(
  graph: NetworkGraph,
  height: number,
  width: number,
): Map<string, MapShape | string> {
  const shapes = new Map<string, MapShape | string>([[imageName, [height, width, 3]]]);
  for (const { name, inputs, operation } of graph.nodes) {
    const read = inputs.map((input) => shapes.get(input)!);
    const broken = read.find((shape) => typeof shape === 'string');
    shapes.set(name, broken ?? shapeAfter(name, operation, read as MapShape[]));
  }
  return shapes;
}

function shapeAfter(name: string, operation: Operation, inputs: readonly MapShape[]): MapShape | string {
  const [height, width, channels] = inputs[0]!;
  switch (operation.kind) {
    case 'convolution':
    case 'pool': {
      const [bottom, right] = [0, 1].map((axis) => outputExtent(operation, inputs[0]![axis]!, axis as 0 | 1));
      if (bottom! < 1 || right! < 1) return 'small';
      return [bottom!, right!, operation.kind === 'pool' ? channels : operation.filter.shape[3]!];
    }
    case 'add':
    case 'subtract':
    case 'multiply':
      return inputs.every((shape) => shape.every((extent, axis) => extent === inputs[0]![axis]))
        ? inputs[0]!
        : misfit(name, inputs);
    case 'concatenate':
      return inputs.every((shape) => shape[0] === height && shape[1] === width)
        ? [height, width, inputs.reduce((sum, shape) => sum + shape[2], 0)]
        : misfit(name, inputs);
    default:
      return [height, width, channels];
  }
}

function misfit(name: string, inputs: readonly MapShape[]): string {
  return `${name} joins maps of ${inputs.map((shape) => shape.join('×')).join(' and ')}`;
}

type WindowedOperation = Operation & { kind: 'convolution' | 'pool' };

/** The extent of a window along an axis. */
export function windowExtent(operation: WindowedOperation, axis: 0 | 1): number {
  return operation.kind === 'pool' ? operation.size[axis] : operation.filter.shape[axis]!;
}

/** What is beyond the edges before and after, along an axis of a given extent. */
export function marginsAlong(
  operation: WindowedOperation,
  extent: number,
  axis: 0 | 1,
): [before: number, after: number] {
  const { margins, strides } = operation;
  if (typeof margins !== 'string') return [margins[axis], margins[axis + 2]!];
  const window = windowExtent(operation, axis);
  const stride = strides[axis];
  const total = Math.max(0, (Math.ceil(extent / stride) - 1) * stride + window - extent);
  const small = Math.floor(total / 2);
  return margins === 'same-upper' ? [small, total - small] : [total - small, small];
}

/** Positions of the window along an axis. As in PyTorch, no partial window begins beyond the map and its first margin. */
export function outputExtent(operation: WindowedOperation, extent: number, axis: 0 | 1): number {
  const [before, after] = marginsAlong(operation, extent, axis);
  const stride = operation.strides[axis];
  const steps = (before + extent + after - windowExtent(operation, axis)) / stride;
  if (operation.kind === 'convolution' || !operation.partial) return Math.floor(steps) + 1;
  const count = Math.ceil(steps) + 1;
  return (count - 1) * stride >= extent + before ? count - 1 : count;
}
