import test from 'ava';
import { analyse, scaleOf } from '../../../src/study/analysis/analyse.ts';
import { opinionScores, ratingAgreement } from '../../../src/study/analysis/opinion.ts';
import { judgeRaters } from '../../../src/study/analysis/raters.ts';
import { scaleQuestion } from '../../../src/study/analysis/scale.ts';
import { plainModel, simulateRaters } from '../../../src/study/analysis/simulate.ts';
import type { AnalysedAnswer, AnalysedRater } from '../../../src/study/analysis/tables.ts';
import type { PairTrial } from '../../../src/study/design/manifest.ts';
import { background, bareStudy } from '../_study.ts';

const near = (t: { true(value: boolean, message?: string): void }, a: number, b: number, tolerance = 1e-6) =>
  t.true(Math.abs(a - b) <= tolerance, `${a} is not ${b} ± ${tolerance}`);

const truth = [0, 0.9, 0.4, -0.5];
const everywhere = { content: truth, style: truth, artefacts: truth, preference: truth };

/** A study of 40 raters, everyone through a planned session. */
function simulated(model: object, seed: number) {
  const study = bareStudy({ pairs: 6, raters: 40 });
  return { study, ...simulateRaters(study, study.sessions, { scores: everywhere, ...model }, seed) };
}

test('forty simulated raters: the scale they were made from lies within the intervals', (t) => {
  let covered = 0;
  let all = 0;
  for (let seed = 1; seed <= 8; seed++) {
    const { study, raters, answers } = simulated({ ...plainModel, tie: 0.3, side: 0.2 }, seed);
    const scale = scaleOf(study, raters, answers, 'preference', { resamples: 200, jod: false });
    if ('refused' in scale) return t.fail(scale.refused);
    for (const { method, score } of scale.methods) {
      const index = study.methods.findIndex(({ name }) => name === method);
      if (index === study.reference) {
        t.deepEqual(score, { value: 0, low: 0, high: 0 });
        continue;
      }
      all++;
      if (score.low <= truth[index]! && truth[index]! <= score.high) covered++;
    }
    all++;
    if (scale.side.low <= 0.2 && 0.2 <= scale.side.high) covered++;
  }
  // 95 % of 32 are 30.4; fewer than 27 would come about once in 200 times.
  t.true(covered >= 27, `${covered} of ${all}`);
});

test('the best is first, found, and corrected for the number of methods', (t) => {
  const strong = truth.map((score) => 2 * score);
  const { study, raters, answers } = simulated({ scores: { preference: strong, content: strong } }, 3);
  const analysis = analyse(study, raters, answers, { resamples: 199 });
  const scale = analysis.screened.scales.find(({ question }) => question === study.primary)!;
  if ('refused' in scale) return t.fail(scale.refused);
  t.is(scale.methods[0]!.method, study.methods[1]!.name);
  const tested = scale.methods.filter(({ p }) => p !== undefined);
  t.is(tested.length, 3);
  for (const { p, pHolm } of tested) t.true(pHolm! >= p!);
  t.true(tested[0]!.pHolm! <= 0.05, String(tested[0]!.pHolm));
  for (const other of analysis.screened.scales) {
    if (other.question === study.primary || 'refused' in other) continue;
    t.true(
      other.methods.every(({ p }) => p === undefined),
      'only the declared question is tested',
    );
  }
});

test('a metric that orders as people do agrees with them; reversed it does not', (t) => {
  const { study, raters, answers } = simulated({ ...plainModel }, 4);
  // The made-up metrics grow with the index; people order 1 > 2 > 0 > 3.
  const { predictors } = analyse(study, raters, answers, { resamples: 50 });
  const about = predictors.filter(({ question }) => question === 'preference');
  t.is(about.length, 2);
  near(t, about[0]!.agreement.value + about[1]!.agreement.value, 1, 1e-12);
  near(t, about[0]!.tau, -about[1]!.tau, 1e-12);
  const expected = expectedAgreement(truth);
  const good = about.find(({ label }) => label === 'Good')!;
  near(t, good.agreement.value, expected, 0.05);
  t.true(good.agreement.low < good.agreement.value && good.agreement.value < good.agreement.high);
});

/** The share of choices that fall on the higher index, when all pairs are asked equally often. */
function expectedAgreement(scores: readonly number[]): number {
  let sum = 0;
  let pairs = 0;
  for (let i = 0; i < scores.length; i++) {
    for (let j = 0; j < i; j++) {
      sum += 1 / (1 + Math.exp(scores[j]! - scores[i]!));
      pairs++;
    }
  }
  return sum / pairs;
}

test('clickers, one-siders and the hasty are left out by the rules, the careful stay', (t) => {
  const study = bareStudy({ pairs: 6, raters: 40 });
  const { raters, answers } = simulateRaters(
    study,
    study.sessions.slice(0, 20),
    { ...plainModel, scores: everywhere },
    5,
  );
  const changed = answers.map((answer, n): AnalysedAnswer => {
    const rater = raters.findIndex(({ id }) => id === answer.rater);
    const trial = raters[rater]!.session[answer.trial]!;
    if (trial.kind === 'rating') return answer;
    if (rater === 0) return { ...answer, choice: 'left' };
    if (rater === 1) return { ...answer, milliseconds: 200 };
    if (rater === 2 && trial.role === 'anchor') {
      return { ...answer, choice: trial.expected === 'left' ? 'right' : 'left' };
    }
    return n < 0 ? answer : answer;
  });
  const partial = changed.filter(({ rater, trial }) => rater !== raters[3]!.id || trial < 5);
  const judged = judgeRaters(raters, partial, study.rules);
  t.regex(judged[0]!.reasons.join(), /chose one side 100 % of the time/);
  t.regex(judged[1]!.reasons.join(), /took 200 ms for half of the answers/);
  t.regex(judged[2]!.reasons.join(), /missed 2 of 2 anchors/);
  t.regex(judged[3]!.reasons.join(), /answered \d+ % of the session/);
  const careful = judged.slice(4).filter(({ reasons }) => reasons.length > 0);
  t.true(careful.length <= 3, careful.map(({ reasons }) => reasons.join()).join(' | '));
  const { all, screened, excluded } = analyse(study, raters, partial, { resamples: 20 });
  t.is(all.raters, 20);
  t.is(screened.raters, 20 - excluded.length);
});

test('consistency counts the same picture, not the same side', (t) => {
  const study = bareStudy();
  const session = study.sessions[0]!;
  const rater: AnalysedRater = { id: 'a', session };
  const answers = session.flatMap((trial, at) =>
    trial.kind !== 'pair'
      ? []
      : trial.questions.map((question): AnalysedAnswer => {
          const prefersLow = Number(trial.left) < Number(trial.right) ? 'left' : 'right';
          return { rater: 'a', trial: at, question, choice: prefersLow, milliseconds: 2000, late: false };
        }),
  );
  const repeats = session.filter((trial): trial is PairTrial => trial.role === 'repeat');
  const asked = repeats.reduce((sum, { questions }) => sum + questions.length, 0);
  const [judged] = judgeRaters([rater], answers, study.rules);
  t.deepEqual([judged!.repeats, judged!.consistent], [asked, asked]);
  const [stuck] = judgeRaters(
    [rater],
    answers.map((one) => ({ ...one, choice: 'left' })),
    study.rules,
  );
  t.deepEqual([stuck!.repeats, stuck!.consistent], [asked, 0]);
  const [torn] = judgeRaters(
    [rater],
    answers.map((one) => ({ ...one, choice: 'tie' })),
    study.rules,
  );
  t.is(torn!.consistent, asked);
});

test('mean opinion score with its t interval', (t) => {
  const scores = [5, 4, 4, 3, 5, 4, 4, 5, 3, 4, 4, 5, 4, 3, 4];
  const ratings = scores.map((score, rater) => ({ rater, pair: 0, method: 0, score }));
  const [mos] = opinionScores(ratings, ['a', 'b'], 0);
  near(t, mos!.mean, 4.06667, 1e-5);
  near(t, mos!.half, 0.389714, 1e-6);
});

test('agreement of ratings: the intraclass correlation of Shrout and Fleiss’ table', (t) => {
  const table = [
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
  ];
  const ratings = table.flatMap((row, method) =>
    row.map((score, rater) => ({ rater, pair: 0, method, score })),
  );
  near(t, ratingAgreement(ratings, 4).icc, 0.28976, 1e-5);
});

test('comparisons that fall apart have no common scale, and are told which', (t) => {
  const options = {
    methods: ['a', 'b', 'c', 'd'],
    reference: 0,
    pairs: 1,
    raters: 1,
    question: 'style',
    primary: true,
  } as const;
  const scale = scaleQuestion(
    [
      { rater: 0, pair: 0, left: 0, right: 1, choice: 'left' },
      { rater: 0, pair: 0, left: 2, right: 3, choice: 'left' },
    ],
    options,
  );
  t.deepEqual(scale, {
    question: 'style',
    refused:
      'The comparisons fall apart: a, b | c, d were never compared with one another, so there is no common scale.',
  });
});

test('a method that won everything has a finite score, and it is said', (t) => {
  const comparisons = Array.from({ length: 20 }, (_, i) => ({
    rater: i % 4,
    pair: i % 2,
    left: i % 2,
    right: 1 - (i % 2),
    choice: (i % 2 === 0 ? 'left' : 'right') as 'left' | 'right',
  }));
  const scale = scaleQuestion(comparisons, {
    methods: ['a', 'b'],
    reference: 1,
    pairs: 2,
    raters: 4,
    question: 'style',
    primary: true,
    resamples: 50,
  });
  if ('refused' in scale) return t.fail(scale.refused);
  t.false(scale.finite);
  t.true(Number.isFinite(scale.methods[0]!.score.high));
  t.is(scale.methods[0]!.method, 'a');
});

test('sub-groups below five, and those that would give the rest away, are not looked at', (t) => {
  const { study, raters, answers } = simulated({ randomClickers: 0, oneSided: 0 }, 6);
  const people = raters.map((rater, i) => ({
    ...rater,
    background: { ...background, artTraining: i < 12 ? 'none' : i < 36 ? 'degree' : 'hobby' },
  }));
  const { subGroups } = analyse(study, people, answers, { resamples: 20 });
  t.deepEqual(
    subGroups.map(({ attribute, value }) => `${attribute} ${value}`),
    ['artTraining none', 'artTraining degree'],
  );
});

test('a study nobody has answered is one sentence', (t) => {
  t.throws(() => analyse(bareStudy(), [], []), {
    name: 'NeckarError',
    message: /Nobody has answered "small" yet/,
  });
});
