/** Kernels that move elements without computing. */
import { tf } from '../../../tensor.ts';
import type { Graph, Value } from '../graph.ts';
import { type Kernels, repeated } from '../kernel.ts';
import {
  asValue,
  inOrder,
  inverted,
  laidOut,
  physicalShape,
  type Symbolic,
  sizeOf,
  type Traced,
  uniform,
  whole,
} from '../traced.ts';
import { leadingAxes } from './apply.ts';
import { reshaped } from './reshape.ts';

/** Elements begin, begin+step, … before end along some physical axes. */
export function sliced(
  graph: Graph,
  value: Value,
  parts: readonly { axis: number; begin: number; size: number; step?: number }[],
): Value {
  const real = parts.filter(
    ({ axis, begin, size, step = 1 }) => begin !== 0 || size !== value.shape[axis] || step !== 1,
  );
  if (real.length === 0) return value;
  const shape = [...value.shape];
  for (const { axis, size } of real) shape[axis] = size;
  // Backwards, an end before the first element cannot be written as a position.
  const ends = real.map(({ begin, size, step = 1 }) => {
    const end = begin + size * step;
    return end < 0 ? -(2 ** 31) : end;
  });
  const inputs = [
    value,
    graph.integers(real.map(({ begin }) => begin)),
    graph.integers(ends),
    graph.integers(real.map(({ axis }) => axis)),
    graph.integers(real.map(({ step = 1 }) => step)),
  ];
  return graph.node('Slice', inputs, shape, value.dtype);
}

/** Slices along tfjs's axes. */
function part(graph: Graph, x: Symbolic, begin: readonly number[], size: readonly number[]): Symbolic {
  const value = sliced(
    graph,
    whole(graph, x),
    begin.map((from, i) => ({ axis: x.axes[i]!, begin: from, size: size[i]! })),
  );
  return laidOut(value, size, x.axes);
}

/** Adds elements before and after along physical axes: a number, or the reflected rest. */
export function padded(
  graph: Graph,
  value: Value,
  paddings: readonly (readonly [number, number])[],
  fill: number | 'reflect' = 0,
): Value {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return value;
  const pads = graph.integers([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
  const shape = value.shape.map((extent, i) => extent + paddings[i]![0] + paddings[i]![1]);
  if (fill === 'reflect') return graph.node('Pad', [value, pads], shape, value.dtype, { mode: 'reflect' });
  const number = graph.initializer(uniform([], value.dtype as 'float32', fill).elements(), [], value.dtype);
  return graph.node('Pad', [value, pads, number], shape, value.dtype);
}

/** Lays tensors end to end along one of tfjs's axes. */
function joined(graph: Graph, tensors: readonly Traced[], axis: number): Symbolic {
  const filled = tensors.filter((x) => sizeOf(x.shape) > 0);
  const leading = leadingAxes(filled, filled[0]!.shape.length);
  // Where each tensor is one layer, layers lie one after the other: an axis of size one is anywhere for free.
  const layers = filled.length > 1 && filled.every((x) => x.shape[axis] === 1);
  const axes = layers ? inverted([axis, ...inverted(leading).filter((other) => other !== axis)]) : leading;
  const values = filled.map((x) => asValue(graph, x, axes));
  const shape = [...filled[0]!.shape];
  shape[axis] = filled.reduce((sum, x) => sum + x.shape[axis]!, 0);
  const value =
    values.length === 1
      ? values[0]!
      : graph.node('Concat', values, physicalShape(shape, axes), values[0]!.dtype, { axis: axes[axis]! });
  return laidOut(value, shape, axes);
}

function withAxis(shape: readonly number[], axis: number, extent: number): number[] {
  return [...shape.slice(0, axis), extent, ...shape.slice(axis)];
}

function reshapedAny(graph: Graph, x: Traced, shape: readonly number[]): Traced {
  return x.kind === 'symbolic' ? reshaped(graph, x, shape) : { ...x, shape };
}

export const shapeKernels: Kernels = {
  Identity: ({ inputs: { x } }) => x!,
  Reshape: ({ graph, inputs: { x }, attrs }) =>
    reshapedAny(graph, x!, tf.util.inferFromImplicitShape(attrs.shape, sizeOf(x!.shape))),
  ExpandDims: ({ graph, inputs: { input }, attrs }) => {
    const axis = attrs.dim < 0 ? input!.shape.length + 1 + attrs.dim : attrs.dim;
    return reshapedAny(graph, input!, withAxis(input!.shape, axis, 1));
  },
  Transpose: ({ inputs, attrs }) => {
    const x = inputs.x as Symbolic;
    const order = attrs.perm as number[];
    const shape = order.map((axis) => x.shape[axis]!);
    return laidOut(
      x.value,
      shape,
      order.map((axis) => x.axes[axis]!),
    );
  },
  Tile: (call) => {
    const { graph, attrs } = call;
    const x = call.inputs.x!;
    const reps = attrs.reps as number[];
    const shape = reps.map((times, i) => x.shape[i]! * times);
    if (reps.every((times, i) => times === 1 || x.shape[i] === 1)) return repeated(graph, x, shape);
    const wide = x as Symbolic;
    const times = physicalShape(reps, wide.axes);
    const value = whole(graph, wide);
    return laidOut(
      graph.node('Tile', [value, graph.integers(times)], physicalShape(shape, wide.axes), value.dtype),
      shape,
      wide.axes,
    );
  },
  Concat: ({ graph, list, attrs }) =>
    joined(graph, list, tf.util.parseAxisParam(attrs.axis, list[0]!.shape as number[])[0]!),
  Pack: ({ graph, list, attrs }) => {
    const axis = attrs.axis < 0 ? list[0]!.shape.length + 1 + attrs.axis : attrs.axis;
    return joined(
      graph,
      list.map((x) => reshapedAny(graph, x, withAxis(x.shape, axis, 1))),
      axis,
    );
  },
  Unpack: ({ graph, inputs, attrs }) => {
    const x = inputs.value as Symbolic;
    const axis = attrs.axis < 0 ? x.shape.length + attrs.axis : attrs.axis;
    const size = x.shape.map((extent, i) => (i === axis ? 1 : extent));
    const shape = x.shape.filter((_, i) => i !== axis);
    return inOrder(x.shape[axis]!).map((position) => {
      const begin = size.map((_, i) => (i === axis ? position : 0));
      return reshaped(graph, part(graph, x, begin, size), shape);
    });
  },
  SplitV: ({ graph, inputs, attrs }) => {
    const x = inputs.x as Symbolic;
    const axis = tf.util.parseAxisParam(attrs.axis, x.shape as number[])[0]!;
    const sizes = tf.backend_util.prepareSplitSize(x as unknown as tf.Tensor, attrs.numOrSizeSplits, axis);
    let position = 0;
    return sizes.map((extent) => {
      const begin = x.shape.map((_, i) => (i === axis ? position : 0));
      position += extent;
      return part(
        graph,
        x,
        begin,
        x.shape.map((whole, i) => (i === axis ? extent : whole)),
      );
    });
  },
  Slice: ({ graph, inputs, attrs }) => {
    const x = inputs.x as Symbolic;
    const [begin, size] = tf.slice_util.parseSliceParams(x as unknown as tf.Tensor, attrs.begin, attrs.size);
    return part(graph, x, begin!, size!);
  },
  StridedSlice: ({ graph, inputs, attrs }) => {
    const x = inputs.x as Symbolic;
    const info = tf.slice_util.sliceInfo(
      x.shape as number[],
      attrs.begin,
      attrs.end,
      attrs.strides,
      attrs.beginMask,
      attrs.endMask,
      attrs.ellipsisMask,
      attrs.newAxisMask,
      attrs.shrinkAxisMask,
    );
    const sizes = tf.slice_util.computeOutShape(info.begin, info.end, info.strides);
    const value = sliced(
      graph,
      whole(graph, x),
      info.begin.map((begin, i) => ({
        axis: x.axes[i]!,
        begin,
        size: sizes[i]!,
        step: info.strides[i]!,
      })),
    );
    return reshaped(graph, laidOut(value, sizes, x.axes), info.finalShape);
  },
  Reverse: ({ graph, inputs, attrs }) => {
    const x = inputs.x as Symbolic;
    const axes = tf.util.parseAxisParam(attrs.dims, x.shape as number[]);
    if (x.shape.length === 0) return x;
    const value = sliced(
      graph,
      whole(graph, x),
      axes.map((axis) => ({
        axis: x.axes[axis]!,
        begin: x.shape[axis]! - 1,
        size: x.shape[axis]!,
        step: -1,
      })),
    );
    return laidOut(value, x.shape, x.axes);
  },
  PadV2: ({ graph, inputs, attrs }) => {
    const x = inputs.x as Symbolic;
    const paddings = attrs.paddings as [number, number][];
    const order = inverted(x.axes);
    const value = padded(
      graph,
      whole(graph, x),
      order.map((axis) => paddings[axis]!),
      attrs.constantValue,
    );
    const shape = x.shape.map((extent, i) => extent + paddings[i]![0] + paddings[i]![1]);
    return laidOut(value, shape, x.axes);
  },
  MirrorPad: ({ graph, inputs, attrs }) => {
    const x = inputs.x as Symbolic;
    const paddings = attrs.paddings as [number, number][];
    const shape = x.shape.map((extent, i) => extent + paddings[i]![0] + paddings[i]![1]);
    if (attrs.mode === 'reflect') {
      const value = padded(
        graph,
        whole(graph, x),
        inverted(x.axes).map((axis) => paddings[axis]!),
        'reflect',
      );
      return laidOut(value, shape, x.axes);
    }
    let value = whole(graph, x);
    for (const [i, [before, after]] of paddings.entries()) {
      if (before === 0 && after === 0) continue;
      const axis = x.axes[i]!;
      const size = x.shape[i]!;
      const pieces = [
        sliced(graph, value, [{ axis, begin: before - 1, size: before, step: -1 }]),
        value,
        sliced(graph, value, [{ axis, begin: size - 1, size: after, step: -1 }]),
      ].filter((piece) => piece.shape[axis]! > 0);
      const wide = [...value.shape];
      wide[axis] = shape[i]!;
      value = graph.node('Concat', pieces, wide, value.dtype, { axis });
    }
    return laidOut(value, shape, x.axes);
  },
  ZerosLike: ({ inputs: { x } }) => uniform(x!.shape, x!.dtype, 0),
  OnesLike: ({ inputs: { x } }) => uniform(x!.shape, x!.dtype, 1),
};

/** Those of them that take a constant of one number without making its array. */
export const constantShapeKernels: ReadonlySet<string> = new Set([
  'Identity',
  'Reshape',
  'ExpandDims',
  'ZerosLike',
  'OnesLike',
]);
