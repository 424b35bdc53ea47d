/** Matrix products. */
import { type Graph, sameList, type Value } from '../graph.ts';
import { broadcastShape, isZero, type Kernels, zeros } from '../kernel.ts';
import { asValue, inOrder, laidOut, plainly, type Symbolic, sizeOf, type Traced, whole } from '../traced.ts';
import { activated } from './apply.ts';
import { added } from './arithmetic.ts';
import { reshaped } from './reshape.ts';

/** A matrix as it lies: its value, and whether that is the transpose of the factor wanted. */
interface Factor {
  readonly value: Value;
  readonly transposed: boolean;
}

function factor(graph: Graph, x: Traced, transpose: boolean): Factor {
  if (x.kind === 'constant') return { value: asValue(graph, x), transposed: transpose };
  const swapped = x.axes[0] === 1;
  return { value: whole(graph, x), transposed: transpose !== swapped };
}

/**
 * The product of two matrices, as one Gemm that reads both as they lie. The result lies the way the longer of its
 * axes lies in the factor it comes from, so that the gradient of a Gram matrix comes out like its feature map.
 */
function product(graph: Graph, a: Traced, b: Traced, transposeA: boolean, transposeB: boolean): Symbolic {
  const left = factor(graph, a, transposeA);
  const right = factor(graph, b, transposeB);
  const rows = a.shape[transposeA ? 1 : 0]!;
  const columns = b.shape[transposeB ? 0 : 1]!;
  const shape = [rows, columns];
  const swap = rows >= columns ? left.transposed : right.transposed;
  if (swap) {
    const value = graph.node('Gemm', [right.value, left.value], [columns, rows], 'float32', {
      transA: right.transposed ? 0 : 1,
      transB: left.transposed ? 0 : 1,
    });
    return laidOut(value, shape, [1, 0]);
  }
  const value = graph.node('Gemm', [left.value, right.value], shape, 'float32', {
    transA: left.transposed ? 1 : 0,
    transB: right.transposed ? 1 : 0,
  });
  return plainly(value);
}

function matrix(graph: Graph, x: Traced): Traced {
  const shape = x.shape.slice(-2);
  return x.kind === 'constant' ? { ...x, shape } : reshaped(graph, x, shape);
}

/** One side of a batched product, its last two axes as the product wants them. */
function batched(graph: Graph, x: Traced, transpose: boolean): Value {
  const rank = x.shape.length;
  const axes = inOrder(rank);
  if (transpose) [axes[rank - 2], axes[rank - 1]] = [rank - 1, rank - 2];
  return asValue(graph, x, axes);
}

/** The product of tfjs's batchMatMul: leading axes broadcast. */
function multiplyMatrices(
  graph: Graph,
  a: Traced,
  b: Traced,
  transposeA: boolean,
  transposeB: boolean,
): Traced {
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const shape = [...batch, rows, columns];
  if (isZero(a) || isZero(b)) return zeros(shape);
  if (sizeOf(batch) === 1) {
    const result = product(graph, matrix(graph, a), matrix(graph, b), transposeA, transposeB);
    return sameList(result.shape, shape) ? result : reshaped(graph, result, shape);
  }
  const values = [batched(graph, a, transposeA), batched(graph, b, transposeB)];
  return plainly(graph.node('MatMul', values, shape, 'float32'));
}

export const matmulKernels: Kernels = {
  BatchMatMul: ({ graph, inputs: { a, b }, attrs }) =>
    multiplyMatrices(graph, a!, b!, attrs.transposeA, attrs.transposeB),
  _FusedMatMul: (call) => {
    const { graph, inputs, attrs } = call;
    const { a, b, bias } = inputs;
    let result = multiplyMatrices(graph, a!, b!, attrs.transposeA, attrs.transposeB);
    if (bias !== undefined) result = added(graph, result, bias);
    return activated(graph, result, attrs.activation) ?? call.unsupported(`activation ${attrs.activation}`);
  },
};
