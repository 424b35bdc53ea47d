import test from 'ava';
import type { TrialConfig } from '../../src/experiment/trial.ts';
import { levelsOf } from '../../src/transfer/levels.ts';
import { base, loss, removePictures, run, writePictures } from './_trial.ts';

test.before(writePictures);
test.after.always(removePictures);

const adam = { name: 'adam', learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

const leveled: TrialConfig = {
  ...base,
  sizes: [20, 32],
  budget: { evaluations: 12, perLevel: [5, 7] },
  losses: [...base.losses, loss({ type: 'mrf', layers: ['scale1'], styleStride: 1, refreshEvery: 3 })],
  levels: [{ optimizer: adam, styleScale: 1.5, weights: { mrf: 0, gram: 2 } }, {}],
};

test("a level has its own settings, and the trial's where it has none", (t) => {
  t.deepEqual(levelsOf(leveled), [
    { size: 20, evaluations: 5, before: 0, styleScale: 1.5, optimizer: adam, weights: { mrf: 0, gram: 2 } },
    { size: 32, evaluations: 7, before: 5, styleScale: 1, optimizer: base.optimizer, weights: {} },
  ]);
  t.deepEqual(
    levelsOf({ ...base, sizes: [16, 24, 32], budget: { evaluations: 10 } }).map(({ evaluations, before }) => [
      evaluations,
      before,
    ]),
    [
      [3, 0],
      [3, 3],
      [4, 6],
    ],
  );
});

test.serial('what has the factor 0 takes no part at its level; others are multiplied', async (t) => {
  const { trace, picture } = await run(leveled);
  t.is(picture.width, 32);
  for (const { level, terms } of trace) {
    t.deepEqual(Object.keys(terms), level === 0 ? ['content', 'gram'] : ['content', 'gram', 'mrf']);
    t.is(terms.gram!.weighted, terms.gram!.value * (level === 0 ? 20 : 10));
  }
  // Adam steps at every evaluation but the first.
  t.deepEqual(
    trace.slice(0, 5).map(({ step }) => step),
    [0, 1, 2, 3, 4],
  );
});

test.serial('a loss that does not fit a coarse level may be left out of it', async (t) => {
  const losses = [...base.losses, loss({ type: 'mrf', layers: ['scale4'] })];
  const config = { ...leveled, sizes: [16, 32], losses } as const;
  await t.throwsAsync(run({ ...config, levels: undefined }), { message: /needs patches of 3×3 at scale4/ });
  t.is((await run({ ...config, levels: [{ weights: { mrf: 0 } }, {}] })).state, 'complete');
});

test.serial('levels of their own change nothing of the level that has none', async (t) => {
  const whole = await run({
    ...leveled,
    sizes: [32],
    budget: { evaluations: 7 },
    levels: [{ weights: { mrf: 0 } }],
  });
  const without = await run({ ...base, budget: { evaluations: 7 } });
  t.deepEqual(whole.trace, without.trace);
  t.deepEqual(whole.picture, without.picture);
});

test.serial('interrupted on either level or between them, a trial ends with the same bytes', async (t) => {
  const config: TrialConfig = { ...leveled, weighting: 'gradient-norm' };
  const undisturbed = await run(config);
  // What joins at the second level has its factor from there.
  t.deepEqual(Object.keys(undisturbed.weightFactors!).sort(), ['content', 'gram', 'mrf']);
  for (const stops of [[2], [4], [5], [6], [3, 5, 9]]) {
    const resumed = await run(config, stops);
    t.deepEqual(resumed.trace, undisturbed.trace);
    t.deepEqual(resumed.picture, undisturbed.picture);
    t.deepEqual(resumed.weightFactors, undisturbed.weightFactors);
  }
});
