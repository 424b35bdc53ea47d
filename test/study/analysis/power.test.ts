import test from 'ava';
import { scaleOf } from '../../../src/study/analysis/analyze.ts';
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
    const scale = scaleOf(study, raters, answers, 'preference', { jod: false, intervals });
    return 'refused' in scale ? [] : scale.methods.map(({ method, p, pHolm }) => [method, p, pHolm]);
  };
  t.is(pValues(true).length, 4);
  t.deepEqual(pValues(false), pValues(true));
});

test('more raters are the same raters and more: what is found does not depend on the luck of another draw', (t) => {
  const study = bareStudy({ pairs: 6, raters: 12 });
  const all = simulateRaters(study, study.sessions, { scores }, 5);
  const some = simulateRaters(study, study.sessions.slice(0, 7), { scores }, 5);
  t.deepEqual(all.raters.slice(0, 7), some.raters);
  t.deepEqual(all.answers.slice(0, some.answers.length), some.answers);
  // A design's first sessions are the same however many are planned.
  const [few, many] = [6, 24].map((raters) =>
    plannedStudy({ ...question, methods: 4, repetitions: 1 }, raters),
  );
  t.deepEqual(many!.sessions.slice(0, 6), few!.sessions);
});

test('power does not fall as raters are added', (t) => {
  const model = { taste: 0.4, pairEffect: 0.3, randomClickers: 0, oneSided: 0 };
  const rows = [4, 8, 16, 32].map((raters) =>
    powerWith({ ...question, methods: 2, pairs: 8, preference: 0.7, repetitions: 40, model }, raters),
  );
  for (const [at, { power }] of rows.entries()) {
    // Nested studies: what one of forty loses by the next raters is all that may be lost.
    if (at > 0) t.true(power >= rows[at - 1]!.power - 0.05, rows.map((row) => row.power).join(' '));
  }
  t.true(rows.at(-1)!.power > rows[0]!.power + 0.3, rows.map((row) => row.power).join(' '));
});

test('of many methods, whose pairs are chosen as answers come in, a clear difference is found', (t) => {
  t.is(plannedStudy({ ...question, methods: 20, repetitions: 1 }, 8).design.kind, 'active');
  const { power, falseFindings } = powerWith({ ...question, methods: 20, pairs: 12, repetitions: 3 }, 30);
  t.is(power, 1);
  t.true(falseFindings <= 0.05, `${falseFindings}`);
});
