import test from 'ava';
import { DivergenceWatch, evaluationsPerLevel, stopReason } from '../../src/transfer/stopping.ts';

test('evaluations are shared out evenly and the last level takes the rest', (t) => {
  t.deepEqual(evaluationsPerLevel({ evaluations: 100 }, 1), [100]);
  t.deepEqual(evaluationsPerLevel({ evaluations: 100 }, 3), [33, 33, 34]);
  t.deepEqual(evaluationsPerLevel({ evaluations: 100, perLevel: [80, 20] }, 2), [80, 20]);
});

test('the budget ends a level at exactly its evaluations', (t) => {
  const budget = { evaluations: 10 };
  t.is(stopReason(budget, 10, { levelEvaluations: 9, seconds: 0, totals: [1] }), undefined);
  t.is(stopReason(budget, 10, { levelEvaluations: 10, seconds: 0, totals: [1] }), 'budget');
});

test('seconds, target and plateau end a level', (t) => {
  const at = { levelEvaluations: 5, seconds: 3, totals: [10, 9, 8, 7.99, 7.99] };
  t.is(stopReason({ evaluations: 99, seconds: 3 }, 99, at), 'seconds');
  t.is(stopReason({ evaluations: 99, seconds: 3.1 }, 99, at), undefined);
  t.is(stopReason({ evaluations: 99, target: 7.99 }, 99, at), 'target');
  t.is(stopReason({ evaluations: 99, target: 7.9 }, 99, at), undefined);
  t.is(stopReason({ evaluations: 99, plateau: { evaluations: 2, relative: 0.01 } }, 99, at), 'plateau');
  t.is(stopReason({ evaluations: 99, plateau: { evaluations: 3, relative: 0.01 } }, 99, at), undefined);
  t.is(stopReason({ evaluations: 99, plateau: { evaluations: 9, relative: 0.01 } }, 99, at), undefined);
});

const flat = new Float32Array(3);

test('a term that is no number names itself', (t) => {
  const watch = new DivergenceWatch();
  t.is(watch.check(1, 3, { content: 1, gram: 2 }, flat), undefined);
  t.regex(
    watch.check(2, Number.NaN, { content: 1, gram: Number.NaN }, flat)!,
    /term "gram" became NaN at evaluation 2/,
  );
});

test('a broken gradient is found though the values are fine', (t) => {
  const watch = new DivergenceWatch();
  const gradient = Float32Array.of(1, Number.NaN, 2);
  t.regex(watch.check(1, 3, { content: 1, gram: 2 }, gradient)!, /gradient of term "gram"/);
});

test('one wild line-search step is forgiven, ten in a row are divergence, across a checkpoint too', (t) => {
  let watch = new DivergenceWatch();
  watch.check(1, 1, { gram: 1 }, flat);
  t.is(watch.check(2, 1e6, { gram: 1e6 }, flat), undefined);
  t.is(watch.check(3, 1, { gram: 1 }, flat), undefined);
  for (let i = 4; i < 13; i++) t.is(watch.check(i, 2e3, { gram: 2e3 }, flat), undefined);
  watch = new DivergenceWatch(watch.state());
  t.regex(watch.check(13, 2e3, { content: 1, gram: 2e3 }, flat)!, /largest term is term "gram"/);
});
