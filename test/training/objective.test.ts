/** What a step minimises, against single pictures and against differences of its own values. */
import test, { type ExecutionContext } from 'ava';
import { contents, styles } from '../../fixtures/index.ts';
import { loadEncoder } from '../../src/encoders/registry.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { startOnnx } from '../../src/engines/onnx/start.ts';
import { readImage } from '../../src/images/decode.ts';
import { resizeLongestSide } from '../../src/images/resize.ts';
import { float32, type TensorValue } from '../../src/tensor.ts';
import { Batches } from '../../src/training/batches.ts';
import { firstParameters } from '../../src/training/parameters.ts';
import { Pictures } from '../../src/training/pictures.ts';
import { prepareStep } from '../../src/training/problem.ts';
import { preparedStyles } from '../../src/training/style-inputs.ts';
import { assembleProblem } from '../../src/transfer/problem.ts';
import { referenceEngine, relativeDifference } from '../engines/compare.ts';
import { lossTypes } from '../losses/types.ts';
import { smallJohnson, smallTraining } from './_training.ts';

const engine = startOnnx('cpu', 1);

async function prepared(
  written: Parameters<typeof smallTraining>[0],
  encoderSpec: unknown = 'wavelet',
  on: Promise<Engine> = engine,
) {
  const config = smallTraining(written, smallJohnson, { encoder: encoderSpec });
  const encoder = await loadEncoder(config.encoder);
  const { layout, start } = await firstParameters(config.network, config.seed, undefined);
  const seen = preparedStyles(config, [await readImage(styles.swirl.path)], resizeLongestSide);
  const problem = await prepareStep({ config, engine: await on, encoder, layout, styles: seen });
  const batches = new Batches(config, new Pictures(config.pictures, config.size, () => {}));
  return { config, encoder, layout, start, problem, seen, crops: await batches.contents(0) };
}

function pictureOf({ shape, data }: TensorValue, index: number): TensorValue {
  const [, ...one] = shape;
  const size = one.reduce((product, extent) => product * extent, 1);
  return float32([1, ...one], (data as Float32Array).slice(index * size, (index + 1) * size));
}

const close = (a: number, b: number, tolerance = 2e-4) =>
  Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b), 1e-6);

/** Every loss with what it needs at 24 pixels, where it has no good default there. */
const options: Readonly<Record<string, object>> = {
  mrf: { layers: ['scale2'] },
  fused: { local: { layers: ['scale2'] } },
};

async function checkBatch(t: ExecutionContext, size: number, encoder: unknown, losses: never): Promise<void> {
  const both = await prepared({ size, losses }, encoder);
  const alone = await prepared({ size, losses, batch: 1 }, encoder);
  const together = await both.problem.evaluate(both.start, both.crops, 0);
  const single: Awaited<ReturnType<typeof both.problem.evaluate>>[] = [];
  for (const index of [0, 1]) {
    const evaluation = await alone.problem.evaluate(both.start, pictureOf(both.crops, index), 0);
    single.push({ ...evaluation, gradient: evaluation.gradient.slice() });
  }
  t.true(Object.keys(together.terms).length >= (losses as unknown[]).length);
  for (const [name, value] of Object.entries(together.terms)) {
    t.true(Number.isFinite(value), name);
    const mean = (single[0]!.terms[name]! + single[1]!.terms[name]!) / 2;
    t.true(close(value, mean), `${name}: ${value} for ${mean}`);
  }
  const scale = Math.max(...together.gradient.map(Math.abs));
  t.true(scale > 0);
  let most = 0;
  for (const [i, value] of together.gradient.entries()) {
    most = Math.max(most, Math.abs(value - (single[0]!.gradient[i]! + single[1]!.gradient[i]!) / 2));
  }
  t.true(most < 2e-3 * scale, `gradients differ by ${most} of ${scale}`);
  for (const { problem } of [both, alone]) await problem.dispose();
}

test('every loss of a batch is the mean of its values for the pictures one by one', async (t) => {
  const losses = lossTypes.map((type) => ({ type, ...options[type] })) as never;
  await checkBatch(t, 24, 'wavelet', losses);
});

/** Two layers of each other encoder, in which pictures of 32 pixels, of AlexNet 48, have room for patches. */
const shallow = {
  vgg16: ['relu1_1', 'relu2_1'],
  vgg19: ['relu1_1', 'relu2_1'],
  squeezenet1_0: ['relu1', 'fire2'],
  squeezenet1_1: ['relu1', 'fire2'],
  alexnet: ['relu1', 'relu2'],
} as const;

for (const [name, layers] of Object.entries(shallow)) {
  test(`so it is on ${name}`, async (t) => {
    const own: Readonly<Record<string, object>> = {
      laplacian: {},
      variation: {},
      fused: { content: { layers }, global: { layers }, local: { layers } },
    };
    const losses = lossTypes.map((type) => ({ type, ...(own[type] ?? { layers }) })) as never;
    await checkBatch(t, name === 'alexnet' ? 48 : 32, { name, weights: { random: 3 } }, losses);
  });
}

test('a loss on a picture is what it is in a trial of that picture', async (t) => {
  const { config, encoder, problem, start, crops, seen, layout } = await prepared({
    batch: 1,
    size: 24,
    losses: [{ type: 'content' }, { type: 'gram' }, { type: 'moments' }, { type: 'variation' }],
  });
  const { terms } = await problem.evaluate(start, crops, 0);
  const { definition } = (await import('../../src/networks/johnson.ts')).johnson;
  const { name: _, ...settings } = config.network;
  const program = await (await engine).compile(
    ({ content, ...parameters }) => ({
      picture: definition.apply(settings as never, { content: content as never }, parameters),
    }),
    { inputs: { content: { shape: crops.shape } }, constants: layout.views(start), label: 'once' },
  );
  const { picture } = await program.run({ content: crops });
  const style = seen[0]!;
  const trial = await assembleProblem({
    engine: await engine,
    encoder,
    losses: config.losses,
    content: crops,
    style: float32([1, style.height, style.width, 3], style.data),
    transformStyle: () => {
      throw new Error('no copies are asked for');
    },
  });
  const compiled = await trial.compile();
  const expected = await compiled.evaluate(picture!.data as Float32Array);
  for (const [name, value] of Object.entries(expected.terms)) {
    t.true(close(terms[name]!, value), `${name}: ${terms[name]} for ${value}`);
  }
});

for (const encoder of ['wavelet', { name: 'vgg19', weights: { random: 1 } }] as const) {
  const name = typeof encoder === 'string' ? encoder : encoder.name;
  test(`the gradient by a network's parameters is the slope of the total (${name})`, async (t) => {
    const layers = name === 'wavelet' ? ['scale1', 'scale2'] : ['conv1_2', 'conv2_1'];
    const { problem, start, crops, layout } = await prepared(
      {
        losses: [
          { type: 'content', layers: [layers[1]!] },
          { type: 'gram', layers },
        ],
      },
      encoder,
    );
    const gradient = (await problem.evaluate(start, crops, 0)).gradient.slice();
    // Along the gradient itself: rounding is least beside a slope that is large.
    for (const places of [layout.places.slice(0, 2), layout.places.slice(-2), layout.places]) {
      const direction = new Float32Array(layout.size);
      let squared = 0;
      for (const { begin, end } of places) {
        for (let i = begin; i < end; i++) {
          direction[i] = gradient[i]!;
          squared += gradient[i]! ** 2;
        }
      }
      const length = Math.sqrt(squared);
      if (length < 1e-5) continue;
      const step = 2e-5;
      const at = async (side: number) => {
        const moved = start.map((value, i) => value + (side * step * direction[i]!) / length);
        return (await problem.evaluate(moved, crops, 0)).total;
      };
      const slope = ((await at(1)) - (await at(-1))) / (2 * step);
      t.true(Math.abs(slope - length) < 0.03 * length, `${slope} for ${length}`);
    }
    await problem.dispose();
  });
}

test('contents of another size than the styles, and held-out ones, take part', async (t) => {
  const { problem, start, crops } = await prepared({ size: 16, styleSize: 40, held: [contents.town.path] });
  const { total } = await problem.evaluate(start, crops, 0);
  t.true(Number.isFinite(total) && total > 0);
});

test('both engines give a step the same value and gradient', async (t) => {
  const losses = [
    { type: 'content', layers: ['scale2'] },
    { type: 'gram', layers: ['scale1'] },
    { type: 'histogram', layers: ['low1'] },
  ] as never;
  const compiled = await prepared({ losses });
  const eager = await prepared({ losses }, 'wavelet', referenceEngine());
  const one = await compiled.problem.evaluate(compiled.start, compiled.crops, 0);
  const other = await eager.problem.evaluate(compiled.start, compiled.crops, 0);
  for (const [name, value] of Object.entries(one.terms)) {
    t.true(close(value, other.terms[name]!), `${name}: ${value} and ${other.terms[name]}`);
  }
  const vector = (data: Float32Array) => float32([data.length], data);
  const difference = relativeDifference(vector(one.gradient), vector(other.gradient));
  t.true(difference < 1e-3, `gradients differ by ${difference}`);
});
