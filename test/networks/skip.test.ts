/** What a network with a skip connection makes while it adds nothing itself, computed pixel by pixel. */
import test from 'ava';
import { networks, resolveNetwork } from '../../src/networks/registry.ts';
import { float32, type NamedValues, type TensorValue } from '../../src/tensor.ts';
import { filled } from '../engines/compare.ts';
import { applied, largestDifference } from './export/_run.ts';

const content = filled([1, 18, 21, 3], 4, 0, 1);

/** Filters, biases and shifts of zero: but for the skip connection the network makes nothing. */
function silent(spec: ReturnType<typeof resolveNetwork>, skip: NamedValues = {}): NamedValues {
  const { name, ...settings } = spec;
  return {
    ...Object.fromEntries(
      networks
        .get(name)
        .parameters(settings)
        .map(({ name: parameter, shape }) => {
          const size = shape.reduce((product, extent) => product * extent, 1);
          return [parameter, float32(shape, new Float32Array(size))];
        }),
    ),
    ...skip,
  };
}

const means = ({ data }: TensorValue) =>
  Array.from({ length: data.length / 3 }, (_, p) => (data[3 * p]! + data[3 * p + 1]! + data[3 * p + 2]!) / 3);

function spread(values: readonly number[], lessBy = 0): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / (values.length - lessBy) };
}

/** A picture of the content's size, from the grey content brought to mean 0 and variance 1. */
function pictureBy(color: (unit: number, channel: number) => number, lessBy = 0): TensorValue {
  const gray = means(content);
  const { mean, variance } = spread(gray, lessBy);
  const unit = gray.map((value) => (value - mean) / Math.sqrt(variance + 1e-5));
  return float32(
    content.shape,
    Float32Array.from(unit.flatMap((value) => [0, 1, 2].map((channel) => color(value, channel)))),
  );
}

const scale = [1, 0.5, -0.25];
const shift = [0.3, -0.2, 0.1];

test('johnson: the grey content in contrasts and colours that are parameters', async (t) => {
  const spec = resolveNetwork({ name: 'johnson', width: 0.1, blocks: 1, skip: true });
  const parameters = silent(spec, {
    'skip.scale': float32([3], Float32Array.from(scale)),
    'skip.shift': float32([3], Float32Array.from(shift)),
  });
  const wanted = pictureBy((unit, c) => (Math.tanh(0.35 * (scale[c]! * unit + shift[c]!)) + 1) / 2);
  const difference = largestDifference(await applied(spec, parameters, content), wanted);
  t.true(difference < 1e-5, `${difference}`);
});

test('dumoulin: those of each style are its own', async (t) => {
  const spec = resolveNetwork({ name: 'dumoulin', styles: 2, width: 0.1, blocks: 1, skip: true });
  const parameters = silent(spec, {
    'skip.scale': float32([2, 3], Float32Array.from([9, 9, 9, ...scale])),
    'skip.shift': float32([2, 3], Float32Array.from([9, 9, 9, ...shift])),
  });
  const wanted = pictureBy((unit, c) => 1 / (1 + Math.exp(-1.2 * (scale[c]! * unit + shift[c]!))));
  const made = await applied(spec, parameters, content, { weights: [0, 1] });
  t.true(largestDifference(made, wanted) < 1e-5, `${largestDifference(made, wanted)}`);
});

test("microast: the grey content with means and deviations of the style's colours", async (t) => {
  const spec = resolveNetwork({ name: 'microast', width: 0.25, skip: true });
  const style = filled([1, 17, 19, 3], 8, 0.2, 0.8);
  const colors = [0, 1, 2].map((channel) => {
    const values = Array.from({ length: style.data.length / 3 }, (_, p) => style.data[3 * p + channel]!);
    const { mean, variance } = spread(values, 1);
    return { mean, deviation: Math.sqrt(variance + 1e-5) };
  });
  const whole = pictureBy((unit, c) => {
    const value = unit * colors[c]!.deviation + colors[c]!.mean;
    return Math.min(1, Math.max(0, value));
  }, 1);
  const made = await applied(spec, silent(spec), content, { style });
  t.true(largestDifference(made, whole) < 1e-5, `${largestDifference(made, whole)}`);
});

test('a network that nobody asks for it has no further parameters, and is written as before', (t) => {
  for (const name of ['johnson', 'dumoulin', 'microast']) {
    const { name: _, ...settings } = resolveNetwork({ name });
    t.false('skip' in settings, name);
    t.false(
      networks
        .get(name)
        .parameters(settings)
        .some((one) => one.name.startsWith('skip')),
      name,
    );
  }
});
