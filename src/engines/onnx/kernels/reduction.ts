/** Kernels that gather elements along axes into one. */
import { tf } from '../../../tensor.ts';
import type { Graph } from '../graph.ts';
import type { Call, Kernel, Kernels } from '../kernel.ts';
import { dataTypes } from '../proto.ts';
import { inverted, laidOut, type Symbolic, whole } from '../traced.ts';
import { converted } from './apply.ts';

/** Applies an ONNX reduction along tfjs's axes. */
function reduced(
  graph: Graph,
  operation: string,
  x: Symbolic,
  axes: readonly number[],
  keepDims: boolean,
): Symbolic {
  if (axes.length === 0) return x;
  const value = whole(graph, x);
  const physical = axes.map((axis) => x.axes[axis]!).sort((a, b) => a - b);
  const kept = x.shape.map((extent, i) => (axes.includes(i) ? 1 : extent));
  const outline = inverted(x.axes);
  const shape = outline.flatMap((axis) => {
    if (!axes.includes(axis)) return [x.shape[axis]!];
    return keepDims ? [1] : [];
  });
  const keepdims = keepDims ? 1 : 0;
  // Sums take their axes as an input in this operator set, all others as an attribute.
  const result =
    operation === 'ReduceSum'
      ? graph.node(operation, [value, graph.integers(physical)], shape, value.dtype, { keepdims })
      : graph.node(operation, [value], shape, value.dtype, { axes: physical, keepdims });
  if (keepDims) return laidOut(result, kept, x.axes);
  const remaining = outline.filter((axis) => !axes.includes(axis));
  const logical = remaining.toSorted((a, b) => a - b);
  return laidOut(
    result,
    logical.map((axis) => x.shape[axis]!),
    logical.map((axis) => remaining.indexOf(axis)),
  );
}

function axesOf({ attrs }: Call, x: Symbolic): number[] {
  return tf.util.parseAxisParam(attrs.axis ?? attrs.reductionIndices ?? null, x.shape as number[]);
}

function reduction(operation: string): Kernel {
  return (call) => {
    const x = call.inputs.x as Symbolic;
    return reduced(call.graph, operation, x, axesOf(call, x), call.attrs.keepDims ?? false);
  };
}

function logicalReduction(operation: string): Kernel {
  return (call) => {
    const { graph } = call;
    const x = converted(graph, call.inputs.x as Symbolic, 'int32');
    const result = reduced(graph, operation, x, axesOf(call, x), call.attrs.keepDims ?? false);
    return converted(graph, result, 'bool');
  };
}

function position(operation: string): Kernel {
  return (call) => {
    const { graph } = call;
    const x = call.inputs.x as Symbolic;
    const [axis] = axesOf(call, x);
    const value = whole(graph, x);
    const physical = x.axes[axis!]!;
    const shape = value.shape.filter((_, i) => i !== physical);
    const found = graph.node(operation, [value], shape, 'int64', { axis: physical, keepdims: 0 });
    const narrow = graph.node('Cast', [found], shape, 'int32', { to: dataTypes.int32 });
    const remaining = x.axes.filter((_, i) => i !== axis);
    return laidOut(
      narrow,
      x.shape.filter((_, i) => i !== axis),
      remaining.map((at) => (at > physical ? at - 1 : at)),
    );
  };
}

export const reductionKernels: Kernels = {
  Sum: reduction('ReduceSum'),
  Mean: reduction('ReduceMean'),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
  All: logicalReduction('ReduceMin'),
  Any: logicalReduction('ReduceMax'),
  ArgMax: position('ArgMax'),
  ArgMin: position('ArgMin'),
  Cumsum: ({ graph, inputs, attrs }) => {
    const x = inputs.x as Symbolic;
    const axis = tf.util.parseAxisParam(attrs.axis, x.shape as number[])[0]!;
    const value = whole(graph, x);
    const along = graph.initializer(Int32Array.of(x.axes[axis]!), [], 'int32');
    const result = graph.node('CumSum', [value, along], value.shape, value.dtype, {
      exclusive: attrs.exclusive ? 1 : 0,
      reverse: attrs.reverse ? 1 : 0,
    });
    return laidOut(result, x.shape, x.axes);
  },
  Softmax: ({ graph, inputs, attrs }) => {
    const x = inputs.logits as Symbolic;
    const axis = attrs.dim < 0 ? x.shape.length + attrs.dim : attrs.dim;
    const value = whole(graph, x);
    const result = graph.node('Softmax', [value], value.shape, value.dtype, { axis: x.axes[axis]! });
    return laidOut(result, x.shape, x.axes);
  },
};
