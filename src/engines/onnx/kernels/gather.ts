/** Kernels that read or write elements at positions given by a tensor. */
import { tf } from '../../../tensor.ts';
import type { Graph, Value } from '../graph.ts';
import type { Call, Kernels } from '../kernel.ts';
import { dataTypes } from '../proto.ts';
import {
  asValue,
  inOrder,
  laidOut,
  plainly,
  type Symbolic,
  sizeOf,
  type Traced,
  uniform,
  whole,
} from '../traced.ts';
import { combined } from './apply.ts';

/** How often one row may be written before a scatter is cheaper than gathering it again and again. */
const mostRepeats = 4;

/** Positions as ONNX's Nd operations want them. */
function wide(graph: Graph, indices: Value): Value {
  return graph.node('Cast', [indices], indices.shape, 'int64', { to: dataTypes.int64 });
}

function widePositions(graph: Graph, indices: Traced): Value {
  if (indices.kind === 'symbolic') return wide(graph, asValue(graph, indices));
  return graph.initializer(BigInt64Array.from(indices.elements(), BigInt), indices.shape, 'int64');
}

/**
 * Whether a gather as the tensor lies would copy element by element what it could copy in runs if it were transposed
 * first: then, if it reads a good part of the tensor, that is faster.
 */
function isCopiedSingly({ shape, axes }: Symbolic, axis: number, count: number): boolean {
  const last = shape.length - 1;
  return axes[axis] === last && axis !== last && 4 * count >= shape[axis]!;
}

function gathered(call: Call): Traced {
  const { graph, inputs, attrs } = call;
  const x = inputs.x!;
  const indices = inputs.indices!;
  if ((attrs.batchDims ?? 0) !== 0) call.unsupported(`batchDims ${attrs.batchDims}`);
  const axis = tf.util.parseAxisParam(attrs.axis, x.shape as number[])[0]!;
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  const positions = asValue(graph, indices);
  if (x.kind === 'symbolic' && indices.shape.length === 1 && !isCopiedSingly(x, axis, indices.shape[0]!)) {
    const value = whole(graph, x);
    const physical = x.axes[axis]!;
    const outline = value.shape.map((extent, i) => (i === physical ? indices.shape[0]! : extent));
    return laidOut(
      graph.node('Gather', [value, positions], outline, value.dtype, { axis: physical }),
      shape,
      x.axes,
    );
  }
  return plainly(graph.node('Gather', [asValue(graph, x), positions], shape, x.dtype, { axis }));
}

/** Sums rows into `rows` segments; rows with a negative segment are dropped. */
function segmentSum(call: Call): Traced {
  const { graph, inputs, attrs } = call;
  const x = inputs.x!;
  const ids = inputs.segmentIds!;
  const { numSegments } = attrs as { numSegments: number };
  if (ids.shape.length !== 1) call.unsupported(`segment ids of rank ${ids.shape.length}`);
  const shape = [numSegments, ...x.shape.slice(1)];
  if (ids.kind === 'constant' && x.kind === 'symbolic') {
    const sources = sourcesOf(ids.elements(), numSegments);
    if (sources.length <= mostRepeats) return rowsFrom(graph, x, sources, shape);
  }
  const column = [ids.shape[0]!, 1];
  const positions = graph.reshape(widePositions(graph, ids), column);
  return plainly(scattered(graph, positions, asValue(graph, x), shape));
}

/** The k-th list names, for every segment, the k-th row that goes there, or −1. */
function sourcesOf(ids: ArrayLike<number>, segments: number): Int32Array[] {
  const lists: Int32Array[] = [];
  const filled = new Int32Array(segments);
  for (let row = 0; row < ids.length; row++) {
    const segment = ids[row]!;
    if (segment < 0 || segment >= segments) continue;
    const depth = filled[segment]!++;
    lists[depth] ??= new Int32Array(segments).fill(-1);
    lists[depth][segment] = row;
  }
  return lists;
}

/** The sum of rows that the lists name: gathering, as that has a fixed order and no collisions. */
function rowsFrom(graph: Graph, x: Symbolic, lists: readonly Int32Array[], shape: readonly number[]): Traced {
  if (lists.length === 0) return uniform(shape, x.dtype, 0);
  const value = whole(graph, x);
  const axis = x.axes[0]!;
  const rows = x.shape[0]!;
  const outline = value.shape.map((extent, i) => (i === axis ? shape[0]! : extent));
  const parts = lists.map((list) => {
    let source = value;
    let positions = list;
    if (list.includes(-1)) {
      // One more row, of zeros, for the segments that get nothing.
      const row = value.shape.map((extent, i) => (i === axis ? 1 : extent));
      const zero = asValue(graph, uniform(row, x.dtype, 0));
      const longer = value.shape.map((extent, i) => (i === axis ? rows + 1 : extent));
      source = graph.node('Concat', [value, zero], longer, value.dtype, { axis });
      positions = list.map((position) => (position < 0 ? rows : position));
    }
    const indices = graph.initializer(positions, [positions.length], 'int32');
    return graph.node('Gather', [source, indices], outline, value.dtype, { axis });
  });
  const sum = parts.reduce((total, part) => graph.node('Add', [total, part], outline, value.dtype));
  return laidOut(sum, shape, x.axes);
}

/**
 * Updates summed into zeros at the positions [n,k] (int64). onnxruntime adds up a ScatterND on several threads, which
 * lose updates to one another where positions repeat; its ScatterElements goes through them in order.
 */
function scattered(graph: Graph, positions: Value, updates: Value, shape: readonly number[]): Value {
  const [count, depth] = positions.shape as [number, number];
  const rows = sizeOf(shape.slice(0, depth));
  const row = sizeOf(shape.slice(depth));
  const flat = graph.node(
    'Expand',
    [rowNumbers(graph, positions, shape), graph.integers([count, row])],
    [count, row],
    'int64',
  );
  const zero = asValue(graph, uniform([rows, row], updates.dtype as 'float32', 0));
  const inputs = [zero, flat, graph.reshape(updates, [count, row])];
  const sums = graph.node('ScatterElements', inputs, [rows, row], updates.dtype, {
    axis: 0,
    reduction: 'add',
  });
  return graph.reshape(sums, shape);
}

/** Positions [n,k] in the first k axes of a shape as positions in those axes taken together, [n,1]. */
function rowNumbers(graph: Graph, positions: Value, shape: readonly number[]): Value {
  const [count, depth] = positions.shape as [number, number];
  if (depth === 1) return positions;
  const strides = inOrder(depth).map((axis) => BigInt(sizeOf(shape.slice(axis + 1, depth))));
  const factors = graph.initializer(BigInt64Array.from(strides), [1, depth], 'int64');
  const parts = graph.node('Mul', [positions, factors], [count, depth], 'int64');
  return graph.node('ReduceSum', [parts, graph.integers([1])], [count, 1], 'int64', { keepdims: 1 });
}

export const gatherKernels: Kernels = {
  GatherV2: gathered,
  GatherNd: ({ graph, inputs }) => {
    const { params, indices } = inputs as { params: Traced; indices: Traced };
    const depth = indices.shape.at(-1)!;
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
    return plainly(
      graph.node('GatherND', [asValue(graph, params), widePositions(graph, indices)], shape, params.dtype),
    );
  },
  ScatterNd: ({ graph, inputs, attrs }) => {
    const { indices, updates } = inputs as { indices: Traced; updates: Traced };
    return plainly(scattered(graph, widePositions(graph, indices), asValue(graph, updates), attrs.shape));
  },
  UnsortedSegmentSum: segmentSum,
  OneHot: ({ graph, inputs, attrs }) => {
    const indices = inputs.indices as Symbolic;
    const { depth, onValue, offValue } = attrs as { depth: number; onValue: number; offValue: number };
    const column = graph.reshape(whole(graph, indices, inOrder(indices.shape.length)), [...indices.shape, 1]);
    const kinds = graph.initializer(Int32Array.from(inOrder(depth)), [depth], 'int32');
    const shape = [...indices.shape, depth];
    const equal = plainly(graph.node('Equal', [column, kinds], shape, 'bool'));
    const dtype = attrs.dtype === 'int32' ? 'int32' : 'float32';
    return combined(
      graph,
      'Where',
      [equal, uniform([], dtype, onValue), uniform([], dtype, offValue)],
      dtype,
    );
  },
  TopK: ({ graph, inputs, attrs }) => {
    const x = inputs.x as Symbolic;
    const shape = [...x.shape.slice(0, -1), attrs.k as number];
    const results = [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int64' as const },
    ];
    const value = whole(graph, x, inOrder(x.shape.length));
    const [values, indices] = graph.nodes('TopK', [value, graph.integers([attrs.k])], results, {
      axis: x.shape.length - 1,
      largest: 1,
      sorted: 1,
    });
    const narrow = graph.node('Cast', [indices], shape, 'int32', { to: dataTypes.int32 });
    return [plainly(values!), plainly(narrow)];
  },
};
