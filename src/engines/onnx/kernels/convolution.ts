/** Convolutions and their gradients with respect to image and filter. */
import { tf } from '../../../tensor.ts';
import type { Graph, Value } from '../graph.ts';
import { type Call, isZero, type Kernels, zeros } from '../kernel.ts';
import {
  asValue,
  channelsFirst,
  derived,
  laidOut,
  plainly,
  type Symbolic,
  type Traced,
  type TracedElements,
} from '../traced.ts';
import { activated } from './apply.ts';
import { added } from './arithmetic.ts';
import { padded, sliced } from './shape.ts';

/** How filters lie: tfjs's [h,w,in,out] as [out,in,h,w]. */
const filterOrder = [2, 3, 1, 0];
/** The same for the way back: as [in,out,h,w]. */
const backwardFilterOrder = [2, 3, 0, 1];
/** Depthwise filters: tfjs's [h,w,channel,multiple] as [channel,multiple,h,w]. */
const depthwiseFilterOrder = [2, 3, 0, 1];

type ConvolutionInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

function convolutionInfo(
  call: Call,
  xShape: readonly number[],
  filterShape: readonly number[],
  depthwise: boolean,
) {
  const { strides, pad, dilations, dimRoundingMode, dataFormat } = call.attrs;
  if (dataFormat !== undefined && dataFormat !== 'NHWC') call.unsupported(`data format ${dataFormat}`);
  return tf.backend_util.computeConv2DInfo(
    xShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
}

const outputShape = (info: ConvolutionInfo) => [
  info.batchSize,
  info.outHeight,
  info.outWidth,
  info.outChannels,
];

/** The filter as [out,in/groups,h,w]. */
function forwardFilter(graph: Graph, filter: Traced, depthwise: boolean): Value {
  if (!depthwise) return asValue(graph, filter, filterOrder);
  const [height, width, channels, multiple] = filter.shape as [number, number, number, number];
  const stored = asValue(graph, filter, depthwiseFilterOrder);
  const shape = [channels * multiple, 1, height, width];
  const elements = graph.elementsOf(stored);
  // An initializer, not a reshaped one: only then does onnxruntime repack it once and for all.
  return elements === undefined
    ? graph.reshape(stored, shape)
    : graph.initializer(elements, shape, 'float32');
}

/** A filter in the given order, turned by half a turn. */
function turnedFilter(graph: Graph, filter: Traced, order: readonly number[]): Value {
  const stored = asValue(graph, filter, order);
  const [first, second, height, width] = stored.shape as [number, number, number, number];
  const elements = graph.elementsOf(stored) as TracedElements | undefined;
  if (elements === undefined) {
    const inputs = [
      stored,
      graph.integers([height - 1, width - 1]),
      graph.integers([-(2 ** 31), -(2 ** 31)]),
      graph.integers([2, 3]),
      graph.integers([-1, -1]),
    ];
    return graph.node('Slice', inputs, stored.shape, 'float32');
  }
  const turned = derived(graph, elements, 'turned', () => {
    const area = height * width;
    const result = elements.slice();
    for (let plane = 0; plane < first * second; plane++) {
      result.subarray(plane * area, (plane + 1) * area).reverse();
    }
    return result;
  });
  return graph.initializer(turned, stored.shape, 'float32');
}

function convolved(call: Call, x: Traced, filter: Traced, depthwise: boolean): Symbolic {
  const { graph } = call;
  const info = convolutionInfo(call, x.shape, filter.shape, depthwise);
  const { top, bottom, left, right } = info.padInfo;
  const shape = outputShape(info);
  const value = graph.node(
    'Conv',
    [asValue(graph, x, channelsFirst), forwardFilter(graph, filter, depthwise)],
    [shape[0]!, shape[3]!, shape[1]!, shape[2]!],
    'float32',
    {
      kernel_shape: [info.filterHeight, info.filterWidth],
      pads: [top, left, bottom, right],
      strides: [info.strideHeight, info.strideWidth],
      dilations: [info.dilationHeight, info.dilationWidth],
      group: depthwise ? info.inChannels : 1,
    },
  );
  return laidOut(value, shape, channelsFirst);
}

/**
 * The gradient of a convolution with respect to its image. At stride one that is itself a convolution, with the
 * filter turned by half a turn and its channels swapped; otherwise a transposed convolution.
 */
function convolvedBack(call: Call, dy: Traced, filter: Traced, depthwise: boolean): Traced {
  const { graph, attrs } = call;
  const inputShape = attrs.inputShape as number[];
  if (isZero(dy)) return zeros(inputShape);
  const info = convolutionInfo(call, inputShape, filter.shape, depthwise);
  const group = depthwise ? info.inChannels : 1;
  const { filterHeight, filterWidth, padInfo, inHeight, inWidth, outHeight, outWidth } = info;
  const physical = [info.batchSize, info.inChannels, inHeight, inWidth];
  const incoming = asValue(graph, dy, channelsFirst);
  const top = filterHeight - 1 - padInfo.top;
  const left = filterWidth - 1 - padInfo.left;
  const plain =
    info.strideHeight === 1 &&
    info.strideWidth === 1 &&
    info.dilationHeight === 1 &&
    info.dilationWidth === 1;
  if (plain && top >= 0 && left >= 0) {
    const bottom = inHeight - outHeight + filterHeight - 1 - top;
    const right = inWidth - outWidth + filterWidth - 1 - left;
    const weights = turnedFilter(graph, filter, depthwise ? depthwiseFilterOrder : backwardFilterOrder);
    const value = graph.node('Conv', [incoming, weights], physical, 'float32', {
      kernel_shape: [filterHeight, filterWidth],
      pads: [top, left, bottom, right],
      strides: [1, 1],
      dilations: [1, 1],
      group,
    });
    return laidOut(value, inputShape, channelsFirst);
  }
  // What the transposed convolution would make too much is cut, what it leaves out at the far end is added as zero.
  const excessHeight =
    info.strideHeight * (outHeight - 1) + info.effectiveFilterHeight - padInfo.top - inHeight;
  const excessWidth = info.strideWidth * (outWidth - 1) + info.effectiveFilterWidth - padInfo.left - inWidth;
  const value = graph.node(
    'ConvTranspose',
    [incoming, forwardFilter(graph, filter, depthwise)],
    physical,
    'float32',
    {
      kernel_shape: [filterHeight, filterWidth],
      pads: [padInfo.top, padInfo.left, Math.max(0, excessHeight), Math.max(0, excessWidth)],
      output_padding: [Math.max(0, -excessHeight), Math.max(0, -excessWidth)],
      strides: [info.strideHeight, info.strideWidth],
      dilations: [info.dilationHeight, info.dilationWidth],
      group,
    },
  );
  return laidOut(value, inputShape, channelsFirst);
}

/** Channels of all taps in a row that are unrolled into one product; of more, each tap has a product of its own. */
const mostUnrolled = 512;

/**
 * The gradient of a convolution with respect to its filter, [h,w,in,out]. Written as a convolution its kernel would be
 * as large as the map, which onnxruntime computes slowly; here it is matrix products over all positions, which run at the
 * speed of products.
 */
function filterGradient(call: Call): Traced {
  const { inputs, attrs } = call;
  const x = inputs.x!;
  const dy = inputs.dy!;
  const filterShape = attrs.filterShape as [number, number, number, number];
  if (isZero(x) || isZero(dy)) return zeros(filterShape);
  const info = convolutionInfo(call, x.shape, filterShape, false);
  const plain =
    info.strideHeight === 1 &&
    info.strideWidth === 1 &&
    info.dilationHeight === 1 &&
    info.dilationWidth === 1;
  return plain && info.filterHeight > 1 ? unrolledGradient(call, info) : gradientByTaps(call, info);
}

/**
 * At stride one: columns of taps are unrolled in the map, rows in the incoming gradient, so that few products
 * [columns·in, positions] · [positions, rows·out] have them all. Of a k×k filter that copies k·(in + out) planes, where
 * every tap by itself copies k²·in, and where channels are few the products are still large enough to run well.
 */
function unrolledGradient({ graph, inputs, attrs }: Call, info: ConvolutionInfo): Traced {
  const { batchSize, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const whole = bordered(graph, inputs.x!, info);
  // Rows of the map that any tap meets.
  const height = outHeight + filterHeight - 1;
  const positions = height * outWidth;
  const columns = grouped(filterWidth, inChannels).map((group) => {
    const shifted = group.map((column) =>
      sliced(graph, whole, [
        { axis: 2, begin: 0, size: height },
        { axis: 3, begin: column, size: outWidth },
      ]),
    );
    return {
      group,
      map: graph.reshape(joined(graph, shifted, 1), [batchSize, group.length * inChannels, positions]),
    };
  });
  // Zeros above and below: a row of taps meets the gradient so many rows further down.
  const beyond = filterHeight - 1;
  const outgoing = padded(graph, asValue(graph, inputs.dy!, channelsFirst), [
    [0, 0],
    [0, 0],
    [beyond, beyond],
    [0, 0],
  ]);
  const rows = grouped(filterHeight, outChannels).map((group) => {
    const shifted = group.map((row) =>
      sliced(graph, outgoing, [{ axis: 2, begin: beyond - row, size: height }]),
    );
    const wide = graph.reshape(joined(graph, shifted, 1), [batchSize, group.length * outChannels, positions]);
    return { group, map: graph.transpose(wide, [0, 2, 1]) };
  });
  const products = rows.map((row) =>
    joined(
      graph,
      columns.map((column) => {
        const shape = [batchSize, column.group.length * inChannels, row.group.length * outChannels];
        const product = graph.node('MatMul', [column.map, row.map], shape, 'float32');
        return graph.reshape(product, [
          batchSize,
          column.group.length,
          inChannels,
          row.group.length,
          outChannels,
        ]);
      }),
      1,
    ),
  );
  const all = joined(graph, products, 3);
  const summed =
    batchSize === 1 ? all : sumOver(graph, all, [0], [1, filterWidth, inChannels, filterHeight, outChannels]);
  const apart = graph.reshape(summed, [filterWidth, inChannels, filterHeight, outChannels]);
  return plainly(graph.transpose(apart, [2, 0, 1, 3]), attrs.filterShape);
}

/** Positions of taps in a row that go into one product: all of them where their channels are few, else each alone. */
function grouped(taps: number, channels: number): number[][] {
  const all = Array.from({ length: taps }, (_, tap) => tap);
  return taps * channels <= mostUnrolled ? [all] : all.map((tap) => [tap]);
}

/** Each tap by itself, X [in,positions] · dY [positions,out]. */
function gradientByTaps({ graph, inputs, attrs }: Call, info: ConvolutionInfo): Traced {
  const { batchSize, inChannels, outChannels, outHeight, outWidth } = info;
  const positions = outHeight * outWidth;
  const outgoing = graph.reshape(asValue(graph, inputs.dy!), [batchSize, positions, outChannels]);
  const products = taps(graph, inputs.x!, info).map((tap) => {
    const rows = graph.reshape(tap, [batchSize, inChannels, positions]);
    return graph.node('MatMul', [rows, outgoing], [batchSize, inChannels, outChannels], 'float32');
  });
  const count = products.length;
  const all = joined(graph, products, 0);
  // One sum over the pictures of the batch for all taps.
  const apart = graph.reshape(all, [count, batchSize, inChannels, outChannels]);
  const summed = batchSize === 1 ? apart : sumOver(graph, apart, [1], [count, 1, inChannels, outChannels]);
  return plainly(graph.reshape(summed, attrs.filterShape));
}

/** The same for depthwise filters, [h,w,channel,multiple]: each tap is a sum of products, channel by channel. */
function depthwiseFilterGradient(call: Call): Traced {
  const { graph, inputs, attrs } = call;
  const x = inputs.x!;
  const dy = inputs.dy!;
  const filterShape = attrs.filterShape as [number, number, number, number];
  if (isZero(x) || isZero(dy)) return zeros(filterShape);
  const info = convolutionInfo(call, x.shape, filterShape, true);
  const { batchSize, inChannels, outHeight, outWidth } = info;
  const [multiple] = filterShape.slice(-1) as [number];
  const apart = [batchSize, inChannels, multiple, outHeight * outWidth];
  const outgoing = graph.reshape(asValue(graph, dy, channelsFirst), apart);
  const sums = taps(graph, x, info).map((tap) => {
    const alone = graph.reshape(tap, [batchSize, inChannels, 1, outHeight * outWidth]);
    const product = graph.node('Mul', [alone, outgoing], apart, 'float32');
    return sumOver(graph, product, [0, 3], [1, inChannels, multiple, 1]);
  });
  return plainly(graph.reshape(joined(graph, sums, 0), filterShape));
}

/** For each tap of a filter, row by row, what it meets at every position of the output: [batch,in,h,w] each. */
function taps(graph: Graph, x: Traced, info: ConvolutionInfo): Value[] {
  const { outHeight, outWidth, strideHeight, strideWidth } = info;
  const whole = bordered(graph, x, info);
  return Array.from({ length: info.filterHeight * info.filterWidth }, (_, tap) => {
    const row = Math.floor(tap / info.filterWidth) * info.dilationHeight;
    const column = (tap % info.filterWidth) * info.dilationWidth;
    return sliced(graph, whole, [
      { axis: 2, begin: row, size: outHeight, step: strideHeight },
      { axis: 3, begin: column, size: outWidth, step: strideWidth },
    ]);
  });
}

/** The map with the zeros that a convolution sees around it, [batch,in,h,w]. */
function bordered(graph: Graph, x: Traced, { padInfo }: ConvolutionInfo): Value {
  // A far edge that no window reaches is not padded with less than nothing.
  return padded(graph, asValue(graph, x, channelsFirst), [
    [0, 0],
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
  ]);
}

function joined(graph: Graph, values: readonly Value[], axis: number): Value {
  if (values.length === 1) return values[0]!;
  const shape = [...values[0]!.shape];
  shape[axis] = values.reduce((sum, value) => sum + value.shape[axis]!, 0);
  return graph.node('Concat', values, shape, 'float32', { axis });
}

function sumOver(graph: Graph, value: Value, axes: readonly number[], shape: readonly number[]): Value {
  return graph.node('ReduceSum', [value, graph.integers(axes)], shape, 'float32', { keepdims: 1 });
}

function fused(call: Call, depthwise: boolean): Traced {
  const { graph, inputs, attrs } = call;
  let result: Traced = convolved(call, inputs.x!, inputs.filter!, depthwise);
  if (inputs.bias !== undefined) result = added(graph, result, inputs.bias);
  return activated(graph, result, attrs.activation) ?? call.unsupported(`activation ${attrs.activation}`);
}

export const convolutionKernels: Kernels = {
  Conv2D: (call) => convolved(call, call.inputs.x!, call.inputs.filter!, false),
  Conv2DBackpropInput: (call) => convolvedBack(call, call.inputs.dy!, call.inputs.filter!, false),
  Conv2DBackpropFilter: filterGradient,
  DepthwiseConv2dNative: (call) => convolved(call, call.inputs.x!, call.inputs.filter!, true),
  DepthwiseConv2dNativeBackpropInput: (call) =>
    convolvedBack(call, call.inputs.dy!, call.inputs.filter!, true),
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
  FusedConv2D: (call) => fused(call, false),
  FusedDepthwiseConv2D: (call) => fused(call, true),
};
