/**
 * What a tensor is while a function is traced: a constant, or a value of the graph in some physical order of its
 * axes. tfjs thinks in NHWC, convolutions run in NCHW: carrying the order along instead of transposing leaves
 * transposes only where two orders meet.
 */
import type { Graph, Value } from './graph.ts';
import { sameList } from './graph.ts';

export type TracedType = 'float32' | 'int32' | 'bool';
export type TracedElements = Float32Array | Int32Array | Uint8Array;

/** Known when the graph is made. */
export interface Constant {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  readonly dtype: TracedType;
  /** The one number all elements are, if they are; their array is then only made when wanted. */
  readonly uniform: number | undefined;
  readonly elements: () => TracedElements;
}

/** Depends on the inputs. */
export interface Symbolic {
  readonly kind: 'symbolic';
  /** As tfjs sees it. */
  readonly shape: readonly number[];
  readonly dtype: TracedType;
  readonly value: Value;
  /**
   * Axis i of `shape` is axis `axes[i]` of the value, of the same size, or of size one where the value is to be
   * repeated along it.
   */
  readonly axes: readonly number[];
}

export type Traced = Constant | Symbolic;

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** How images lie for a convolution: tfjs's [N,H,W,C] as [N,C,H,W]. */
export const channelsFirst = [0, 2, 3, 1];

/** 0, 1, … rank−1. */
export function inOrder(rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => i);
}

const arrayTypes = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

function newElements(dtype: TracedType, size: number): TracedElements {
  return new arrayTypes[dtype](size);
}

/** A constant that refers to the array it is given. */
export function constant(shape: readonly number[], dtype: TracedType, elements: TracedElements): Constant {
  return { kind: 'constant', shape, dtype, uniform: uniformOf(elements), elements: () => elements };
}

/** A constant all of whose elements are one number. */
export function uniform(shape: readonly number[], dtype: TracedType, number: number): Constant {
  let elements: TracedElements | undefined;
  return {
    kind: 'constant',
    shape,
    dtype,
    uniform: number,
    elements: () => {
      elements ??= newElements(dtype, sizeOf(shape)).fill(number);
      return elements;
    },
  };
}

function uniformOf(elements: TracedElements): number | undefined {
  const first = elements[0];
  for (let i = 1; i < elements.length; i++) if (elements[i] !== first) return undefined;
  return first;
}

/** A value of the graph in tfjs's own order of axes. */
export function plainly(value: Value, shape: readonly number[] = value.shape): Symbolic {
  return laidOut(value, shape, inOrder(shape.length));
}

/** A value of the graph whose axes lie in the given order. */
export function laidOut(value: Value, shape: readonly number[], axes: readonly number[]): Symbolic {
  return { kind: 'symbolic', shape, dtype: value.dtype as TracedType, value, axes };
}

/** The shape `logical` has when axis i lies at axes[i]. */
export function physicalShape(logical: readonly number[], axes: readonly number[]): number[] {
  const shape: number[] = new Array(logical.length).fill(1);
  for (const [i, axis] of axes.entries()) shape[axis] = logical[i]!;
  return shape;
}

/** The inverse: at which logical axis each physical one lies. */
export function inverted(axes: readonly number[]): number[] {
  const inverse: number[] = new Array(axes.length).fill(0);
  for (const [i, axis] of axes.entries()) inverse[axis] = i;
  return inverse;
}

/**
 * The value in another order of axes, still of size one where it is to be repeated. When only axes of size one
 * change places, this is a reshape.
 */
export function relaid(graph: Graph, x: Symbolic, axes: readonly number[]): Value {
  if (sameList(x.axes, axes)) return x.value;
  const held = x.axes.map((axis) => x.value.shape[axis]!);
  const wanted = physicalShape(held, axes);
  const long = (order: readonly number[]) => inverted(order).filter((axis) => held[axis]! > 1);
  if (sameList(long(x.axes), long(axes))) return graph.reshape(x.value, wanted);
  const from = inverted(axes).map((logical) => x.axes[logical]!);
  return graph.transpose(x.value, from);
}

/** The value in another order of axes with nothing left to repeat. */
export function whole(graph: Graph, x: Symbolic, axes: readonly number[] = x.axes): Value {
  const value = relaid(graph, x, axes);
  const wanted = physicalShape(x.shape, axes);
  if (sameList(value.shape, wanted)) return value;
  return graph.node('Expand', [value, graph.integers(wanted)], wanted, value.dtype);
}

/** A constant as an initializer in the given order of axes. */
export function initializer(
  graph: Graph,
  x: Constant,
  axes: readonly number[] = inOrder(x.shape.length),
): Value {
  const order = inverted(axes);
  return graph.initializer(
    permuted(graph, x.elements(), x.shape, order),
    physicalShape(x.shape, axes),
    x.dtype,
  );
}

/** Any traced tensor as a value in the given order of axes (default: tfjs's own), with nothing left to repeat. */
export function asValue(graph: Graph, x: Traced, axes: readonly number[] = inOrder(x.shape.length)): Value {
  return x.kind === 'constant' ? initializer(graph, x, axes) : whole(graph, x, axes);
}

/** Per graph, so that the copies go with it. */
const derivedArrays = new WeakMap<Graph, Map<TracedElements, Map<string, TracedElements>>>();

/** The elements with their axes permuted (axis i of the result is axis order[i]); the array itself if nothing moves. */
function permuted(
  graph: Graph,
  elements: TracedElements,
  shape: readonly number[],
  order: readonly number[],
): TracedElements {
  const moving = order.filter((axis) => shape[axis]! > 1);
  if (moving.every((axis, i) => i === 0 || moving[i - 1]! < axis)) return elements;
  return derived(graph, elements, `permuted ${shape}:${order}`, () => permute(elements, shape, order));
}

/** An array made from another one, once per graph: equal arrays then become one initializer. */
export function derived(
  graph: Graph,
  elements: TracedElements,
  how: string,
  make: () => TracedElements,
): TracedElements {
  let byArray = derivedArrays.get(graph);
  if (byArray === undefined) {
    byArray = new Map();
    derivedArrays.set(graph, byArray);
  }
  let made = byArray.get(elements);
  if (made === undefined) {
    made = new Map();
    byArray.set(elements, made);
  }
  let result = made.get(how);
  if (result === undefined) {
    result = make();
    made.set(how, result);
  }
  return result;
}

function permute(
  elements: TracedElements,
  shape: readonly number[],
  order: readonly number[],
): TracedElements {
  const strides: number[] = new Array(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  const sizes = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const result = new (elements.constructor as new (n: number) => TracedElements)(elements.length);
  const last = sizes.length - 1;
  const counter: number[] = new Array(sizes.length).fill(0);
  let from = 0;
  for (let to = 0; to < result.length; ) {
    for (let i = 0; i < sizes[last]!; i++) result[to++] = elements[from + i * steps[last]!]!;
    for (let axis = last - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      counter[axis]!++;
      if (counter[axis]! < sizes[axis]!) break;
      from -= steps[axis]! * sizes[axis]!;
      counter[axis] = 0;
    }
  }
  return result;
}
