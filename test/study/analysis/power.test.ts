import test from 'ava';
import { scaleOf } from '../../../src/study/analysis/analyse.ts';
import { plannedStudy, powerWith } from '../../../src/study/analysis/power.ts';
import { simulateRaters } from '../../../src/study/analysis/simulate.ts';
import { bareStudy } from '../_study.ts';

const truth = [0, 0.9, 0.4, -0.5];
const scores = { content: truth, style: truth, artefacts: truth, preference: truth };
const question = {
  pairs: 6,
  preference: 0.9,
  minutes: 25,
  questions: ['preference'],
  alpha: 0.05,
  seed: 'test',
} as const;

test('a session drawn late sees all who came before, and is answered like one that was planned', (t) => {
  const study = bareStudy({ pairs: 6, raters: 8 });
  const planned = simulateRaters(study, study.sessions, { scores }, 3);
  const seen: [number, number][] = [];
  const drawn = simulateRaters(
    study,
    study.sessions.map((session) => (raters, answers) => {
      seen.push([raters.length, new Set(answers.map(({ rater }) => rater)).size]);
      return session;
    }),
    { scores },
    3,
  );
  t.deepEqual(drawn, planned);
  t.deepEqual(
    seen,
    study.sessions.map((_, i) => [i, i]),
  );
});

test('p values are the same without intervals', (t) => {
  const study = bareStudy({ pairs: 6, raters: 40 });
  const { raters, answers } = simulateRaters(study, study.sessions, { scores }, 4);
  const pValues = (intervals: boolean) => {
    const scale = scaleOf(study, raters, answers, 'preference', { resamples: 99, jod: false, intervals });
    return 'refused' in scale ? [] : scale.methods.map(({ method, p, pHolm }) => [method, p, pHolm]);
  };
  t.is(pValues(true).length, 4);
  t.deepEqual(pValues(false), pValues(true));
});

test('of many methods, whose pairs are chosen as answers come in, a clear difference is found', (t) => {
  t.is(plannedStudy({ ...question, methods: 20, repetitions: 1 }, 8).design.kind, 'active');
  const { power, falseFindings } = powerWith({ ...question, methods: 20, repetitions: 3 }, 30);
  t.is(power, 1);
  t.true(falseFindings <= 0.05, `${falseFindings}`);
});
