/** Kernels that compute every element by itself. */
import type { Attributes, Graph, Value } from '../graph.ts';
import { sameList } from '../graph.ts';
import { broadcastShape, isZero, type Kernels, operand, repeated, zeros } from '../kernel.ts';
import { dataTypes } from '../proto.ts';
import {
  constant,
  derived,
  inOrder,
  laidOut,
  type Symbolic,
  sizeOf,
  type Traced,
  type TracedType,
  uniform,
} from '../traced.ts';

/** tfjs's names of one-argument kernels, and ONNX's where they are not equal. */
const unaryOperations: Readonly<Record<string, string>> = {
  Abs: 'Abs',
  Acos: 'Acos',
  Asin: 'Asin',
  Atan: 'Atan',
  Ceil: 'Ceil',
  Cos: 'Cos',
  Cosh: 'Cosh',
  Erf: 'Erf',
  Exp: 'Exp',
  Floor: 'Floor',
  Log: 'Log',
  LogicalNot: 'Not',
  Neg: 'Neg',
  Reciprocal: 'Reciprocal',
  Relu: 'Relu',
  Round: 'Round',
  Sigmoid: 'Sigmoid',
  Sign: 'Sign',
  Sin: 'Sin',
  Sinh: 'Sinh',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tan: 'Tan',
  Tanh: 'Tanh',
};

const integerIdentities = new Set(['Ceil', 'Floor', 'Round']);

const comparisons: Readonly<Record<string, string>> = {
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
  LogicalXor: 'Xor',
};

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

/** The order of axes of the largest symbolic operand of the given rank. */
export function leadingAxes(operands: readonly Traced[], rank: number): readonly number[] {
  let best: Symbolic | undefined;
  for (const x of operands) {
    if (x.kind === 'constant' || x.shape.length !== rank) continue;
    if (best === undefined || sizeOf(x.value.shape) > sizeOf(best.value.shape)) best = x;
  }
  return best?.axes ?? inOrder(rank);
}

/** a + b without adding zeros. */
export function added(graph: Graph, a: Traced, b: Traced): Traced {
  const shape = broadcastShape(a.shape, b.shape);
  if (isZero(a)) return repeated(graph, b, shape);
  if (isZero(b)) return repeated(graph, a, shape);
  return sharedProduct(graph, a, b) ?? combined(graph, 'Add', [a, b]);
}

/**
 * A·B + A·C as A·(B + C), and likewise for a common right factor, when the factors to be added are smaller than
 * the product: both halves of a Gram matrix's gradient then cost one product.
 */
function sharedProduct(graph: Graph, a: Traced, b: Traced): Symbolic | undefined {
  if (a.kind === 'constant' || b.kind === 'constant') return undefined;
  const [one, other] = [a.value.node, b.value.node];
  if (one?.operation !== 'Gemm' || other?.operation !== 'Gemm') return undefined;
  if (!sameList(a.shape, b.shape) || !sameList(a.axes, b.axes)) return undefined;
  for (const shared of [0, 1]) {
    const flag = (side: number) => (side === 0 ? 'transA' : 'transB');
    const added = 1 - shared;
    if (one.inputs[shared] !== other.inputs[shared]) continue;
    if (one.attributes[flag(shared)] !== other.attributes[flag(shared)]) continue;
    const first = one.inputs[added]!;
    const second = other.inputs[added]!;
    if (sizeOf(first.shape) >= sizeOf(a.value.shape)) continue;
    const alike = one.attributes[flag(added)] === other.attributes[flag(added)];
    const turned = alike ? second : graph.transpose(second, [1, 0]);
    const sum = graph.node('Add', [first, turned], first.shape, 'float32');
    const factors = shared === 0 ? [one.inputs[0], sum] : [sum, one.inputs[1]];
    return laidOut(graph.node('Gemm', factors, a.value.shape, 'float32', one.attributes), a.shape, a.axes);
  }
  return undefined;
}

/** a · b without multiplying by one or zero; factors that are numbers are gathered into one. */
export function multiplied(graph: Graph, a: Traced, b: Traced): Traced {
  const shape = broadcastShape(a.shape, b.shape);
  // What is multiplied by an exact zero is taken to be finite.
  if (isZero(a) || isZero(b)) return uniform(shape, a.dtype, 0);
  if (a.kind === 'constant')
    return a.uniform === undefined ? combined(graph, 'Mul', [b, a]) : scaled(graph, b, a.uniform, shape);
  if (b.kind === 'constant' && b.uniform !== undefined) return scaled(graph, a, b.uniform, shape);
  return combined(graph, 'Mul', [a, b]);
}

/** x times a number, repeated to a shape. */
export function scaled(graph: Graph, x: Traced, factor: number, shape: readonly number[] = x.shape): Traced {
  const wide = repeated(graph, x, shape);
  if (factor === 1) return wide;
  if (wide.kind === 'constant') {
    if (wide.uniform !== undefined) return uniform(shape, wide.dtype, wide.uniform * factor);
    const elements = wide.elements();
    const product = derived(graph, elements, `times ${factor}`, () =>
      elements.map((element) => element * factor),
    );
    return constant(shape, wide.dtype, product);
  }
  const { node } = wide.value;
  if (wide.dtype === 'float32' && node?.operation === 'Mul') {
    const [inner, former] = node.inputs as [Value, Value];
    const number = former.shape.length === 0 ? graph.elementsOf(former)?.[0] : undefined;
    if (number !== undefined && sameList(inner.shape, wide.value.shape)) {
      return scaled(graph, laidOut(inner, wide.shape, wide.axes), Number(number) * factor);
    }
  }
  return combined(graph, 'Mul', [wide, uniform([], wide.dtype, factor)]);
}

function divided(graph: Graph, a: Traced, b: Traced): Traced {
  const shape = broadcastShape(a.shape, b.shape);
  if (isZero(a)) return zeros(shape);
  if (b.kind === 'constant' && b.uniform !== undefined && b.uniform !== 0 && a.dtype === 'float32') {
    return scaled(graph, a, 1 / b.uniform, shape);
  }
  return combined(graph, 'Div', [a, b]);
}

export function subtracted(graph: Graph, a: Traced, b: Traced): Traced {
  const shape = broadcastShape(a.shape, b.shape);
  if (isZero(b)) return repeated(graph, a, shape);
  if (isZero(a)) return mapped(graph, 'Neg', repeated(graph, b, shape) as Symbolic);
  return combined(graph, 'Sub', [a, b]);
}

function power(graph: Graph, a: Traced, b: Traced): Traced {
  const exponent = b.kind === 'constant' ? b.uniform : undefined;
  const shape = broadcastShape(a.shape, b.shape);
  if (exponent !== undefined && a.kind === 'symbolic' && sameList(shape, a.shape)) {
    if (exponent === 0) return uniform(shape, a.dtype, 1);
    if (exponent === 1) return a;
    if (exponent === 2) return combined(graph, 'Mul', [a, a]);
    if (exponent === 0.5) return mapped(graph, 'Sqrt', a);
  }
  return combined(graph, 'Pow', [a, b]);
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

function clipped(graph: Graph, x: Symbolic, least: number, greatest: number): Symbolic {
  return mapped(graph, 'Clip', x, x.dtype, {}, [graph.scalar(least), graph.scalar(greatest)]);
}

/** x under another element type. */
export function converted(graph: Graph, x: Symbolic, dtype: TracedType): Symbolic {
  return x.dtype === dtype ? x : mapped(graph, 'Cast', x, dtype, { to: dataTypes[dtype] });
}

const unaryKernels: Kernels = Object.fromEntries(
  Object.entries(unaryOperations).map(([name, operation]) => [
    name,
    ({ graph, inputs }) => {
      const x = inputs.x as Symbolic;
      return integerIdentities.has(name) && x.dtype === 'int32' ? x : mapped(graph, operation, x);
    },
  ]),
);

const comparisonKernels: Kernels = Object.fromEntries(
  Object.entries(comparisons).map(([name, operation]) => [
    name,
    ({ graph, list }) => combined(graph, operation, list, 'bool'),
  ]),
);

export const elementwiseKernels: Kernels = {
  ...unaryKernels,
  ...comparisonKernels,
  Add: ({ graph, inputs: { a, b } }) => added(graph, a!, b!),
  AddN: ({ graph, list }) => list.reduce((sum, x) => added(graph, sum, x)),
  Cast: (call) => {
    const { dtype } = call.attrs as { dtype: TracedType };
    if (!['float32', 'int32', 'bool'].includes(dtype)) return call.unsupported(`type ${dtype}`);
    return converted(call.graph, call.inputs.x as Symbolic, dtype);
  },
  ClipByValue: ({ graph, inputs, attrs }) =>
    clipped(graph, inputs.x as Symbolic, attrs.clipValueMin, attrs.clipValueMax),
  Elu: ({ graph, inputs }) => mapped(graph, 'Elu', inputs.x as Symbolic),
  EluGrad: ({ graph, inputs: { dy, y } }) => {
    // The derivative is 1 above zero and y + 1 below.
    const slope = combined(graph, 'Min', [
      added(graph, y!, uniform([], 'float32', 1)),
      uniform([], 'float32', 1),
    ]);
    return multiplied(graph, dy!, slope);
  },
  Expm1: ({ graph, inputs }) =>
    combined(graph, 'Sub', [mapped(graph, 'Exp', inputs.x as Symbolic), uniform([], 'float32', 1)]),
  LeakyRelu: ({ graph, inputs, attrs }) =>
    mapped(graph, 'LeakyRelu', inputs.x as Symbolic, 'float32', { alpha: { float: attrs.alpha } }),
  Log1p: ({ graph, inputs }) =>
    mapped(graph, 'Log', combined(graph, 'Add', [inputs.x!, uniform([], 'float32', 1)])),
  Maximum: ({ graph, list }) => combined(graph, 'Max', list),
  Minimum: ({ graph, list }) => combined(graph, 'Min', list),
  Multiply: ({ graph, inputs: { a, b } }) => multiplied(graph, a!, b!),
  NotEqual: ({ graph, list }) => mapped(graph, 'Not', combined(graph, 'Equal', list, 'bool')),
  Pow: ({ graph, inputs: { a, b } }) => power(graph, a!, b!),
  RealDiv: ({ graph, inputs: { a, b } }) => divided(graph, a!, b!),
  Relu6: ({ graph, inputs }) => clipped(graph, inputs.x as Symbolic, 0, 6),
  Rsqrt: ({ graph, inputs }) => mapped(graph, 'Reciprocal', mapped(graph, 'Sqrt', inputs.x as Symbolic)),
  Select: (call) => {
    const { graph, inputs } = call;
    const { condition, t, e } = inputs as { condition: Traced; t: Traced; e: Traced };
    if (!sameList(condition.shape, t.shape)) return call.unsupported('a condition of another shape');
    return combined(graph, 'Where', [condition, t, e], t.dtype);
  },
  Square: ({ graph, inputs: { x } }) => combined(graph, 'Mul', [x!, x!]),
  SquaredDifference: ({ graph, inputs: { a, b } }) => {
    const difference = subtracted(graph, a!, b!);
    return combined(graph, 'Mul', [difference, difference]);
  },
  Step: ({ graph, inputs, attrs }) => {
    const x = inputs.x as Symbolic;
    const { alpha } = attrs as { alpha: number };
    if (alpha === 0) return positive(graph, x);
    const above = combined(graph, 'Greater', [x, uniform([], x.dtype, 0)], 'bool');
    return combined(
      graph,
      'Where',
      [above, uniform([], 'float32', 1), uniform([], 'float32', alpha)],
      'float32',
    );
  },
  Sub: ({ graph, inputs: { a, b } }) => subtracted(graph, a!, b!),
};

/** The kernels whose result on operands of one number each is one number. */
export const uniformKernels: ReadonlySet<string> = new Set(Object.keys(elementwiseKernels));
