/** A variant whose network is trained before: how it is resolved, and what is refused. */
import test from 'ava';
import { styles } from '../../fixtures/index.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { trainingOf } from '../../src/experiment/training-identity.ts';
import type { NetworkMethod } from '../../src/external/method.ts';
import { content, defineExperiment, dumoulin, gram, johnson, microast } from '../../src/index.ts';
import { isInstalled } from '../../src/networks/installed.ts';

const training = { steps: 3, batch: 2, size: 64, losses: [content(), gram({ weight: 20 })] };

function planned(variants: Record<string, unknown>, overrides: readonly string[] = []) {
  const experiment = defineExperiment({
    name: 'trained',
    contents: ['fixtures/contents/town.jpg'],
    styles: [styles.swirl, styles.ink],
    variants: variants as Parameters<typeof defineExperiment>[0]['variants'],
    size: 64,
  });
  return planTrials(experiment, { folder: '.', overrides: [...overrides] }).trials;
}
const methodsOf = (...given: Parameters<typeof planned>) =>
  planned(...given).map(({ config }) => config.method as NetworkMethod);

test('a network of one style is trained in the style of its trial, one of many or any in all', (t) => {
  const trained = (variant: unknown) =>
    planned({ a: variant }).map(({ config }) => trainingOf(config)!.styles);
  const both = [styles.swirl.path, styles.ink.path];
  t.deepEqual(trained({ network: johnson({ width: 0.1 }), training }), [[both[0]!], [both[1]!]]);
  t.deepEqual(trained({ network: dumoulin({ width: 0.1, styles: 2 }), training }), [both, both]);
  t.deepEqual(trained({ network: microast({ width: 0.5 }), training }), [both, both]);
});

test('a network of many styles paints each trial in its own', (t) => {
  const variant = { network: dumoulin({ width: 0.1, styles: 2 }), training };
  t.deepEqual(
    methodsOf({ a: variant }).map(({ weights }) => weights),
    [
      [1, 0],
      [0, 1],
    ],
  );
  t.deepEqual(methodsOf({ a: { ...variant, style: 1 } })[0]!.weights, [0, 1]);
});

test('what is swept within a training makes trials of its own', (t) => {
  const trials = planned({ a: { network: johnson({ width: 0.1 }), training } }, [
    'variants.a.training.steps=3,5',
  ]);
  t.deepEqual(trials.map(({ config }) => trainingOf(config)!.budget.steps).sort(), [3, 3, 5, 5]);
});

test('what is wrong with a training is said once, with its place', (t) => {
  const error = t.throws(() =>
    planned({
      a: { network: johnson({ width: 0.1 }), training: { ...training, batch: 0, pictures: 'nowhere' } },
      b: { network: johnson({ width: 0.1 }), training, weights: 'x.safetensors' },
      c: { network: dumoulin({ width: 0.1, styles: 3 }), training },
    }),
  );
  const lines = error!.message.split('\n');
  t.is(lines.filter((line) => line.includes('variants.a.training.batch')).length, 1, error!.message);
  t.regex(error!.message, /variants\.b: weights and training:/);
  t.regex(error!.message, /variants\.c\.training\.styles: 2 styles, but the network dumoulin is set to 3/);
});

test('whether weights are installed may be asked', (t) => {
  t.false(isInstalled('adain', { NECKAR_WEIGHTS: '/nowhere' }));
  t.false(isInstalled('no-such-network'));
});
