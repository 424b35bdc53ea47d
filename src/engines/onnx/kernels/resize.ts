/** Resizing. Its gradients are made of other operations. */
import { runCpuKernel } from '../../cpu-kernel.ts';
import type { Graph, Value } from '../graph.ts';
import type { Call, Kernel, Kernels } from '../kernel.ts';
import { asValue, channelsFirst, laidOut } from '../traced.ts';
import { enlarged } from './pooling.ts';

type Interpolation = 'ResizeNearestNeighbor' | 'ResizeBilinear';

/**
 * The matrix by which tfjs resizes an axis, transposed ([from,to]), found by resizing a unit matrix with its own
 * kernel: every convention about corners and centres is thereby kept.
 */
function axisMatrix(
  graph: Graph,
  name: Interpolation,
  from: number,
  to: number,
  attrs: Call['attrs'],
): Value {
  const unit = new Float32Array(from * from);
  for (let i = 0; i < from; i++) unit[i * from + i] = 1;
  const [result] = runCpuKernel(
    name,
    // Row i of the unit matrix as an image of one row and `from` columns, channel i.
    { images: { shape: [1, 1, from, from], dtype: 'float32', values: unit } },
    { ...attrs, size: [1, to] },
  );
  const matrix = new Float32Array(from * to);
  for (let i = 0; i < to; i++)
    for (let j = 0; j < from; j++) matrix[j * to + i] = result!.values[i * from + j]!;
  return graph.initializer(matrix, [from, to], 'float32');
}

function resize(name: Interpolation): Kernel {
  return ({ graph, inputs, attrs }) => {
    const images = inputs.images!;
    const [batch, height, width, channels] = images.shape as [number, number, number, number];
    const [newHeight, newWidth] = attrs.size as [number, number];
    const shape = [batch, newHeight, newWidth, channels];
    let value = asValue(graph, images, channelsFirst);
    const multiple = newHeight % height === 0 && newWidth % width === 0;
    if (name === 'ResizeNearestNeighbor' && multiple && !attrs.alignCorners) {
      return laidOut(enlarged(graph, value, newHeight / height, newWidth / width), shape, channelsFirst);
    }
    if (newWidth !== width) {
      const matrix = axisMatrix(graph, name, width, newWidth, attrs);
      value = graph.node('MatMul', [value, matrix], [batch, channels, height, newWidth], 'float32');
    }
    if (newHeight !== height) {
      const matrix = graph.transpose(axisMatrix(graph, name, height, newHeight, attrs), [1, 0]);
      value = graph.node('MatMul', [matrix, value], [batch, channels, newHeight, newWidth], 'float32');
    }
    return laidOut(value, shape, channelsFirst);
  };
}

export const resizeKernels: Kernels = {
  ResizeNearestNeighbor: resize('ResizeNearestNeighbor'),
  ResizeBilinear: resize('ResizeBilinear'),
};
