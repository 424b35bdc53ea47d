import test from 'ava';
import { normalQuantile, studentQuantile } from '../../../metrics/statistics/distributions.ts';
import { maximize, pairModel } from '../../../metrics/statistics/pair-model.ts';
import { bradleyTerry } from '../../../metrics/statistics/pair-scale.ts';
import { clopperPearsonInterval } from '../../../metrics/statistics/proportions.ts';
import { createRandom } from '../../../src/random.ts';
import { influencesOn } from '../../../src/study/analysis/influence.ts';
import { type Comparison, countComparisons } from '../../../src/study/analysis/tables.ts';
import {
  reachOf,
  twoSided,
  twoWayShare,
  twoWaySpread,
  whyUntested,
} from '../../../src/study/analysis/two-way.ts';

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

test('a share’s interval is that of as many independent answers as are as uncertain', (t) => {
  // Raters' sums of answers: 2 of 3, 1 of 3, 2 of 3, 1 of 3; pairs': 4, 2 and 0 of 4.
  const chosen = [1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0];
  const answers = chosen.map((value, i) => ({ rater: i % 4, pair: Math.floor(i / 4), value }));
  const { value, low, high } = twoWayShare(answers, 0.9);
  t.is(value, 0.5);
  // By hand. Raters: sums of deviations ±.5/12, 4·(.5/12)²·4/3; pairs: ±2/12 and 0, 2·(2/12)²·3/2. What is left: twelve
  // cells of ±.5/12 less both, over six.
  const raters = 4 * (0.5 / 12) ** 2 * (4 / 3);
  const pairs = 2 * (2 / 12) ** 2 * (3 / 2);
  const left = Math.max(0, (12 * 12 * (0.5 / 12) ** 2 - 3 * raters - 2 * pairs) / 6);
  const variance = raters + pairs - Math.min(left, raters, pairs);
  const satterthwaite = variance ** 2 / (raters ** 2 / 3 + pairs ** 2 / 2);
  const freedom = Math.min(Math.max(satterthwaite, 2), 4);
  const independent = 0.25 / 12;
  t.true(variance > independent);
  const worth = 12 * (independent / variance) * (normalQuantile(0.95) / studentQuantile(0.95, freedom)) ** 2;
  const { low: from, high: to } = clopperPearsonInterval(worth / 2, worth, 0.9);
  near(t, low, from, 1e-12);
  near(t, high, to, 1e-12);
  // Where answers are no more alike than independent ones, they are worth their number by the sample's freedom.
  const even = Array.from({ length: 16 }, (_, i) => ({
    rater: i % 4,
    pair: Math.floor(i / 4),
    value: ((i % 4) + Math.floor(i / 4)) % 2,
  }));
  const spread = twoWaySpread(
    even.map((one) => ({ ...one, value: (one.value - 0.5) / 16 })),
    0.25 / 16,
  );
  near(t, spread.deviation, 0.125, 1e-12);
  const fully = 16 * (normalQuantile(0.975) / studentQuantile(0.975, spread.freedom)) ** 2;
  near(t, twoWayShare(even, 0.95).low, clopperPearsonInterval(fully / 2, fully, 0.95).low, 1e-12);
});

test('the share within reach is Student’s; freedom is at least that of the smaller sample and at most twice', (t) => {
  // scipy.stats.t.ppf(0.975, 4) and ppf(0.95, 10)
  near(t, reachOf({ deviation: 1, freedom: 4, least: 4 }, 0.95), 2.7764451, 1e-6);
  near(t, reachOf({ deviation: 1, freedom: 10, least: 10 }, 0.9), 1.8124611, 1e-6);
  // Raters and pairs vary alike: (1/3 + 1/3)² / ((1/3)²/3 + (1/3)²/3) = 6, with the smaller sample's 3 degrees.
  const rows = [1, -1, 1, -1];
  const alike = rows.flatMap((a, rater) => rows.map((b, pair) => ({ rater, pair, value: (a + b) / 16 })));
  near(t, twoWaySpread(alike).freedom, 6, 1e-9);
  // Of pairs with other answers than one the freedom is that of the effective number.
  const uneven = [...alike, { rater: 0, pair: 0, value: 0 }, { rater: 1, pair: 0, value: 0 }];
  const effective = 18 ** 2 / (6 ** 2 + 3 * 4 ** 2) - 1;
  near(t, twoWaySpread(uneven).least, effective, 1e-12);
});

test('a table with hardly more cells than raters and pairs leaves nothing to tell noise from', (t) => {
  // Two cells, two raters, two pairs: 2 − 2 − 2 + 1 < 0. Both sums are 2·(1/2)²·2 = 1.
  const two = [0, 1].map((i) => ({ rater: i, pair: i, value: i - 0.5 }));
  near(t, twoWaySpread(two).deviation ** 2, 2, 1e-12);
  // Three cells leave as many as they have, 3 − 2 − 2 + 1 = 0: no residual either. Rows 0 and .5, columns .5 and 0.
  const three = [
    { rater: 0, pair: 0, value: 0.5 },
    { rater: 0, pair: 1, value: -0.5 },
    { rater: 1, pair: 0, value: 0.25 },
  ];
  near(t, twoWaySpread(three).deviation ** 2, 2 * 0.25 ** 2 + 2 * (0.75 ** 2 + 0.5 ** 2), 1e-12);
  // One rater: nothing is seen of how raters differ.
  const one = [0.5, -0.5].map((value, pair) => ({ rater: 0, pair, value }));
  near(t, twoWaySpread(one).deviation ** 2, 2 * (0.25 + 0.25), 1e-12);
});

test('two raters of whom one gave three quarters of the answers and a bit are still told apart', (t) => {
  // (Σn)²/Σn² is 1.5 with 1 + √3 … : of 4 and 15 answers 19²/241 = 1.498, of 4 and 14 18²/212 = 1.528.
  const from = (counts: readonly number[]) =>
    counts.flatMap((count, rater) => Array.from({ length: count }, (_, i) => ({ rater, pair: i % 4 })));
  t.regex(whyUntested(from([4, 15])) ?? '', /2 raters, one of which has nearly all answers/);
  t.is(whyUntested(from([4, 14])), undefined);
});

test('unanimous answers have the smaller sample’s freedom, others their own', (t) => {
  // Three raters and four pairs, full table: the freedom of what varies lies between 2 and 4.
  const chosen = [1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0];
  const answers = chosen.map((value, i) => ({ rater: Math.floor(i / 4), pair: i % 4, value }));
  const mean = 0.5;
  const spread = twoWaySpread(
    answers.map((one) => ({ ...one, value: (one.value - mean) / 12 })),
    0.25 / 12,
  );
  t.true(spread.freedom > spread.least + 0.1, `${spread.freedom} and ${spread.least}`);
  const quantiles = normalQuantile(0.975) / studentQuantile(0.975, spread.freedom);
  const worth = 12 * (0.25 / 12 / spread.deviation ** 2) * quantiles ** 2;
  near(t, twoWayShare(answers, 0.95).high, clopperPearsonInterval(worth / 2, worth, 0.95).high, 1e-12);
});
