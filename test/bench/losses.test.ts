import test from 'ava';
import { relativeCost } from '../../src/bench/losses.ts';

const measured = { kind: 'comparison', provider: 'none' } as const;

test('an evaluation costs the median of its ratios to the reference that ran just before', (t) => {
  const cost = relativeCost({
    ...measured,
    seconds: [0.2, 3, 0.6],
    reference: [0.1, 1, 0.4],
    refresh: [],
    refreshEvery: 1,
  });
  t.is(cost, 2);
});

test('a refresh counts for the evaluations it serves', (t) => {
  const cost = relativeCost({
    ...measured,
    seconds: [1, 1, 1],
    reference: [1, 1, 1],
    refresh: [4, 6],
    refreshEvery: 10,
  });
  t.is(cost, 1 + 5 / 10);
});
