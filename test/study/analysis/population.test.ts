/** A population that was declared: what weights do to a sample that is not like it. */
import test from 'ava';
import { populationTexts } from '../../../reports/people/population.ts';
import { analyze } from '../../../src/study/analysis/analyze.ts';
import { scaleQuestion } from '../../../src/study/analysis/scale.ts';
import { plainModel, simulateRaters } from '../../../src/study/analysis/simulate.ts';
import { analysisText, parseAnalysis } from '../../../src/study/analysis/stored.ts';
import { comparisonsOf } from '../../../src/study/analysis/tables.ts';
import { describeAnalysis } from '../../../src/study/analysis/words.ts';
import { parsePopulation, populationTemplate } from '../../../src/study/design/population.ts';
import { formOf } from '../../../src/study/form/shipped.ts';
import { background, bareStudy } from '../_study.ts';

const about = formOf(bareStudy()).background;
const file = (margins: object, source = 'Census of Nowhere') =>
  parsePopulation(JSON.stringify({ source, margins }), 'margins.json', about);

/** 24 trained raters who prefer the second method, and 8 others who prefer the first as much. */
function skewed(seed: number) {
  const study = bareStudy({ methods: 2, pairs: 6, raters: 32, questions: ['preference'] });
  const groups = [
    { size: 24, artTraining: 'degree', scores: [0, 1] },
    { size: 8, artTraining: 'none', scores: [0, -1] },
  ];
  let at = 0;
  const parts = groups.map(({ size, artTraining, scores }, i) => {
    const sessions = study.sessions.slice(at, at + size);
    at += size;
    const model = { ...plainModel, scores: { preference: scores } };
    const { raters, answers } = simulateRaters(study, sessions, model, `${seed} ${i}`);
    return {
      raters: raters.map((rater) => ({
        ...rater,
        id: `${artTraining} ${rater.id}`,
        background: { ...background, artTraining },
      })),
      answers: answers.map((answer) => ({ ...answer, rater: `${artTraining} ${answer.rater}` })),
    };
  });
  // Nobody is left out, so that the groups keep their sizes.
  const rules = {
    bt500: false,
    inconsistencyTimesMedian: 1e9,
    missedAnchors: 1,
    oneSide: 1,
    medianMilliseconds: 0,
    answered: 0,
  };
  return {
    study: { ...study, rules },
    raters: parts.flatMap(({ raters }) => raters),
    answers: parts.flatMap(({ answers }) => answers),
  };
}

test('weights bring a sample of too many of one group to the population’s preference, within its interval', (t) => {
  // Half of the population is of each group, so that on the whole neither method is preferred.
  const population = file({ artTraining: { none: 0.5, degree: 0.5 } });
  let held = 0;
  let sum = 0;
  const studies = 12;
  for (let seed = 1; seed <= studies; seed++) {
    const { study, raters, answers } = skewed(seed);
    const analysis = analyze({ ...study, population }, raters, answers);
    const { raked } = analysis.population!;
    if (!('scale' in raked) || 'refused' in raked.scale) return t.fail();
    // 24 and 8 of 32 weighed to halves: weights 2/3 and 2, so n Σw²/(Σw)² = (24·4/9 + 8·4)/32 = 4/3.
    t.true(Math.abs(raked.designEffect - 4 / 3) < 1e-9);
    t.true(Math.abs(raked.effective - 24) < 1e-6);
    const { score } = raked.scale.methods.find(({ method }) => method === study.methods[1]!.name)!;
    if (score.low <= 0 && 0 <= score.high) held++;
    sum += score.value;
    const plain = analysis.screened.scales[0]!;
    if ('refused' in plain) return t.fail();
    t.true(plain.methods.find(({ method }) => method === study.methods[1]!.name)!.score.value > score.value);
  }
  // Of 12 intervals of 95 % fewer than 9 would hold the truth once in 2 000 times.
  t.true(held >= 9, `${held} of ${studies}`);
  t.true(Math.abs(sum / studies) < 0.25, `${sum / studies}`);
});

test('a rater of weight two is as two raters of the same answers, in the scores', (t) => {
  const { study, raters, answers } = skewed(1);
  const comparisons = comparisonsOf(raters, answers, 'preference');
  const options = {
    methods: ['a', 'b'],
    reference: 0,
    question: 'preference',
    primary: true,
    jod: false,
  } as const;
  const weights = raters.map((_, i) => (i === 3 ? 2 : 1));
  const weighed = scaleQuestion(comparisons, { ...options, weights });
  const twice = comparisons
    .filter(({ rater }) => rater === 3)
    .map((one) => ({ ...one, rater: raters.length }));
  const doubled = scaleQuestion([...comparisons, ...twice], options);
  if ('refused' in weighed || 'refused' in doubled) return t.fail();
  const scoreOf = (scale: typeof weighed) => scale.methods.find(({ method }) => method === 'b')!.score.value;
  t.true(Math.abs(scoreOf(weighed) - scoreOf(doubled)) < 1e-9);
  t.is(study.methods.length, 2);
});

test('sought stands beside reached, on the page, in words, and after being stored', (t) => {
  const { study, raters, answers } = skewed(2);
  const population = file({ artTraining: { none: 0.5, degree: 0.3, hobby: 0.2 } });
  const none = analyze({ ...study, population }, raters, answers);
  const refused = populationTexts(none)!;
  t.regex(
    refused.sentence,
    /Not weighed: of the group "hobby" of artTraining, which is 20 % of the population/,
  );
  t.deepEqual(refused.scores, []);
  t.deepEqual(refused.groups, [
    ['Training in art', 'None', '50 %', '25 %'].map((cell) => cell.replace('None', refused.groups[0]![1]!)),
    ['', refused.groups[1]![1]!, '30 %', '75 %'],
  ]);
  const some = analyze(
    { ...study, population: file({ artTraining: { none: 0.5, degree: 0.5 } }) },
    raters,
    answers,
  );
  t.deepEqual(parseAnalysis(analysisText(some), 'analysis.json').population, some.population);
  const words = describeAnalysis(some, (rows) => rows.map((row) => row.join(' '))).join('\n');
  t.regex(
    words,
    /The population sought \(Census of Nowhere\): raters weighed .* as much as 24 weighed alike \(design effect 1\.33/,
  );
  t.regex(words, /sought 50 % reached 75 %/);
});

test('files that describe no population are refused in one sentence', (t) => {
  const rounded = file({ artTraining: { none: 0.332, hobby: 0.332, degree: 0.332 } }).margins.artTraining!;
  t.true(Math.abs(rounded.none! - 1 / 3) < 1e-12);
  t.deepEqual(parsePopulation(populationTemplate(), 'x', about).margins.age!['60+'], 0.28);
  for (const [margins, message] of [
    [{ artTraining: { none: 0.5, degree: 0.4 } }, /the shares of "artTraining" sum to 0\.900; expected 1/],
    [{ arttraining: { none: 1 } }, /not asked about "arttraining"\. Did you mean "artTraining"\?/],
    [{ age: { '18-30': 1 } }, /"age" has no answer "18-30"\. Did you mean "18-29"\?/],
    [{ age: { '18-29': 1.5, '60+': -0.5 } }, /describes no population \(margins\.age/],
    [{}, /"margins" is empty/],
  ] as const) {
    t.throws(() => file(margins), { message });
  }
  t.throws(() => file({ age: { '60+': 1 } }, ''), { message: /describes no population \(source/ });
  t.throws(() => parsePopulation('[', 'margins.json', about), {
    message: /"margins.json" describes no population/,
  });
});
