/** The style's colours in a plan: which trials get the term, and how it is told, changed and left out. */
import test from 'ava';
import { trialId } from '../../src/experiment/identity.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { publishedNames } from '../../src/published/all.ts';

const pairs = [['content.png', 'style.png']] as const;
const planned = (experiment: object, overrides: readonly string[] = []) =>
  planTrials({ name: 'c', pairs, losses: ['content', 'gram'], ...experiment }, { overrides }).trials;
const namesOf = (experiment: object, overrides?: readonly string[]) =>
  planned(experiment, overrides).map(({ config }) => config.losses.map(({ name }) => name));

test('every style loss of the default encoder has the colours beside it, in the configuration itself', (t) => {
  t.deepEqual(namesOf({}), [['content', 'gram', 'colors']]);
  t.deepEqual(namesOf({ losses: ['content'] }), [['content']]);
  t.deepEqual(namesOf({ encoder: { name: 'vgg19', weights: { random: 1 } } }), [['content', 'gram']]);
});

test('one key changes its weight, sweeps it and leaves it out, and trials differ by it', (t) => {
  const trials = planned({}, ['styleColors=0,1,3']);
  t.deepEqual(
    trials.map(({ config }) => config.losses.find(({ name }) => name === 'colors')?.weight),
    [undefined, 1 / 3, 1],
  );
  t.deepEqual(
    trials.map(({ config }) => config.swept.styleColors),
    [0, 1, 3],
  );
  const ids = trials.map(({ config }) => trialId(config, { content: 'c', style: 's' }, 1));
  t.is(new Set(ids).size, 3);
  t.throws(() => planned({}, ['styleColors=-1']), { name: 'NeckarError', message: /styleColors: -1/ });
});

test('a level may leave it out or weigh it by its name', (t) => {
  const levels = [{ size: 32, weights: { colors: 0 } }, { size: 64 }];
  t.deepEqual(planned({ levels })[0]!.config.levels?.[0]?.weights, { colors: 0 });
});

test('published methods keep the terms that their authors have', (t) => {
  for (const name of publishedNames) {
    const [trial] = planTrials(
      { name: 'p', pairs, presets: [name] },
      {
        overrides: ['encoder.weights={random: 1}'],
      },
    ).trials;
    t.false(
      trial!.config.losses.some((loss) => loss.name === 'colors'),
      name,
    );
  }
});
