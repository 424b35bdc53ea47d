import test, { type ExecutionContext } from 'ava';
import type { Encoder } from '../../../src/encoders/encoder.ts';
import { loadEncoder, resolveEncoder, type StageInput } from '../../../src/encoders/registry.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { startEngine } from '../../../src/engines/start.ts';
import { NeckarError } from '../../../src/errors.ts';
import { regionOf } from '../../../src/losses/region.ts';
import { type LossInput, resolveLoss } from '../../../src/losses/registry.ts';
import { assembleProblem, type ProblemEvaluation, type ProblemInput } from '../../../src/transfer/problem.ts';
import { filled, numbers, referenceEngine } from '../../engines/compare.ts';

interface Case {
  readonly encoder: unknown;
  readonly losses: readonly LossInput[];
  readonly size: readonly [number, number];
  readonly rows: number;
  readonly more?: Partial<ProblemInput>;
}

const random = { random: 1 };

const convolution = (name: string, channels: number, rest: object = {}): StageInput => ({
  kind: 'convolution',
  name,
  tensors: name,
  channels,
  kernel: 3,
  ...rest,
});
const relu = (name: string): StageInput => ({ kind: 'relu', name });

/** Every padding, stride and pooling in one small network. */
const everything: StageInput[] = [
  convolution('conv1', 6, { padding: 'reflection' }),
  relu('relu1'),
  convolution('conv2', 8, { kernel: 5, stride: 2, padding: 2 }),
  relu('relu2'),
  { kind: 'pool', name: 'pool2', pooling: 'max', size: 3, stride: 2, partial: true },
  convolution('conv3', 8, { padding: 'same' }),
  relu('relu3'),
  { kind: 'fire', name: 'fire3', tensors: 'fire3', squeeze: 4, expand: 4 },
  { kind: 'pool', name: 'pool3', pooling: 'average', size: 2, stride: 2 },
  convolution('conv4', 8, { padding: 'valid' }),
  relu('relu4'),
];
const small = { name: 'custom', weights: random, stages: everything };

async function inputOf(
  engine: Engine,
  { encoder: written, losses, size, more }: Case,
): Promise<ProblemInput> {
  const encoder = await loadEncoder(resolveEncoder(written));
  const [height, width] = size;
  const image = (seed: number, h = height, w = width) => filled([1, h, w, 3], seed, 0, 1);
  return {
    engine,
    encoder,
    losses: losses.map((loss) => resolveLoss(loss, encoder)),
    content: image(41),
    // Of another size, odd where the picture's is even.
    style: image(42, height + 7, width + 3),
    transformStyle: ({ rotation }) => image(43 + rotation, width + 2, height + 3),
    ...more,
  };
}

/** An engine that counts the programs that compute strips. */
function counting(engine: Engine): { engine: Engine; strips: () => number } {
  let strips = 0;
  return {
    engine: {
      ...engine,
      compile(compute, options) {
        if (options.label.startsWith('gradient of strips')) strips++;
        return engine.compile(compute, options);
      },
    },
    strips: () => strips,
  };
}

async function evaluated(one: Case, engine: Engine, tiling: 'off' | number): Promise<ProblemEvaluation> {
  const [height, width] = one.size;
  const picture = numbers(height * width * 3, 40, 0, 1);
  const assembled = await assembleProblem({ ...(await inputOf(engine, one)), tiling });
  const problem = await assembled.compile({ gram: 3 });
  await problem.refresh(picture, 0);
  const evaluation = await problem.evaluate(picture);
  await problem.dispose();
  return evaluation;
}

/** Largest difference over the largest absolute value. */
function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let gap = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    gap = Math.max(gap, Math.abs(actual[i]! - expected[i]!));
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return gap / scale;
}

async function sameAsWhole(t: ExecutionContext, engine: Engine, one: Case): Promise<void> {
  const counted = counting(engine);
  const whole = await evaluated(one, engine, 'off');
  const strips = await evaluated(one, counted.engine, one.rows);
  t.true(counted.strips() > 0, 'there are strips');
  t.true(difference([strips.total], [whole.total]) < 1e-5, `total ${strips.total}, not ${whole.total}`);
  t.deepEqual(Object.keys(strips.terms).sort(), Object.keys(whole.terms).sort());
  for (const [name, value] of Object.entries(whole.terms)) {
    t.true(difference([strips.terms[name]!], [value]) < 1e-5, `${name} ${strips.terms[name]}, not ${value}`);
  }
  const gap = difference(strips.gradient, whole.gradient);
  t.true(gap < 1e-5, `the gradient differs by ${gap}`);
}

const onnx = startEngine({ name: 'onnx', provider: 'cpu' });

for (const size of [
  [61, 30],
  [64, 27],
  [67, 33],
] as const) {
  test(`a network of every padding and pooling at ${size.join('×')}: strips give what one graph gives`, async (t) => {
    await sameAsWhole(t, await onnx, {
      encoder: small,
      losses: [
        { type: 'content', layers: ['conv1', 'fire3', 'relu4'] },
        { type: 'gram', layers: ['conv1', 'relu2', 'pool2', 'fire3', 'relu4'] },
      ],
      size,
      rows: 30,
    });
  });
}

test('the eager engine gives the same', async (t) => {
  await sameAsWhole(t, await referenceEngine(), {
    encoder: small,
    losses: [
      { type: 'content', layers: ['relu1', 'relu4'] },
      { type: 'gram', layers: ['relu1', 'relu3'] },
      { type: 'variation', weight: 1e-4 },
    ],
    size: [58, 24],
    rows: 30,
  });
});

for (const pooling of ['average', 'max', 'l2'] as const) {
  test(`vgg19 with ${pooling} pooling: strips give what one graph gives`, async (t) => {
    await sameAsWhole(t, await onnx, {
      encoder: { name: 'vgg19', pooling, weights: random },
      losses: [
        { type: 'content', layers: ['relu2_2'] },
        { type: 'gram', layers: ['conv1_1', 'relu2_1', 'relu3_1'] },
      ],
      size: [51, 26],
      rows: 22,
    });
  });
}

for (const border of ['reflection', 'none'] as const) {
  test(`squeezenet with border ${border}: strips give what one graph gives`, async (t) => {
    await sameAsWhole(t, await onnx, {
      encoder: { name: 'squeezenet1_1', weights: random, border },
      losses: [{ type: 'content' }, { type: 'gram', layers: ['relu1', 'fire2', 'fire3', 'fire5'] }],
      size: [79, 38],
      rows: 33,
    });
  });
}

test('wavelet: cross moments of neighbouring octaves, and all else, are the same in strips', async (t) => {
  const layers = ['scale1', 'scale2', 'scale3'];
  await sameAsWhole(t, await onnx, {
    encoder: 'wavelet',
    losses: [
      { type: 'content', layers: ['scale1', 'scale3'] },
      { type: 'gram', layers, cross: [['scale1', 'scale2']] },
      { type: 'moments', layers, covariance: ['low1', 'low2'] },
    ],
    size: [75, 21],
    rows: 47,
  });
});

test('every loss of sums over positions, in every convention', async (t) => {
  const layers = ['relu1', 'relu2', 'relu4'];
  const named = (type: string, name: string, rest: object): LossInput =>
    ({ type, name, layers, ...rest }) as LossInput;
  await sameAsWhole(t, await onnx, {
    encoder: small,
    losses: [
      ...['gatys', 'mean', 'relative'].map((convention) =>
        named('content', `c-${convention}`, { convention }),
      ),
      ...['gatys', 'johnson', 'relative'].map((convention) =>
        named('gram', `g-${convention}`, { convention }),
      ),
      named('moments', 'm-bn', { convention: 'bn' }),
      named('moments', 'm-relative', { convention: 'relative', covariance: layers }),
      ...['linear', 'polynomial', 'gaussian'].flatMap((kernel) =>
        ['li', 'relative'].map((convention) =>
          named('mmd', `mmd-${kernel}-${convention}`, {
            kernel,
            convention,
            ...(kernel === 'polynomial' && { offset: 0.3 }),
            ...(kernel === 'gaussian' && { frequencies: 12 }),
          }),
        ),
      ),
      named('bures', 'bures', {}),
      named('bures', 'bures-squared', { convention: 'squared' }),
    ],
    size: [58, 25],
    rows: 30,
  });
});

test('losses of whole maps at deep layers, with what they hold, and losses of the picture itself', async (t) => {
  await sameAsWhole(t, await onnx, {
    encoder: { name: 'squeezenet1_1', weights: random },
    losses: [
      { type: 'mrf', layers: ['fire5'], rotations: [90] },
      { type: 'histogram', layers: ['fire5'] },
      {
        type: 'fused',
        content: { layers: ['fire4'] },
        global: { layers: ['relu1', 'fire4'] },
        local: { layers: ['fire5'] },
        variation: {},
      },
      { type: 'sliced-wasserstein', directions: 8, layers: ['fire5'] },
      { type: 'laplacian', pools: [{ size: 4 }] },
    ],
    size: [79, 46],
    rows: 40,
  });
});

test('regions and blended styles are the same in strips', async (t) => {
  const [height, width] = [58, 25];
  const plane = (h: number, w: number, seed: number) =>
    regionOf({ width: w, height: h, data: numbers(h * w, seed, 0, 1) });
  const style = (h: number, w: number, seed: number, weight: number) => ({
    image: filled([1, h, w, 3], seed, 0, 1),
    weight,
    transform: () => filled([1, h, w, 3], seed + 1, 0, 1),
    regions: [
      { name: 'sky', picture: plane(height, width, 5), style: plane(h, w, seed + 6) },
      { name: 'sea', picture: plane(height, width, 8), style: plane(h, w, seed + 9) },
    ],
  });
  await sameAsWhole(t, await onnx, {
    encoder: small,
    losses: [
      { type: 'content', layers: ['relu1'] },
      { type: 'gram', layers: ['relu1', 'fire3'] },
      { type: 'moments', layers: ['relu1', 'relu2'], covariance: ['relu2'] },
    ],
    size: [height, width],
    rows: 30,
    more: { styles: [style(50, 31, 60, 0.7), style(44, 40, 70, 0.3)] },
  });
});

test('the gradient in strips equals central differences along a direction', async (t) => {
  const [height, width] = [58, 24];
  const one: Case = {
    encoder: small,
    losses: [
      { type: 'content', layers: ['conv1'] },
      { type: 'gram', layers: ['conv1', 'conv3'] },
    ],
    size: [height, width],
    rows: 30,
  };
  const assembled = await assembleProblem({ ...(await inputOf(await onnx, one)), tiling: one.rows });
  const problem = await assembled.compile();
  const picture = numbers(height * width * 3, 40, 0, 1);
  const { gradient } = await problem.evaluate(picture);
  const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
  // Along the gradient itself a wrong sign, scale or misplaced strip all show.
  const step = 0.05 / norm;
  const at = async (sign: number) =>
    (await problem.evaluate(picture.map((value, i) => value + sign * step * gradient[i]!))).total;
  const slope = ((await at(1)) - (await at(-1))) / (2 * step);
  t.true(Math.abs(slope / norm ** 2 - 1) < 1e-2, `${slope} along a gradient of squared norm ${norm ** 2}`);
  await problem.dispose();
});

test('an evaluation is the same to the bit in a problem assembled anew; gradient norms are the whole graph’s', async (t) => {
  const one: Case = {
    encoder: small,
    losses: [
      { type: 'content', layers: ['relu2'] },
      { type: 'gram', layers: ['relu1', 'relu4'] },
      { type: 'variation' },
    ],
    size: [58, 24],
    rows: 30,
  };
  const first = await evaluated(one, await onnx, one.rows);
  const second = await evaluated(one, await onnx, one.rows);
  t.deepEqual(second, first);
  const input = await inputOf(await onnx, one);
  const norms = async (tiling: 'off' | number) =>
    (await assembleProblem({ ...input, tiling })).gradientNorms(filled([1, 58, 24, 3], 40, 0, 1));
  const whole = await norms('off');
  const strips = await norms(one.rows);
  for (const [name, norm] of Object.entries(whole)) {
    t.true(difference([strips[name]!], [norm]) < 1e-5, `${name} ${strips[name]}, not ${norm}`);
  }
});

async function refused(
  t: ExecutionContext,
  one: Case,
  message: RegExp,
  encoder?: Partial<Encoder>,
): Promise<void> {
  const input = await inputOf(await onnx, one);
  const error = await t.throwsAsync(
    assembleProblem({
      ...input,
      ...(encoder && { encoder: { ...input.encoder, ...encoder } }),
      tiling: one.rows,
    }),
    { instanceOf: NeckarError },
  );
  t.regex(error?.message ?? '', message);
}

test('strips too low, and losses and encoders that cannot be in strips, are refused in a sentence', async (t) => {
  const gram: LossInput = { type: 'gram', layers: ['relu1', 'relu4'] };
  const one: Case = { encoder: small, losses: [gram], size: [58, 24], rows: 4 };
  await refused(t, one, /strips of 4 rows are too low for custom.*give at least \d+/);
  await refused(
    t,
    { ...one, rows: 30, losses: [gram, { type: 'mrf', layers: ['relu1'] }] },
    /whole maps cannot read relu1.*content, gram, moments, mmd, bures.*from .* on/,
  );
  await refused(t, { ...one, rows: 30 }, /custom is no chain of layers/, { links: undefined });
  await refused(
    t,
    {
      ...one,
      encoder: { name: 'squeezenet1_1', weights: random },
      losses: [{ type: 'strotss', layers: ['fire5'], samples: 16 }],
      size: [79, 46],
      rows: 40,
    },
    /reads the whole picture beside its layers/,
  );
});
