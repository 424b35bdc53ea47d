import test from 'ava';
import { analyze } from '../../../../metrics/statistics/analysis/analyze.ts';
import type { PrimaryComparison } from '../../../../metrics/statistics/analysis/question.ts';
import { answer } from '../../../../reports/words/sentences.ts';
import { metric, trialsOf } from './_trials.ts';

const factor = 'losses.gram.weight';
const primary = { metric: 'gram-relative', factor, trend: 'falling' } as const;

/** One variant at four weights; the score by pair and weight. */
function sweep(pairs: number, score: (pair: number, weight: number) => number, weights = [10, 1, 100, 3]) {
  return trialsOf({
    pairs,
    variants: ['gram'],
    swept: () => ({ [factor]: weights }),
    // A distance is never negative.
    score: ({ content, swept }) => 200 + score(Number(content.slice(1)), swept[factor] as number),
  });
}

function trendOf(trials: ReturnType<typeof sweep>, question: PrimaryComparison = primary) {
  const analysis = analyze(trials, { question: 'Does it fall?', primary: question });
  const finding = analysis.comparisons[0]!.findings.find(({ id }) => id === metric)!;
  if ('refused' in finding.outcome) throw new Error(finding.outcome.refused);
  return { analysis, finding, outcome: finding.outcome, trend: finding.outcome.trend };
}

test('a foretold order is one test, and two pairs can decide it', (t) => {
  const { analysis, finding, outcome, trend } = trendOf(
    sweep(2, (pair, weight) => 5 * pair - Math.log(weight)),
  );
  t.is(finding.role, 'primary');
  t.deepEqual(
    trend!.order.map((index) => outcome.treatments[index]!.name),
    ['1', '3', '10', '100'],
    'numbers in their own order, whatever the plan’s',
  );
  t.true(Math.abs(trend!.p - 1 / 24 ** 2) < 1e-15);
  t.is(trend!.concordance, 1);
  t.deepEqual(trend!.steps, [2, 2, 2]);
  t.true(trend!.shown);
  t.true(outcome.differences.every(({ role }) => role === 'exploratory'));
  t.false(analysis.notes.some((note) => note.includes('no test can reach')));
  t.deepEqual(answer(analysis), [
    'Over 2 content/style pairs, gram-relative falls with losses.gram.weight, in the order 1, 3, 10, 100: Page’s L = 60, p = 0.002 (one-sided, exact).',
    'Every step goes that way in both pairs.',
    'The test is of the order as a whole, not of single steps.',
  ]);
});

test('an order that is not there is not found, and steps against it are named', (t) => {
  const { analysis, trend } = trendOf(sweep(2, (pair, weight) => (pair === 0 ? weight : -weight)));
  t.is(trend!.concordance, 0);
  t.false(trend!.shown);
  t.true(trend!.p > 0.4);
  const [verdict, steps] = answer(analysis);
  t.regex(verdict!, /was not shown to fall with losses\.gram\.weight, in the order 1, 3, 10, 100/);
  t.regex(steps!, /from 1 to 3 in 1 of 2, .*no step does in all/);
});

test('rising is falling of the negative', (t) => {
  const score = (pair: number, weight: number) => pair + Math.sin(7 * weight + pair);
  const falling = trendOf(sweep(4, score)).trend!;
  const rising = trendOf(
    sweep(4, (pair, weight) => -score(pair, weight)),
    { ...primary, trend: 'rising' },
  ).trend!;
  t.is(rising.p, falling.p);
  t.is(rising.L, falling.L);
});

test('other factors and metrics have no order', (t) => {
  const { analysis } = trendOf(sweep(3, (pair, weight) => pair - weight));
  const others = analysis.comparisons.flatMap(({ findings }) => findings.filter(({ id }) => id !== metric));
  t.true(others.every(({ outcome }) => 'refused' in outcome || outcome.trend === undefined));
});

test('where even a perfect order says too little, a note says so', (t) => {
  const trials = sweep(2, (pair, weight) => pair - weight, [1, 2]);
  const { analysis, trend } = trendOf(trials);
  t.is(trend!.least, 1 / 4);
  t.false(trend!.shown);
  t.true(analysis.notes.some((note) => /2 pairs of 2 levels no order can reach the 5 % level/.test(note)));
});
