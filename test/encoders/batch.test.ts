/** Several pictures at once: each one's features, and their gradients, are those that it has alone. */
import test from 'ava';
import { encoders } from '../../src/encoders/define.ts';
import type { Encoder } from '../../src/encoders/encoder.ts';
import { type EncoderSpec, loadEncoder, resolveEncoder } from '../../src/encoders/registry.ts';
import { startOnnx } from '../../src/engines/onnx/start.ts';
import { float32, type NamedTensors, type TensorValue, tf } from '../../src/tensor.ts';
import { filled, relativeDifference, runOnce } from '../engines/compare.ts';

const random = { random: 3 } as const;

/** An encoder, some of its layers from shallow to deep, and an odd size at which the deepest has several positions. */
const cases: { spec: EncoderSpec; layers: readonly string[]; size: readonly [number, number] }[] = [
  {
    spec: resolveEncoder('wavelet'),
    layers: ['scale1', 'low1', 'scale2', 'held2', 'scale3', 'low3'],
    size: [19, 22],
  },
  ...(['average', 'max', 'l2'] as const).map((pooling) => ({
    spec: resolveEncoder({ name: 'vgg19', pooling, weights: random }),
    layers: ['conv1_1', 'relu2_1'],
    size: [11, 9] as const,
  })),
  { spec: resolveEncoder({ name: 'vgg16', weights: random }), layers: ['relu2_2'], size: [9, 11] },
  ...(['squeezenet1_0', 'squeezenet1_1'] as const).map((name) => ({
    spec: resolveEncoder({ name, weights: random }),
    layers: ['conv1', 'fire2'],
    size: [23, 21] as const,
  })),
  { spec: resolveEncoder({ name: 'alexnet', weights: random }), layers: ['relu1', 'relu2'], size: [41, 45] },
];

const pictures = 3;

/** The picture at an index of a batch. */
function single(batch: TensorValue, index: number): TensorValue {
  const [, ...shape] = batch.shape;
  const size = shape.reduce((product, extent) => product * extent, 1);
  return float32([1, ...shape], (batch.data as Float32Array).slice(index * size, (index + 1) * size));
}

/** Features, and the gradient of a sum in which every one of a picture's features has another weight. */
function seen(encoder: Encoder, layers: readonly string[]) {
  return ({ image }: NamedTensors): NamedTensors => {
    const features = encoder.encode(image as tf.Tensor4D, layers);
    const total = (x: tf.Tensor) =>
      Object.values(encoder.encode(x as tf.Tensor4D, layers))
        .map((map) => {
          const [, h, w, c] = map.shape;
          const weights = tf.cos(tf.reshape(tf.range(0, h! * w! * c!, 1), [1, h!, w!, c!]));
          return tf.sum(tf.mul(map, weights));
        })
        .reduce((sum, part) => tf.add(sum, part)) as tf.Scalar;
    return { ...features, gradient: tf.grad(total)(image!) };
  };
}

test('every encoder that comes with Neckar is among the cases, but those of one’s own', (t) => {
  const covered = new Set(cases.map(({ spec }) => spec.name));
  t.deepEqual(
    encoders.names().filter((name) => !covered.has(name as EncoderSpec['name'])),
    ['custom'],
  );
});

for (const { spec, layers, size } of cases) {
  const { name, pooling = '' } = spec as { name: string; pooling?: string };
  test(`${name} ${pooling}: ${pictures} pictures at once are as they are alone`, async (t) => {
    const engine = await startOnnx('cpu', 1);
    const encoder = await loadEncoder(spec);
    const batch = filled([pictures, ...size, 3], 7, 0, 1);
    const together = await runOnce(engine, seen(encoder, layers), { image: batch });
    for (let index = 0; index < pictures; index++) {
      const alone = await runOnce(engine, seen(encoder, layers), { image: single(batch, index) });
      for (const [output, value] of Object.entries(alone)) {
        const part = single(together[output]!, index);
        t.deepEqual(part.shape, value.shape, output);
        const difference = relativeDifference(part, value);
        t.true(difference < 2e-5, `${output} of picture ${index} differs by ${difference}`);
      }
    }
  });
}

test('a network of one’s own, with fire modules and partial windows, takes several pictures as well', async (t) => {
  const weights = new Map<string, TensorValue>();
  const stages = [
    {
      kind: 'convolution',
      name: 'one',
      tensors: 'one',
      channels: 4,
      kernel: 3,
      stride: 2,
      padding: 'reflection',
    },
    { kind: 'relu', name: 'two' },
    { kind: 'fire', name: 'three', tensors: 'three', squeeze: 2, expand: 3 },
    { kind: 'pool', name: 'four', pooling: 'max', size: 3, stride: 2, partial: true },
    { kind: 'pool', name: 'five', pooling: 'hann', size: 2, stride: 2, partial: false },
  ] as const;
  const { networkFeatures } = await import('../../src/encoders/network.ts');
  const tensor = (key: string, shape: number[]) => weights.set(key, filled(shape, weights.size));
  tensor('one.weight', [3, 3, 3, 4]);
  tensor('one.bias', [4]);
  tensor('three.squeeze.weight', [1, 1, 4, 2]);
  tensor('three.squeeze.bias', [2]);
  tensor('three.expand1x1.weight', [1, 1, 2, 3]);
  tensor('three.expand1x1.bias', [3]);
  tensor('three.expand3x3.weight', [3, 3, 2, 3]);
  tensor('three.expand3x3.bias', [3]);
  const encode = ({ image }: NamedTensors) =>
    networkFeatures(stages, weights, image as tf.Tensor4D, ['three', 'five']) as NamedTensors;
  const engine = await startOnnx('cpu', 1);
  const batch = filled([pictures, 17, 14, 3], 5, 0, 1);
  const together = await runOnce(engine, encode, { image: batch });
  for (let index = 0; index < pictures; index++) {
    const alone = await runOnce(engine, encode, { image: single(batch, index) });
    for (const [output, value] of Object.entries(alone)) {
      t.true(relativeDifference(single(together[output]!, index), value) < 1e-5, `${output} of ${index}`);
    }
  }
});
