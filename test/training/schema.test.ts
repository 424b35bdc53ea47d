import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { contents, styles } from '../../fixtures/index.ts';
import { trainingPictures } from '../../fixtures/training.ts';
import { resolveEncoder } from '../../src/encoders/registry.ts';
import { defineNetwork } from '../../src/networks/define.ts';
import { networkSchema } from '../../src/networks/registry.ts';
import { resolveTraining, type TrainingContext } from '../../src/training/schema.ts';

const network = networkSchema.parse({ name: 'johnson', width: 0.5 });
const context: TrainingContext = {
  network,
  encoder: resolveEncoder('wavelet'),
  engine: { name: 'auto' },
  styles: [styles.swirl.path, styles.ink.path],
  seed: 3,
};

const problems = (written: unknown, beside: Partial<TrainingContext> = {}): string[] => {
  try {
    resolveTraining(written, { ...context, ...beside });
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  return [];
};

test('a training of nothing but its pictures has every default filled in', (t) => {
  const config = resolveTraining({ pictures: 'fixtures' }, { ...context, style: styles.ink.path });
  t.deepEqual(config.styles, [styles.ink.path]);
  t.deepEqual(config.held, [contents.town.path, contents.portrait.path]);
  t.deepEqual(config.pictures, trainingPictures);
  // The style's colours are matched beside what is written, as in trials.
  t.deepEqual(
    config.losses.map(({ name }) => name),
    ['content', 'gram', 'colors'],
  );
  // The content counts as it is, the style five times.
  t.deepEqual(
    config.losses.slice(0, 2).map(({ weight }) => weight),
    [1, 5],
  );
  t.is(config.batch, 1);
  t.is((config.optimizer as { learningRate: number }).learningRate, 1e-3);
  t.is(config.seed, 3);
  t.is(config.samples[0], 0);
  t.deepEqual(JSON.parse(JSON.stringify(config)), config, 'plain JSON');
});

test("an optimiser without a learning rate has a network's, with one its own", (t) => {
  const rate = (optimizer: unknown) =>
    (resolveTraining({ optimizer }, context).optimizer as { learningRate: number }).learningRate;
  t.is(rate('adam'), 1e-3);
  t.is(rate({ name: 'adam', beta1: 0.5 }), 1e-3);
  t.is(rate({ name: 'adam', learningRate: 0.02 }), 0.02);
});

test('a folder gives its pictures in order, but those held out', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'neckar-listing-'));
  mkdirSync(join(folder, 'inner'));
  for (const name of ['b.jpg', 'a.PNG', 'notes.txt', '.hidden.jpg', 'inner/c.webp', 'held.jpg']) {
    writeFileSync(join(folder, name), '');
  }
  const { pictures, held } = resolveTraining({ pictures: folder, held: [join(folder, 'held.jpg')] }, context);
  t.deepEqual(
    pictures,
    ['a.PNG', 'b.jpg', 'inner/c.webp'].map((name) => join(folder, name)),
  );
  t.deepEqual(held, [join(folder, 'held.jpg')]);
});

test('everything that is wrong is said at once, a sentence each', (t) => {
  const found = problems({
    pictures: '/nowhere/at/all',
    styles: [styles.swirl.path, styles.ink.path],
    optimizer: 'lbfgs',
    steps: 400,
    samples: [401],
    losses: [{ type: 'gram', layers: ['scale9'] }],
    plateau: { steps: 300, relative: 0.01 },
    rate: [{ from: 900, factor: 0.1 }],
    encoder: 'wavelet',
  });
  const expected = [
    /^training\.losses\[0\]\.layers: .*scale9/,
    /^training\.styles: 2 styles, but the network johnson learns one/,
    /^training\.optimizer: lbfgs compares/,
    /^training\.pictures: there is no folder "\/nowhere\/at\/all"/,
    /^training\.samples: 401 lies after the last step, 400/,
    /^training\.plateau\.steps: 300 and as many before/,
    /^training\.rate: step 900/,
  ];
  for (const pattern of expected)
    t.true(
      found.some((line) => pattern.test(line)),
      `${pattern} in ${found}`,
    );
  t.is(found.length, expected.length, found.join('\n'));
});

test('a misspelt setting, a size below the encoder and pictures that are not there are named', (t) => {
  t.regex(problems({ picturs: 'x' })[0]!, /^training\.picturs: unknown setting\. .*pictures/);
  const vgg = resolveEncoder({ name: 'vgg19', weights: { random: 1 } });
  t.regex(
    problems({ size: 16, losses: [{ type: 'gram', layers: ['conv5_4', 'pool5'] }] }, { encoder: vgg })[0]!,
    /pool5|too small/,
  );
  t.regex(problems({ pictures: ['/no/such.jpg'] })[0]!, /there is no picture "\/no\/such\.jpg"/);
  t.regex(problems({ pictures: contents.town.path })[0]!, /is a file; name its folder/);
  t.regex(problems({ styles: undefined }, { styles: [] })[0]!, /^training\.styles: none/);
  t.regex(problems({ size: 256 })[0]!, /^training\.pictures: the fixtures have 224 pixels a side, too few/);
  t.regex(problems({ from: 'no-such-weights' })[0]!, /^training\.from: there are no weights called/);
});

test('a network for many styles wants as many, and one with parameters that stay wants them from somewhere', (t) => {
  defineNetwork({
    name: 'three-styles',
    module: import.meta.url,
    description: 'For this test.',
    source: 'this test',
    class: 'many-styles',
    settings: {},
    parameters: () => [
      { name: 'seen.weight', shape: [1], role: 'filter', fanIn: 1 },
      { name: 'own.weight', shape: [1], role: 'filter', fanIn: 1 },
    ],
    frozen: (_, parameter) => parameter === 'seen.weight',
    styles: () => 3,
    apply: (_, { content }) => content,
  });
  const found = problems({}, { network: { name: 'three-styles' } });
  t.regex(found.join('\n'), /training\.styles: 2 styles, but the network three-styles is set to 3/);
  t.regex(found.join('\n'), /training\.from: missing; .*"seen\.weight"/);
});

test('a size that the network cannot be trained at is refused with one that it can', (t) => {
  const ulyanov = networkSchema.parse({ name: 'ulyanov', scales: 4 });
  t.regex(
    problems({ size: 130 }, { network: ulyanov })[0]!,
    /^training\.size: 130, .* multiples of 8, such as 128/,
  );
  t.deepEqual(problems({ size: 136 }, { network: ulyanov }), []);
});

test('networks with nothing to train, and norms that no training finds, are refused', (t) => {
  const stored = networkSchema.parse({ name: 'johnson', norm: 'stored' });
  t.regex(problems({}, { network: stored }).join('\n'), /stored means and variances, .*instance or batch/);
  const file = networkSchema.parse({
    name: 'onnx',
    file: 'any.onnx',
    content: { range: [0, 1] },
    output: { range: [0, 1] },
  });
  t.regex(problems({}, { network: file }).join('\n'), /the network onnx is a file that is only applied/);
});
