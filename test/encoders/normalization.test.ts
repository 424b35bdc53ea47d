import test from 'ava';
import {
  type NetworkWeights,
  networkFeatures,
  type Pooling,
  type Stage,
} from '../../src/encoders/network.ts';
import { toChannelsLast } from '../../src/encoders/network-weights.ts';
import { measureActivations, normalizedWeights } from '../../src/encoders/normalization.ts';
import { preprocess, preprocessings } from '../../src/encoders/preprocessing.ts';
import { loadEncoder } from '../../src/encoders/registry.ts';
import { startEngine } from '../../src/engines/start.ts';
import { NeckarError } from '../../src/errors.ts';
import { createRandom } from '../../src/random.ts';
import { float32, type TensorValue } from '../../src/tensor.ts';
import { noiseImage, relativeDifference, toTensor } from './reference.ts';

const stages = (pooling: Pooling): Stage[] => [
  { kind: 'convolution', name: 'conv1', tensors: 'a', channels: 6, kernel: 3, stride: 1, padding: 'same' },
  { kind: 'relu', name: 'relu1' },
  { kind: 'pool', name: 'pool1', pooling, size: 2, stride: 2, partial: false },
  { kind: 'convolution', name: 'conv2', tensors: 'b', channels: 7, kernel: 3, stride: 1, padding: 'same' },
  { kind: 'relu', name: 'relu2' },
  { kind: 'convolution', name: 'conv3', tensors: 'c', channels: 5, kernel: 3, stride: 1, padding: 'same' },
  { kind: 'relu', name: 'relu3' },
];

function weightsOf(): Map<string, TensorValue> {
  const shapes = { a: [6, 3, 3, 3], b: [7, 6, 3, 3], c: [5, 7, 3, 3] };
  const weights = new Map<string, TensorValue>();
  for (const [name, shape] of Object.entries(shapes)) {
    const { normal } = createRandom(1, name);
    const size = shape.reduce((product, extent) => product * extent, 1);
    const filter = float32(
      shape,
      Float32Array.from({ length: size }, () => 0.1 * normal()),
    );
    weights.set(`${name}.weight`, toChannelsLast(filter));
    weights.set(
      `${name}.bias`,
      float32(
        [shape[0]!],
        Float32Array.from({ length: shape[0]! }, () => 0.3 * Math.abs(normal())),
      ),
    );
  }
  // A filter that never fires.
  weights.get('b.bias')!.data[2] = -1e4;
  return weights;
}

const image = (h: number, w: number, seed: number): TensorValue =>
  float32([1, h, w, 3], Float32Array.from(noiseImage(h, w, seed).data));

for (const pooling of ['average', 'max', 'l2'] as const) {
  test(`${pooling}: normalised filters fire at mean one, and layers change only by a factor per channel`, async (t) => {
    const chain = stages(pooling);
    const plain = weightsOf();
    const images = [image(12, 10, 1), image(7, 15, 2)];
    const means = await measureActivations(chain, plain, preprocessings.torchvision, images);
    const normalized = normalizedWeights(chain, plain, means);
    const layers = ['relu1', 'relu2', 'relu3', 'conv3'];
    const features = (weights: NetworkWeights, value: TensorValue) =>
      networkFeatures(chain, weights, preprocess(toTensorOf(value), preprocessings.torchvision), layers);

    for (const layer of ['relu1', 'relu2', 'relu3']) {
      const maps = images.map((value) => features(normalized, value)[layer]!);
      const channels = maps[0]!.shape[3];
      for (let c = 0; c < channels; c++) {
        const values = maps.flatMap((map) => Array.from(map.dataSync()).filter((_, i) => i % channels === c));
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const dead = layer === 'relu2' && c === 2;
        t.true(Math.abs(mean - (dead ? 0 : 1)) < 1e-5, `${layer} channel ${c}: ${mean}`);
      }
    }

    // On a picture the means were not measured on.
    const fresh = image(9, 11, 3);
    for (const layer of layers) {
      const before = features(plain, fresh)[layer]!;
      const after = features(normalized, fresh)[layer]!.dataSync();
      const factors = means[layer.replace('conv', 'relu')]!;
      const largest = Math.max(...after.map(Math.abs));
      before.dataSync().forEach((value, i) => {
        const mean = factors[i % factors.length]!;
        const expected = value / (mean === 0 ? 1 : mean);
        if (Math.abs(after[i]! - expected) > 1e-5 * largest)
          t.fail(`${layer} ${i}: ${after[i]} for ${expected}`);
      });
      t.pass();
    }
  });
}

function toTensorOf({ shape, data }: TensorValue) {
  const [, h, w, c] = shape as [number, number, number, number];
  return toTensor({ h, w, c, data: Float64Array.from(data) });
}

test('an engine measures what tfjs measures', async (t) => {
  const engine = await startEngine({ name: 'onnx', provider: 'cpu', threads: 1 });
  t.teardown(() => engine.dispose());
  const chain = stages('average');
  const arguments_ = [chain, weightsOf(), preprocessings.caffe, [image(12, 10, 1), image(7, 15, 2)]] as const;
  const eager = await measureActivations(...arguments_);
  const compiled = await measureActivations(...arguments_, engine);
  for (const layer of ['relu1', 'relu2', 'relu3']) {
    t.true(relativeDifference(compiled[layer]!, eager[layer]!) < 1e-5, layer);
  }
});

test('an encoder is normalised on the images it is given, and refuses to be without', async (t) => {
  const spec = { name: 'vgg16', pooling: 'average', weights: { random: 1 }, normalized: true } as const;
  await t.throwsAsync(loadEncoder(spec), {
    instanceOf: NeckarError,
    message: /encoder\.normalized: .*none were given/,
  });
  await t.throwsAsync(loadEncoder(spec, { images: [] }), {
    instanceOf: NeckarError,
    message: /at least one image/,
  });
});

test('a network of fire modules is not normalised', (t) => {
  const fire: Stage[] = [{ kind: 'fire', name: 'fire2', tensors: 'x', squeeze: 1, expand: 1 }];
  t.throws(() => normalizedWeights(fire, new Map(), {}), { instanceOf: NeckarError, message: /VGG/ });
});
