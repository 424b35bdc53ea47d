import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { expectedTensors } from '../../src/encoders/network.ts';
import { loadWeights, randomWeights, toChannelsLast } from '../../src/encoders/network-weights.ts';
import { networkStages } from '../../src/encoders/networks.ts';
import { loadEncoder } from '../../src/encoders/registry.ts';
import { NeckarError } from '../../src/errors.ts';
import { createRandom } from '../../src/random.ts';
import { float32, type TensorValue } from '../../src/tensor.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { noiseImage, referenceNetwork, relativeDifference, toTensor } from './reference.ts';

let folder: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neckar-weights-'));
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

const network = 'squeezenet1_1';
const stages = networkStages(network, { border: 'none' });

/** Weights as a file has them: OIHW, biases included. */
function rawWeights(): Map<string, TensorValue> {
  return new Map(
    expectedTensors(stages).map(({ name, shape }) => {
      const { normal } = createRandom(1, name);
      const size = shape.reduce((product, extent) => product * extent, 1);
      const deviation = shape.length === 4 ? Math.sqrt((2 * shape[0]!) / size) : 0.1;
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

test('filters turn from OIHW to HWIO', (t) => {
  const [o, i, h, w] = [3, 4, 2, 5];
  const filter = float32(
    [o, i, h, w],
    Float32Array.from({ length: o * i * h * w }, (_, at) => at),
  );
  const turned = toChannelsLast(filter);
  t.deepEqual(turned.shape, [h, w, i, o]);
  for (let a = 0; a < o; a++) {
    for (let b = 0; b < i; b++) {
      for (let y = 0; y < h; y++) {
        for (let x = 0; x < w; x++) {
          t.is(turned.data[((y * w + x) * i + b) * o + a], ((a * i + b) * h + y) * w + x);
        }
      }
    }
  }
  const bias = float32([3], Float32Array.of(1, 2, 3));
  t.is(toChannelsLast(bias), bias);
});

test('an encoder from a file has the features of its weights and its preprocessing', async (t) => {
  const raw = rawWeights();
  const file = join(folder, 'whole.safetensors');
  await writeSafetensors(file, raw, { input: 'BGR, 0..255, minus mean (10, 20, 30)' });
  const encoder = await loadEncoder({ name: network, weights: { file }, border: 'none' });
  const image = noiseImage(33, 36, 2);
  const prepared = {
    ...image,
    data: image.data.map((_, at) => 255 * image.data[at - (at % 3) + 2 - (at % 3)]! - 10 * (1 + (at % 3))),
  };
  const reference = referenceNetwork(stages, (name) => raw.get(name)!, prepared);
  const features = encoder.encode(toTensor(image), ['conv1', 'fire4', 'fire9']);
  for (const layer of ['conv1', 'fire4', 'fire9']) {
    t.true(relativeDifference(features[layer]!.dataSync(), reference.get(layer)!.data) < 1e-5, layer);
  }
});

test('preprocessing: the option, else the file, else torchvision', async (t) => {
  const raw = rawWeights();
  const silent = join(folder, 'silent.safetensors');
  const telling = join(folder, 'telling.safetensors');
  await writeSafetensors(silent, raw);
  await writeSafetensors(telling, raw, { input: 'caffe' });
  const orderOf = async (file: string, input?: string) =>
    (await loadWeights(network, { file, ...(input === undefined ? {} : { input }) })).preprocessing;
  t.is((await orderOf(silent)).range, 1);
  t.is((await orderOf(telling)).order, 'BGR');
  t.is((await orderOf(telling, 'torchvision')).order, 'RGB');
  await t.throwsAsync(orderOf(silent, 'kaffe'), {
    instanceOf: NeckarError,
    message: /weights\.input gives .*"kaffe"/,
  });
});

test('the hash tells weights and preprocessing apart, not files', async (t) => {
  const raw = rawWeights();
  const save = async (name: string, tensors: Map<string, TensorValue>, metadata?: Record<string, string>) => {
    const file = join(folder, name);
    await writeSafetensors(file, tensors, metadata);
    return (await loadEncoder({ name: network, weights: { file }, border: 'none' })).hash;
  };
  const first = await save('1.safetensors', raw);
  const reordered = new Map([...raw].reverse());
  t.is(
    await save('2.safetensors', new Map([...reordered, ['extra', float32([1], Float32Array.of(1))]])),
    first,
  );
  t.not(await save('3.safetensors', raw, { input: 'caffe' }), first);
  const changed = new Map(raw);
  const bias = raw.get('features.12.expand3x3.bias')!;
  changed.set(
    'features.12.expand3x3.bias',
    float32(
      bias.shape,
      Float32Array.from(bias.data, (x, i) => (i === 5 ? x + 1e-6 : x)),
    ),
  );
  t.not(await save('4.safetensors', changed), first);
  t.regex(first, /^[0-9a-f]{64}$/);
});

test('wrong weights are refused with the tensor and both shapes', async (t) => {
  const raw = rawWeights();
  const attempt = async (
    tensors: Map<string, TensorValue>,
    name: Parameters<typeof loadWeights>[0] = network,
  ) => {
    const file = join(folder, 'wrong.safetensors');
    await writeSafetensors(file, tensors);
    const error = await t.throwsAsync(loadWeights(name, { file }), { instanceOf: NeckarError });
    t.true(error!.message.startsWith(`${file}`));
    return error!.message;
  };
  t.regex(
    await attempt(raw, 'squeezenet1_0'),
    /features\.0\.weight should have the shape \[96, 3, 7, 7\], found \[64, 3, 3, 3\]\. .*use the encoder squeezenet1_1/,
  );
  t.regex(
    await attempt(raw, 'vgg16'),
    /features\.2\.weight should have the shape \[64, 64, 3, 3\], and is missing/,
  );
  const lacking = new Map(raw);
  lacking.delete('features.7.squeeze.bias');
  t.regex(
    await attempt(lacking),
    /features\.7\.squeeze\.bias should have the shape \[32\], and is missing\. Give weights of squeezenet1_1/,
  );
  const broken = new Map(raw);
  broken.set('features.3.squeeze.bias', float32([16], new Float32Array(16).fill(Number.NaN)));
  t.regex(await attempt(broken), /features\.3\.squeeze\.bias holds values that are no finite numbers/);
});

test('random filters have He variance and mean zero, biases are zero', (t) => {
  const expected = expectedTensors(networkStages('vgg16'));
  const weights = randomWeights('vgg16', expected, 3);
  for (const name of ['features.0.weight', 'features.5.weight', 'features.10.weight']) {
    const { shape, ...tensor } = weights.get(name)!;
    const data = Array.from(tensor.data);
    const [height, width, inputs] = shape as [number, number, number, number];
    const variance = 2 / (height * width * inputs);
    const n = data.length;
    const mean = data.reduce((sum, value) => sum + value, 0) / n;
    const second = data.reduce((sum, value) => sum + value * value, 0) / n;
    t.true(Math.abs(mean) < 5 * Math.sqrt(variance / n), name);
    t.true(Math.abs(second / variance - 1) < 5 * Math.sqrt(2 / n), name);
  }
  t.true(weights.get('features.5.bias')!.data.every((value) => value === 0));
  t.is(weights.get('features.1.weight'), undefined);
});

test('random weights repeat by seed, differ by seed, tensor and network, whichever is drawn first', async (t) => {
  const expected = expectedTensors(networkStages('vgg19'));
  const draw = (seed: number, name: string, network = 'vgg19', before?: string) => {
    const weights = randomWeights(network, expected, seed);
    if (before !== undefined) weights.get(before);
    return [...weights.get(name)!.data.slice(0, 6)].join();
  };
  const first = draw(1, 'features.2.weight');
  t.is(draw(1, 'features.2.weight', 'vgg19', 'features.5.weight'), first);
  t.not(draw(2, 'features.2.weight'), first);
  t.not(draw(1, 'features.5.weight'), first);
  t.not(draw(1, 'features.2.weight', 'vgg16'), first);
  const hashOf = async (seed: number, name: 'vgg19' | 'vgg16' = 'vgg19', pooling: 'max' | 'l2' = 'max') =>
    (await loadEncoder({ name, pooling, weights: { random: seed }, normalized: false })).hash;
  t.is(await hashOf(1), await hashOf(1));
  const hashes = [await hashOf(1), await hashOf(2), await hashOf(1, 'vgg16'), await hashOf(1, 'vgg19', 'l2')];
  t.is(new Set(hashes).size, 4);
});
