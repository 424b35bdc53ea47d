import test from 'ava';
import { createRandom } from '../../../src/random.ts';
import { analyze, scaleOf } from '../../../src/study/analysis/analyze.ts';
import { opinionInterval, opinionScores, ratingAgreement } from '../../../src/study/analysis/opinion.ts';
import { judgeRaters } from '../../../src/study/analysis/raters.ts';
import { scaleQuestion } from '../../../src/study/analysis/scale.ts';
import { plainModel, simulateRaters } from '../../../src/study/analysis/simulate.ts';
import { analysisText, parseAnalysis } from '../../../src/study/analysis/stored.ts';
import type { AnalyzedAnswer, AnalyzedRater } from '../../../src/study/analysis/tables.ts';
import { describeAnalysis } from '../../../src/study/analysis/words.ts';
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
    const scale = scaleOf(study, raters, answers, 'preference', { jod: false });
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
    if (scale.side!.low <= 0.2 && 0.2 <= scale.side!.high) covered++;
  }
  // 95 % of 32 are 30.4; fewer than 27 would come about once in 200 times.
  t.true(covered >= 27, `${covered} of ${all}`);
});

test('the best is first, found, and corrected for the number of methods', (t) => {
  const strong = truth.map((score) => 2 * score);
  const { study, raters, answers } = simulated({ scores: { preference: strong, content: strong } }, 3);
  const analysis = analyze(study, raters, answers);
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
  const { predictors } = analyze(study, raters, answers);
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
  const changed = answers.map((answer, n): AnalyzedAnswer => {
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
  const { all, screened, excluded } = analyze(study, raters, partial);
  t.is(all.raters, 20);
  t.is(screened.raters, 20 - excluded.length);
});

test('consistency counts the same picture, not the same side', (t) => {
  const study = bareStudy();
  const session = study.sessions[0]!;
  const rater: AnalyzedRater = { id: 'a', session };
  const answers = session.flatMap((trial, at) =>
    trial.kind !== 'pair'
      ? []
      : trial.questions.map((question): AnalyzedAnswer => {
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
  // On the logit, the interval is that of Student to first order, and leans to the middle of the range.
  near(t, mos!.high - mos!.low, 2 * 0.389714, 0.03);
  t.true(mos!.mean - mos!.low > mos!.high - mos!.mean);
});

test('opinions stay within their grades; one rater has no interval, and five fives are no certainty', (t) => {
  const one = opinionScores([{ rater: 0, pair: 0, method: 0, score: 4 }], ['a'], 0)[0]!;
  t.deepEqual([one.mean, one.low, one.high, one.half], [4, Number.NaN, Number.NaN, Number.NaN]);
  const fives = opinionInterval([5, 5, 5, 5, 5], [1, 5]);
  t.is(fives.high, 5);
  t.true(fives.low > 3 && fives.low < 4.9, String(fives.low));
  const threes = opinionInterval([3, 3, 3, 3], [1, 5]);
  t.true(threes.low < 3 && threes.high > 3, 'whole grades hide differences');
  for (const values of [
    [5, 4],
    [1, 5],
    [1, 1, 1, 2],
    [5, 5, 5, 5, 1],
  ]) {
    const { low, mean, high } = opinionInterval(values, [1, 5]);
    t.true(1 <= low && low < mean + 1e-12 && mean - 1e-12 < high && high <= 5, `${values}: ${low} ${high}`);
  }
  const none = opinionInterval([0, 0, 0], [-4, 4]);
  near(t, none.low, -none.high, 1e-12);
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

/** Answers to two methods, the second the reference: `votes` says for rater and pair who won, on which side. */
function twoMethods(
  raters: number,
  pairs: number,
  vote: (rater: number, pair: number, left: number) => 'left' | 'right' | 'tie',
) {
  const comparisons = Array.from({ length: raters * pairs }, (_, i) => {
    const [rater, pair] = [Math.floor(i / pairs), i % pairs];
    const left = (rater + pair) % 2;
    return { rater, pair, left, right: 1 - left, choice: vote(rater, pair, left) };
  });
  const scale = scaleQuestion(comparisons, {
    methods: ['a', 'b'],
    reference: 1,
    question: 'style',
    primary: true,
  });
  if ('refused' in scale) throw new Error(scale.refused);
  return { ...scale, a: scale.methods.find(({ method }) => method === 'a')! };
}
const aWins = (left: number) => (left === 0 ? 'left' : 'right') as 'left' | 'right';

test('a method that won everything: a penalised score, an interval with two ends, and no certainty', (t) => {
  const { a, finite, side } = twoMethods(6, 6, (_, __, left) => aWins(left));
  t.false(finite);
  // Firth's estimate without a side term is ln(36.5/0.5) = 4.29; a side that is balanced takes a little more off.
  t.true(a.score.value > 3.3 && a.score.value < 4.3, String(a.score.value));
  t.true(
    a.score.low > 0 && a.score.high - a.score.value > a.score.value - a.score.low,
    'open to the far end',
  );
  t.true(Number.isFinite(a.score.high) && a.score.high < 14);
  t.true(a.p! > 1e-6 && a.p! < 0.05, String(a.p));
  near(t, side!.value, 0, 1e-6);
  t.true([a.jod.low, a.jod.value, a.jod.high].every(Number.isFinite));
});

test('unanimous votes are never surer than the exact test of as many', (t) => {
  // Six of six independent votes: 2/2⁶.
  t.true(twoMethods(2, 3, (_, __, left) => aWins(left)).a.p! > 2 / 2 ** 6);
  t.true(twoMethods(3, 2, (_, __, left) => aWins(left)).a.p! > 2 / 2 ** 6);
  t.true(twoMethods(2, 2, (_, __, left) => aWins(left)).a.p! > 2 / 2 ** 4);
});

test('below two raters or two pairs there is a score, a sentence, and no test', (t) => {
  for (const [raters, pairs, missing] of [
    [1, 2, /one rater/],
    [1, 12, /one rater/],
    [9, 1, /one content\/style pair/],
    [1, 1, /one rater and one content\/style pair/],
  ] as const) {
    const { a, untested } = twoMethods(raters, pairs, (_, __, left) => aWins(left));
    t.regex(untested!, missing);
    t.true(Number.isFinite(a.score.value));
    t.deepEqual([a.score.low, a.score.high, a.p, a.pHolm], [Number.NaN, Number.NaN, undefined, undefined]);
  }
});

test('57 of 60 votes with all dissent on one side: the side term alone would explain it', (t) => {
  let dissent = 3;
  const { a, side, finite } = twoMethods(10, 6, (_, __, left) =>
    left === 0 && dissent-- > 0 ? 'right' : aWins(left),
  );
  t.false(finite);
  // The maximum of the likelihood with half its information's log-determinant, by SciPy.
  near(t, a.score.value, 3.0861485, 1e-6);
  near(t, Math.abs(side!.value), 1.0247254, 1e-6);
  t.true(a.score.low > 0.5 && a.score.high > 4 && a.score.high < 10, JSON.stringify(a.score));
  t.true(a.p! > 1e-9 && a.p! < 0.05);
  // Balanced, the likelihood has a maximum: ln(57/3) but for the side.
  let votes = 0;
  const balanced = twoMethods(10, 6, (_, __, left) =>
    votes++ < 4 ? (left === 0 ? 'right' : 'left') : aWins(left),
  );
  t.true(balanced.finite);
  near(t, balanced.a.score.value, Math.log(56 / 4), 1e-6);
});

test('all answers left, or all "can’t tell": a side and a tie that are finite, and no difference', (t) => {
  const left = twoMethods(10, 6, () => 'left');
  t.false(left.finite);
  near(t, left.side!.value, 4.1108739, 1e-6);
  near(t, left.a.score.value, 0, 1e-9);
  t.true(left.a.p! > 0.99);
  const ties = twoMethods(10, 6, () => 'tie');
  t.false(ties.finite);
  near(t, ties.tie, Math.exp(4.3903254), 1e-4);
  t.true(ties.a.p! > 0.99);
  t.true(Number.isNaN(ties.leftShare));
});

test('each method always on its own side: the side is not told, the scale is', (t) => {
  const comparisons = Array.from({ length: 12 }, (_, i) => ({
    rater: i % 4,
    pair: Math.floor(i / 4),
    left: 0,
    right: 1,
    choice: (i % 3 === 0 ? 'right' : 'left') as 'left' | 'right',
  }));
  const scale = scaleQuestion(comparisons, {
    methods: ['a', 'b'],
    reference: 1,
    question: 'style',
    primary: true,
  });
  if ('refused' in scale) return t.fail(scale.refused);
  t.is(scale.side, undefined);
  near(t, scale.methods[0]!.score.value, Math.log(2), 1e-8);
});

test('random clicks of few raters on few pairs: no more false alarms than declared', (t) => {
  for (const [raters, pairs] of [
    [2, 2],
    [2, 6],
    [4, 3],
    [12, 4],
    [12, 8],
  ] as const) {
    let alarms = 0;
    const studies = 120;
    for (let study = 0; study < studies; study++) {
      const random = createRandom('clicks', raters, pairs, study);
      const { a } = twoMethods(raters, pairs, () => (random.integer(2) === 0 ? 'left' : 'right'));
      if (a.p! <= 0.05) alarms++;
    }
    // 6 % of 120 and three deviations more.
    t.true(alarms <= 15, `${raters} raters, ${pairs} pairs: ${alarms} of ${studies}`);
  }
});

test('raters and pairs that differ: intervals hold the truth, and a null is seldom refused', (t) => {
  let [covered, intervals, alarms] = [0, 0, 0];
  const studies = 60;
  const study = bareStudy({ pairs: 6, raters: 12, questions: ['preference'] });
  for (let seed = 0; seed < studies; seed++) {
    const { raters, answers } = simulateRaters(
      study,
      study.sessions,
      { ...plainModel, taste: 0.4, pairEffect: 0.4, tie: 0.3, scores: { preference: [0, 0, 0, 0] } },
      `null ${seed}`,
    );
    const scale = scaleOf(study, raters, answers, 'preference', { jod: false });
    if ('refused' in scale) return t.fail(scale.refused);
    for (const { score, p, pHolm } of scale.methods) {
      if (p === undefined) continue;
      intervals++;
      const holds = score.low <= 0 && 0 <= score.high;
      if (holds) covered++;
      t.is(p > 0.05, holds, 'a test and its interval say the same');
      if (pHolm! <= 0.05) alarms++;
    }
  }
  t.true(covered / intervals > 0.91, `${covered} of ${intervals}`);
  t.true(alarms <= 9, `${alarms} of ${studies}`);
});

test('when the rules leave out everyone, nothing is tested, of everyone neither', (t) => {
  const { study, raters, answers } = simulated({}, 3);
  const hasty = answers.map((answer) => ({ ...answer, milliseconds: 100 }));
  const analysis = analyze(study, raters, hasty);
  t.is(analysis.screened.raters, 0);
  t.is(analysis.screened.opinions.length, 0);
  for (const scale of analysis.all.scales) {
    if ('refused' in scale) return t.fail(scale.refused);
    t.regex(scale.untested!, /the rules leave out everyone/);
    t.true(scale.methods.every(({ p }) => p === undefined));
  }
  const said = describeAnalysis(analysis, (rows) => rows.map((row) => row.join(' '))).join('\n');
  t.regex(said, /nobody is left, so nothing is scaled or tested/);
  t.notRegex(said, /NaN|Infinity|p 0|undefined/);
});

test('one rater who answered a little: every line is a number or a sentence', (t) => {
  const study = bareStudy({ pairs: 2, raters: 12 });
  const { raters, answers } = simulateRaters(study, study.sessions.slice(0, 1), { scores: everywhere }, 1);
  for (const given of [
    answers,
    answers.slice(0, 3),
    answers.map((one) => ({ ...one, choice: /\d/.test(one.choice) ? ('5' as const) : ('tie' as const) })),
  ]) {
    const analysis = analyze(study, raters, given);
    const said = describeAnalysis(analysis, (rows) => rows.map((row) => row.join(' '))).join('\n');
    t.notRegex(said, /NaN|Infinity|undefined|e\+\d/);
    t.deepEqual(parseAnalysis(analysisText(analysis), 'studies/small/analysis.json'), analysis);
  }
});

test('a rater of three who differs from two that agree is not called a million times as inconsistent', (t) => {
  const study = bareStudy({ pairs: 3, raters: 12 });
  const { raters, answers } = simulateRaters(study, study.sessions.slice(0, 3), { scores: everywhere }, 2);
  const grades = answers.map((answer): AnalyzedAnswer => {
    if (!/^[1-5]$/.test(answer.choice)) return answer;
    const odd = answer.rater === raters[2]!.id && answer.trial % 2 === 0;
    return { ...answer, choice: odd ? '4' : '3' };
  });
  for (const { reasons } of judgeRaters(raters, grades, study.rules)) {
    t.notRegex(reasons.join(), /times as inconsistent/);
  }
  // Of two raters neither is the odd one.
  const two = judgeRaters(raters.slice(0, 2), answers, study.rules);
  t.true(two.every(({ inconsistency }) => Number.isNaN(inconsistency)));
});

test('sub-groups below five, and those that would give the rest away, are not looked at', (t) => {
  const { study, raters, answers } = simulated({ randomClickers: 0, oneSided: 0 }, 6);
  const people = raters.map((rater, i) => ({
    ...rater,
    background: { ...background, artTraining: i < 12 ? 'none' : i < 36 ? 'degree' : 'hobby' },
  }));
  const { subGroups } = analyze(study, people, answers);
  t.deepEqual(
    subGroups.map(({ attribute, value }) => `${attribute} ${value}`),
    // Four have a hobby: with the twelve of none shown beside the others, they would be what is missing to forty.
    ['artTraining degree'],
  );
});

test('a study nobody has answered is one sentence', (t) => {
  t.throws(() => analyze(bareStudy(), [], []), {
    name: 'NeckarError',
    message: /Nobody has answered "small" yet/,
  });
});
