/** Sums, products and their like, simplified where an operand is known. */
import { type Graph, sameList, type Value } from '../graph.ts';
import { broadcastShape, isZero, repeated, zeros } from '../kernel.ts';
import { constant, derived, laidOut, type Symbolic, sizeOf, type Traced, uniform } from '../traced.ts';
import { combined, mapped } from './apply.ts';

/** a + b without adding zeros. */
export function added(graph: Graph, a: Traced, b: Traced): Traced {
  const shape = broadcastShape(a.shape, b.shape);
  if (isZero(a)) return repeated(graph, b, shape);
  if (isZero(b)) return repeated(graph, a, shape);
  const [negatedA, negatedB] = [negated(a), negated(b)];
  if (negatedB !== undefined) return combined(graph, 'Sub', [a, negatedB]);
  if (negatedA !== undefined) return combined(graph, 'Sub', [b, negatedA]);
  return sharedProduct(graph, a, b) ?? combined(graph, isProduct(a) || isProduct(b) ? 'Sum' : 'Add', [a, b]);
}

/** What x is the negative of. */
function negated(x: Traced): Symbolic | undefined {
  if (x.kind === 'constant' || x.value.node?.operation !== 'Neg') return undefined;
  return laidOut(x.value.node.inputs[0]!, x.shape, x.axes);
}

/** Onto which onnxruntime adds without writing the product down, where nothing else wants it; for Sum, not for Add. */
function isProduct(x: Traced): boolean {
  return x.kind === 'symbolic' && x.value.node?.operation === 'Gemm';
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

/** a / b; a number below the line becomes a factor. */
export function divided(graph: Graph, a: Traced, b: Traced): Traced {
  const shape = broadcastShape(a.shape, b.shape);
  if (isZero(a)) return zeros(shape);
  if (b.kind === 'constant' && b.uniform !== undefined && b.uniform !== 0 && a.dtype === 'float32') {
    return scaled(graph, a, 1 / b.uniform, shape);
  }
  return combined(graph, 'Div', [a, b]);
}

/** a − b without subtracting zeros. */
export function subtracted(graph: Graph, a: Traced, b: Traced): Traced {
  const shape = broadcastShape(a.shape, b.shape);
  if (isZero(b)) return repeated(graph, a, shape);
  if (isZero(a)) return mapped(graph, 'Neg', repeated(graph, b, shape) as Symbolic);
  return combined(graph, 'Sub', [a, b]);
}

/** a to the power of b, by multiplication or a root where that is the same. */
export function power(graph: Graph, a: Traced, b: Traced): Traced {
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
