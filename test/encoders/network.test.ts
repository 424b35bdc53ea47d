import test from 'ava';
import type { Encoder } from '../../src/encoders/encoder.ts';
import {
  leastSize,
  networkFeatures,
  networkShape,
  type Padding,
  type Pooling,
  type Stage,
} from '../../src/encoders/network.ts';
import { toChannelsLast } from '../../src/encoders/network-weights.ts';
import { networkOutline, networkStages } from '../../src/encoders/networks.ts';
import { loadEncoder } from '../../src/encoders/registry.ts';
import { NeckarError } from '../../src/errors.ts';
import { createRandom } from '../../src/random.ts';
import { float32, type TensorValue, tf } from '../../src/tensor.ts';
import {
  createMap,
  noiseImage,
  normalMap,
  numericGradient,
  referenceNetwork,
  relativeDifference,
  toTensor,
  weightedSum,
} from './reference.ts';

/** Weights in the layout of files, with biases that matter. */
function fileWeights(shapes: Record<string, readonly number[]>, seed: number): Map<string, TensorValue> {
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const { normal } = createRandom(seed, name);
      const size = shape.reduce((product, extent) => product * extent, 1);
      const deviation = shape.length === 4 ? Math.sqrt(2 / (size / shape[0]!)) : 0.2;
      return [
        name,
        float32(
          shape,
          Float32Array.from({ length: size }, () => deviation * normal()),
        ),
      ];
    }),
  );
}

const small = (pooling: Pooling): Stage[] => [
  { kind: 'convolution', name: 'conv1', tensors: 'a', channels: 5, kernel: 3, stride: 1, padding: 'same' },
  { kind: 'relu', name: 'relu1' },
  { kind: 'pool', name: 'pool1', pooling, size: 2, stride: 2, partial: false },
  { kind: 'convolution', name: 'conv2', tensors: 'b', channels: 6, kernel: 3, stride: 2, padding: 'valid' },
  { kind: 'relu', name: 'relu2' },
];
const smallShapes = { 'a.weight': [5, 3, 3, 3], 'a.bias': [5], 'b.weight': [6, 5, 3, 3], 'b.bias': [6] };

const fiery = (padding: Padding): Stage[] => [
  { kind: 'convolution', name: 'conv1', tensors: 'a', channels: 4, kernel: 5, stride: 2, padding },
  { kind: 'relu', name: 'relu1' },
  { kind: 'pool', name: 'pool1', pooling: 'max', size: 3, stride: 2, partial: true },
  { kind: 'fire', name: 'fire2', tensors: 'b', squeeze: 3, expand: 5 },
  { kind: 'pool', name: 'pool2', pooling: 'max', size: 3, stride: 2, partial: true },
];
const fieryShapes = {
  'a.weight': [4, 3, 5, 5],
  'a.bias': [4],
  'b.squeeze.weight': [3, 4, 1, 1],
  'b.squeeze.bias': [3],
  'b.expand1x1.weight': [5, 3, 1, 1],
  'b.expand1x1.bias': [5],
  'b.expand3x3.weight': [5, 3, 3, 3],
  'b.expand3x3.bias': [5],
};

const cases = [
  ...(['average', 'max', 'l2'] as const).map((pooling) => ({
    title: `${pooling} pooling`,
    stages: small(pooling),
    shapes: smallShapes,
  })),
  ...(['valid', 'reflection', 1] as const).map((padding) => ({
    title: `fire modules, partial windows and padding ${padding}`,
    stages: fiery(padding),
    shapes: fieryShapes,
  })),
];

for (const { title, stages, shapes } of cases) {
  for (const [h, w] of [
    [11, 12],
    [14, 13],
  ] as const) {
    test(`${title} at ${h}×${w}: features and gradients equal loops and central differences`, (t) => {
      const raw = fileWeights(shapes, 1);
      const weights = new Map([...raw].map(([name, tensor]) => [name, toChannelsLast(tensor)]));
      const image = noiseImage(h, w, 2);
      const names = stages.map(({ name }) => name);
      const reference = referenceNetwork(stages, (name) => raw.get(name)!, image);
      const features = networkFeatures(stages, weights, toTensor(image), names);
      for (const name of names) {
        const { h, w, c, data } = reference.get(name)!;
        t.deepEqual(features[name]!.shape, [1, h, w, c], name);
        t.true(relativeDifference(features[name]!.dataSync(), data) < 1e-5, name);
      }

      const last = names.at(-1)!;
      const sumWeights = normalMap(reference.get(last)!, 3);
      const gradient = tf.grad((x) =>
        tf.sum(
          tf.mul(networkFeatures(stages, weights, x as tf.Tensor4D, [last])[last]!, toTensor(sumWeights)),
        ),
      )(toTensor(image));
      const numeric = numericGradient(image, (of) =>
        weightedSum(referenceNetwork(stages, (name) => raw.get(name)!, of).get(last)!, sumWeights),
      );
      t.true(relativeDifference(gradient.dataSync(), numeric) < 1e-5);
    });
  }
}

test('AlexNet has the shapes its authors and torchvision give for 224 pixels', (t) => {
  const stages = networkStages('alexnet');
  const shapes = { conv1: [55, 64], pool1: [27, 64], conv2: [27, 192], pool2: [13, 192], relu4: [13, 256] };
  for (const [layer, [size, channels]] of Object.entries({ ...shapes, pool5: [6, 256] })) {
    t.deepEqual(networkShape('alexnet', stages, layer, 224, 224), [size, size, channels]);
  }
  const tensors = stages.flatMap((stage) => (stage.kind === 'convolution' ? [stage.tensors] : []));
  t.deepEqual(tensors, ['features.0', 'features.3', 'features.6', 'features.8', 'features.10']);
});

test('l2 pooling of nothing has a finite gradient', (t) => {
  const stages: Stage[] = [{ kind: 'pool', name: 'p', pooling: 'l2', size: 2, stride: 2, partial: false }];
  const gradient = tf.grad((x) => tf.sum(networkFeatures(stages, new Map(), x as tf.Tensor4D, ['p']).p!))(
    tf.zeros([1, 4, 4, 3]),
  );
  t.true(gradient.dataSync().every((value) => value === 0));
});

test('the layers and weights of VGG-19 and VGG-16 are those of the paper', (t) => {
  for (const [name, depths, last] of [
    ['vgg19', [2, 2, 4, 4, 4], 'features.34'],
    ['vgg16', [2, 2, 3, 3, 3], 'features.28'],
  ] as const) {
    const expected = depths.flatMap((depth, i) => [
      ...Array.from({ length: depth }, (_, j) => [`conv${i + 1}_${j + 1}`, `relu${i + 1}_${j + 1}`]).flat(),
      `pool${i + 1}`,
    ]);
    const stages = networkStages(name);
    t.deepEqual(
      stages.map((stage) => stage.name),
      expected,
    );
    const convolutions = stages.filter((stage) => stage.kind === 'convolution');
    t.is(convolutions.at(-1)!.tensors, last);
  }
});

test('VGG shapes halve by rounding down', (t) => {
  const { shapeOf, minimumSize } = networkOutline('vgg19');
  t.deepEqual(shapeOf('conv1_1', 225, 150), [225, 150, 64]);
  t.deepEqual(shapeOf('relu2_2', 225, 150), [112, 75, 128]);
  t.deepEqual(shapeOf('conv3_4', 225, 150), [56, 37, 256]);
  t.deepEqual(shapeOf('conv4_2', 225, 150), [28, 18, 512]);
  t.deepEqual(shapeOf('relu5_1', 225, 150), [14, 9, 512]);
  t.deepEqual(shapeOf('pool5', 225, 150), [7, 4, 512]);
  t.is(minimumSize, 32);
});

test('SqueezeNet shapes are those of torchvision at 224 and at odd sizes', (t) => {
  const old = networkOutline('squeezenet1_0', { border: 'none' });
  t.deepEqual(old.shapeOf('conv1', 224, 224), [109, 109, 96]);
  t.deepEqual(old.shapeOf('pool1', 224, 224), [54, 54, 96]);
  t.deepEqual(old.shapeOf('fire4', 224, 224), [54, 54, 256]);
  t.deepEqual(old.shapeOf('pool4', 224, 224), [27, 27, 256]);
  t.deepEqual(old.shapeOf('fire8', 224, 224), [27, 27, 512]);
  t.deepEqual(old.shapeOf('fire9', 224, 224), [13, 13, 512]);
  t.deepEqual(old.shapeOf('pool1', 227, 201), [55, 49, 96]);
  const fresh = networkOutline('squeezenet1_1', { border: 'none' });
  t.deepEqual(fresh.shapeOf('conv1', 224, 224), [111, 111, 64]);
  t.deepEqual(fresh.shapeOf('fire3', 224, 224), [55, 55, 128]);
  t.deepEqual(fresh.shapeOf('fire5', 224, 224), [27, 27, 256]);
  t.deepEqual(fresh.shapeOf('fire9', 224, 224), [13, 13, 512]);
});

for (const [name, border] of [
  ['squeezenet1_0', 'reflection'],
  ['squeezenet1_0', 'none'],
  ['squeezenet1_1', 'reflection'],
  ['squeezenet1_1', 'none'],
] as const) {
  test(`${name}, border ${border}: encoded shapes are the announced ones, down to the least size`, async (t) => {
    const encoder = await loadEncoder({ name, weights: { random: 1 }, border });
    for (const [h, w] of [
      [encoder.minimumSize, encoder.minimumSize],
      [36, 43],
    ] as const) {
      checkShapes(t, encoder, h, w);
    }
    const below = encoder.minimumSize - 1;
    t.throws(() => encoder.encode(toTensor(noiseImage(below, 40, 1)), ['fire9']), {
      instanceOf: NeckarError,
      message: /too small for layer fire9/,
    });
  });
}

for (const pooling of ['average', 'max', 'l2'] as const) {
  test(`vgg16 with ${pooling} pooling: encoded shapes are the announced ones at odd sizes`, async (t) => {
    const encoder = await loadEncoder({ name: 'vgg16', pooling, weights: { random: 1 }, normalized: false });
    checkShapes(t, encoder, 9, 14, ['conv1_1', 'relu1_2', 'pool1', 'conv2_1', 'relu3_1']);
  });
}

function checkShapes(
  t: { deepEqual(a: unknown, b: unknown, message: string): unknown },
  encoder: Encoder,
  h: number,
  w: number,
  layers = encoder.layers,
) {
  const features = encoder.encode(toTensor(noiseImage(h, w, 1)), layers);
  for (const layer of layers) {
    t.deepEqual(features[layer]!.shape, [1, ...encoder.shapeOf(layer, h, w)], `${layer} at ${h}×${w}`);
  }
}

test('the least size of a layer is the first that leaves it a position', (t) => {
  const stages = networkStages('vgg19');
  t.is(leastSize(stages, 'relu1_2'), 1);
  t.is(leastSize(stages, 'conv4_1'), 8);
  t.is(leastSize(networkStages('squeezenet1_0', { border: 'none' }), 'conv1'), 7);
});

test('only what the deepest wanted layer needs is computed', async (t) => {
  const encoder = await loadEncoder({
    name: 'vgg19',
    pooling: 'max',
    weights: { random: 1 },
    normalized: false,
  });
  // Too small for anything beyond the first block.
  const features = encoder.encode(toTensor(noiseImage(1, 1, 1)), ['relu1_2', 'conv1_1']);
  t.deepEqual(Object.keys(features).sort(), ['conv1_1', 'relu1_2']);
  t.deepEqual(encoder.encode(toTensor(noiseImage(1, 1, 1)), []), {});
});

test('unknown layers are refused with the nearest name', (t) => {
  t.throws(() => networkOutline('vgg19').shapeOf('conv4_5', 64, 64), {
    instanceOf: NeckarError,
    message: /vgg19 has no layer "conv4_5"\. Did you mean "conv4_\d"\?/,
  });
});

test('default layers exist and none of them is held back', (t) => {
  for (const name of ['vgg19', 'vgg16', 'squeezenet1_0', 'squeezenet1_1'] as const) {
    const { layers, defaults } = networkOutline(name);
    const { content, style, patches, histogram, heldBack } = defaults;
    const optimized = [content, style, patches, histogram].flatMap((weights) => Object.keys(weights));
    for (const layer of [...optimized, ...heldBack]) t.true(layers.includes(layer), `${name} ${layer}`);
    for (const layer of heldBack) t.false(optimized.includes(layer), `${name} ${layer}`);
  }
});

test('the reference pools as torchvision does', (t) => {
  // Six numbers in a row, windows of three, stride two: torchvision gives two windows, or three in ceil mode.
  const stages = (partial: boolean): Stage[] => [
    { kind: 'pool', name: 'p', pooling: 'max', size: 3, stride: 2, partial },
  ];
  const row = createMap(6, 6, 1, (y, x) => [1, 2, 3, 4, 6, 5][x]! + y);
  const widths = (partial: boolean) =>
    referenceNetwork(stages(partial), () => ({ shape: [], data: [] }), row).get('p')!;
  t.deepEqual([...widths(false).data], [5, 8, 7, 10]);
  t.deepEqual([...widths(true).data], [5, 8, 8, 7, 10, 10, 8, 11, 11]);
});
