import test from 'ava';
import { agreeing, coverageOf, differing } from '../../src/bench/coverage.ts';

test('one rater: nothing is claimed, however clear the answers are', async (t) => {
  const { falseAlarms, found, intervals, studies } = await coverageOf(differing, {
    effect: 'separation',
    raters: 1,
    pairs: 4,
    repetitions: 5,
  });
  t.deepEqual([studies, falseAlarms, found, intervals], [5, 0, 0, 0]);
});

test('a dozen raters on six pairs: what is always preferred is found, its interval holds the truth', async (t) => {
  const cell = { effect: 'separation', raters: 12, pairs: 6, repetitions: 8 } as const;
  const { found, falseAlarms, intervals, covered } = await coverageOf(agreeing, cell);
  t.is(found, 8);
  t.true(falseAlarms <= 2);
  t.is(intervals, 24);
  t.true(covered >= 21, `${covered} of ${intervals}`);
});

test('other seeds are other studies, the same seed the same', async (t) => {
  const cell = { effect: 'null', raters: 4, pairs: 3, repetitions: 3 } as const;
  const first = await coverageOf(differing, cell);
  t.deepEqual(await coverageOf(differing, cell), first);
  t.not((await coverageOf(differing, { ...cell, seed: 2 })).width, first.width);
});
