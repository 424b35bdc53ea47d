import { sameList } from '../graph.ts';
import type { Kernels } from '../kernel.ts';
import { type Symbolic, type Traced, type TracedType, uniform } from '../traced.ts';
import { clipped, combined, converted, mapped, positive } from './apply.ts';
import { added, divided, multiplied, power, subtracted } from './arithmetic.ts';

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
