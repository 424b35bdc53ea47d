import test from 'ava';
import { kendallTauB, spearman } from '../../../metrics/statistics/correlation.ts';
import {
  hedgesGz,
  meanInterval,
  minimumDetectableDifference,
  seedVariance,
} from '../../../metrics/statistics/effects.ts';
import { criticalDifference, friedman } from '../../../metrics/statistics/friedman.ts';
import { holm } from '../../../metrics/statistics/multiplicity.ts';
import {
  binomialTest,
  clopperPearsonInterval,
  votesNeeded,
  wilsonInterval,
} from '../../../metrics/statistics/proportions.ts';
import { ranks } from '../../../metrics/statistics/ranks.ts';
import { wilcoxonSignedRank } from '../../../metrics/statistics/wilcoxon.ts';

function near(
  t: { true(value: boolean, message?: string): void },
  actual: number,
  expected: number,
  tolerance: number,
) {
  t.true(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
}

test('ranks share ties', (t) => {
  t.deepEqual(ranks([3, 1, 3, 2]), [3.5, 1, 3.5, 2]);
});

test('Friedman and Kendall W on a table with ties', (t) => {
  const result = friedman([
    [4, 3, 4, 4, 5, 6, 3],
    [1, 2, 3, 5, 6, 7, 7],
    [1, 2, 6, 4, 1, 5, 1],
  ]);
  near(t, result.chiSquared, 8.468354, 1e-6);
  near(t, result.p, 0.205758, 1e-6);
  near(t, result.W, 0.470464, 1e-6);
});

test('Friedman refuses a table with holes and survives one that is all ties', (t) => {
  t.throws(() => friedman([[1, 2], [1]]), { message: /full table/ });
  t.is(
    friedman([
      [1, 1],
      [2, 2],
    ]).p,
    1,
  );
});

test('Friedman counts all orders of few blocks, ties included', (t) => {
  // Every order of every block, by brute force.
  const orders = (values: readonly number[]): number[][] =>
    values.length < 2
      ? [[...values]]
      : values.flatMap((value, i) =>
          orders(values.filter((_, j) => j !== i)).map((rest) => [value, ...rest]),
        );
  const upper = (table: readonly (readonly number[])[]) => {
    const all = table.map((row) => orders(ranks(row)));
    const spread = (sums: readonly number[]) => sums.reduce((sum, R) => sum + R * R, 0);
    const observed = spread(table[0]!.map((_, j) => table.reduce((sum, row) => sum + ranks(row)[j]!, 0)));
    let [extreme, count] = [0, 0];
    const go = (block: number, sums: readonly number[]): void => {
      if (block === all.length) {
        count++;
        if (spread(sums) >= observed - 1e-9) extreme++;
        return;
      }
      for (const order of all[block]!)
        go(
          block + 1,
          sums.map((sum, j) => sum + order[j]!),
        );
    };
    go(
      0,
      table[0]!.map(() => 0),
    );
    return extreme / count;
  };
  for (const table of [
    [
      [1, 2, 3],
      [1, 2, 3],
      [1, 3, 2],
    ],
    [
      [1, 2, 2],
      [3, 1, 3],
      [1, 2, 3],
      [5, 4, 4],
    ],
    [
      [1, 2, 3, 4],
      [1, 2, 4, 3],
      [2, 2, 3, 4],
    ],
  ]) {
    const result = friedman(table);
    t.is(result.method, 'exact');
    near(t, result.p, upper(table), 1e-12);
  }
  // Three blocks of four in one order: one of 24² ways, where χ² says .029.
  const unanimous = friedman([
    [1, 2, 3, 4],
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ]);
  near(t, unanimous.chiSquared, 9, 1e-12);
  near(t, unanimous.p, 1 / 576, 1e-12);
});

test('the critical difference is Demšar’s: 4 classifiers, 14 data sets, 1.25', (t) => {
  near(t, criticalDifference(4, 14), 2.569 * Math.sqrt((4 * 5) / (6 * 14)), 1e-3);
});

const depressionBefore = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
const depressionAfter = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];

test('Wilcoxon signed rank, exact', (t) => {
  const result = wilcoxonSignedRank(depressionBefore, depressionAfter);
  t.is(result.V, 40);
  near(t, result.p, 0.0390625, 1e-12);
});

test('Wilcoxon with ties agrees with enumerating all sign patterns', (t) => {
  const differences = [1, -1, 2, 2, 3, -3, 4, 5, 1, 2];
  const rank = ranks(differences.map(Math.abs));
  const observed = rank.reduce((sum, r, i) => sum + (differences[i]! > 0 ? r : 0), 0);
  const extreme = Math.min(observed, 55 - observed);
  let count = 0;
  for (let signs = 0; signs < 1024; signs++) {
    const sum = rank.reduce((total, r, i) => total + ((signs >> i) & 1 ? r : 0), 0);
    if (sum <= extreme + 1e-9) count++;
  }
  const result = wilcoxonSignedRank(
    differences,
    differences.map(() => 0),
  );
  near(t, result.p, (2 * count) / 1024, 1e-12);
});

test('rounding makes no difference to Wilcoxon: ties and zeros are found', (t) => {
  const low = [1, 1.1, 1.2, 1.3, 1.4, 1.5];
  // All differ by 0.1, but each in another last digit.
  const high = [1.1, 1.2, 1.3, 1.4, 1.5, 1.6];
  t.true(new Set(high.map((value, i) => value - low[i]!)).size > 1);
  t.like(wilcoxonSignedRank(high, low), { V: 21, p: 2 / 64, n: 6 });
  // Magnitudes 1, 1, 1 and 2 with one sign against: the ranks are 2, 2, 2, 4 whatever the last digits.
  const exact = wilcoxonSignedRank([1, -1, 1, 2], [0, 0, 0, 0]);
  const rounded = wilcoxonSignedRank([1 + 2e-16, -1, 1 - 1e-16, 2], [0, 0, 0, 0]);
  t.deepEqual(rounded, exact);
  t.is(exact.V, 8);
  t.is(wilcoxonSignedRank([0.1 + 0.2, 5], [0.3, 4]).n, 1, 'what differs by rounding does not differ');
  t.is(wilcoxonSignedRank([1e-6, 2e-6], [2e-6, 1e-6]).n, 2, 'small numbers are no rounding');
});

test('Wilcoxon of identical samples finds nothing', (t) => {
  t.is(wilcoxonSignedRank([1, 2], [1, 2]).p, 1);
});

test('Holm', (t) => {
  const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
  for (const [index, expected] of [0.03, 0.06, 0.06, 0.02].entries())
    near(t, adjusted[index]!, expected, 1e-12);
});

test('binomial test, Wilson and Clopper–Pearson intervals, 60 of 100', (t) => {
  near(t, binomialTest(60, 100), 0.056888, 1e-6);
  near(t, binomialTest(3, 17, 0.3), 0.42669166952862747, 1e-9);
  const wilson = wilsonInterval(60, 100);
  near(t, wilson.low, 0.502, 1e-5);
  near(t, wilson.high, 0.6906, 1e-5);
  const exact = clopperPearsonInterval(60, 100);
  near(t, exact.low, 0.49721, 1e-5);
  near(t, exact.high, 0.69671, 1e-5);
});

test('votes for 80 % power', (t) => {
  t.deepEqual(
    [0.55, 0.6, 0.65, 0.7, 0.75].map((share) => votesNeeded(share)),
    [783, 194, 85, 47, 29],
  );
});

test('mean opinion score with its t interval', (t) => {
  const { mean, half } = meanInterval([5, 4, 4, 3, 5, 4, 4, 5, 3, 4, 4, 5, 4, 3, 4]);
  near(t, mean, 4.06667, 1e-5);
  near(t, half, 0.389714, 1e-6);
});

test('rank correlations with ties', (t) => {
  const x = [0.1, 0.4, 0.35, 0.8, 0.2, 0.35];
  const y = [1, 3, 2, 2, 1, 5];
  near(t, spearman(x, y), 0.6120084698771954, 1e-12);
  near(t, kendallTauB(x, y), 0.44474958999666075, 1e-12);
  t.true(Number.isNaN(spearman([1, 1], [1, 2])));
});

test('the minimum detectable difference agrees with the noncentral t', (t) => {
  // Exact values from SciPy's noncentral t distribution, power 0.8, α 0.05.
  for (const [n, exact] of [
    [6, 1.4345],
    [10, 0.9962],
    [20, 0.6604],
  ] as const) {
    near(t, minimumDetectableDifference(1, n) / exact, 1, 0.05);
  }
});

test('what does not vary but for rounding has no effect size and no detectable difference', (t) => {
  const gaps = [1.1 - 1, 1.2 - 1.1, 1.3 - 1.2, 1.4 - 1.3, 1.5 - 1.4, 1.6 - 1.5];
  t.true(Number.isNaN(hedgesGz(gaps)));
  // The same after a large number was taken off: only its size tells that this is rounding.
  const coarse = [1e6, 4e6, 9e6].map((large) => large + 0.1 - large);
  t.false(Number.isNaN(hedgesGz(coarse)));
  t.true(Number.isNaN(hedgesGz(coarse, 9e6)));
  t.true(Number.isNaN(minimumDetectableDifference(0, 6)));
  t.true(Number.isNaN(spearman([0.3, 0.1 + 0.2, 0.3], [1, 2, 3])));
  t.true(Number.isNaN(kendallTauB([0.3, 0.1 + 0.2, 0.3], [1, 2, 3])));
  t.deepEqual(
    seedVariance([
      [0.3, 0.1 + 0.2],
      [0.3, 0.3],
    ]),
    { within: 0, between: 0, share: Number.NaN },
  );
});

test('effect sizes', (t) => {
  // mean 2, s = 1, n = 3: d = 2, correction 1 − 3/7.
  near(t, hedgesGz([1, 2, 3]), 2 * (1 - 3 / 7), 1e-12);
});

test('seed variance is split into within and between', (t) => {
  const { within, between, share } = seedVariance([
    [1, 3],
    [5, 7],
  ]);
  t.is(within, 2);
  near(t, between, 8, 1e-12);
  near(t, share, 0.2, 1e-12);
});

test('Wilcoxon beyond 200 differences: the normal tail of V, its variance a quarter of the squared ranks', (t) => {
  const random = (i: number) => ((i * 7919) % 1009) / 1009;
  for (const [n, levels] of [
    [201, 1009],
    [260, 12],
  ] as const) {
    // With few levels many magnitudes are tied.
    const differences = Array.from(
      { length: n },
      (_, i) => (Math.floor(random(i) * levels) + 1) * (random(i + 500) < 0.56 ? 1 : -1),
    );
    const zeros = differences.map(() => 0);
    const { V, p, method, rankBiserial, n: counted } = wilcoxonSignedRank(differences, zeros);
    t.deepEqual([method, counted], ['normal', n]);
    // Midranks as they are defined: how many are smaller, and the middle of those that are equal.
    const midranks = differences.map((d) => {
      const smaller = differences.filter((other) => Math.abs(other) < Math.abs(d)).length;
      const equal = differences.filter((other) => Math.abs(other) === Math.abs(d)).length;
      return smaller + (equal + 1) / 2;
    });
    const sum = (wanted: (d: number) => boolean) =>
      midranks.reduce((all, rank, i) => all + (wanted(differences[i]!) ? rank : 0), 0);
    const [plus, minus] = [sum((d) => d > 0), sum((d) => d < 0)];
    near(t, V, plus, 1e-9);
    near(t, rankBiserial, (plus - minus) / (plus + minus), 1e-12);
    // Each rank counts or not, with even odds: variance Σ r²/4 about half the sum; less ½ for continuity.
    const deviation = Math.sqrt(midranks.reduce((all, rank) => all + rank * rank, 0) / 4);
    const z = (Math.abs(plus - (plus + minus) / 2) - 0.5) / deviation;
    // The upper tail of the normal distribution by Simpson's rule.
    let tail = 0;
    const steps = 20_000;
    for (let i = 0; i <= steps; i++) {
      const x = z + (i * 12) / steps;
      tail +=
        ((i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp(-(x * x) / 2)) /
        Math.sqrt(2 * Math.PI);
    }
    near(t, p, (2 * tail * 12) / steps / 3, 1e-9);
  }
});

test('Wilcoxon is exact up to 200 differences, and where V is in the middle nothing is found', (t) => {
  const alternating = (n: number) =>
    Array.from({ length: n }, (_, i) => (i % 4 === 0 || i % 4 === 3 ? 1 : -1) * (i + 1));
  const zeros = (n: number) => Array.from({ length: n }, () => 0);
  t.is(wilcoxonSignedRank(alternating(200), zeros(200)).method, 'exact');
  t.like(wilcoxonSignedRank(alternating(204), zeros(204)), { method: 'normal', p: 1 });
  t.deepEqual(wilcoxonSignedRank([1, 2], [1, 2]), { V: 0, p: 1, n: 0, method: 'exact', rankBiserial: 0 });
  // 2, 3 and 4 in favour, 1 against: 9 of 10, so the correlation is 8 of 10; five of the 16 sums lie as far out a side.
  const small = wilcoxonSignedRank([-1, 2, 3, 4], [0, 0, 0, 0]);
  near(t, small.rankBiserial, 0.8, 1e-12);
  near(t, small.p, 4 / 16, 1e-12);
  t.throws(() => wilcoxonSignedRank([1, 2], [1]), { message: /samples of 2 and 1 values/ });
});

test('Friedman gives mean ranks and degrees of freedom, one table after another', (t) => {
  const first = friedman([
    [1, 2, 3],
    [1, 2, 3],
  ]);
  t.deepEqual([first.meanRanks, first.df, first.W], [[1, 2, 3], 2, 1]);
  // Of 36 pairs of orders six agree: one in six.
  near(t, first.p, 1 / 6, 1e-12);
  // The same ties in the blocks, other rank sums: what is kept of the first table serves the second.
  const second = friedman([
    [1, 2, 3],
    [3, 2, 1],
  ]);
  t.deepEqual([second.meanRanks, second.chiSquared], [[2, 2, 2], 0]);
  near(t, second.p, 1, 1e-12);
  const tied = friedman([
    [1, 1, 2],
    [5, 5, 7],
  ]);
  t.deepEqual(tied.meanRanks, [1.5, 1.5, 3]);
  // The one place of the larger value agrees in one of three ways.
  near(t, tied.p, 1 / 3, 1e-12);
  for (const table of [[[1, 2]], [[1], [2]], []]) t.throws(() => friedman(table), { name: 'RangeError' });
});

test('effects: small samples, one value, nothing that varies', (t) => {
  // Differences 1, 2, 3: mean 2, deviation 1, Hedges' factor 1 − 3/7.
  near(t, hedgesGz([1, 2, 3]), 2 * (1 - 3 / 7), 1e-12);
  near(t, hedgesGz([10, 20, 30]), 2 * (1 - 3 / 7), 1e-12);
  t.throws(() => meanInterval([1]), { name: 'RangeError' });
  // t with one degree of freedom is a Cauchy variable: its quantile is the tangent of π(p − ½).
  const cauchy = (p: number) => Math.tan(Math.PI * (p - 0.5));
  const { mean, half } = meanInterval([1, 3]);
  t.is(mean, 2);
  near(t, half, cauchy(0.975), 1e-6);
  t.is(minimumDetectableDifference(1, 1), Number.POSITIVE_INFINITY);
  near(t, minimumDetectableDifference(3, 2), (3 * (cauchy(0.975) + cauchy(0.8))) / Math.SQRT2, 1e-5);
  const alone = seedVariance([[1], [2]]);
  t.is(alone.within, Number.NaN);
  near(t, alone.between, 0.5, 1e-12);
  t.deepEqual(seedVariance([[1, 3]]).between, Number.NaN);
  t.deepEqual(seedVariance([[1, 3]]).within, 2);
  t.is(seedVariance([[0.1 + 0.2], [0.3]]).between, 0);
});
