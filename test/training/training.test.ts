import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { contents, styles } from '../../fixtures/index.ts';
import { NeckarError } from '../../src/errors.ts';
import { readImage } from '../../src/images/decode.ts';
import { writeImage } from '../../src/images/encode.ts';
import { createImage } from '../../src/images/image.ts';
import { resizeImage } from '../../src/images/resize.ts';
import { defineNetwork } from '../../src/networks/define.ts';
import { applyLayers, type Layer, parametersOf } from '../../src/networks/layers.ts';
import { readParameters } from '../../src/networks/parameters.ts';
import { tf } from '../../src/tensor.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { perform, smallTraining } from './_training.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-training-'));

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test('a training lowers its losses, traces every step and leaves weights that the network reads', async (t) => {
  const config = smallTraining({
    steps: 24,
    optimizer: { name: 'adam', learningRate: 0.02 },
    held: [contents.town.path],
    samples: [0, 12],
  });
  const { kept, outcome } = await perform(config);
  t.is(outcome?.state, 'complete');
  t.is(outcome?.reason, 'budget');
  t.deepEqual(outcome?.cost, { steps: 24, pictures: 48 });
  t.deepEqual(
    kept.trace.map(({ step }) => step),
    Array.from({ length: 24 }, (_, i) => i + 1),
  );
  const totals = kept.trace.map(({ total }) => total);
  t.true(mean(totals.slice(-6)) < 0.7 * mean(totals.slice(0, 6)), `${totals}`);
  for (const { total, terms } of kept.trace) {
    t.deepEqual(Object.keys(terms), ['content', 'gram', 'colors']);
    const sum = Object.values(terms).reduce((all, { weighted }) => all + weighted, 0);
    t.true(Math.abs(sum - total) < 1e-4 * total, 'the terms add up to the total');
    t.true(Math.abs(terms.gram!.weighted - 10 * terms.gram!.value) < 1e-6);
  }
  t.true(Math.abs(outcome!.final.total - mean(totals.slice(-20))) < 1e-9);
  t.deepEqual(
    outcome?.samples.map(({ step, content, style }) => ({ step, content, style })),
    [0, 12, 24].map((step) => ({ step, content: contents.town.path, style: styles.swirl.path })),
  );
  for (const { path } of outcome!.samples) {
    const image = kept.pictures.get(path.replace(/^images\/(.*)\.png$/, '$1'))!;
    t.is(image.width, 16);
    t.true(image.data.every((value) => value >= 0 && value <= 1));
  }
  const file = join(folder, 'trained.safetensors');
  writeFileSync(file, kept.files.get(outcome!.weights.path)!);
  const { parameters } = await readParameters(config.network, file);
  const count = Object.values(parameters).reduce((sum, { data }) => sum + data.length, 0);
  t.is(outcome?.weights.parameters, count);
  const { metadata } = await readSafetensors(file, []);
  t.is(metadata.network, 'johnson');
  t.is(JSON.parse(metadata.settings!).blocks, 1);

  const more = await perform(smallTraining({ steps: 1, from: file }));
  t.true(
    more.kept.trace[0]!.total < 0.8 * totals[0]!,
    'one that begins with these weights goes on from them',
  );
});

test('the trace says how long the gradient is: a short step against it lowers the total by so much a length', async (t) => {
  // One picture of the crops' size: every step sees the same.
  const picture = join(folder, 'one.png');
  await writeImage(picture, resizeImage(await readImage(contents.landscape.path), 16, 16));
  const learningRate = 4e-6;
  const { kept, outcome } = await perform(
    smallTraining({
      pictures: [picture],
      augment: { mirror: false, recolor: 0 },
      steps: 2,
      batch: 1,
      // Its first step changes each parameter by the rate, as a root of the mean square.
      optimizer: { name: 'gradient-descent', learningRate, momentum: 0 },
    }),
  );
  const [first, second] = kept.trace;
  const length = learningRate * Math.sqrt(outcome!.weights.parameters);
  const expected = (first!.total - second!.total) / length;
  t.true(Math.abs(first!.gradientNorm! / expected - 1) < 0.03, `${first!.gradientNorm} against ${expected}`);
});

test('a training stopped after any step and taken up again ends with the same bytes', async (t) => {
  const config = smallTraining({
    steps: 5,
    held: [contents.town.path],
    samples: [0, 2],
    rate: [{ from: 3, factor: 0.1 }],
    losses: [
      { type: 'gram', layers: ['scale1'] },
      // Draws positions anew in every step, and one whose weight changes.
      { type: 'sliced-wasserstein', layers: ['scale2'], weight: 0.5 },
      {
        type: 'variation',
        schedule: [
          [0, 1],
          [1, 0.1],
        ],
      },
    ],
  });
  const whole = await perform(config);
  t.is(whole.outcome?.state, 'complete');
  const bytes = whole.kept.files.get('weights.safetensors')!;
  const withoutTime = (trace: typeof whole.kept.trace) => trace.map(({ seconds: _, ...record }) => record);
  for (const stop of [0, 2, 3, 5]) {
    const controller = new AbortController();
    const reason = new Error(`after step ${stop}`);
    if (stop === 0) controller.abort(reason);
    const first = await perform(config, {
      signal: controller.signal,
      onStep: (step) => step === stop && controller.abort(reason),
    });
    t.is(first.reason, reason);
    t.is(first.kept.files.size, 0);
    const second = await perform(config, { from: first.kept.checkpoint! });
    t.deepEqual(second.kept.files.get('weights.safetensors'), bytes, `stopped after step ${stop}`);
    t.deepEqual(withoutTime([...first.kept.trace, ...second.kept.trace]), withoutTime(whole.kept.trace));
    t.deepEqual(second.outcome?.samples, whole.outcome?.samples);
    t.deepEqual(second.outcome?.final, whole.outcome?.final);
    t.deepEqual(
      [...first.kept.pictures.keys(), ...second.kept.pictures.keys()],
      [...whole.kept.pictures.keys()],
      'every sample is made once',
    );
  }
  // From the last checkpoint nothing is computed anew.
  const again = await perform(config, { from: whole.kept.checkpoint! });
  t.deepEqual(again.kept.trace, []);
  t.deepEqual(again.kept.files.get('weights.safetensors'), bytes);
});

test('another seed gives other weights, the same seed the same', async (t) => {
  const bytes = async (seed: number) =>
    (await perform(smallTraining({ seed, steps: 2 }))).kept.files.get('weights.safetensors')!;
  const first = await bytes(1);
  t.deepEqual(await bytes(1), first);
  t.notDeepEqual(await bytes(2), first);
});

test('a value that is no number ends it, naming the term, with the last good parameters', async (t) => {
  defineNetwork({
    name: 'breaks',
    module: import.meta.url,
    description: 'The content times the root of a parameter, which must not fall below 0.',
    source: 'this test',
    class: 'per-style',
    settings: {},
    parameters: () => [{ name: 'factor.scale', shape: [1], role: 'scale', fanIn: 1 }],
    apply: (_, { content }, parameters) =>
      tf.mul(content, tf.sqrt(parameters['factor.scale']!)) as tf.Tensor4D,
  });
  const { outcome, kept } = await perform(
    smallTraining(
      {
        steps: 50,
        losses: [{ type: 'variation', name: 'smooth' }],
        optimizer: { name: 'adam', learningRate: 0.3 },
      },
      { name: 'breaks' } as never,
    ),
  );
  t.is(outcome?.state, 'diverged');
  const last = kept.trace.length;
  t.is(outcome?.reason, `term "smooth" became NaN at step ${last}`);
  t.true(last > 1 && last < 50);
  t.true(Number.isNaN(kept.trace.at(-1)!.total));
  t.is(outcome?.cost.steps, last - 1);
  const file = join(folder, 'broken.safetensors');
  writeFileSync(file, kept.files.get('weights.safetensors')!);
  const { data } = (await readParameters({ name: 'breaks' }, file)).parameters['factor.scale']!;
  t.true(data[0]! >= 0 && data[0]! < 1, `${data[0]}`);
});

test('a picture that is broken, too small or gone is named once and left out; none left is an error', async (t) => {
  const good = join(folder, 'good.jpg');
  const broken = join(folder, 'broken.jpg');
  const small = join(folder, 'small.png');
  copyFileSync(contents.landscape.path, good);
  writeFileSync(broken, 'no picture');
  await writeImage(
    small,
    createImage(40, 20, (x, y) => [x / 40, y / 20, 0]),
  );
  const { outcome, kept } = await perform(
    smallTraining({ pictures: [broken, good, small], size: 24, steps: 3 }),
  );
  t.is(outcome?.state, 'complete');
  const named = (file: string) => kept.log.filter((line) => line.includes(file));
  t.is(named(broken).length, 1);
  t.regex(named(small)[0]!, /40×20 pixels, too few for crops of 24/);
  t.is(named(small).length, 1);

  const none = await perform(smallTraining({ pictures: [broken, small], size: 24, steps: 3 }));
  t.true(none.reason instanceof NeckarError);
  t.regex((none.reason as Error).message, /No picture is left to be trained on\. .*broken\.jpg/);

  const gone = join(folder, 'gone.jpg');
  copyFileSync(contents.stillLife.path, gone);
  const config = smallTraining({ pictures: [good, gone], steps: 3 });
  rmSync(gone);
  const without = await perform(config);
  t.is(without.outcome?.state, 'complete');
  t.regex(without.kept.log.join('\n'), /left out: .*gone\.jpg/);
});

const conditional = (count: number): Layer[] => [
  { kind: 'convolution', name: 'one', channels: 3, size: 3 },
  { kind: 'norm', name: 'norm', over: 'instance', styles: count },
  { kind: 'rescale', times: 0.2, plus: 0.5 },
];

test('a network for many styles learns each by its own norms, and samples show each', async (t) => {
  defineNetwork({
    name: 'conditional',
    module: import.meta.url,
    description: 'For this test.',
    source: 'this test',
    class: 'many-styles',
    settings: {},
    parameters: () => parametersOf(conditional(2)).parameters,
    styles: () => 2,
    apply: (_, { content, weights }, parameters) =>
      applyLayers(conditional(2), content, parameters, weights ?? tf.tensor2d([[1, 0]])),
  });
  const config = smallTraining(
    { steps: 40, batch: 3, held: [contents.town.path], optimizer: { name: 'adam', learningRate: 0.05 } },
    { name: 'conditional' } as never,
    { styles: [styles.ink.path, styles.mosaic.path] },
  );
  const { outcome, kept } = await perform(config);
  t.is(outcome?.state, 'complete');
  const totals = kept.trace.map(({ total }) => total);
  t.true(mean(totals.slice(-10)) < 0.7 * mean(totals.slice(0, 10)), `${totals}`);
  t.deepEqual(
    outcome?.samples.map(({ style }) => style),
    [styles.ink.path, styles.mosaic.path],
  );
  // Ink is grey and light, the mosaic is golden: the pictures' colours follow.
  const [ink, mosaic] = [...kept.pictures.values()].map(({ data }) => {
    const channel = (c: number) => mean([...data].filter((_, i) => i % 3 === c));
    return channel(0) - channel(2);
  });
  t.true(mosaic! > ink! + 0.05, `${mosaic} and ${ink}`);
});

test('a network for any style is shown crops of the styles; its own terms are traced beside the losses', async (t) => {
  defineNetwork({
    name: 'any',
    module: import.meta.url,
    description: 'Adds what a layer makes of the style’s mean colour.',
    source: 'this test',
    class: 'any-style',
    settings: {},
    parameters: () => parametersOf([{ kind: 'convolution', name: 'one', channels: 3, size: 1 }]).parameters,
    apply: (_, { content, styles: shown }, parameters) => {
      const color = tf.mean(shown![0]!, [1, 2], true) as tf.Tensor4D;
      const layer: Layer = { kind: 'convolution', name: 'one', channels: 3, size: 1 };
      return tf.add(tf.mul(content, 0.5), applyLayers([layer], color, parameters)) as tf.Tensor4D;
    },
    extra: (_, { content }, pictures) => ({
      own: { weight: 0.25, value: tf.mean(tf.squaredDifference(pictures, content)) as tf.Scalar },
    }),
  });
  const config = smallTraining(
    {
      steps: 30,
      held: [contents.town.path],
      optimizer: { name: 'adam', learningRate: 0.02 },
      losses: [
        { type: 'content', layers: ['scale2'] },
        { type: 'gram', layers: ['scale1', 'low1'] },
        // Looks at turned copies of the style.
        { type: 'mrf', layers: ['scale3'], weight: 0.1, rotations: [90], patch: 1 },
      ],
    },
    { name: 'any' } as never,
    { styles: [styles.ink.path, styles.mosaic.path] },
  );
  const { outcome, kept } = await perform(config);
  t.is(outcome?.state, 'complete', `${outcome?.reason}`);
  const totals = kept.trace.map(({ total }) => total);
  t.true(mean(totals.slice(-10)) < mean(totals.slice(0, 10)), `${totals}`);
  const { own } = kept.trace[0]!.terms;
  t.true(own!.value > 0);
  t.is(own!.weighted, own!.value * 0.25);
  t.is(outcome?.samples.length, 2);
});
