import test from 'ava';
import { maximize, pairModel } from '../../../metrics/statistics/pair-model.ts';
import { bradleyTerry } from '../../../metrics/statistics/pair-scale.ts';
import { createRandom } from '../../../src/random.ts';
import { influencesOn } from '../../../src/study/analysis/influence.ts';
import { type Comparison, countComparisons } from '../../../src/study/analysis/tables.ts';
import { twoSided, twoWayShare, twoWaySpread, whyUntested } from '../../../src/study/analysis/two-way.ts';

const near = (t: { true(value: boolean, message?: string): void }, a: number, b: number, tolerance: number) =>
  t.true(Math.abs(a - b) <= tolerance, `${a} is not ${b} ± ${tolerance}`);

/** Three methods, answers drawn with preferences, sides and ties. */
function answers(ties: boolean): Comparison[] {
  const random = createRandom('influences');
  const scores = [0, 0.8, -0.4];
  return Array.from({ length: 240 }, (_, i): Comparison => {
    const [left, right] = [
      [0, 1],
      [1, 2],
      [2, 0],
      [1, 0],
    ][i % 4]! as [number, number];
    const weights = [Math.exp(scores[left]! + 0.3), Math.exp(scores[right]!), ties ? 0.7 : 0];
    let draw = random.uniform() * (weights[0]! + weights[1]! + weights[2]!);
    draw -= weights[0]!;
    const choice = draw < 0 ? 'left' : draw < weights[1]! ? 'right' : 'tie';
    return { rater: i % 8, pair: Math.floor(i / 8) % 5, left, right, choice };
  });
}

for (const ties of [true, false]) {
  test(`an answer’s influence is what a little more of it does to the fit, ${ties ? 'with' : 'without'} ties`, (t) => {
    const comparisons = answers(ties);
    const reference = 2;
    const fitted = (weight: (one: Comparison) => number) => {
      const { scores, side, tie } = bradleyTerry(3, countComparisons(3, comparisons, weight), { side: true });
      return { scores: scores.map((score) => score - scores[reference]!), side, tie };
    };
    const model = pairModel(3, countComparisons(3, comparisons), { side: true, reference });
    const influences = influencesOn(model, maximize(model, { penalized: false }), comparisons)!.of;
    // Differences of refits, with one answer counted a little more and a little less.
    const step = 1e-4;
    for (const at of [0, 1, 2, 3, 57, 120]) {
      const more = fitted((one) => (one === comparisons[at] ? 1 + step : 1));
      const less = fitted((one) => (one === comparisons[at] ? 1 - step : 1));
      for (let i = 0; i < 2; i++) {
        near(t, influences[i]![at]!.value, (more.scores[i]! - less.scores[i]!) / (2 * step), 1e-6);
      }
      near(t, influences[model.sideAt]![at]!.value, (more.side - less.side) / (2 * step), 1e-6);
    }
    for (const of of influences)
      near(
        t,
        of.reduce((sum, { value }) => sum + value, 0),
        0,
        1e-7,
      );
  });
}

test('the spread of a mean over a full table is the textbook’s, part by part', (t) => {
  // Rows differ by ±1, columns by ±2, and nothing else: rater r, pair p answers a_r + b_p.
  const [rows, columns] = [
    [1, -1, 1, -1],
    [2, -2],
  ];
  const n = rows!.length * columns!.length;
  const influences = rows!.flatMap((a, rater) =>
    columns!.map((b, pair) => ({ rater, pair, value: (a + b) / n })),
  );
  // By hand: rows 4·(2/8)²·4/3 = 1/3, columns 2·(8/8)²·2 = 4, and nothing is left beside them.
  const { deviation, freedom, least } = twoWaySpread(influences);
  near(t, deviation, Math.sqrt(13 / 3), 1e-12);
  near(t, freedom, (13 / 3) ** 2 / ((1 / 3) ** 2 / 3 + 4 ** 2 / 1), 1e-12);
  t.is(least, 1);
});

test('the variance of a full table is that of its analysis of variance', (t) => {
  const random = createRandom('table');
  const [raters, pairs] = [7, 5];
  const values = Array.from({ length: raters }, () => Array.from({ length: pairs }, () => random.normal()));
  for (const row of values) {
    const own = 2 * random.normal();
    for (const i of row.keys()) row[i]! += own + 3 * (i - 2);
  }
  const mean = (of: readonly number[]) => of.reduce((sum, one) => sum + one, 0) / of.length;
  const grand = mean(values.flat());
  const rows = values.map(mean);
  const columns = values[0]!.map((_, i) => mean(values.map((row) => row[i]!)));
  const square = (sum: number, one: number) => sum + one ** 2;
  const ofRows = rows.map((one) => one - grand).reduce(square, 0) / (raters - 1) / raters;
  const ofColumns = columns.map((one) => one - grand).reduce(square, 0) / (pairs - 1) / pairs;
  const residual = values
    .flatMap((row, r) => row.map((one, c) => one - rows[r]! - columns[c]! + grand))
    .reduce(square, 0);
  const shared = residual / ((raters - 1) * (pairs - 1)) / (raters * pairs);
  t.true(shared < ofRows && shared < ofColumns);
  const influences = values.flatMap((row, rater) =>
    row.map((one, pair) => ({ rater, pair, value: (one - grand) / (raters * pairs) })),
  );
  near(t, twoWaySpread(influences).deviation ** 2, ofRows + ofColumns - shared, 1e-12);
});

test('answers that only chance moves are not counted three times', (t) => {
  const random = createRandom('noise');
  const influences = Array.from({ length: 4000 }, (_, i) => ({
    rater: i % 40,
    pair: Math.floor(i / 40) % 20,
    value: random.normal() / 4000,
  }));
  const { deviation } = twoWaySpread(influences);
  const due = 1 / Math.sqrt(4000);
  t.true(deviation > 0.9 * due && deviation < 1.35 * due, String(deviation / due));
});

test('one rater, one pair, or one who has nearly all answers: nothing is said of others', (t) => {
  const answer = (rater: number, pair: number) => ({ rater, pair });
  t.regex(
    whyUntested([answer(0, 0), answer(0, 1)])!,
    /there is one rater\. A test and an interval need at least two/,
  );
  t.regex(whyUntested([answer(0, 3), answer(1, 3)])!, /there is one content\/style pair\./);
  t.regex(whyUntested([answer(0, 0)])!, /there is one rater and one content\/style pair\./);
  t.regex(whyUntested([])!, /no rater and no pair/);
  t.is(whyUntested([answer(0, 0), answer(1, 1)]), undefined);
  const crowded = [...Array.from({ length: 30 }, (_, i) => answer(0, i % 3)), answer(1, 0)];
  t.regex(whyUntested(crowded)!, /2 raters, one of which has nearly all answers/);
});

test('independent answers: the p value of a mean is Student’s, never that of a certainty', (t) => {
  // Nobody differs from anybody: what is observed is no variance at all, and what independent answers have is the least.
  const influences = Array.from({ length: 12 }, (_, i) => ({
    rater: i % 4,
    pair: Math.floor(i / 4),
    value: 0,
  }));
  const spread = twoWaySpread(influences, 0.25);
  t.is(spread.deviation, 0.5);
  t.is(spread.freedom, 2);
  // scipy.stats.t.sf(3, 2) * 2
  near(t, twoSided(3, spread), 0.0954662, 1e-6);
});

test('a share stays between nothing and all, and unanimity is not certainty', (t) => {
  const answers = (values: readonly number[]) =>
    values.map((value, i) => ({ rater: i % 4, pair: Math.floor(i / 4) % 3, value }));
  const all = twoWayShare(answers(new Array(12).fill(1)), 0.95);
  t.deepEqual([all.value, all.high], [1, 1]);
  // Worth 12·(1.959964/4.302653)² answers by two degrees of freedom: (α/2)^(1/n).
  near(t, all.low, 0.025 ** (1 / (12 * (1.959964 / 4.302653) ** 2)), 1e-5);
  const random = createRandom('shares');
  for (let i = 0; i < 200; i++) {
    const share = random.uniform();
    const values = Array.from({ length: 8 + random.integer(30) }, () => Number(random.uniform() < share));
    const { value, low, high } = twoWayShare(answers(values), 0.95);
    t.true(0 <= low && low <= value && value <= high && high <= 1, `${low} ${value} ${high}`);
  }
  t.deepEqual(twoWayShare([{ rater: 0, pair: 0, value: 1 }], 0.95), {
    value: 1,
    low: Number.NaN,
    high: Number.NaN,
  });
});
