import { resolve } from 'node:path';
import test from 'ava';
import { NeckarError } from '../../src/errors.ts';
import type { ExperimentInput } from '../../src/experiment/define.ts';
import { logUniform } from '../../src/experiment/distributions.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { cross, grid, list, range, sample, zip } from '../../src/experiment/sweep.ts';
import { content, gram, histogram, mrf } from '../../src/losses/shipped.ts';

// Nobody's installed weights are to be found.
process.env.NECKAR_WEIGHTS = resolve('/nowhere');

const pairs = [['town.png', 'swirl.png']] as const;
const one: ExperimentInput = { name: 'one', pairs, variants: { gram: [content(), gram()] } };

const labels = (experiment: ExperimentInput, options = {}) =>
  planTrials(experiment, options).trials.map(({ label }) => label);

test('one trial has every default filled in', (t) => {
  const { trials, name } = planTrials({ ...one, heldOut: 'none' }, { folder: '/study' });
  t.is(name, 'one');
  t.is(trials.length, 1);
  const { config, label } = trials[0]!;
  t.is(label, 'gram');
  const { losses, ...rest } = config;
  t.deepEqual(rest, {
    experiment: 'one',
    variant: 'gram',
    content: resolve('/study/town.png'),
    style: resolve('/study/swirl.png'),
    encoder: { name: 'wavelet' },
    engine: { name: 'auto' },
    optimizer: { name: 'lbfgs', history: 10 },
    sizes: [256],
    styleScale: 1,
    initialization: { from: 'content', noise: 0 },
    clamp: 'step',
    seed: 0,
    budget: { evaluations: 150 },
    weighting: 'fixed',
    snapshots: [],
    swept: {},
  });
  t.deepEqual(
    losses.map(({ type, name: term, weight }) => [type, term, weight]),
    [
      ['content', 'content', 1],
      ['gram', 'gram', 1],
      ['moments', 'colors', 1 / 3],
    ],
  );
  t.true(losses.every((loss) => 'layers' in loss && Object.keys(loss.layers).length > 0));
});

test('a configuration is plain JSON', (t) => {
  const [trial] = planTrials(one).trials;
  t.deepEqual(JSON.parse(JSON.stringify(trial)), trial);
});

test('layers come from the encoder', (t) => {
  const weights = { random: 1 };
  const layersOf = (encoder: ExperimentInput['encoder']) => {
    const [loss] = planTrials({ ...one, encoder }).trials[0]!.config.losses;
    return Object.keys((loss as { layers: object }).layers);
  };
  t.true(layersOf('wavelet').every((layer) => /^scale\d$/.test(layer)));
  t.true(layersOf({ name: 'vgg19', weights }).every((layer) => /^(conv|relu)\d_\d$/.test(layer)));
});

test('pairs, then variants, then the settings as written: the last varies fastest', (t) => {
  const experiment: ExperimentInput = {
    name: 'order',
    contents: { town: 'a.png', face: 'b.png' },
    styles: ['x/swirl.png'],
    optimizer: grid(['lbfgs', 'adam']),
    size: grid([128, 256]),
    variants: { gram: [content(), gram()], mrf: [content(), mrf()] },
  };
  const expected = ['town', 'face'].flatMap((image) =>
    ['gram', 'mrf'].flatMap((variant) =>
      ['lbfgs', 'adam'].flatMap((optimizer) =>
        [128, 256].map((size) => `${image} ${variant} ${optimizer} size=${size}`),
      ),
    ),
  );
  t.deepEqual(labels(experiment), expected);
  t.deepEqual(planTrials(experiment), planTrials(experiment));
});

test('pairs may name contents and styles', (t) => {
  const { trials } = planTrials({
    ...one,
    contents: { town: 'a.png', face: 'b.png' },
    styles: { swirl: 'c.png' },
    pairs: [
      ['face', 'swirl'],
      ['town', 'swirl'],
    ],
  });
  t.deepEqual(
    trials.map(({ config }) => config.swept.content),
    ['face', 'town'],
  );
  t.is(trials[0]!.config.content, resolve('b.png'));
  t.deepEqual(trials[0]!.names, { content: 'face', style: 'swirl' });
});

test('a weight swept within one variant is swept for it alone', (t) => {
  const experiment = {
    ...one,
    variants: { gram: [content(), gram({ weight: grid([1, 10]) })], mrf: [content(), mrf()] },
  };
  t.deepEqual(labels(experiment), ['gram gram.weight=1', 'gram gram.weight=10', 'mrf']);
});

test('sweeps of paths cross with everything else, and reach into variants', (t) => {
  const experiment: ExperimentInput = {
    ...one,
    optimizer: 'adam',
    seed: grid([1, 2]),
    sweep: cross(
      zip({ 'optimizer.learningRate': [0.01, 0.1], 'budget.evaluations': [200, 100] }),
      grid({ 'losses.gram.weight': [1, 2] }),
    ),
  };
  const { trials } = planTrials(experiment);
  t.is(trials.length, 2 * 2 * 2);
  t.is(trials[0]!.label, 'seed=1 learningRate=0.01 evaluations=200 gram.weight=1');
  const seen = trials.map(({ config }) => [
    config.budget.evaluations,
    (config.optimizer as { learningRate: number }).learningRate,
    config.losses[1]!.weight,
    config.seed,
  ]);
  t.deepEqual(
    new Set(seen.map(([evaluations, rate]) => `${evaluations} ${rate}`)),
    new Set(['200 0.01', '100 0.1']),
  );
  t.is(new Set(seen.map(String)).size, 8);
});

test('list in sweep gives explicit, named cases', (t) => {
  const sweep = list({ quick: { size: 64, budget: 10 }, slow: { size: 256, budget: 300 } });
  const { trials } = planTrials({ ...one, sweep } as ExperimentInput);
  t.deepEqual(
    trials.map(({ config }) => [config.sizes, config.budget.evaluations]),
    [
      [[64], 10],
      [[256], 300],
    ],
  );
  t.true(trials[0]!.label.startsWith('quick'));
});

test('random samples are the same in every plan, within bounds, and shown with four digits', (t) => {
  const sweep = sample({ 'losses.gram.weight': logUniform(1, 100) }, 30, 5);
  const { trials } = planTrials({ ...one, sweep });
  const weights = trials.map(({ config }) => config.losses[1]!.weight);
  t.is(new Set(weights).size, 30);
  t.true(weights.every((weight) => weight >= 1 && weight <= 100));
  t.deepEqual(planTrials({ ...one, sweep }).trials, trials);
  t.true(
    trials.every(({ label }) => /^gram\.weight=[\d.]{1,5}$/.test(label)),
    trials[0]!.label,
  );
});

test('seeds, sizes and snapshots have short forms', (t) => {
  const { trials } = planTrials({
    ...one,
    seeds: [3, 4],
    sizes: [64, 128],
    budget: 40,
    snapshots: { every: 15 },
  });
  t.deepEqual(
    trials.map(({ config }) => config.seed),
    [3, 4],
  );
  t.deepEqual(trials[0]!.config.sizes, [64, 128]);
  t.deepEqual(trials[0]!.config.snapshots, [15, 30]);
  t.deepEqual(planTrials({ ...one, snapshots: [9, 3, 9] }).trials[0]!.config.snapshots, [3, 9]);
});

test('what was swept but never differs is no part of a label', (t) => {
  t.deepEqual(labels({ ...one, seed: grid([1]), size: grid([64, 128]) }), ['size=64', 'size=128']);
});

test('losses alone are a variant named after them', (t) => {
  const { variants: _, ...rest } = one;
  t.is(
    planTrials({ ...rest, losses: ['content', gram({ name: 'style' })] }).trials[0]!.config.variant,
    'content+style',
  );
});

test('overrides, filter and limit', (t) => {
  const experiment = { ...one, variants: { gram: [content(), gram()], mrf: [content(), mrf()] } };
  const plan = planTrials(experiment, {
    overrides: ['seed=range(0, 5)', 'size=64,128', 'losses.content.weight=2'],
    filter: 'variant=gr* seed!=0,1 size>=128',
    limit: 2,
  });
  t.is(plan.trials.length, 20);
  t.deepEqual(
    plan.selected.map(({ label }) => label),
    ['gram seed=2 size=128', 'gram seed=3 size=128'],
  );
  t.true(plan.trials.every(({ config }) => config.losses[0]!.weight === 2));
});

test('files named on the command line start where the command runs', (t) => {
  const here = 'package.json';
  const plan = planTrials(one, {
    folder: '/study',
    overrides: [`contents.town=${here}`, 'styles=[other.png]', '~pairs'].map((text) =>
      text.startsWith('contents') ? `+${text}` : text,
    ),
  });
  t.is(plan.trials[0]!.config.content, resolve(here));
  t.is(plan.trials[0]!.config.style, resolve('/study/other.png'));
});

test('ten thousand trials, all different', (t) => {
  const { trials } = planTrials({
    ...one,
    seed: range(0, 100),
    styleScale: grid([0.5, 1]),
    size: range(64, 114),
  });
  t.is(trials.length, 10_000);
  t.is(new Set(trials.map(({ label }) => label)).size, 10_000);
});

function refusal(experiment: unknown, options = {}): string {
  try {
    planTrials(experiment as ExperimentInput, options);
  } catch (error) {
    if (error instanceof NeckarError) return error.message;
    throw error;
  }
  throw new Error('was accepted');
}

test('two trials that would do the same work are refused with both labels', (t) => {
  t.regex(
    refusal({ ...one, seed: grid([1, 1, 2]) }),
    /the trials "seed=1" and "seed=1 #2" would do the same work/,
  );
  t.regex(
    refusal({ ...one, variants: { a: [content(), gram()], b: [content(), gram()] } }),
    /the trials "a" and "b" would do the same work/,
  );
  t.regex(refusal({ ...one, engine: { name: 'auto', threads: grid([1, 2]) } }), /would do the same work/);
});

test('everything wrong is listed at once, a line each', (t) => {
  const message = refusal({
    ...one,
    clamp: 'setp',
    seed: -1,
    optimizer: { name: 'adam', learningRate: 'fast', beta: 1 },
    size: grid([8, 256]),
    variants: { gram: [content({ wieght: 1 } as never), gram({ convention: 'gatis' as never })] },
  });
  const lines = message.split('\n');
  t.is(lines[0], '7 problems:');
  for (const line of [
    'clamp: "setp" is not allowed. Did you mean "step"? Expected one of "step", "final"',
    'seed: -1 is too small; expected at least 0',
    'optimizer.learningRate: expected a number, got "fast"',
    'optimizer.beta: unknown setting. Did you mean "beta1"? Allowed here: name, learningRate, beta1, beta2, epsilon',
    'sizes[0]: 8 is too small; expected at least 16',
  ]) {
    t.true(lines.includes(`  ${line}`), `${line}\nis not in\n${message}`);
  }
  t.regex(message, /variants\.gram\[0\]\.wieght: unknown setting\. Did you mean "weight"\?/);
  t.regex(message, /variants\.gram\[1\]\.convention: "gatis" is not allowed\. Did you mean "gatys"\?/);
});

for (const [what, experiment, said] of [
  ['a misspelt key', { ...one, optimiser: 'adam' }, 'optimiser: unknown setting. Did you mean "optimizer"?'],
  [
    'an unknown optimiser',
    { ...one, optimizer: 'adma' },
    'optimizer.name: there is no optimizer "adma". Did you mean "adam"?',
  ],
  ['an unknown encoder', { ...one, encoder: 'vgg91' }, 'vgg19'],
  ['missing weights', { ...one, encoder: 'vgg19' }, 'encoder.weights: the weights vgg19 are not installed'],
  ['an unknown loss', { ...one, variants: { a: [{ type: 'garm' }] } }, 'gram'],
  [
    'an unknown layer',
    { ...one, variants: { a: [gram({ layers: { scale9: 1 } })] } },
    'has no layer "scale9"',
  ],
  ['a loss twice', { ...one, variants: { a: [gram(), gram()] } }, 'two losses are named "gram"'],
  ['no variants', { name: 'x', pairs }, 'variants: missing'],
  ['an empty variant', { ...one, variants: { a: [] } }, 'variants.a'],
  ['no images', { name: 'x', variants: one.variants }, 'contents and styles: missing'],
  ['no styles', { name: 'x', contents: ['a.png'], variants: one.variants }, 'styles: missing'],
  ['a bad name', { ...one, name: 'a/b' }, 'name: "a/b"'],
  ['a bad variant name', { ...one, variants: { 'a b': [gram()] } }, 'use letters, digits'],
  ['sizes out of order', { ...one, sizes: [256, 128] }, 'sizes go from coarse to fine'],
  [
    'size and sizes',
    { ...one, size: 64, sizes: [64] },
    '"size" and "sizes" are two ways to write one setting',
  ],
  ['losses and variants', { ...one, losses: [gram()] }, '"losses" is short for a single variant'],
  ['a budget without evaluations', { ...one, budget: { seconds: 3 } }, 'budget: evaluations is missing'],
  [
    'a budget that disagrees',
    { ...one, budget: { evaluations: 3, perLevel: [1, 1] } },
    'perLevel adds up to 2',
  ],
  [
    'levels without budgets',
    { ...one, sizes: [64, 128], budget: { perLevel: [9] } },
    'budget.perLevel: a list of 1, but there are 2 sizes',
  ],
  [
    'late snapshots',
    { ...one, budget: 10, snapshots: [20] },
    'snapshots: 20 lies after the last evaluation, 10',
  ],
  ['a provider alone', { ...one, engine: { provider: 7 } }, 'engine.provider: expected a text, got 7'],
  ['an empty sweep', { ...one, seed: grid([]) }, 'seed: this sweep is empty'],
  [
    'an unknown swept path',
    { ...one, sweep: grid({ sede: [1] }) },
    'sweep: "sede": the experiment has no "sede". Did you mean "seed"?',
  ],
  [
    'a path swept twice',
    { ...one, seed: grid([1]), sweep: grid({ seed: [2] }) },
    'swept in its own place already',
  ],
  ['an unknown preset', { ...one, presets: ['gatys-2061'] }, 'Did you mean "gatys-2016"?'],
  ['a file without a start', { ...one, initialization: 'file' }, 'initialization.file: missing'],
  [
    'a weight of the wrong kind',
    { ...one, variants: { a: [histogram({ weight: -1 })] } },
    'variants.a[0].weight: -1 is too small',
  ],
] as const) {
  test(`refused: ${what}`, (t) => {
    const message = refusal(experiment);
    t.true(message.includes(said), message);
    t.notRegex(message, /\n\s+at /);
  });
}

test('filters that fit nothing are refused', (t) => {
  const experiment = { ...one, seed: grid([1, 2]), size: grid([64, 128]) };
  t.regex(refusal(experiment, { filter: 'sede=1' }), /no trial has "sede"\. Did you mean "seed"\?/);
  t.regex(refusal(experiment, { filter: 'seed=7' }), /no trial has seed "7"\. .*There are: 1, 2/);
  t.regex(refusal(experiment, { filter: 'seed' }), /is no condition/);
  t.regex(refusal(experiment, { filter: 'size>many' }), /compares with one number/);
  t.regex(refusal(experiment, { filter: 'size<64' }), /leaves none of the 4 trials/);
});

test('presets lie beneath the experiment', (t) => {
  const plan = planTrials({ ...one, presets: ['adam-500'], optimizer: { name: 'adam', learningRate: 0.3 } });
  const { config } = plan.trials[0]!;
  t.deepEqual(config.optimizer, { name: 'adam', learningRate: 0.3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
  t.is(config.budget.evaluations, 500);
});

test('another kind of optimiser takes none of a preset along', (t) => {
  const { config } = planTrials({ ...one, presets: ['adam-500'], optimizer: 'lbfgs' }).trials[0]!;
  t.deepEqual(config.optimizer, { name: 'lbfgs', history: 10 });
});

test('presets may be swept, and be of the experiment itself', (t) => {
  const own = { source: 'this test', seed: 4 };
  const experiment = {
    ...one,
    presets: list({ calm: ['lbfgs-150', own], quick: ['adam-500'] }),
  } as ExperimentInput;
  const { trials } = planTrials(experiment);
  t.deepEqual(
    trials.map(({ label }) => label),
    ['presets=calm', 'presets=quick'],
  );
  t.deepEqual(
    trials.map(({ config }) => [config.optimizer.name, config.seed]),
    [
      ['lbfgs', 4],
      ['adam', 0],
    ],
  );
});
