import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { encoderDefaults, loadEncoder, resolveEncoder } from '../../../src/encoders/registry.ts';
import type { NodeProto } from '../../../src/engines/onnx/proto.ts';
import { loadRuntime } from '../../../src/engines/onnx/runtime.ts';
import { startEngine } from '../../../src/engines/start.ts';
import { NeckarError } from '../../../src/errors.ts';
import { planTrials } from '../../../src/experiment/plan.ts';
import { createRandom } from '../../../src/random.ts';
import { float32, type TensorValue, tf } from '../../../src/tensor.ts';
import { writeSafetensors } from '../../../src/weights/safetensors.ts';
import { valueAndGradient } from '../../engines/_one-picture.ts';
import { runOnce } from '../../engines/compare.ts';
import { float, integer, ints, node, onnxModel, string } from '../../weights/_formats.ts';
import { noiseImage, relativeDifference, toTensor } from '../reference.ts';

let folder: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neckar-custom-'));
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

function drawn(shape: number[], seed: number, shift = 0): TensorValue {
  const { normal } = createRandom(seed);
  const size = shape.reduce((product, extent) => product * extent, 1);
  return float32(
    shape,
    Float32Array.from({ length: size }, () => shift + 0.4 * normal()),
  );
}

/** Every operation that is known, each read by others, and a classifier nobody asks for. */
const tensors = new Map<string, TensorValue>([
  ['w1', drawn([6, 3, 3, 3], 1)],
  ['b1', drawn([6], 2)],
  ['scale', drawn([6], 3, 1)],
  ['shift', drawn([6], 4)],
  ['mean', drawn([6], 5)],
  ['variance', float32([6], Float32Array.of(0.5, 1, 2, 0.1, 1.5, 0.7))],
  ['w2', drawn([8, 6, 5, 4], 6)],
  ['w3', drawn([12, 2, 3, 3], 7)],
  ['b3', drawn([12], 8)],
  ['w4', drawn([12, 1, 3, 3], 9)],
  ['w5', drawn([4, 6, 3, 3], 10)],
  ['perChannel', drawn([1, 4, 1, 1], 11)],
  ['one', float32([], Float32Array.of(1.5))],
  ['least', float32([], Float32Array.of(-0.5))],
  ['most', float32([], Float32Array.of(0.8))],
  ['w6', drawn([4, 3, 2, 2], 12)],
  ['fc', drawn([4, 10], 13)],
]);

const nodes: NodeProto[] = [
  node('Conv', ['image', 'w1', 'b1'], 'conv', [ints('pads', 1, 1, 1, 1), ints('kernel_shape', 3, 3)]),
  node('BatchNormalization', ['conv', 'scale', 'shift', 'mean', 'variance'], 'norm', [
    float('epsilon', 0.01),
  ]),
  node('Relu', ['norm'], 'relu'),
  node('MaxPool', ['relu'], 'maxed', [
    ints('kernel_shape', 3, 3),
    ints('strides', 2, 2),
    ints('pads', 1, 1, 1, 1),
  ]),
  node('MaxPool', ['conv'], 'ceiled', [
    ints('kernel_shape', 3, 2),
    ints('strides', 2, 2),
    integer('ceil_mode', 1),
  ]),
  node('Conv', ['relu', 'w2'], 'uneven', [ints('pads', 2, 0, 1, 3), ints('strides', 2, 1)]),
  node('LeakyRelu', ['uneven'], 'leaky', [float('alpha', 0.2)]),
  node('AveragePool', ['leaky'], 'averaged', [
    ints('kernel_shape', 3, 3),
    ints('strides', 2, 2),
    ints('pads', 1, 1, 1, 1),
  ]),
  node('AveragePool', ['leaky'], 'zeroed', [
    ints('kernel_shape', 3, 3),
    ints('strides', 2, 2),
    ints('pads', 1, 1, 1, 1),
    integer('count_include_pad', 1),
  ]),
  node('Conv', ['maxed', 'w3', 'b3'], 'grouped', [integer('group', 3), string('auto_pad', 'SAME_UPPER')]),
  node('Sigmoid', ['grouped'], 'sigmoid'),
  node('Conv', ['sigmoid', 'w4'], 'separate', [integer('group', 12), ints('pads', 1, 1, 1, 1)]),
  node('Concat', ['sigmoid', 'separate', 'maxed'], 'joined', [integer('axis', 1)]),
  node('Conv', ['maxed', 'w5'], 'dilated', [ints('dilations', 2, 3), ints('pads', 2, 3, 2, 3)]),
  node('Mul', ['perChannel', 'dilated'], 'scaled'),
  node('Sub', ['one', 'scaled'], 'flipped'),
  node('Sub', ['flipped', 'perChannel'], 'lowered'),
  node('Tanh', ['lowered'], 'tanh'),
  node('Clip', ['tanh', 'least', 'most'], 'clipped'),
  node('Add', ['clipped', 'dilated'], 'added'),
  node('Mul', ['added', 'tanh'], 'multiplied'),
  node('Sub', ['multiplied', 'dilated'], 'difference'),
  node('Dropout', ['difference'], 'dropped'),
  node('Add', ['dropped', 'perChannel'], 'raised'),
  node('Conv', ['image', 'w6'], 'lower', [string('auto_pad', 'SAME_LOWER'), ints('strides', 3, 3)]),
  node('Identity', ['raised'], 'same'),
  node('GlobalAveragePool', ['same'], 'pooled'),
  node('Flatten', ['pooled'], 'flat'),
  node('MatMul', ['flat', 'fc'], 'logits'),
];
const known = nodes.slice(0, -3).map(({ output }) => output[0]!);

async function write(name: string, ...model: Parameters<typeof onnxModel>): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, onnxModel(...model));
  return file;
}

const byOutput = Object.fromEntries(known.map((output) => [output, output]));

for (const [height, width] of [
  [20, 23],
  [25, 18],
] as const) {
  test(`every operation at ${height}×${width} is what onnxruntime makes of the same model`, async (t) => {
    const options = { outputs: known, size: [1, 3, height, width] };
    const file = await write(`all-${height}.onnx`, nodes, tensors, options);
    const encoder = await loadEncoder(
      resolveEncoder({
        name: 'custom',
        weights: { file, input: 'BGR, 0..255, minus mean (90, 100, 110), over deviation (50, 60, 70)' },
        layers: byOutput,
      }),
    );
    const image = noiseImage(height, width, 7);
    const area = height * width;
    const prepared = new Float32Array(3 * area);
    for (let p = 0; p < area; p++) {
      for (let c = 0; c < 3; c++) {
        prepared[c * area + p] = (255 * image.data[3 * p + 2 - c]! - (90 + 10 * c)) / (50 + 10 * c);
      }
    }
    const ort = await loadRuntime();
    const session = await ort.InferenceSession.create(file, { logSeverityLevel: 3 });
    const outputs = await session.run({ image: new ort.Tensor('float32', prepared, [1, 3, height, width]) });
    const features = encoder.encode(toTensor(image), known);
    for (const layer of known) {
      const [, channels, h, w] = outputs[layer]!.dims as [number, number, number, number];
      t.deepEqual(features[layer]!.shape, [1, h, w, channels], layer);
      t.deepEqual(encoder.shapeOf(layer, height, width), [h, w, channels], layer);
      const transposed = tf.transpose(features[layer]!, [0, 3, 1, 2]).dataSync();
      t.true(relativeDifference(transposed, outputs[layer]!.data as Float32Array) < 2e-5, layer);
    }
  });
}

test('gradients: central differences agree, and so does the compiling engine', async (t) => {
  const file = await write('gradients.onnx', nodes, tensors);
  const encoder = await loadEncoder(
    resolveEncoder({ name: 'custom', weights: { file, input: 'torchvision' }, layers: byOutput }),
  );
  const layers = ['ceiled', 'averaged', 'zeroed', 'joined', 'same', 'lower'];
  const objective = valueAndGradient((x) => {
    const features = encoder.encode(x, layers);
    const terms = Object.fromEntries(
      layers.map((layer) => [layer, tf.mean(tf.square(features[layer]!)) as tf.Scalar]),
    );
    return { total: tf.addN(Object.values(terms)) as tf.Scalar, terms };
  });
  const image = {
    shape: [1, 13, 14, 3],
    dtype: 'float32',
    data: Float32Array.from(noiseImage(13, 14, 3).data),
  } as const;
  const eager = tf.tidy(() => {
    const outputs = objective({ image: tf.tensor(image.data, [...image.shape]) });
    return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, [...value.dataSync()]]));
  });
  const value = (data: Float32Array) =>
    tf.tidy(() => {
      const features = encoder.encode(tf.tensor4d(data, [1, 13, 14, 3]), layers);
      return layers.reduce((sum, layer) => {
        const map: number[] = Array.from(features[layer]!.dataSync());
        return sum + map.reduce((squares, v) => squares + v * v, 0) / map.length;
      }, 0);
    });
  const step = 2 ** -9;
  for (const at of [0, 77, 200, 301, 402, 545]) {
    const sides = [step, -step].map((change) => {
      const data = image.data.slice();
      data[at]! += change;
      return value(data);
    });
    const numeric = (sides[0]! - sides[1]!) / (2 * step);
    t.true(
      Math.abs(eager.gradient![at]! - numeric) < 0.02 * Math.max(0.05, Math.abs(numeric)),
      `${at}: ${eager.gradient![at]} against ${numeric}`,
    );
  }
  const compiled = await runOnce(await startEngine({ name: 'onnx', provider: 'cpu' }), objective, { image });
  for (const [name, expected] of Object.entries(eager)) {
    t.true(relativeDifference(compiled[name]!.data, expected) < 1e-4, name);
  }
});

test('layers go by their nodes, their outputs or names of one’s own; the classifier is left out', async (t) => {
  const file = await write('names.onnx', nodes, tensors);
  const all = encoderDefaults(resolveEncoder({ name: 'custom', weights: { file, input: 'caffe' } }));
  t.deepEqual(
    all.layers,
    known.map((output) => `node_${output}`),
  );
  const few = resolveEncoder({
    name: 'custom',
    weights: { file, input: 'caffe' },
    layers: { fine: 'relu', coarse: 'node_joined' },
  });
  const outline = encoderDefaults(few);
  t.deepEqual(outline.layers, ['fine', 'coarse']);
  t.deepEqual(outline.shapeOf('coarse', 20, 23), [10, 12, 30]);
  const encoder = await loadEncoder(few);
  t.deepEqual(encoder.encode(tf.zeros([1, 20, 23, 3]), ['coarse']).coarse!.shape, [1, 10, 12, 30]);
  t.throws(() => outline.shapeOf('fein', 20, 20), {
    instanceOf: NeckarError,
    message: /no layer "fein"\. Did you mean "fine"/,
  });
  const wrong = (layers: Record<string, string>) =>
    t.throws(
      () => encoderDefaults(resolveEncoder({ name: 'custom', weights: { file, input: 'caffe' }, layers })),
      {
        instanceOf: NeckarError,
      },
    )!.message;
  t.regex(
    wrong({ a: 'rleu' }),
    /encoder\.layers\.a: .* has no node or output "rleu"\. Did you mean "relu"\?/,
  );
  t.regex(
    wrong({ a: 'logits' }),
    /"logits" of .* cannot be computed: GlobalAveragePool "node_pooled" is of a kind the encoder custom does not know/,
  );
});

test('the hash knows weights, structure and input, not the names of layers', async (t) => {
  const hashOf = async (
    model: [NodeProto[], Map<string, TensorValue>],
    input = 'torchvision',
    layers?: Record<string, string>,
  ) => {
    const file = await write('hash.onnx', ...model);
    const spec = { name: 'custom', weights: { file, input }, ...(layers && { layers }) };
    return (await loadEncoder(resolveEncoder(spec))).hash;
  };
  const first = await hashOf([nodes, tensors]);
  t.is(await hashOf([nodes, tensors], 'torchvision', { a: 'relu' }), first);
  t.not(await hashOf([nodes, tensors], 'caffe'), first);
  t.not(await hashOf([nodes, new Map(tensors).set('b1', drawn([6], 99))]), first);
  const wider = nodes.map((each) =>
    each.output[0] === 'leaky' ? node('LeakyRelu', ['uneven'], 'leaky', [float('alpha', 0.3)]) : each,
  );
  t.not(await hashOf([wider, tensors]), first);
});

test('defaults: style over the levels, content late, the rest held back', async (t) => {
  const chain: NodeProto[] = [];
  const weights = new Map<string, TensorValue>();
  let last = 'image';
  for (const block of [1, 2, 3, 4]) {
    for (const unit of [1, 2]) {
      const name = `${block}_${unit}`;
      weights.set(`w${name}`, drawn([4, block === 1 && unit === 1 ? 3 : 4, 3, 3], 10 * block + unit));
      chain.push(node('Conv', [last, `w${name}`], `conv${name}`, [ints('pads', 1, 1, 1, 1)]));
      chain.push(node('Relu', [`conv${name}`], `relu${name}`));
      last = `relu${name}`;
    }
    chain.push(node('MaxPool', [last], `pool${block}`, [ints('kernel_shape', 2, 2), ints('strides', 2, 2)]));
    last = `pool${block}`;
  }
  const file = await write('chain.onnx', chain, weights);
  const outputs = Object.fromEntries(chain.map(({ output }) => [output[0]!, output[0]!]));
  const { defaults, minimumSize } = encoderDefaults(
    resolveEncoder({ name: 'custom', weights: { file, input: 'torchvision' }, layers: outputs }),
  );
  t.is(minimumSize, 16);
  t.deepEqual(defaults, {
    content: { relu3_2: 1 },
    style: { relu1_1: 0.25, relu2_1: 0.25, relu3_1: 0.25, relu4_1: 0.25 },
    patches: { relu2_1: 1, relu3_1: 1 },
    histogram: { relu1_1: 1, relu3_1: 1 },
    heldBack: ['relu1_2', 'relu2_2', 'relu4_2'],
  });
});

test('a chain of stages takes its tensors from a file of any format', async (t) => {
  const weights = new Map([
    ['net.0.weight', drawn([5, 3, 3, 3], 1)],
    ['net.0.bias', drawn([5], 2)],
  ]);
  const file = join(folder, 'chain.safetensors');
  await writeSafetensors(file, weights, { input: 'torchvision' });
  const stages = [
    { kind: 'convolution', name: 'c', tensors: 'net.0', channels: 5, kernel: 3 },
    { kind: 'relu', name: 'r' },
    { kind: 'pool', name: 'p' },
  ];
  const encoder = await loadEncoder(resolveEncoder({ name: 'custom', weights: file, stages }));
  t.deepEqual(encoder.layers, ['c', 'r', 'p']);
  t.deepEqual(encoder.shapeOf('p', 9, 8), [4, 4, 5]);
  const model = await write(
    'same.onnx',
    [
      node('Conv', ['image', 'net.0.weight', 'net.0.bias'], 'c', [ints('pads', 1, 1, 1, 1)]),
      node('Relu', ['c'], 'r'),
      node('MaxPool', ['r'], 'p', [ints('kernel_shape', 2, 2), ints('strides', 2, 2)]),
    ],
    weights,
  );
  const graph = await loadEncoder(
    resolveEncoder({ name: 'custom', weights: { file: model, input: 'torchvision' }, layers: { p: 'p' } }),
  );
  const image = toTensor(noiseImage(9, 8, 1));
  t.true(
    relativeDifference(encoder.encode(image, ['p']).p!.dataSync(), graph.encode(image, ['p']).p!.dataSync()) <
      1e-6,
  );
  const random = await loadEncoder(resolveEncoder({ name: 'custom', weights: { random: 1 }, stages }));
  t.not(random.hash, encoder.hash);
  await t.throwsAsync(
    loadEncoder(
      resolveEncoder({ name: 'custom', weights: file, stages: [{ ...stages[0], tensors: 'net.1' }] }),
    ),
    {
      instanceOf: NeckarError,
      message: /does not fit the stages: tensor net\.1\.weight .* is missing\. Did you mean "net\.0\.weight"/,
    },
  );
});

test('an experiment reads layers of a network beside it, and says what is wrong with it', async (t) => {
  const file = await write('beside.onnx', nodes, tensors);
  const experiment = (encoder: unknown, layer = 'fine') => ({
    name: 'own',
    pairs: [['a.png', 'b.png']],
    variants: { own: [{ type: 'gram', layers: { [layer]: 1 } }] },
    encoder,
  });
  const plan = (encoder: unknown, layer?: string) =>
    planTrials(experiment(encoder, layer) as never, { folder });
  const written = {
    name: 'custom',
    weights: { file: 'beside.onnx', input: 'caffe' },
    layers: { fine: 'relu' },
  };
  const { encoder } = plan(written).trials[0]!.config;
  t.is('weights' in encoder && 'file' in encoder.weights ? encoder.weights.file : '', file);
  for (const [bad, layer, said] of [
    [written, 'fein', /has no layer "fein"\. Did you mean "fine"/],
    [
      { ...written, weights: { file: 'gone.onnx', input: 'caffe' } },
      'fine',
      /There is no ONNX file .*gone\.onnx/,
    ],
    [{ name: 'custom' }, 'fine', /encoder\.weights: missing/],
    [{ name: 'custom', weights: { random: 1 } }, 'fine', /random weights need stages/],
    [{ ...written, stages: [{ kind: 'pol', name: 'a' }] }, 'fine', /encoder\.stages\[0\]\.kind: "pol".*pool/],
  ] as const) {
    t.regex(t.throws(() => plan(bad, layer), { instanceOf: NeckarError })!.message, said);
  }
  const mute = resolveEncoder({ name: 'custom', weights: 'beside.onnx' });
  await t.throwsAsync(loadEncoder({ ...mute, weights: { file } } as never), {
    instanceOf: NeckarError,
    message: /encoder\.weights\.input: missing/,
  });
});

test('files that are no convolutional model are refused by what they are', async (t) => {
  const refusal = (file: string) =>
    t.throws(() => encoderDefaults(resolveEncoder({ name: 'custom', weights: { file, input: 'caffe' } })), {
      instanceOf: NeckarError,
    })!.message;
  const text = join(folder, 'text.onnx');
  await writeFile(text, 'not a model at all');
  t.regex(refusal(text), /text\.onnx is a truncated or broken ONNX file, or none|no ONNX model/);
  const whole = onnxModel(nodes, tensors);
  for (const share of [0.1, 0.5, 0.95]) {
    const cut = join(folder, `cut-${share}.onnx`);
    await writeFile(cut, whole.subarray(0, Math.floor(share * whole.length)));
    t.regex(refusal(cut), /truncated or broken ONNX file/);
  }
  t.regex(
    refusal(await write('gemm.onnx', [node('Flatten', ['image'], 'f')], new Map())),
    /no convolution that can be computed: Flatten "node_f" is of a kind/,
  );
  const unknown = [
    node('Conv', ['image', 'w1'], 'c'),
    node('InstanceNormalization', ['c'], 'n'),
    node('Relu', ['n'], 'r'),
  ];
  const file = await write('instance.onnx', unknown, tensors);
  t.throws(
    () =>
      encoderDefaults(
        resolveEncoder({ name: 'custom', weights: { file, input: 'caffe' }, layers: { r: 'r' } }),
      ),
    { message: /"r" of .* cannot be computed: InstanceNormalization "node_n" is of a kind/ },
  );
});
