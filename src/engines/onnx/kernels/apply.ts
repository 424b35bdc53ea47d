/** Applying ONNX operations to traced tensors element by element. */
import { type Attributes, type Graph, sameList, type Value } from '../graph.ts';
import { broadcastShape, operand } from '../kernel.ts';
import { dataTypes } from '../proto.ts';
import {
  channelsFirst,
  inOrder,
  laidOut,
  type Symbolic,
  sizeOf,
  type Traced,
  type TracedType,
  uniform,
} from '../traced.ts';

/** Applies an ONNX operation to every element. */
export function mapped(
  graph: Graph,
  operation: string,
  x: Symbolic,
  dtype: TracedType = x.dtype,
  attributes: Attributes = {},
  further: readonly Value[] = [],
): Symbolic {
  const value = graph.node(operation, [x.value, ...further], x.value.shape, dtype, attributes);
  return laidOut(value, x.shape, x.axes);
}

/** Applies an ONNX operation to the elements of operands that broadcast, in the order of axes of the largest. */
export function combined(
  graph: Graph,
  operation: string,
  operands: readonly Traced[],
  dtype: TracedType = operands[0]!.dtype,
): Symbolic {
  const shape = operands.map((x) => x.shape).reduce(broadcastShape);
  const axes = leadingAxes(operands, shape.length);
  const values = operands.map((x) => operand(graph, x, axes));
  const held = values.map((value) => value.shape).reduce(broadcastShape);
  const wide = [...new Array<number>(shape.length - held.length).fill(1), ...held];
  const value = graph.node(operation, values, held, dtype);
  return laidOut(graph.reshape(value, wide), shape, axes);
}

/**
 * The order of axes of the largest symbolic operand of the given rank. Of several as large it is that of convolutions,
 * if one lies so: where a map comes from one, its gradient is to go to one.
 */
export function leadingAxes(operands: readonly Traced[], rank: number): readonly number[] {
  let best: { axes: readonly number[]; size: number } | undefined;
  for (const x of operands) {
    if (x.kind === 'constant' || x.shape.length !== rank) continue;
    const { axes } = x;
    const size = sizeOf(x.value.shape);
    const better = best === undefined || size > best.size;
    if (better || (size === best!.size && sameList(axes, channelsFirst))) best = { axes, size };
  }
  return best?.axes ?? inOrder(rank);
}

/**
 * 1 where x > 0, else 0. Where x has been rectified already, as in the gradient of that, the rectified x is asked
 * instead, so that nothing else needs x itself. (Sign would be one operation, but onnxruntime's is slow.)
 */
export function positive(graph: Graph, x: Symbolic): Symbolic {
  const { value } = x;
  const rectified = graph.existing('Relu', [value], value.shape, x.dtype) ?? value;
  const zero = uniform([], x.dtype, 0);
  const above = combined(graph, 'Greater', [laidOut(rectified, x.shape, x.axes), zero], 'bool');
  return converted(graph, above, 'float32');
}

/** An activation by tfjs's name, as fused kernels have it. */
export function activated(graph: Graph, x: Traced, activation: string): Traced | undefined {
  if (x.kind === 'constant') return undefined;
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return mapped(graph, 'Relu', x);
    case 'relu6':
      return clipped(graph, x, 0, 6);
    case 'sigmoid':
      return mapped(graph, 'Sigmoid', x);
    default:
      return undefined;
  }
}

/** x limited to [least, greatest]. */
export function clipped(graph: Graph, x: Symbolic, least: number, greatest: number): Symbolic {
  return mapped(graph, 'Clip', x, x.dtype, {}, [graph.scalar(least), graph.scalar(greatest)]);
}

/** x under another element type. */
export function converted(graph: Graph, x: Symbolic, dtype: TracedType): Symbolic {
  return x.dtype === dtype ? x : mapped(graph, 'Cast', x, dtype, { to: dataTypes[dtype] });
}
