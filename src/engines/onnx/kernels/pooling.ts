/** Poolings and their gradients. */
import { tf } from '../../../tensor.ts';
import type { Graph, Value } from '../graph.ts';
import { type Call, isZero, type Kernels, zeros } from '../kernel.ts';
import { asValue, channelsFirst, laidOut, type Traced, uniform } from '../traced.ts';
import { scaled } from './arithmetic.ts';
import { padded, sliced } from './shape.ts';

type PoolInfo = ReturnType<typeof tf.backend_util.computePool2DInfo>;

function poolInfo({ attrs }: Call, x: Traced): PoolInfo {
  return tf.backend_util.computePool2DInfo(
    x.shape as [number, number, number, number],
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

const physicalOutput = (info: PoolInfo) => [info.batchSize, info.inChannels, info.outHeight, info.outWidth];
const physicalInput = (info: PoolInfo) => [info.batchSize, info.inChannels, info.inHeight, info.inWidth];

function pooled(operation: string): (call: Call) => Traced {
  return (call) => {
    const { graph, inputs } = call;
    const x = inputs.x!;
    const info = poolInfo(call, x);
    const { top, bottom, left, right } = info.padInfo;
    const value = graph.node(operation, [asValue(graph, x, channelsFirst)], physicalOutput(info), 'float32', {
      kernel_shape: [info.filterHeight, info.filterWidth],
      strides: [info.strideHeight, info.strideWidth],
      pads: [top, left, bottom, right],
    });
    return laidOut(value, [info.batchSize, info.outHeight, info.outWidth, info.inChannels], channelsFirst);
  };
}

/**
 * The gradient of average pooling. Side by side windows spread each element over its window: a nearest-neighbour
 * enlargement. Overlapping ones are a transposed convolution with a constant window, channel by channel. As in
 * tfjs, the divisor is the whole window's area even where it hangs over the border.
 */
function averageGradient(call: Call): Traced {
  const { graph, inputs } = call;
  const x = inputs.input!;
  const dy = inputs.dy!;
  if (isZero(dy)) return zeros(x.shape);
  const info = poolInfo(call, x);
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const share = scaled(graph, dy, 1 / (filterHeight * filterWidth));
  const incoming = asValue(graph, share, channelsFirst);
  const aligned = padInfo.top === 0 && padInfo.left === 0;
  if (aligned && filterHeight === strideHeight && filterWidth === strideWidth) {
    const spread = enlarged(graph, incoming, strideHeight, strideWidth);
    return laidOut(fitted(graph, spread, info), x.shape, channelsFirst);
  }
  const window = uniform([info.inChannels, 1, filterHeight, filterWidth], 'float32', 1);
  const height = strideHeight * (info.outHeight - 1) + filterHeight;
  const width = strideWidth * (info.outWidth - 1) + filterWidth;
  const spread = graph.node(
    'ConvTranspose',
    [incoming, asValue(graph, window)],
    [info.batchSize, info.inChannels, height, width],
    'float32',
    {
      kernel_shape: [filterHeight, filterWidth],
      strides: [strideHeight, strideWidth],
      pads: [0, 0, 0, 0],
      group: info.inChannels,
    },
  );
  const inside = sliced(graph, spread, [
    { axis: 2, begin: padInfo.top, size: Math.min(info.inHeight, height - padInfo.top) },
    { axis: 3, begin: padInfo.left, size: Math.min(info.inWidth, width - padInfo.left) },
  ]);
  return laidOut(fitted(graph, inside, info), x.shape, channelsFirst);
}

/** Repeats every element of the last two axes. */
export function enlarged(graph: Graph, x: Value, height: number, width: number): Value {
  if (height === 1 && width === 1) return x;
  const scales = graph.initializer(Float32Array.of(1, 1, height, width), [4], 'float32');
  const shape = [x.shape[0]!, x.shape[1]!, x.shape[2]! * height, x.shape[3]! * width];
  return graph.node('Resize', [x, undefined, scales], shape, 'float32', {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}

/** Cut, or filled up with zeros at the far end, to the size of the pooled image. */
function fitted(graph: Graph, x: Value, info: PoolInfo): Value {
  const cut = sliced(graph, x, [
    { axis: 2, begin: 0, size: Math.min(info.inHeight, x.shape[2]!) },
    { axis: 3, begin: 0, size: Math.min(info.inWidth, x.shape[3]!) },
  ]);
  return padded(graph, cut, [
    [0, 0],
    [0, 0],
    [0, info.inHeight - cut.shape[2]!],
    [0, info.inWidth - cut.shape[3]!],
  ]);
}

/** The gradient of maximum pooling: each window's share goes to its first maximum in reading order, as in tfjs. */
function maximumGradient(call: Call): Traced {
  const { inputs } = call;
  const x = inputs.input!;
  if (isZero(inputs.dy!)) return zeros(x.shape);
  const info = poolInfo(call, x);
  const { strideHeight, strideWidth, filterHeight, filterWidth, padInfo } = info;
  const aligned = padInfo.top === 0 && padInfo.left === 0;
  const covered =
    info.outHeight * strideHeight <= info.inHeight && info.outWidth * strideWidth <= info.inWidth;
  const sideBySide = filterHeight === strideHeight && filterWidth === strideWidth;
  return aligned && covered && sideBySide ? sideBySideGradient(call, info) : overlappingGradient(call, info);
}

/**
 * Windows side by side: maxima and shares are enlarged to the image's size. Among several maxima the first is the one
 * of the highest rank, which a second pooling finds.
 */
function sideBySideGradient({ graph, inputs }: Call, info: PoolInfo): Traced {
  const { strideHeight, strideWidth } = info;
  const height = info.outHeight * strideHeight;
  const width = info.outWidth * strideWidth;
  const x = sliced(graph, asValue(graph, inputs.input!, channelsFirst), [
    { axis: 2, begin: 0, size: height },
    { axis: 3, begin: 0, size: width },
  ]);
  const { shape } = x;
  const enlarge = (value: Value) => enlarged(graph, value, strideHeight, strideWidth);
  const ranks = new Float32Array(height * width);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const offset = (i % strideHeight) * strideWidth + (j % strideWidth);
      ranks[i * width + j] = strideHeight * strideWidth - offset;
    }
  }
  const rank = graph.initializer(ranks, [1, 1, height, width], 'float32');
  const maximal = graph.node(
    'Equal',
    [x, enlarge(asValue(graph, inputs.output!, channelsFirst))],
    shape,
    'bool',
  );
  const ranked = graph.node('Where', [maximal, rank, graph.scalar(0)], shape, 'float32');
  const first = graph.node('MaxPool', [ranked], physicalOutput(info), 'float32', {
    kernel_shape: [strideHeight, strideWidth],
    strides: [strideHeight, strideWidth],
  });
  const chosen = graph.node('Equal', [ranked, enlarge(first)], shape, 'bool');
  const share = enlarge(asValue(graph, inputs.dy!, channelsFirst));
  const spread = graph.node('Where', [chosen, share, graph.scalar(0)], shape, 'float32');
  return laidOut(fitted(graph, spread, info), inputs.input!.shape, channelsFirst);
}

/**
 * Any windows. Every offset within the window is one strided slice of the image, compared with the maxima; what the slices
 * receive is summed per phase of the stride and interleaved again. All in plain elementwise operations, as no
 * provider but cpu gives positions.
 */
function overlappingGradient({ graph, inputs }: Call, info: PoolInfo): Traced {
  const x = inputs.input!;
  const { strideHeight, strideWidth, filterHeight, filterWidth, outHeight, outWidth, padInfo } = info;
  const dy = asValue(graph, inputs.dy!, channelsFirst);
  const maxima = asValue(graph, inputs.output!, channelsFirst);
  // Rows and columns of whole strides, enough for the last window.
  const rows = outHeight + Math.ceil(filterHeight / strideHeight) - 1;
  const columns = outWidth + Math.ceil(filterWidth / strideWidth) - 1;
  const framed = frame(
    graph,
    asValue(graph, x, channelsFirst),
    info,
    rows * strideHeight,
    columns * strideWidth,
  );
  const nothing = graph.scalar(0);
  const phases = new Map<string, Value>();
  let taken: Value | undefined;
  const { shape } = maxima;
  for (let i = 0; i < filterHeight; i++) {
    for (let j = 0; j < filterWidth; j++) {
      const candidate = sliced(graph, framed, [
        { axis: 2, begin: i, size: outHeight, step: strideHeight },
        { axis: 3, begin: j, size: outWidth, step: strideWidth },
      ]);
      const equal = graph.node('Equal', [candidate, maxima], shape, 'bool');
      const first: Value =
        taken === undefined
          ? equal
          : graph.node('And', [equal, graph.node('Not', [taken], shape, 'bool')], shape, 'bool');
      taken = taken === undefined ? equal : graph.node('Or', [taken, equal], shape, 'bool');
      const received = graph.node('Where', [first, dy, nothing], shape, 'float32');
      const down = Math.floor(i / strideHeight);
      const across = Math.floor(j / strideWidth);
      const moved = padded(graph, received, [
        [0, 0],
        [0, 0],
        [down, rows - outHeight - down],
        [across, columns - outWidth - across],
      ]);
      const phase = `${i % strideHeight},${j % strideWidth}`;
      const sum = phases.get(phase);
      phases.set(phase, sum === undefined ? moved : graph.node('Add', [sum, moved], moved.shape, 'float32'));
    }
  }
  const whole = interleaved(graph, phases, info, rows, columns);
  const inside = sliced(graph, whole, [
    { axis: 2, begin: padInfo.top, size: Math.min(info.inHeight, whole.shape[2]! - padInfo.top) },
    { axis: 3, begin: padInfo.left, size: Math.min(info.inWidth, whole.shape[3]! - padInfo.left) },
  ]);
  return laidOut(fitted(graph, inside, info), x.shape, channelsFirst);
}

/** The image with its padding before, cut or filled up to a size; what is added is never a maximum. */
function frame(graph: Graph, x: Value, info: PoolInfo, height: number, width: number): Value {
  const { top, left } = info.padInfo;
  const cut = sliced(graph, x, [
    { axis: 2, begin: 0, size: Math.min(info.inHeight, height - top) },
    { axis: 3, begin: 0, size: Math.min(info.inWidth, width - left) },
  ]);
  const paddings: [number, number][] = [
    [0, 0],
    [0, 0],
    [top, height - top - cut.shape[2]!],
    [left, width - left - cut.shape[3]!],
  ];
  return padded(graph, cut, paddings, Number.NEGATIVE_INFINITY);
}

/** One image of the phases' images: element (r·s+i, c·s+j) is element (r, c) of phase (i, j). */
function interleaved(
  graph: Graph,
  phases: ReadonlyMap<string, Value>,
  info: PoolInfo,
  rows: number,
  columns: number,
): Value {
  const { strideHeight, strideWidth } = info;
  const [batch, channels] = physicalInput(info);
  const shape = [batch!, channels!, rows, columns];
  const planes: Value[] = [];
  for (let i = 0; i < strideHeight; i++) {
    for (let j = 0; j < strideWidth; j++) {
      // A stride longer than the window leaves elements that no window reads.
      const phase = phases.get(`${i},${j}`) ?? asValue(graph, uniform(shape, 'float32', 0));
      planes.push(graph.reshape(phase, [1, ...shape]));
    }
  }
  if (planes.length === 1) return graph.reshape(planes[0]!, shape);
  const stacked = graph.node('Concat', planes, [planes.length, ...shape], 'float32', { axis: 0 });
  const split = graph.reshape(stacked, [strideHeight, strideWidth, ...shape]);
  const woven = graph.transpose(split, [2, 3, 4, 0, 5, 1]);
  return graph.reshape(woven, [batch!, channels!, rows * strideHeight, columns * strideWidth]);
}

export const poolingKernels: Kernels = {
  AvgPool: pooled('AveragePool'),
  AvgPoolGrad: averageGradient,
  MaxPool: pooled('MaxPool'),
  MaxPoolGrad: maximumGradient,
};
