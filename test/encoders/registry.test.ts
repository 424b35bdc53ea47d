import test from 'ava';
import { encoderDefaults, encoderNames, loadEncoder, resolveEncoder } from '../../src/encoders/registry.ts';
import { NeckarError } from '../../src/errors.ts';

test('short forms and defaults are filled in', (t) => {
  t.deepEqual(resolveEncoder('wavelet'), { name: 'wavelet' });
  t.deepEqual(resolveEncoder({ name: 'vgg19', weights: 'net.safetensors' }), {
    name: 'vgg19',
    pooling: 'average',
    weights: { file: 'net.safetensors' },
    normalized: false,
  });
  t.deepEqual(resolveEncoder({ name: 'vgg16', weights: { random: 3 }, pooling: 'l2' }), {
    name: 'vgg16',
    pooling: 'l2',
    weights: { random: 3 },
    normalized: false,
  });
  t.deepEqual(resolveEncoder({ name: 'squeezenet1_1', weights: { file: 'a', input: 'caffe' } }), {
    name: 'squeezenet1_1',
    weights: { file: 'a', input: 'caffe' },
    border: 'reflection',
  });
});

test('a network without weights means the installed ones of its own name', (t) => {
  t.deepEqual(resolveEncoder('vgg19'), resolveEncoder({ name: 'vgg19', weights: 'vgg19' }));
  t.deepEqual(resolveEncoder('alexnet'), { name: 'alexnet', weights: { file: 'alexnet' } });
  t.deepEqual(resolveEncoder({ name: 'squeezenet1_0' }), {
    name: 'squeezenet1_0',
    weights: { file: 'squeezenet1_0' },
    border: 'reflection',
  });
});

test('a resolved encoder resolves to itself', (t) => {
  for (const written of [
    'wavelet',
    { name: 'vgg19', weights: { random: 1 } },
    { name: 'squeezenet1_0', weights: 'a' },
  ]) {
    const resolved = resolveEncoder(written);
    t.deepEqual(resolveEncoder(resolved), resolved);
  }
});

test('each mistake gets one sentence that names the option, the value and the fix', (t) => {
  const cases: [unknown, RegExp][] = [
    ['wavlet', /there is no encoder "wavlet"\. Did you mean "wavelet"\?/],
    [{ name: 'resnet50' }, /there is no encoder "resnet50"\. Encoders are wavelet, vgg19/],
    [{}, /an encoder is one of wavelet, vgg19/],
    [7, /an encoder is one of wavelet, vgg19/],
    [undefined, /an encoder is one of wavelet, vgg19/],
    [{ name: 'wavelet', pooling: 'max' }, /^encoder\.pooling: unknown setting\. Allowed here: name$/],
    [
      { name: 'vgg19', weights: 'a', poling: 'max' },
      /^encoder\.poling: unknown setting\. Did you mean "pooling"\? Allowed here: name, pooling, weights, /,
    ],
    [
      { name: 'vgg19', weights: 'a', pooling: 'avrage' },
      /^encoder\.pooling: "avrage" is not allowed\. Did you mean "average"\?/,
    ],
    [{ name: 'vgg19', weights: { random: 1.5 } }, /^encoder\.weights.*1\.5/],
    [{ name: 'vgg19', weights: { random: 1, file: 'a' } }, /^encoder\.weights/],
    [{ name: 'vgg19', weights: { fiel: 'a' } }, /^encoder\.weights/],
    [
      { name: 'vgg19', weights: 3 },
      /^encoder\.weights: 3 is not understood: give a name that .* weights: \{ random: 1 \}/,
    ],
    [{ name: 'vgg19', weights: '' }, /^encoder\.weights/],
    [
      { name: 'vgg19', weights: 'a', normalized: 'yes' },
      /^encoder\.normalized: expected true or false, got "yes"/,
    ],
  ];
  for (const [written, message] of cases) {
    const error = t.throws(
      () => resolveEncoder(written),
      { instanceOf: NeckarError },
      JSON.stringify(written),
    );
    t.regex(error!.message, message);
    t.false(error!.message.includes('\n'));
  }
});

test('what is known without weights is what the encoder says with them', async (t) => {
  t.is(encoderNames.length, 7);
  for (const name of encoderNames) {
    const stages = [{ kind: 'convolution', name: 'c', tensors: 'c', channels: 4, kernel: 3 }];
    const own = name === 'custom' ? { stages } : {};
    const spec = resolveEncoder(name === 'wavelet' ? name : { name, weights: { random: 1 }, ...own });
    const outline = encoderDefaults(spec);
    const encoder = await loadEncoder(spec);
    t.is(outline.name, name);
    t.deepEqual(outline.layers, encoder.layers);
    t.deepEqual(outline.defaults, encoder.defaults);
    t.is(outline.minimumSize, encoder.minimumSize);
    for (const layer of outline.layers)
      t.deepEqual(outline.shapeOf(layer, 65, 80), encoder.shapeOf(layer, 65, 80));
  }
  t.notThrows(() => encoderDefaults(resolveEncoder({ name: 'vgg19', weights: 'nowhere.safetensors' })));
});
