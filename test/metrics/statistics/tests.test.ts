import test from 'ava';
import { bcaInterval } from '../../../metrics/statistics/bootstrap.ts';
import { kendallTauB, spearman } from '../../../metrics/statistics/correlation.ts';
import {
  hedgesGz,
  meanInterval,
  minimumDetectableDifference,
  seedVariance,
} from '../../../metrics/statistics/effects.ts';
import { criticalDifference, friedman, indistinctGroups } from '../../../metrics/statistics/friedman.ts';
import { holm } from '../../../metrics/statistics/multiplicity.ts';
import {
  binomialTest,
  clopperPearsonInterval,
  votesNeeded,
  wilsonInterval,
} from '../../../metrics/statistics/proportions.ts';
import { ranks } from '../../../metrics/statistics/ranks.ts';
import { wilcoxonSignedRank } from '../../../metrics/statistics/wilcoxon.ts';
import { createRandom } from '../../../src/random.ts';

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

test('the critical difference is Demšar’s: 4 classifiers, 14 data sets, 1.25', (t) => {
  near(t, criticalDifference(4, 14), 2.569 * Math.sqrt((4 * 5) / (6 * 14)), 1e-3);
});

test('groups of a critical-difference diagram are maximal', (t) => {
  // Ranks in order: 0 (1), 2 (2), 3 (3), 1 (3.2).
  t.deepEqual(indistinctGroups([1, 3.2, 2, 3], 1.1), [
    [0, 2],
    [2, 3],
    [3, 1],
  ]);
  t.deepEqual(indistinctGroups([1, 3.2, 2, 3], 1.25), [
    [0, 2],
    [2, 3, 1],
  ]);
  t.deepEqual(indistinctGroups([1, 9], 1.2), []);
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

test('BCa interval of a mean agrees with SciPy’s at 200 000 resamples within resampling error', (t) => {
  const data = [9.6, 10.4, 13.0, 15.0, 16.6, 17.2, 17.3, 21.8, 24.0, 33.8];
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const interval = bcaInterval(data, mean, { resamples: 20_000 });
  near(t, interval.low, 14.48, 0.15);
  near(t, interval.high, 23.32, 0.3);
});

test('BCa intervals of a skewed sample’s mean cover it about as often as they say', (t) => {
  const random = createRandom(5);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  let covered = 0;
  const repetitions = 300;
  for (let r = 0; r < repetitions; r++) {
    const sample = Array.from({ length: 30 }, () => -Math.log(1 - random.uniform()));
    const { low, high } = bcaInterval(sample, mean, { resamples: 400, seed: r });
    if (low <= 1 && 1 <= high) covered++;
  }
  // True coverage is near 0.93 for n = 30; three binomial standard errors either side.
  t.true(covered / repetitions > 0.88 && covered / repetitions < 0.98, `${covered} of ${repetitions}`);
});

test('a statistic that never changes has a degenerate interval', (t) => {
  t.is(bcaInterval([2, 2, 2], (values) => values[0]!).method, 'degenerate');
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
