/** Every kind of layer in a file, at sizes the file was not made for, beside what tfjs makes of it. */
import test from 'ava';
import { exportLayers } from '../../../src/networks/export/layers.ts';
import { ModelWriter } from '../../../src/networks/export/writer.ts';
import { applyLayers, type Layer, parametersOf } from '../../../src/networks/layers.ts';
import { float32, type NamedValues, type TensorValue, tf } from '../../../src/tensor.ts';
import { filled } from '../../engines/compare.ts';
import { channelsFirst, largestDifference, runFile } from './_run.ts';

test.before(() => tf.setBackend('cpu'));

const channels = 4;

function drawn(layers: readonly Layer[]): NamedValues {
  return Object.fromEntries(
    parametersOf(layers, channels).parameters.map(({ name, shape, role }, i) => [
      name,
      role === 'variance' ? filled(shape, 50 + i, 0.5, 2) : filled(shape, 50 + i),
    ]),
  );
}

function fileOf(layers: readonly Layer[], parameters: NamedValues): Uint8Array {
  const writer = new ModelWriter();
  const map = { name: writer.input('map', [1, channels, 'h', 'w']), channels };
  const weights = (styles: number) => writer.input('weights', [1, styles]);
  const made = exportLayers({ writer, parameters, weights }, layers, map);
  writer.output('made', made.name, [1, made.channels, 'rows', 'columns']);
  return writer.encode('layers', '', {});
}

function applied(
  layers: readonly Layer[],
  parameters: NamedValues,
  map: TensorValue,
  weights?: TensorValue,
): TensorValue {
  const tensor = ({ data, shape }: TensorValue) => tf.tensor(data, [...shape]);
  const result = tf.tidy(() => {
    const named = Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [name, tensor(value)]),
    );
    return applyLayers(
      layers,
      tensor(map) as tf.Tensor4D,
      named,
      weights && (tensor(weights) as tf.Tensor2D),
    );
  });
  return float32(result.shape, result.dataSync() as Float32Array);
}

const convolution = (settings: Partial<Extract<Layer, { kind: 'convolution' }>>): Layer => ({
  kind: 'convolution',
  name: 'a',
  channels: 5,
  size: 3,
  ...settings,
});
const cases: Readonly<Record<string, readonly Layer[]>> = {
  'a convolution behind reflection': [convolution({ size: 5 })],
  'a convolution behind zeros, of stride 2': [convolution({ surround: 'zero', stride: 2 })],
  'a convolution of stride 2 behind reflection': [convolution({ stride: 2, bias: false })],
  'a convolution without surround': [convolution({ surround: 'none' })],
  'a filter for each channel': [convolution({ groups: channels, channels })],
  'two filters for each channel': [convolution({ groups: channels, channels: 2 * channels })],
  'filters in two groups, behind repeated edges': [
    convolution({ groups: 2, channels: 6, surround: 'repeat', stride: 2 }),
  ],
  'the largest of each 2×2': [{ kind: 'pool' }],
  'repeated edges': [{ kind: 'pad', by: 3, surround: 'repeat' }],
  'a transposed convolution': [
    { kind: 'transposed', name: 'a', channels: 3, size: 3, stride: 2, cut: 1, extra: 1 },
  ],
  'a transposed convolution with more added than cut': [
    { kind: 'transposed', name: 'a', channels: 3, size: 3, stride: 2, cut: 0, extra: 1, bias: false },
  ],
  'a transposed convolution of size 4': [
    { kind: 'transposed', name: 'a', channels: 3, size: 4, stride: 2, cut: 1, extra: 0 },
  ],
  'a reflected frame': [{ kind: 'pad', by: 4, surround: 'reflect' }],
  'a frame of zeros': [{ kind: 'pad', by: 2, surround: 'zero' }],
  'pixels repeated': [{ kind: 'upsample', factor: 2, how: 'nearest' }],
  'pixels repeated three times': [{ kind: 'upsample', factor: 3, how: 'nearest' }],
  'pixels between pixels': [{ kind: 'upsample', factor: 2, how: 'bilinear' }],
  'an instance norm': [{ kind: 'norm', name: 'n', over: 'instance' }],
  'a norm over a batch, which is one picture': [{ kind: 'norm', name: 'n', over: 'batch', epsilon: 1e-2 }],
  'a norm that neither scales nor shifts': [{ kind: 'norm', name: 'n', over: 'instance', affine: false }],
  'a norm of stored values': [{ kind: 'norm', name: 'n', over: 'stored' }],
  'a norm of stored values that neither scales nor shifts': [
    { kind: 'norm', name: 'n', over: 'stored', affine: false },
  ],
  'a norm that blends styles': [{ kind: 'norm', name: 'n', over: 'instance', styles: 3 }],
  relu: [{ kind: 'relu' }],
  tanh: [{ kind: 'tanh' }],
  sigmoid: [{ kind: 'sigmoid' }],
  'a leaky relu': [{ kind: 'leaky', slope: 0.2 }],
  'a factor and a summand': [{ kind: 'rescale', times: -2, plus: 0.25 }],
  'a residual block of the same size': [
    { kind: 'residual', layers: [convolution({ channels }), { kind: 'relu' }] },
  ],
  'a residual block that takes pixels off': [
    {
      kind: 'residual',
      layers: [
        convolution({ channels, surround: 'none' }),
        { kind: 'norm', name: 'n', over: 'instance' },
        convolution({ name: 'b', channels, size: 2, surround: 'none' }),
      ],
    },
  ],
  'residual blocks one in the other': [
    {
      kind: 'residual',
      layers: [
        { kind: 'residual', layers: [convolution({ channels, surround: 'none' })] },
        convolution({ name: 'b', channels, surround: 'none' }),
      ],
    },
  ],
};

for (const [title, layers] of Object.entries(cases)) {
  test(`${title}: one file, maps of two odd sizes`, async (t) => {
    const parameters = drawn(layers);
    const file = fileOf(layers, parameters);
    const conditional = layers.some((layer) => layer.kind === 'norm' && layer.styles !== undefined);
    const weights = conditional ? float32([1, 3], Float32Array.of(0.5, 0.2, 0.3)) : undefined;
    for (const [height, width] of [
      [7, 10],
      [13, 9],
    ] as const) {
      const map = filled([1, height, width, channels], height);
      const { made } = await runFile(file, { map: channelsFirst(map), ...(weights && { weights }) });
      const wanted = channelsFirst(applied(layers, parameters, map, weights));
      const difference = largestDifference(made!, wanted);
      t.true(difference <= 1e-5, `${height}×${width}: ${difference}`);
    }
  });
}

test('parameters that are missing or of another shape are named, with both shapes', (t) => {
  const layers = cases['a convolution behind reflection']!;
  const { 'a.bias': bias, ...rest } = drawn(layers);
  t.throws(() => fileOf(layers, rest), {
    message: 'the network wants a parameter "a.bias" of [5], but there is none.',
  });
  t.throws(() => fileOf(layers, { ...rest, 'a.bias': float32([4], new Float32Array(4)) }), {
    message: 'the network wants a parameter "a.bias" of [5], but there is one of [4].',
  });
  t.truthy(bias);
});
