import test from 'ava';
import { planTrials } from '../../src/experiment/plan.ts';
import { presets } from '../../src/experiment/presets.ts';
import { publishedNames } from '../../src/published/all.ts';
import type { PublishedName } from '../../src/published/method.ts';
import { findPublished } from './find.ts';

const pairs = [['a.png', 'b.png']] as const;

function configOf(name: PublishedName, own: object = {}) {
  const preset = findPublished(name);
  const encoder = { name: preset.encoder.name, weights: { random: 1 } };
  const { trials } = planTrials({ name: 'p', pairs, presets: [name], encoder, ...own } as never);
  return trials[0]!.config;
}

for (const name of publishedNames) {
  test(`${name}: the whole method has its encoder, and its losses as they are under its own name`, (t) => {
    const { variants, weighting, encoder } = presets[name];
    const preset = findPublished(name);
    t.deepEqual(variants, { [name]: preset.losses });
    t.is(weighting, preset.weighting);
    t.deepEqual(encoder, preset.encoder);
    const config = configOf(name);
    t.is(config.variant, name);
    t.is(
      'pooling' in config.encoder && config.encoder.pooling,
      'pooling' in preset.encoder && preset.encoder.pooling,
    );
  });

  test(`${name}: what no source confirms is named with the whole method`, (t) => {
    const { unverified = '' } = presets[name];
    for (const { path, source, verification } of findPublished(name).values) {
      t.is(unverified.includes(`${path}: ${source}`), verification === 'unverified', path);
    }
  });
}

/** Optimiser, history, sizes, evaluations at each size and start, as the sources have them. */
const facts: readonly [PublishedName, source: string, expected: object][] = [
  [
    'neural-style',
    'neural_style.lua@d58853c, lines 17, 24, 26, 27: 512, 1000, random (0.001·randn of 256), lbfgs; torch/optim lbfgs: nCorrection or 100',
    {
      optimizer: { name: 'lbfgs', history: 100 },
      sizes: [512],
      evaluations: [1000],
      initialization: { from: 'flat', color: 'imagenet', noise: 3.90625e-6 },
    },
  ],
  [
    'cnnmrf',
    'cnnmrf.lua@3f42a4b, lines 17, 19, 23, 24, 50: image, 384, 3, {100, 100, 100}, 25',
    {
      optimizer: { name: 'lbfgs', history: 25 },
      sizes: [384 / 4, 384 / 2, 384],
      evaluations: [100, 100, 100],
      initialization: { from: 'content', noise: 0 },
    },
  ],
  [
    'gatys-pytorch',
    'NeuralStyleTransfer.ipynb@2355c25: img_size 512, max_iter 500, img_size_hr 800, max_iter_hr 200, content_image.clone()',
    {
      optimizer: { name: 'lbfgs', history: 100 },
      sizes: [512, 800],
      evaluations: [500, 200],
      initialization: { from: 'content', noise: 0 },
    },
  ],
  [
    'gatys-normalised',
    "BasicStyleTransfer.ipynb@c3ce8ac: img_size 512, max_iter 500, hr_img_size 1024, hr_max_iter 200, init 'image'",
    {
      optimizer: { name: 'lbfgs', history: 100 },
      sizes: [512, 1024],
      evaluations: [500, 200],
      initialization: { from: 'content', noise: 0 },
    },
  ],
  [
    'kolkin-2019',
    'styleTransfer.py@87c8f7e, st_helper.py@41937e2: smll_sz 64, max_scl 5, MAX_ITER 250',
    {
      sizes: [64, 128, 256, 512],
      evaluations: [250, 250, 250, 250],
      initialization: { from: 'details', noise: 0 },
    },
  ],
  [
    'heitz-2021',
    'texturegen.py@58871d7: --size 256, --iters 20, maxfun=64, mean of the texture + normal·1e-2',
    {
      sizes: [256],
      evaluations: [20 * 64],
      initialization: { from: 'flat', color: 'style', noise: 1e-2 },
    },
  ],
  [
    'li-2017-bn',
    'neural-style.py@a0cf46d: --max-long-edge 600, --max-num-epochs 1000, uniform(-0.1, 0.1) of 256',
    {
      sizes: [600],
      evaluations: [1000],
      // The deviation of a uniform distribution of width w is w/√12.
      initialization: {
        from: 'flat',
        color: 'imagenet',
        noise: Number((0.2 / 256 / Math.sqrt(12)).toPrecision(12)),
      },
    },
  ],
];

for (const [name, source, expected] of facts) {
  test(`${name}: ${source}`, (t) => {
    const { optimizer, sizes, budget, initialization } = configOf(name);
    const evaluations = budget.perLevel ?? [budget.evaluations];
    const start = {
      ...initialization,
      ...('noise' in initialization && { noise: Number(initialization.noise.toPrecision(12)) }),
    };
    t.like({ optimizer, sizes, evaluations, initialization: start }, expected);
  });
}

test('kolkin-2019: the content counts half as much at each scale, and the last takes steps of 1e-3', (t) => {
  const { levels, optimizer } = configOf('kolkin-2019');
  t.deepEqual(
    levels!.map(({ weights }) => weights?.['strotss.content'] ?? 1),
    [1, 1 / 2, 1 / 4, 1 / 8],
  );
  t.like(optimizer, { name: 'adam', learningRate: 2e-3 });
  t.deepEqual(
    levels!.map((level) => (level.optimizer?.name === 'adam' ? level.optimizer.learningRate : 2e-3)),
    [2e-3, 2e-3, 2e-3, 1e-3],
  );
});

test('an experiment’s own settings go over those of a method', (t) => {
  const own = { levels: [], sizes: [64], budget: 3, initialization: 'noise' };
  const { sizes, budget, initialization, optimizer } = configOf('cnnmrf', own);
  t.deepEqual([sizes, budget.evaluations, initialization.from], [[64], 3, 'noise']);
  t.like(optimizer, { history: 25 });
});
