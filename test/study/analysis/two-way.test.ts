import test from 'ava';
import { bradleyTerry } from '../../../metrics/statistics/pair-scale.ts';
import { createRandom } from '../../../src/random.ts';
import { influencesOn } from '../../../src/study/analysis/influence.ts';
import { type Comparison, countComparisons } from '../../../src/study/analysis/tables.ts';
import { deviationOf, twoWayInterval, twoWaySpread } from '../../../src/study/analysis/two-way.ts';

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
    const fit = fitted(() => 1);
    const influences = influencesOn(fit, reference, countComparisons(3, comparisons), comparisons);
    t.is(influences.length, 4);
    // Differences of refits, with one answer counted a little more and a little less.
    const step = 1e-4;
    for (const at of [0, 1, 2, 3, 57, 120]) {
      const more = fitted((one) => (one === comparisons[at] ? 1 + step : 1));
      const less = fitted((one) => (one === comparisons[at] ? 1 - step : 1));
      for (let i = 0; i < 3; i++) {
        near(t, influences[i]![at]!.value, (more.scores[i]! - less.scores[i]!) / (2 * step), 1e-6);
      }
      near(t, influences[3]![at]!.value, (more.side - less.side) / (2 * step), 1e-6);
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
  // By hand: cells Σ((a+b)/8)² = 8·(1 + 4)/64 = 0.625; rows 4·(2/8)² = 0.25; columns 2·(8/8)² = 2.
  // Enlarged: 0.25·4/3 = 0.333 < 0.625, so raters add nothing; 2·2/1 = 4, so pairs add 3.375: in all 4.
  const { deviation, freedom } = twoWaySpread(influences);
  near(t, deviation, 2, 1e-12);
  // 4² / (0.625²/7 + 4²/1)
  near(t, freedom, 16 / (0.625 ** 2 / 7 + 16), 1e-12);
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

test('an interval has the shape of its replicates and the width that is due', (t) => {
  const replicates = Float64Array.from({ length: 2001 }, (_, i) => 5 + (i - 1000) / 100);
  const whole = twoWayInterval(5, replicates, undefined);
  near(t, whole.high - 5, 9.5, 0.01);
  const deviation = deviationOf(replicates);
  const due = { deviation: deviation / 2, freedom: 1e6 };
  const drawn = twoWayInterval(5, replicates, due);
  near(t, drawn.high - 5, 9.5 / 2, 0.01);
  near(t, 5 - drawn.low, 9.5 / 2, 0.01);
  const wide = twoWayInterval(5, replicates, { deviation: 3 * deviation, freedom: 1e6 });
  near(t, (wide.high - 5) / (whole.high - 5), 3, 1e-9);
  // Few degrees of freedom: Student's 2.776 instead of 1.960 at four.
  const few = twoWayInterval(5, replicates, { deviation: deviation / 2, freedom: 4 });
  near(t, (few.high - 5) / (drawn.high - 5), 2.776445 / 1.959964, 1e-4);
});
