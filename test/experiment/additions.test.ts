/** What overrides ask for belongs to the experiment beside what its file asks for. */
import { resolve } from 'node:path';
import test from 'ava';
import type { ExperimentInput } from '../../src/experiment/define.ts';
import { type PlanOptions, planTrials } from '../../src/experiment/plan.ts';
import { grid } from '../../src/experiment/sweep.ts';
import { content, gram, mrf } from '../../src/losses/shipped.ts';

process.env.NECKAR_WEIGHTS = resolve('/nowhere');

const night: ExperimentInput = {
  name: 'night',
  pairs: [['town.png', 'swirl.png']],
  variants: { gram: [content(), gram()], mrf: [content(), mrf()] },
};

const plan = (earlier: string[][], overrides: string[] = [], experiment = night, more: PlanOptions = {}) =>
  planTrials(experiment, { ...more, earlier, overrides });
const labelsOf = (trials: readonly { label: string }[]) => trials.map(({ label }) => label);

test('trials of other runs stay in the plan, and all show what tells them apart', (t) => {
  const { trials, selected, asked } = plan([[]], ['seed=7']);
  t.deepEqual(labelsOf(trials), ['gram seed=0', 'mrf seed=0', 'gram seed=7', 'mrf seed=7']);
  t.deepEqual(labelsOf(selected), ['gram seed=7', 'mrf seed=7']);
  t.deepEqual(asked, [[], ['seed=7']]);
  t.deepEqual(
    trials.map(({ settings }) => settings),
    [undefined, undefined, ['seed=7'], ['seed=7']],
  );
});

test('alone, overrides are the experiment', (t) => {
  t.deepEqual(labelsOf(plan([], ['seed=7']).trials), ['gram', 'mrf']);
});

test('what several runs ask for is there once, and asked for by each', (t) => {
  const swept = { ...night, seed: grid([1, 2]) };
  const { trials, selected } = plan([[], ['seed=2,3']], ['seed=1,3'], swept);
  t.is(trials.length, 6);
  t.deepEqual(labelsOf(selected), ['gram seed=1', 'mrf seed=1', 'gram seed=3', 'mrf seed=3']);
  t.is(new Set(labelsOf(trials)).size, 6);
});

test('sizes, optimisers, encoders, losses’ weights and pictures are told by their values', (t) => {
  const one = { ...night, variants: { gram: [content(), gram()] } };
  const labels = (...overrides: string[]) => labelsOf(plan([[]], overrides, one).trials);
  t.deepEqual(labels('size=128'), ['size=256', 'size=128']);
  t.deepEqual(labels('optimizer=adam'), ['lbfgs', 'adam']);
  t.deepEqual(labels('losses.gram.weight=7'), ['gram.weight=1', 'gram.weight=7']);
  t.deepEqual(labels('variants.*.gram.weight=7'), ['gram.weight=1', 'gram.weight=7']);
  t.deepEqual(labels('pairs=[[face.png,swirl.png]]'), ['town', 'face']);
  t.deepEqual(
    labels('pairs=[[other/town.png,swirl.png]]').map((label) => label.split('/').at(-1)),
    ['town', 'town'],
  );
});

test('what no single setting tells is told by the overrides themselves', (t) => {
  const timed = { ...night, budget: { evaluations: 5, seconds: 60 } };
  const labels = labelsOf(plan([[]], ['~budget.seconds'], timed).trials);
  t.is(new Set(labels).size, 4);
  const everything = labelsOf(plan([[]], ['variants.*.*.weight=3']).trials);
  t.deepEqual(everything.slice(0, 2), ['gram as written', 'mrf as written']);
  t.is(everything[2], 'gram variants.*.*.weight=3');
});

test('a file that no longer fits earlier overrides leaves them out and says why', (t) => {
  const { trials, unfit, asked } = plan([[], ['variants.mrf.mrf.weight=3']], [], {
    ...night,
    variants: { gram: [content(), gram()] },
  });
  t.is(trials.length, 1);
  t.like(unfit, { length: 1, 0: { settings: ['variants.mrf.mrf.weight=3'] } });
  t.regex(unfit[0]!.problem, /mrf/);
  t.is(asked.length, 2, 'they are not forgotten: the file may come to fit them again');
});

test('filters choose among what this run asks for; the plan stays whole', (t) => {
  const { trials, selected } = plan([[]], ['seed=7'], night, { filter: 'variant=mrf' });
  t.is(trials.length, 4);
  t.deepEqual(labelsOf(selected), ['mrf seed=7']);
});

test('the same trial of one run is refused as before', (t) => {
  t.throws(() => plan([[]], ['seed=1,1']), { message: /would do the same work/ });
});
