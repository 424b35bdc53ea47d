/** One small function per traced kernel and setting. `x` is the input; the gradient is taken with respect to it. */
import { type NamedTensors, type NamedValues, tf } from '../../src/tensor.ts';
import { filled } from './compare.ts';

export interface KernelCase {
  readonly name: string;
  readonly inputs: NamedValues;
  readonly compute: (tensors: NamedTensors) => tf.Tensor;
  /** Inputs to differentiate by; default: all float inputs. Empty: the value alone. */
  readonly gradients?: readonly string[];
}

type Compute = (x: tf.Tensor) => tf.Tensor;

const image = [1, 5, 6, 3] as const;

function one(
  name: string,
  compute: Compute,
  input = filled(image, 1),
  gradients?: readonly string[],
): KernelCase {
  return { name, inputs: { x: input }, compute: ({ x }) => compute(x!), gradients };
}

function two(
  name: string,
  compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  a: readonly number[],
  b: readonly number[],
  gradients?: readonly string[],
): KernelCase {
  return {
    name: `${name} [${a}] [${b}]`,
    inputs: { a: filled(a, 2, 0.3, 1.7), b: filled(b, 3, 0.3, 1.7) },
    compute: (tensors) => compute(tensors.a!, tensors.b!),
    gradients,
  };
}

const positiveImage = filled(image, 4, 0.2, 2);

const elementwise: KernelCase[] = [
  ...(
    [
      ['Abs', tf.abs],
      ['Neg', tf.neg],
      ['Exp', tf.exp],
      ['Square', tf.square],
      ['Relu', tf.relu],
      ['Relu6', (x) => tf.relu6(tf.mul(x, 8))],
      ['Elu', tf.elu],
      ['LeakyRelu', (x) => tf.leakyRelu(x, 0.3)],
      ['Sigmoid', tf.sigmoid],
      ['Softplus', tf.softplus],
      ['Tanh', tf.tanh],
      ['Sin', tf.sin],
      ['Cos', tf.cos],
      ['Erf', tf.erf],
      ['Expm1', tf.expm1],
      ['ClipByValue', (x) => tf.clipByValue(x, -0.4, 0.3)],
    ] as [string, Compute][]
  ).map(([name, compute]) => one(name, compute)),
  ...(
    [
      ['Log', tf.log],
      ['Log1p', tf.log1p],
      ['Sqrt', tf.sqrt],
      ['Rsqrt', tf.rsqrt],
      ['Reciprocal', tf.reciprocal],
      ['Pow 3', (x) => tf.pow(x, 3)],
      ['Pow 2', (x) => tf.pow(x, 2)],
      ['Pow 0.5', (x) => tf.pow(x, 0.5)],
      ['Pow 1.7', (x) => tf.pow(x, 1.7)],
    ] as [string, Compute][]
  ).map(([name, compute]) => one(name, compute, positiveImage)),
  ...(
    [
      ['Sign', tf.sign],
      ['Step', tf.step],
      ['Step with a slope', (x) => tf.step(x, -1)],
      ['Floor', (x) => tf.floor(tf.mul(x, 5))],
      ['Ceil', (x) => tf.ceil(tf.mul(x, 5))],
      ['Round', (x) => tf.round(tf.mul(x, 5))],
      ['Cast', (x) => tf.cast(tf.cast(tf.mul(x, 9), 'int32'), 'float32')],
      ['Cast to bool', (x) => tf.cast(tf.cast(tf.step(x), 'bool'), 'float32')],
      ['LogicalNot', (x) => tf.cast(tf.logicalNot(tf.greater(x, 0)), 'float32')],
      ['LogicalAnd', (x) => tf.cast(tf.logicalAnd(tf.greater(x, 0), tf.less(x, 0.5)), 'float32')],
      ['LogicalOr', (x) => tf.cast(tf.logicalOr(tf.greater(x, 0.5), tf.less(x, -0.5)), 'float32')],
      ['ZerosLike', (x) => tf.add(tf.zerosLike(x), x)],
      ['OnesLike', (x) => tf.mul(tf.onesLike(x), x)],
      ['Fill', (x) => tf.add(tf.fill([1, 5, 6, 3], 2), x)],
    ] as [string, Compute][]
  ).map(([name, compute]) => one(name, compute, filled(image, 5), [])),
  ...(
    [
      [image, image],
      [image, [3]],
      [image, [1, 5, 6, 1]],
      [[], image],
      [
        [4, 1],
        [1, 3],
      ],
    ] as const
  ).flatMap(([a, b]) => [
    two('Add', tf.add, a, b),
    two('Sub', tf.sub, a, b),
    two('Multiply', tf.mul, a, b),
    two('RealDiv', tf.div, a, b),
    two('Pow', tf.pow, a, b),
    two('Maximum', tf.maximum, a, b),
    two('Minimum', tf.minimum, a, b),
    two('SquaredDifference', tf.squaredDifference, a, b),
    two(
      'Select',
      (x, y) => tf.where(tf.greater(x, y), x, y),
      a,
      b,
      a.length === b.length && a[0] === b[0] ? undefined : [],
    ),
    ...(['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const).map((name) =>
      two(name, (x, y) => tf.cast(tf[name](tf.round(x), tf.round(y)), 'float32'), a, b, []),
    ),
  ]),
  two('AddN', (a, b) => tf.addN([a, b, a]), image, image),
  two('Add a negative', (a, b) => tf.add(tf.square(a), tf.neg(b)), image, [3]),
  two('Add to a negative', (a, b) => tf.add(tf.neg(a), tf.square(b)), [3], image),
  two('Add two negatives', (a, b) => tf.add(tf.neg(a), tf.neg(b)), image, image),
];

const shape: KernelCase[] = [
  one('Identity', (x) => tf.mul(tf.clone(x), x)),
  one('Reshape', (x) => tf.reshape(x, [30, 3])),
  one('Reshape to a vector', (x) => tf.reshape(x, [-1])),
  one('ExpandDims', (x) => tf.expandDims(x, 2)),
  one('ExpandDims at the end', (x) => tf.expandDims(x, -1)),
  one('Squeeze', (x) => tf.squeeze(x)),
  one('Transpose', (x) => tf.transpose(x, [3, 1, 0, 2])),
  one('Transpose and Reshape', (x) => tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [3, 30])),
  one(
    'Transpose of two runs of axes and Reshape',
    (x) => tf.reshape(tf.transpose(x, [2, 3, 0, 1]), [5, 24]),
    filled([3, 4, 5, 2], 1),
  ),
  one(
    'Transpose of a run of three axes and Reshape',
    (x) => tf.reshape(tf.transpose(x, [3, 4, 0, 1, 2]), [8, 15]),
    filled([2, 3, 5, 2, 2], 1),
  ),
  one('Transpose and Reshape across', (x) => tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [5, 18])),
  one('Transpose and Add', (x) =>
    tf.add(tf.transpose(x, [0, 2, 1, 3]), tf.transpose(tf.square(x), [0, 2, 1, 3])),
  ),
  one('Pack', (x) => tf.stack([x, tf.square(x)], 1)),
  one('Pack at the end', (x) => tf.stack([x, tf.square(x)], -1)),
  one('Unpack', (x) => {
    const [a, b] = tf.unstack(x, 3);
    return tf.sub(tf.square(a!), b!);
  }),
  one('Concat', (x) => tf.concat([x, tf.square(x)], 3)),
  one('Concat with a constant', (x) => tf.concat([tf.ones([1, 2, 6, 3]), x], 1)),
  one('Concat in two orders', (x) => tf.concat([tf.avgPool(x as tf.Tensor4D, 1, 1, 'valid'), x], -1)),
  one('SplitV', (x) => {
    const [a, b] = tf.split(x, [2, 4], 2);
    return tf.mul(tf.sum(a!, 2), tf.sum(b!, 2));
  }),
  one('Slice', (x) => tf.slice(x, [0, 1, 2, 0], [1, 3, -1, 2])),
  one('StridedSlice', (x) => tf.stridedSlice(x, [0, 0, 1, 0], [1, 5, 6, 3], [1, 2, 2, 1]), undefined, []),
  one(
    'StridedSlice backwards',
    (x) => tf.stridedSlice(x, [0, 4, 5, 0], [1, 0, 0, 3], [1, -1, -2, 1], 0, 2),
    undefined,
    [],
  ),
  one(
    'StridedSlice that drops an axis',
    (x) => tf.stridedSlice(x, [0, 2, 0, 0], [1, 3, 6, 3], [1, 1, 1, 1], 0, 0, 0, 0, 2),
    undefined,
    [],
  ),
  one('PadV2', (x) =>
    tf.pad(
      x,
      [
        [0, 0],
        [1, 2],
        [0, 3],
        [0, 0],
      ],
      0.5,
    ),
  ),
  ...(['reflect', 'symmetric'] as const).flatMap((mode) => [
    one(`MirrorPad ${mode}`, (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [2, 1],
          [0, 3],
          [0, 0],
        ],
        mode,
      ),
    ),
    one(`MirrorPad ${mode}, as wide as can be`, (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [4, 4],
          [5, 5],
          [2, 2],
        ],
        mode,
      ),
    ),
  ]),
  one('Tile', (x) => tf.tile(x, [1, 2, 1, 3])),
  one('Tile of ones', (x) => tf.tile(tf.sum(x, [1, 2], true), [1, 4, 2, 1])),
  one('BroadcastTo', (x) => tf.mul(tf.broadcastTo(tf.mean(x, 3, true), [1, 5, 6, 3]), x)),
  one('Reverse', (x) => tf.reverse(x, [1, 3])),
];

const reduction: KernelCase[] = [
  ...(['sum', 'mean', 'max', 'min'] as const).flatMap((name) => [
    one(`${name} of all`, (x) => tf[name](x)),
    one(`${name} along 1, 2`, (x) => tf[name](x, [1, 2])),
    one(`${name} along 1, 2, kept`, (x) => tf[name](x, [1, 2], true)),
    one(`${name} along the last`, (x) => tf[name](x, -1)),
    one(`${name} along the last of a transpose`, (x) => tf[name](tf.transpose(x, [2, 0, 3, 1]), [1, 3])),
  ]),
  one('prod', (x) => tf.prod(x, 1), positiveImage, []),
  one('all', (x) => tf.cast(tf.all(tf.greater(x, -0.5), 3), 'float32'), undefined, []),
  one('any', (x) => tf.cast(tf.any(tf.greater(x, 0.5), 3), 'float32'), undefined, []),
  one('argMax', (x) => tf.argMax(x, 2), undefined, []),
  one('argMax of equals', (x) => tf.argMax(tf.round(x), 2), undefined, []),
  one('argMin', (x) => tf.argMin(tf.transpose(x, [0, 3, 1, 2]), -1), undefined, []),
  one('cumsum', (x) => tf.cumsum(x, 2)),
  one('cumsum, exclusive, reverse', (x) => tf.cumsum(x, 1, true, true)),
  one('softmax', (x) => tf.softmax(x)),
];

const products: KernelCase[] = [
  ...[false, true].flatMap((ta) =>
    [false, true].flatMap((tb) => [
      two(
        `matMul ${ta} ${tb}`,
        (a, b) => tf.matMul(a, b, ta, tb),
        ta ? [4, 3] : [3, 4],
        tb ? [5, 4] : [4, 5],
      ),
      two(
        `batched matMul ${ta} ${tb}`,
        (a, b) => tf.matMul(a, b, ta, tb),
        ta ? [2, 4, 3] : [2, 3, 4],
        tb ? [2, 5, 4] : [2, 4, 5],
      ),
    ]),
  ),
  two('matMul onto another', (a, b) => tf.add(tf.matMul(a, b), tf.matMul(tf.square(a), b)), [3, 4], [4, 5]),
  two(
    'matMul onto others, one of them wanted alone',
    (a, b) => {
      const [first, second] = [tf.matMul(a, b), tf.matMul(tf.square(a), tf.square(b))];
      return tf.mul(tf.add(tf.add(tf.matMul(tf.exp(a), tf.exp(b)), second), first), first);
    },
    [3, 4],
    [4, 5],
  ),
  two('matMul onto one row', (a, b) => tf.add(tf.mean(b, 0, true), tf.matMul(a, b)), [3, 4], [4, 5]),
  two('batched matMul, one of one', (a, b) => tf.matMul(a, b), [2, 3, 4], [1, 4, 5], []),
  two(
    'fused matMul',
    (a, b) => tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, activation: 'relu' }),
    [3, 4],
    [4, 5],
    [],
  ),
  one('Gram of a convolved image', (x) => {
    const y = tf.conv2d(x as tf.Tensor4D, tf.ones([3, 3, 3, 4]), 1, 'same');
    const f = tf.reshape(tf.mul(y, y), [30, 4]);
    return tf.matMul(f, f, true);
  }),
  one('product with its own transpose', (x) => {
    const f = tf.reshape(x, [30, 3]);
    return tf.matMul(f, f, false, true);
  }),
];

function convolution(
  name: string,
  size: readonly number[],
  filter: readonly number[],
  strides: number | [number, number],
  pad: 'same' | 'valid' | number,
  depthwise = false,
): KernelCase {
  const kernel = filled(filter, 7);
  return {
    name: `${name} [${size}] by [${filter}], stride ${strides}, ${pad}`,
    inputs: { x: filled(size, 6) },
    compute: ({ x }) => {
      const weights = tf.tensor4d(kernel.data as Float32Array, filter as [number, number, number, number]);
      return depthwise
        ? tf.depthwiseConv2d(x as tf.Tensor4D, weights, strides, pad)
        : tf.conv2d(x as tf.Tensor4D, weights, strides, pad);
    },
  };
}

/** The same with a filter that is an input, differentiated by both. */
function trained(
  size: readonly number[],
  filter: readonly number[],
  strides: number | [number, number],
  pad: 'same' | 'valid' | number,
  depthwise = false,
): KernelCase {
  const apply = depthwise ? tf.depthwiseConv2d : tf.conv2d;
  return {
    name: `${depthwise ? 'Depthwise' : 'Conv2D'} [${size}] by an input [${filter}], stride ${strides}, ${pad}`,
    inputs: { x: filled(size, 6), k: filled(filter, 7) },
    compute: ({ x, k }) => apply(x as tf.Tensor4D, k as tf.Tensor4D, strides, pad),
  };
}

const convolutions: KernelCase[] = [
  convolution('Conv2D', image, [3, 3, 3, 4], 1, 'same'),
  convolution('Conv2D', image, [3, 3, 3, 4], 1, 'valid'),
  convolution('Conv2D', image, [2, 4, 3, 5], 1, 'same'),
  convolution('Conv2D', image, [1, 1, 3, 2], 1, 'valid'),
  convolution('Conv2D', image, [3, 3, 3, 2], 1, 2),
  convolution('Conv2D', image, [5, 1, 3, 2], 1, 'same'),
  convolution('Conv2D', image, [5, 6, 3, 2], 1, 'valid'),
  convolution('Conv2D', [1, 9, 8, 2], [3, 3, 2, 4], 2, 'same'),
  convolution('Conv2D', [1, 9, 8, 2], [3, 3, 2, 4], 2, 'valid'),
  convolution('Conv2D', [1, 9, 8, 2], [7, 7, 2, 3], 2, 'valid'),
  convolution('Conv2D', [1, 9, 8, 2], [2, 2, 2, 3], [3, 2], 'valid'),
  convolution('Conv2D', [3, 9, 8, 1], [3, 3, 1, 20], 1, 'valid'),
  convolution('Conv2D', [1, 9, 8, 1], [9, 8, 1, 16], 1, 'same'),
  convolution('Conv2D', [1, 13, 11, 16], [3, 5, 16, 1], 1, 'valid'),
  convolution('Conv2D', [1, 13, 11, 16], [3, 3, 16, 32], 1, 'same'),
  convolution('DepthwiseConv2dNative', image, [3, 3, 3, 1], 1, 'same', true),
  convolution('DepthwiseConv2dNative', image, [3, 3, 3, 4], 1, 'valid', true),
  convolution('DepthwiseConv2dNative', [1, 9, 8, 3], [3, 3, 3, 2], 2, 'same', true),
  {
    name: 'Conv2D, dilated',
    inputs: { x: filled([1, 9, 8, 2], 6) },
    compute: ({ x }) => tf.conv2d(x as tf.Tensor4D, tf.ones([3, 3, 2, 2]), 1, 'same', 'NHWC', 2),
    gradients: [],
  },
  trained(image, [3, 3, 3, 2], 1, 'same'),
  trained([2, 9, 8, 3], [3, 3, 3, 4], 1, 'valid'),
  trained([3, 7, 8, 2], [5, 3, 2, 3], 1, 'same'),
  trained([2, 6, 5, 3], [1, 3, 3, 2], 1, 'valid'),
  trained([2, 6, 5, 3], [1, 1, 3, 2], 1, 'valid'),
  trained([2, 6, 5, 2], [3, 3, 2, 4], 1, 1),
  // So many channels that the rows of taps do not go into one product.
  trained([2, 5, 4, 2], [3, 3, 2, 300], 1, 'valid'),
  trained([1, 6, 4, 2], [5, 1, 2, 600], 1, 'valid'),
  trained([2, 9, 8, 2], [3, 3, 2, 4], 2, 'same'),
  trained([2, 9, 8, 2], [4, 3, 2, 3], [3, 2], 'valid'),
  trained([2, 9, 8, 3], [3, 3, 3, 1], 1, 'valid', true),
  trained([2, 9, 8, 3], [3, 3, 3, 1], 2, 'same', true),
  trained([2, 7, 6, 3], [3, 3, 3, 2], 1, 'valid', true),
  trained([2, 7, 6, 2], [3, 2, 2, 4], 2, 'same', true),
  {
    name: 'transposed convolution with a filter that is an input',
    inputs: { x: filled([2, 4, 5, 2], 6), k: filled([3, 3, 4, 2], 7) },
    compute: ({ x, k }) => tf.conv2dTranspose(x as tf.Tensor4D, k as tf.Tensor4D, [2, 9, 11, 4], 2, 'valid'),
  },
  ...([1, 2] as const).flatMap((stride) =>
    ([1, 3] as const).map(
      (multiplier): KernelCase => ({
        name: `DepthwiseConv2dNative of two pictures with a filter that is an input, multiplier ${multiplier}, stride ${stride}`,
        inputs: { x: filled([2, 7, 6, 4], 6), k: filled([3, 3, 4, multiplier], 7) },
        compute: ({ x, k }) => tf.depthwiseConv2d(x as tf.Tensor4D, k as tf.Tensor4D, stride, 'same'),
        gradients: ['x', 'k'],
      }),
    ),
  ),
  {
    name: 'FusedConv2D',
    inputs: { x: filled(image, 6) },
    compute: ({ x }) =>
      tf.fused.conv2d({
        x: x as tf.Tensor4D,
        filter: tf.ones([3, 3, 3, 2]),
        strides: 1,
        pad: 'same',
        bias: tf.tensor1d([0.5, -0.5]),
        activation: 'relu',
      }),
    gradients: [],
  },
  {
    name: 'transposed convolution',
    inputs: { x: filled([1, 4, 5, 2], 6) },
    compute: ({ x }) =>
      tf.conv2dTranspose(x as tf.Tensor4D, tf.ones([3, 3, 4, 2]), [1, 9, 11, 4], 2, 'valid'),
  },
];

const poolings: KernelCase[] = [
  ...(['avgPool', 'maxPool'] as const).flatMap((name) =>
    (
      [
        [2, 2, 'valid'],
        [3, 2, 'valid'],
        [3, 2, 'same'],
        [3, 1, 'same'],
        [2, 1, 'valid'],
        [3, 3, 'same'],
        [2, 3, 'valid'],
      ] as const
    ).flatMap(([filter, stride, pad]) =>
      [
        [1, 6, 8, 3],
        [1, 7, 9, 3],
        [2, 5, 4, 1],
      ].map((size) =>
        one(
          `${name} ${filter}/${stride} ${pad} [${size}]`,
          (x) => tf[name](x as tf.Tensor4D, filter, stride, pad),
          filled(size, 8),
        ),
      ),
    ),
  ),
  ...[2, 3].map((filter) =>
    one(
      `maxPool ${filter}/2 of equals`,
      (x) => tf.maxPool(tf.relu(tf.round(tf.mul(x, 2))) as tf.Tensor4D, filter, 2, 'valid'),
      filled([1, 7, 9, 3], 9),
    ),
  ),
  ...[2, 3].map((filter) =>
    one(
      `gradient of maxPool ${filter}/2 among equals`,
      (x) => {
        const equals = tf.round(tf.mul(x, 2)) as tf.Tensor4D;
        return tf.grad((y: tf.Tensor) => tf.sum(tf.mul(tf.maxPool(y as tf.Tensor4D, filter, 2, 'valid'), 3)))(
          equals,
        );
      },
      filled([1, 7, 9, 3], 9),
      [],
    ),
  ),
];

const resizings: KernelCase[] = (['resizeNearestNeighbor', 'resizeBilinear'] as const).flatMap((name) =>
  (
    [
      [10, 12],
      [3, 4],
      [7, 5],
      [5, 6],
    ] as [number, number][]
  ).flatMap((size) =>
    [
      [false, false],
      [true, false],
      [false, true],
    ].map(([alignCorners, halfPixelCenters]) =>
      one(
        `${name} to ${size}${alignCorners ? ', corners aligned' : ''}${halfPixelCenters ? ', half pixels' : ''}`,
        (x) => tf.image[name](x as tf.Tensor4D, size, alignCorners, halfPixelCenters),
        undefined,
      ),
    ),
  ),
);

const gathering: KernelCase[] = [
  one('GatherV2', (x) => tf.gather(x, tf.tensor1d([3, 0, 3, 1, 3], 'int32'), 1)),
  one('GatherV2 of few', (x) => tf.gather(x, tf.tensor1d([3, 1], 'int32'), 2)),
  one(
    'GatherV2 of most rows of a transpose',
    (x) => tf.square(tf.gather(tf.transpose(x), tf.tensor1d([3, 0, 5, 3, 1], 'int32'))),
    filled([4, 6], 1),
  ),
  one('GatherV2, many times the same', (x) => tf.gather(x, tf.tensor1d([2, 2, 2, 2, 2, 2, 0], 'int32'), 3)),
  one('GatherV2 by a matrix', (x) =>
    tf.gather(
      x,
      tf.tensor2d(
        [
          [1, 0],
          [4, 4],
        ],
        undefined,
        'int32',
      ),
      1,
    ),
  ),
  one(
    'GatherV2 by what depends on x',
    (x) => tf.gather(x, tf.cast(tf.argMax(tf.reshape(x, [30, 3]), 1), 'int32'), 1),
    undefined,
    [],
  ),
  one(
    'GatherV2 from a constant',
    (x) => tf.mul(tf.gather(tf.tensor1d([5, 6, 7]), tf.argMax(x, 3)), tf.sum(x, 3)),
    undefined,
    [],
  ),
  one(
    'GatherNd',
    (x) =>
      tf.gatherND(
        tf.reshape(x, [30, 3]),
        tf.tensor2d(
          [
            [1, 2],
            [7, 0],
          ],
          undefined,
          'int32',
        ),
      ),
    undefined,
    [],
  ),
  one(
    'ScatterNd',
    (x) =>
      tf.scatterND(
        tf.tensor2d([[1], [3], [1], [0], [5]], undefined, 'int32'),
        tf.reshape(x, [5, 18]),
        [7, 18],
      ),
    undefined,
    [],
  ),
  one('UnsortedSegmentSum', (x) =>
    tf.unsortedSegmentSum(tf.reshape(x, [5, 18]), tf.tensor1d([2, 0, 2, 2, 4], 'int32'), 6),
  ),
  one(
    'UnsortedSegmentSum by what depends on x',
    (x) =>
      tf.unsortedSegmentSum(tf.reshape(x, [30, 3]), tf.argMax(tf.reshape(x, [30, 3]), 1) as tf.Tensor1D, 4),
    undefined,
    [],
  ),
  one(
    'OneHot',
    (x) => tf.cast(tf.oneHot(tf.cast(tf.argMax(x, 3), 'int32'), 4, 2, -1), 'float32'),
    undefined,
    [],
  ),
  one('TopK', (x) => tf.topk(x, 2).values, undefined, []),
  one('TopK indices', (x) => tf.topk(tf.round(x), 3).indices, undefined, []),
];

export const kernelCases: readonly KernelCase[] = [
  ...elementwise,
  ...shape,
  ...reduction,
  ...products,
  ...convolutions,
  ...poolings,
  ...resizings,
  ...gathering,
];
