/** Resizing and its gradients. */
import { runCpuKernel } from '../../cpu-kernel.ts';
import type { Graph, Value } from '../graph.ts';
import { type Call, isZero, type Kernels, zeros } from '../kernel.ts';
import { asValue, laidOut, type Traced } from '../traced.ts';
import { channelsFirst } from './convolution.ts';
import { enlarged } from './pooling.ts';

type Interpolation = 'ResizeNearestNeighbor' | 'ResizeBilinear';

/**
 * The matrix [to,from] by which tfjs resizes an axis, found by resizing a unit matrix with its own kernel: every
 * convention about corners and centres is thereby kept, in the gradient as well.
 */
function axisMatrix(name: Interpolation, from: number, to: number, attrs: Call['attrs']): Float32Array {
  const unit = new Float32Array(from * from);
  for (let i = 0; i < from; i++) unit[i * from + i] = 1;
  const [result] = runCpuKernel(
    name,
    { images: { shape: [1, from, 1, from], dtype: 'float32', values: unit } },
    { ...attrs, size: [to, 1] },
  );
  return result!.values as Float32Array;
}

/** The same for the gradient: the matrix [from,to]. */
function gradientMatrix(name: Interpolation, from: number, to: number, attrs: Call['attrs']): Float32Array {
  const unit = new Float32Array(to * to);
  for (let i = 0; i < to; i++) unit[i * to + i] = 1;
  const [result] = runCpuKernel(
    `${name}Grad`,
    {
      images: { shape: [1, from, 1, to], dtype: 'float32', values: new Float32Array(from * to) },
      dy: { shape: [1, to, 1, to], dtype: 'float32', values: unit },
    },
    attrs,
  );
  return result!.values as Float32Array;
}

/** vertical · x · horizontalᵀ for every plane; a matrix left out leaves its axis alone. */
function multiplied(graph: Graph, x: Value, vertical?: Matrix, horizontal?: Matrix): Value {
  let value = x;
  if (horizontal !== undefined) {
    const { elements, to, from } = horizontal;
    const turned = new Float32Array(elements.length);
    for (let i = 0; i < to; i++) for (let j = 0; j < from; j++) turned[j * to + i] = elements[i * from + j]!;
    const matrix = graph.initializer(turned, [from, to], 'float32');
    value = graph.node('MatMul', [value, matrix], [...value.shape.slice(0, 3), to], 'float32');
  }
  if (vertical !== undefined) {
    const matrix = graph.initializer(vertical.elements, [vertical.to, vertical.from], 'float32');
    const shape = [...value.shape.slice(0, 2), vertical.to, value.shape[3]!];
    value = graph.node('MatMul', [matrix, value], shape, 'float32');
  }
  return value;
}

interface Matrix {
  readonly elements: Float32Array;
  readonly to: number;
  readonly from: number;
}

function resize(name: Interpolation) {
  return (call: Call): Traced => {
    const { graph, inputs, attrs } = call;
    const images = inputs.images!;
    const [batch, height, width, channels] = images.shape as [number, number, number, number];
    const [toHeight, toWidth] = attrs.size as [number, number];
    const x = asValue(graph, images, channelsFirst);
    const shape = [batch, toHeight, toWidth, channels];
    const whole = toHeight % height === 0 && toWidth % width === 0;
    if (name === 'ResizeNearestNeighbor' && whole && !attrs.alignCorners) {
      return laidOut(enlarged(graph, x, toHeight / height, toWidth / width), shape, channelsFirst);
    }
    const matrix = (from: number, to: number): Matrix | undefined =>
      from === to ? undefined : { elements: axisMatrix(name, from, to, attrs), from, to };
    return laidOut(
      multiplied(graph, x, matrix(height, toHeight), matrix(width, toWidth)),
      shape,
      channelsFirst,
    );
  };
}

function resizeGradient(name: Interpolation) {
  return ({ graph, inputs, attrs }: Call): Traced => {
    const images = inputs.images!;
    if (isZero(inputs.dy!)) return zeros(images.shape);
    const [, height, width] = images.shape as [number, number, number, number];
    const dy = asValue(graph, inputs.dy!, channelsFirst);
    const matrix = (from: number, to: number): Matrix | undefined =>
      from === to ? undefined : { elements: gradientMatrix(name, from, to, attrs), from: to, to: from };
    const value = multiplied(graph, dy, matrix(height, dy.shape[2]!), matrix(width, dy.shape[3]!));
    return laidOut(value, images.shape, channelsFirst);
  };
}

export const resizeKernels: Kernels = {
  ResizeNearestNeighbor: resize('ResizeNearestNeighbor'),
  ResizeNearestNeighborGrad: resizeGradient('ResizeNearestNeighbor'),
  ResizeBilinear: resize('ResizeBilinear'),
  ResizeBilinearGrad: resizeGradient('ResizeBilinear'),
};
