import test from 'ava';
import { leastTrendP, pageTrend } from '../../../metrics/statistics/page-trend.ts';

function near(
  t: { true(value: boolean, message?: string): void },
  actual: number,
  expected: number,
  tolerance: number,
) {
  t.true(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
}

test('L and its p are those of scipy.stats.page_trend_test where nothing is tied', (t) => {
  const five = pageTrend([
    [1.0, 2.0, 1.5, 3.0, 4.0],
    [0.1, 0.4, 0.2, 0.3, 0.9],
    [5, 4, 6, 8, 7],
  ]);
  t.is(five.L, 159);
  t.is(five.method, 'exact');
  near(t, five.p, 0.0014091435185185183, 1e-12);
  const four = pageTrend([
    [2, 1, 3, 4],
    [1, 2, 4, 3],
  ]);
  t.is(four.L, 58);
  near(t, four.p, 0.03125, 1e-12);
});

test('more than ten treatments: the normal approximation, as scipy has it', (t) => {
  const result = pageTrend([
    [11, 1, 7, 3, 4, 6, 2, 8, 5, 12, 10, 9],
    [3, 2, 1, 4, 7, 5, 10, 6, 9, 12, 11, 8],
    [1, 5, 11, 3, 4, 8, 2, 6, 10, 9, 7, 12],
    [1, 7, 3, 2, 6, 10, 5, 4, 8, 9, 12, 11],
  ]);
  t.is(result.L, 2392);
  t.is(result.method, 'normal');
  near(t, result.p, 1.2152480347389484e-5, 1e-9);
});

test('the critical values of Page (1963), table 2', (t) => {
  // [treatments, blocks, α, least L that is significant]
  for (const [k, blocks, alpha, critical] of [
    [3, 4, 0.05, 54],
    [3, 4, 0.01, 55],
    [4, 2, 0.05, 58],
    [4, 3, 0.01, 87],
    [5, 2, 0.05, 103],
    [5, 2, 0.01, 106],
    [5, 3, 0.001, 160],
    [6, 2, 0.05, 166],
  ] as const) {
    t.true(upperTail(k, blocks, critical) <= alpha, `${k} × ${blocks}: ${critical}`);
    t.true(upperTail(k, blocks, critical - 1) > alpha, `${k} × ${blocks}: ${critical - 1}`);
  }
});

test('ties: the share of all orders of the midranks whose L is as large, counted one by one', (t) => {
  const table = [
    [1, 1, 2, 3],
    [4, 2, 4, 4],
    [1, 3, 3, 9],
  ];
  const midranks = [
    [1.5, 1.5, 3, 4],
    [3, 1, 3, 3],
    [1, 2.5, 2.5, 4],
  ];
  const weigh = (row: readonly number[]) => row.reduce((sum, rank, j) => sum + (j + 1) * rank, 0);
  const observed = midranks.reduce((sum, row) => sum + weigh(row), 0);
  const [first, second, third] = midranks.map((row) => permutations(row).map(weigh));
  let asLarge = 0;
  for (const a of first!)
    for (const b of second!) for (const c of third!) if (a + b + c >= observed) asLarge++;
  const result = pageTrend(table);
  t.is(result.L, observed);
  near(t, result.p, asLarge / 24 ** 3, 1e-12);
});

test('concordance is the mean of Spearman’s correlations with the order', (t) => {
  t.is(pageTrend([[1, 2, 3, 4, 5]]).concordance, 1);
  t.is(pageTrend([[5, 4, 3, 2, 1]]).concordance, -1);
  // ρ = 1 − 6 Σd²/(k(k²−1)): 1 and 1 − 6·2/60.
  near(
    t,
    pageTrend([
      [1, 2, 3, 4],
      [2, 1, 3, 4],
    ]).concordance,
    (1 + 0.8) / 2,
    1e-12,
  );
});

test('a perfect order has the least p there is; a table of ties says nothing', (t) => {
  const perfect = pageTrend([
    [1, 2, 3, 4, 5],
    [2, 4, 6, 8, 10],
  ]);
  near(t, perfect.p, 1 / 120 ** 2, 1e-15);
  near(t, leastTrendP(5, 2), 1 / 120 ** 2, 1e-18);
  t.is(pageTrend([[2, 2, 2]]).p, 1);
});

test('it refuses tables with gaps and single treatments', (t) => {
  t.throws(() => pageTrend([[1, 2], [1]]), { instanceOf: RangeError });
  t.throws(() => pageTrend([[1]]), { instanceOf: RangeError });
  t.throws(() => pageTrend([]), { instanceOf: RangeError });
});

/** P(L ≥ `critical`) by going through every order of every block. */
function upperTail(k: number, blocks: number, critical: number): number {
  const sums = permutations(Array.from({ length: k }, (_, j) => j + 1)).map((row) =>
    row.reduce((sum, rank, j) => sum + (j + 1) * rank, 0),
  );
  const counts = new Map<number, number>();
  for (const sum of sums) counts.set(sum, (counts.get(sum) ?? 0) + 1);
  let all = new Map([[0, 1]]);
  for (let block = 0; block < blocks; block++) {
    const next = new Map<number, number>();
    for (const [a, times] of all)
      for (const [b, more] of counts) next.set(a + b, (next.get(a + b) ?? 0) + times * more);
    all = next;
  }
  let asLarge = 0;
  let total = 0;
  for (const [sum, times] of all) {
    total += times;
    if (sum >= critical) asLarge += times;
  }
  return asLarge / total;
}

function permutations(values: readonly number[]): number[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((value, i) =>
    permutations(values.filter((_, j) => j !== i)).map((rest) => [value, ...rest]),
  );
}
