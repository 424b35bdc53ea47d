import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { convertedWeights } from '../../src/encoders/converted-weights.ts';
import { expectedTensors } from '../../src/encoders/network.ts';
import { loadWeights } from '../../src/encoders/network-weights.ts';
import { type NetworkName, networkStages } from '../../src/encoders/networks.ts';
import { loadEncoder } from '../../src/encoders/registry.ts';
import { NeckarError } from '../../src/errors.ts';
import { createRandom } from '../../src/random.ts';
import { float32, type TensorValue, tf } from '../../src/tensor.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';
import { openTensorFile, readTensors } from '../../src/weights/tensor-file.ts';
import { noiseImage, toTensor } from '../encoders/reference.ts';
import {
  pickledStateDict,
  type Tensors,
  writeKeras,
  writeOnnx,
  writeTorchStream,
  writeTorchZip,
  zipOf,
} from './_formats.ts';

let folder: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neckar-formats-'));
  process.env.NECKAR_WEIGHTS = join(folder, 'weights');
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

const small: Tensors = new Map([
  ['conv1.weight', numbered([4, 3, 2, 5], 0)],
  ['conv1.bias', numbered([4], 0.5)],
  ['conv2.weight', numbered([2, 4, 1, 1], -7)],
  ['conv2.bias', numbered([2], 3)],
]);

function numbered(shape: number[], first: number): TensorValue {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return float32(
    shape,
    Float32Array.from({ length: size }, (_, i) => first + i / 8),
  );
}

const writers: Record<string, (path: string, tensors: Tensors) => Promise<void>> = {
  'Keras 1': (path, tensors) => writeKeras(path, tensors),
  'Keras 2, chunked and compressed': (path, tensors) =>
    writeKeras(path, tensors, { manner: 'keras2', chunked: true }),
  'a whole Keras model': (path, tensors) => writeKeras(path, tensors, { manner: 'model' }),
  'PyTorch zip': (path, tensors) => writeTorchZip(path, tensors),
  'PyTorch before 1.6': (path, tensors) => writeTorchStream(path, tensors),
  ONNX: writeOnnx,
  safetensors: (path, tensors) => writeSafetensors(path, tensors),
};

test('what is no file of weights is said to be what it is, with what is expected', async (t) => {
  const cases: [bytes: string, said: RegExp][] = [
    ['a list of groceries', /no file of weights, or broken: it begins with the text "a list of grocer"/],
    ['\x1a\x50\xa3\x00\x7d\xa9', /it begins with the bytes 1a 50 a3 00 7d a9\./],
    ['\xff\xd8\xff\xe0 JFIF', /is a JPEG picture\./],
    ['\x93NUMPY\x01\x00', /is a single NumPy array\./],
    ['', /is empty\./],
  ];
  for (const [bytes, said] of cases) {
    const path = join(folder, 'stranger.pth');
    await writeFile(path, Buffer.from(bytes, 'latin1'));
    const error = await t.throwsAsync(openTensorFile(path), { instanceOf: NeckarError, message: said });
    t.regex(
      error!.message,
      /^[^\n]*stranger\.pth .*expected: safetensors, a PyTorch checkpoint, .* ONNX model\.$/,
    );
  }
});

for (const [format, write] of Object.entries(writers)) {
  test(`${format}: tensors come back under their layers' names, filters as OIHW`, async (t) => {
    const path = join(folder, `small ${format}`);
    await write(path, small);
    const read = await readTensors(path);
    t.deepEqual([...read.keys()].sort(), [...small.keys()].sort());
    for (const [name, { shape, data }] of small) {
      t.deepEqual(read.get(name)!.shape, shape, name);
      t.deepEqual(read.get(name)!.data, data, name);
    }
    await t.throwsAsync(readTensors(path, ['conv9.weight']), {
      instanceOf: NeckarError,
      message: /has no tensor conv9\.weight\. Its tensors are conv1/,
    });
  });

  test(`${format}: a file cut short is refused in one sentence`, async (t) => {
    const path = join(folder, `cut ${format}`);
    await write(path, small);
    const { readFile } = await import('node:fs/promises');
    const whole = await readFile(path);
    for (const share of [0.05, 0.3, 0.6, 0.9, 0.99]) {
      await writeFile(path, whole.subarray(0, Math.floor(whole.length * share)));
      const error = await t.throwsAsync(readTensors(path), { instanceOf: NeckarError }, `${share}`);
      t.true(error!.message.startsWith(path), error!.message);
      t.false(error!.message.includes('\n'));
    }
  });
}

test('PyTorch: halves, views with strides and offsets, and dictionaries within dictionaries', async (t) => {
  const halves = join(folder, 'halves.pth');
  // 1.5, -2, 0.25, 65504 as IEEE 754 halves.
  const data = new Float32Array(Uint16Array.of(0x3e00, 0xc000, 0x3400, 0x7bff).buffer);
  const pickled = pickledStateDict(new Map([['a', float32([2], data)]]), false, {
    storage: 'HalfStorage',
    within: 'state_dict',
  });
  const members = new Map([
    ['x/data.pkl', pickled],
    ['x/data/0', Buffer.from(data.buffer)],
  ]);
  await writeFile(halves, zipOf(members));
  t.deepEqual([...(await readTensors(halves)).get('state_dict.a')!.data], [1.5, -2]);

  // The matrix [[0,1,2],[3,4,5]] without its first column and transposed: offset 1, strides (1, 3).
  const { pickle } = await import('./_formats.ts');
  const { global, integer, reduce, text, tuple, whole } = pickle;
  const id = tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), text('cpu'), integer(6));
  const view = (rows: number) =>
    whole(
      pickle.dictionary([
        [
          text('v'),
          reduce(
            global('torch._utils', '_rebuild_tensor_v2'),
            tuple(
              Buffer.concat([id, Buffer.from('Q')]),
              integer(1),
              tuple(integer(rows), integer(2)),
              tuple(integer(1), integer(3)),
              pickle.no,
              pickle.none,
            ),
          ),
        ],
      ]),
    );
  const numbers = Buffer.from(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);
  const views = join(folder, 'views.pth');
  await writeFile(
    views,
    zipOf(
      new Map([
        ['y/data.pkl', view(2)],
        ['y/data/0', numbers],
      ]),
    ),
  );
  const { shape, data: seen } = (await readTensors(views)).get('v')!;
  t.deepEqual(
    [shape, [...seen]],
    [
      [2, 2],
      [1, 4, 2, 5],
    ],
  );
  await writeFile(
    views,
    zipOf(
      new Map([
        ['y/data.pkl', view(3)],
        ['y/data/0', numbers],
      ]),
    ),
  );
  await t.throwsAsync(readTensors(views), { message: /reaches beyond its storage of 6 values/ });
});

test('integers are listed, left out of all, and refused when asked for', async (t) => {
  const path = join(folder, 'counted.pth');
  const pickled = pickledStateDict(new Map([['n', float32([1], Float32Array.of(0))]]), false, {
    storage: 'IntStorage',
  });
  await writeFile(
    path,
    zipOf(
      new Map([
        ['z/data.pkl', pickled],
        ['z/data/0', Buffer.alloc(4)],
      ]),
    ),
  );
  const file = await openTensorFile(path);
  t.deepEqual([...file.entries], [['n', { shape: [1], dtype: 'I32' }]]);
  await file.close();
  t.is((await readTensors(path)).size, 0);
  await t.throwsAsync(readTensors(path, ['n']), { message: /tensor n \[1\] has dtype I32/ });
});

/** Random weights of a network under torchvision's names. */
function weightsOf(network: NetworkName): Map<string, TensorValue> {
  return new Map(
    expectedTensors(networkStages(network)).map(({ name, shape }) => {
      const { uniform } = createRandom(4, name);
      const size = shape.reduce((product, extent) => product * extent, 1);
      const reach = shape.length === 4 ? Math.sqrt((6 * shape[0]!) / size) : 0.1;
      return [
        name,
        float32(
          shape,
          Float32Array.from({ length: size }, () => reach * (2 * uniform() - 1)),
        ),
      ];
    }),
  );
}

/** SqueezeNet 1.1's names in torchvision and in Caffe, written out. */
const caffeNames: Record<string, string> = {
  'features.0': 'conv1',
  'features.3': 'fire2',
  'features.4': 'fire3',
  'features.6': 'fire4',
  'features.7': 'fire5',
  'features.9': 'fire6',
  'features.10': 'fire7',
  'features.11': 'fire8',
  'features.12': 'fire9',
};

function renamed(tensors: Tensors): Map<string, TensorValue> {
  return new Map(
    [...tensors].map(([name, tensor]) => [
      name
        .replace(/^features\.\d+/, (layer) => caffeNames[layer]!)
        .replace('.squeeze.', '/squeeze1x1.')
        .replace('.expand1x1.', '/expand1x1.')
        .replace('.expand3x3.', '/expand3x3.'),
      tensor,
    ]),
  );
}

test('one network from every format has identical features and one hash', async (t) => {
  const network = 'squeezenet1_1';
  const tensors = weightsOf(network);
  const image = toTensor(noiseImage(40, 37, 1));
  const encode = async (file: string) => {
    const encoder = await loadEncoder({ name: network, border: 'none', weights: { file, input: 'caffe' } });
    const features = encoder.encode(image, ['conv1', 'fire4', 'fire9']);
    return { hash: encoder.hash, features: Object.values(features).map((map) => [...map.dataSync()]) };
  };
  const plain = join(folder, 'net.safetensors');
  await writeSafetensors(plain, tensors);
  const expected = await encode(plain);
  t.true(expected.features[2]!.some((value) => value > 0));
  for (const [format, write] of Object.entries(writers)) {
    const path = join(folder, `net ${format}`);
    const torch = format.startsWith('PyTorch');
    await write(path, torch ? tensors : renamed(tensors));
    const { hash, features } = await encode(path);
    t.is(hash, expected.hash, format);
    t.deepEqual(features, expected.features, format);
  }
  const converted = await readdir(join(folder, 'weights', 'converted'));
  t.true(converted.every((name) => /^\w+-[0-9a-f]{32}\.1\.safetensors$/.test(name)));
});

test('a source is converted once, and again when its bytes change', async (t) => {
  const cache = join(folder, 'once');
  await mkdir(cache);
  const path = join(folder, 'once.pth');
  const tensors = weightsOf('squeezenet1_1');
  await writeTorchZip(path, tensors);
  const first = await convertedWeights(path, 'squeezenet1_1', cache);
  // Would be written anew if it were converted again.
  await writeFile(first, 'kept');
  t.is(await convertedWeights(path, 'squeezenet1_1', cache), first);
  await writeTorchZip(path, tensors, { within: 'model' });
  const second = await convertedWeights(path, 'squeezenet1_1', cache);
  t.not(second, first);
  const { metadata } = await readSafetensors(second, []);
  t.like(metadata, { network: 'squeezenet1_1', source: 'once.pth', source_format: 'pytorch' });
});

/** What the first convolution makes of one colour when its filter o takes channel o of the middle pixel alone. */
async function firstLayer(
  network: NetworkName,
  write: (path: string, tensors: Tensors) => Promise<void>,
  name: string,
) {
  const tensors = new Map(
    expectedTensors(networkStages(network)).map(({ name: tensor, shape }) => [
      tensor,
      float32(shape, new Float32Array(shape.reduce((product, extent) => product * extent, 1))),
    ]),
  );
  const { shape, data } = tensors.get('features.0.weight')!;
  const area = shape[2]! * shape[3]!;
  for (let c = 0; c < 3; c++) data[(c * 3 + c) * area + (area - 1) / 2] = 1;
  const path = join(folder, name);
  await write(path, tensors);
  const encoder = await loadEncoder({ name: network, weights: { file: path }, border: 'none' } as never);
  const image = tf.tile(tf.tensor4d([1, 0.5, 0.2], [1, 1, 1, 3]), [1, 21, 21, 1]) as tf.Tensor4D;
  const map = encoder.encode(image, ['conv1']).conv1!;
  return [...map.slice([0, 2, 2, 0], [1, 1, 1, 3]).dataSync()];
}

test('channel order, mean and scale follow the source, as computed by hand', async (t) => {
  const close = (actual: number[], expected: number[]) =>
    t.true(
      actual.every((value, i) => Math.abs(value - expected[i]!) < 1e-4),
      `${actual} against ${expected}`,
    );
  // The colour is R 1, G 0.5, B 0.2. torchvision: (1 − 0.485)/0.229, (0.5 − 0.456)/0.224, (0.2 − 0.406)/0.225.
  close(
    await firstLayer('squeezenet1_1', (p, w) => writeTorchZip(p, w), 'rgb.pth'),
    [2.2489, 0.1964, -0.9156],
  );
  // Caffe and Keras: blue first, 255·0.2 − 104, 255·0.5 − 117, 255·1 − 123.
  close(await firstLayer('squeezenet1_1', (p, w) => writeKeras(p, renamed(w)), 'bgr.h5'), [-53, 10.5, 132]);
  close(await firstLayer('squeezenet1_1', (p, w) => writeOnnx(p, renamed(w)), 'bgr.onnx'), [-53, 10.5, 132]);
});

test("Keras's VGG-16 is the Caffe release: BGR, 0..255, its own means", async (t) => {
  const network = 'vgg16';
  const tensors = new Map<string, TensorValue>();
  const stages = networkStages(network).filter(({ kind }) => kind === 'convolution');
  for (const stage of stages) {
    if (stage.kind !== 'convolution') continue;
    const layer = stage.name.replace(/conv(\d)_(\d)/, 'block$1_conv$2');
    const inputs = expectedTensors(networkStages(network)).find(
      ({ name }) => name === `${stage.tensors}.weight`,
    )!;
    const size = inputs.shape.reduce((product, extent) => product * extent, 1);
    tensors.set(`${layer}.weight`, float32(inputs.shape, new Float32Array(size)));
    tensors.set(
      `${layer}.bias`,
      float32([stage.channels], new Float32Array(stage.channels).fill(stage.channels)),
    );
  }
  const path = join(folder, 'notop.h5');
  await writeKeras(path, tensors, { chunked: true });
  const { preprocessing, weights } = await loadWeights(network, { file: path });
  t.deepEqual(preprocessing, {
    order: 'BGR',
    range: 255,
    mean: [103.939, 116.779, 123.68],
    deviation: [1, 1, 1],
  });
  t.is(weights.get('features.28.bias')!.data[0], 512);
  t.is(weights.get('features.5.bias')!.data[0], 128);
});
