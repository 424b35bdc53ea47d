/** What a traced kernel is: a tfjs kernel that adds nodes to a graph instead of computing. */
import { runCpuKernel } from '../cpu-kernel.ts';
import { type Graph, sameList, type Value } from './graph.ts';
import {
  type Constant,
  constant,
  initializer,
  inOrder,
  relaid,
  type Symbolic,
  type Traced,
  type TracedElements,
  uniform,
} from './traced.ts';

/** One call of a kernel. At least one input is symbolic, unless the kernel said that it takes constants too. */
export interface Call {
  readonly graph: Graph;
  readonly name: string;
  /** Inputs by tfjs's names; empty for kernels of a list of inputs. */
  readonly inputs: Readonly<Record<string, Traced>>;
  /** All inputs in order. */
  readonly list: readonly Traced[];
  // biome-ignore lint/suspicious/noExplicitAny: every tfjs kernel has attributes of its own.
  readonly attrs: any;
  /** Refuses the call, naming the setting that is missing. */
  unsupported(detail: string): never;
}

export type Kernel = (call: Call) => Traced | Traced[];
export type Kernels = Readonly<Record<string, Kernel>>;

/** Whether every element is known to be zero. */
export function isZero(x: Traced): boolean {
  return x.kind === 'constant' && x.uniform === 0;
}

export function zeros(shape: readonly number[]): Constant {
  return uniform(shape, 'float32', 0);
}

/** The shape two shapes broadcast to (trailing axes aligned). */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return inOrder(rank).map((i) => {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    return left === 1 ? right : left;
  });
}

/** The tensor with leading axes of size one, up to a rank. */
function ranked(graph: Graph, x: Symbolic, rank: number): Symbolic {
  const extra = rank - x.shape.length;
  if (extra === 0) return x;
  const ones = new Array<number>(extra).fill(1);
  return {
    ...x,
    shape: [...ones, ...x.shape],
    value: graph.reshape(x.value, [...ones, ...x.value.shape]),
    axes: [...inOrder(extra), ...x.axes.map((axis) => axis + extra)],
  };
}

/** The tensor repeated to a shape it broadcasts to; nothing is copied until something wants it whole. */
export function repeated(graph: Graph, x: Traced, shape: readonly number[]): Traced {
  if (sameList(x.shape, shape)) return x;
  if (x.kind === 'symbolic') return { ...ranked(graph, x, shape.length), shape };
  if (x.uniform !== undefined) return uniform(shape, x.dtype, x.uniform);
  const [tiled] = runCpuKernel(
    'Tile',
    { x: { shape: [...leadingOnes(x.shape, shape.length)], dtype: x.dtype, values: x.elements() } },
    { reps: leadingOnes(x.shape, shape.length).map((extent, i) => shape[i]! / extent) },
  );
  return constant(shape, x.dtype, tiled!.values as TracedElements);
}

function leadingOnes(shape: readonly number[], rank: number): number[] {
  return [...new Array<number>(rank - shape.length).fill(1), ...shape];
}

/**
 * A value for an operand of an elementwise operation whose result has the given order of axes: it broadcasts, so
 * axes of size one stay, and a constant of one number is a scalar.
 */
export function operand(graph: Graph, x: Traced, axes: readonly number[]): Value {
  const rank = axes.length;
  if (x.kind === 'symbolic') return relaid(graph, ranked(graph, x, rank), axes);
  if (x.uniform !== undefined) {
    return graph.initializer(uniform([], x.dtype, x.uniform).elements(), [], x.dtype);
  }
  return initializer(graph, { ...x, shape: leadingOnes(x.shape, rank) }, axes);
}
