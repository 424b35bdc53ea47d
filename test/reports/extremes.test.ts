import test from 'ava';
import { chosenOf, extremesOf } from '../../reports/extremes.ts';
import type { ReportedTrial } from '../../reports/input.ts';
import { synthetic } from './_synthetic.ts';

/** Trials by id with a value each, in the order given. */
function ranked(values: Readonly<Record<string, number>>) {
  return Object.entries(values).map(([id, value]) => ({ trial: { id }, value }));
}

function ids(values: Readonly<Record<string, number>>, better: 'higher' | 'lower') {
  const { worst, median, best } = chosenOf(ranked(values), better);
  return [worst, median, best].map(({ trial }) => trial.id);
}

test('worst, median and best by hand, whichever way is better', (t) => {
  const values = { a: 0.4, b: 0.9, c: 0.1, d: 0.7, e: 0.6 };
  // In order: c 0.1, a 0.4, e 0.6, d 0.7, b 0.9.
  t.deepEqual(ids(values, 'higher'), ['c', 'e', 'b']);
  t.deepEqual(ids(values, 'lower'), ['b', 'e', 'c']);
});

test('of an even number the median is the worse of the two in the middle', (t) => {
  const values = { a: 1, b: 2, c: 3, d: 4 };
  t.deepEqual(ids(values, 'higher'), ['a', 'b', 'd']);
  t.deepEqual(ids(values, 'lower'), ['d', 'c', 'a']);
});

test('equal values go by trial id, in whatever order they come', (t) => {
  t.deepEqual(ids({ c: 5, a: 5, b: 5 }, 'higher'), ['a', 'b', 'c']);
  t.deepEqual(ids({ b: 5, c: 5, a: 5 }, 'lower'), ['a', 'b', 'c']);
  t.deepEqual(ids({ z: Number.POSITIVE_INFINITY, y: Number.POSITIVE_INFINITY, x: 3 }, 'higher'), [
    'x',
    'y',
    'z',
  ]);
  t.deepEqual(ids({ only: 1 }, 'higher'), ['only', 'only', 'only']);
});

test('variant by variant, of complete trials alone', (t) => {
  const base = synthetic({ size: 8, evaluations: 2, allFine: true, variants: ['gram', 'patches'] });
  const trials = base.trials.map((trial, i): ReportedTrial => {
    // The best of all, if it counted: it diverged.
    const value = i === 0 ? 100 : i;
    const scores = { 'psnr;test': { value, label: 'PSNR', better: 'higher' as const } };
    const result = { ...trial.result!, scores };
    return { ...trial, state: i === 0 ? 'diverged' : 'complete', result };
  });
  const [extremes] = extremesOf(trials);
  const indices = extremes!.variants.map((one) => ({
    variant: one.variant,
    places: [one.worst, one.median, one.best].map(({ value }) => value),
    trials: one.trials,
    left: one.left,
  }));
  // By pair, then variant, then two optimisers: gram has 0 1 4 5 8 9 12 13, patches 2 3 6 7 10 11 14 15.
  t.deepEqual(indices, [
    { variant: 'gram', places: [1, 8, 13], trials: 7, left: 1 },
    { variant: 'patches', places: [2, 7, 15], trials: 8, left: 0 },
  ]);
});
