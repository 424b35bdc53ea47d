import test from 'ava';
import { normalCdf, normalQuantile } from '../../../metrics/statistics/distributions.ts';
import { jodSigma, thurstone } from '../../../metrics/statistics/pair-scale.ts';
import { thurstoneWithTies } from '../../../src/study/analysis/thurstone.ts';

const near = (t: { true(value: boolean, message?: string): void }, a: number, b: number, tolerance = 1e-6) =>
  t.true(Math.abs(a - b) <= tolerance, `${a} is not ${b} ± ${tolerance}`);

test('without ties and sides it is case V: 75 % is one JOD', (t) => {
  const counts = [
    { first: 0, second: 1, firstWins: 25, secondWins: 75 },
    { first: 1, second: 2, firstWins: 25, secondWins: 75 },
  ];
  const { scores } = thurstoneWithTies(3, counts, { side: false });
  for (const [i, expected] of [-1, 0, 1].entries()) near(t, scores[i]!, expected, 1e-4);
  for (const [i, expected] of thurstone(3, counts).scores.entries()) near(t, scores[i]!, expected, 1e-6);
});

test('two items with ties have a closed form', (t) => {
  // P(first) = Φ((d−τ)/σ) = .5 and P(second) = Φ((−d−τ)/σ) = .2: d and τ are half the difference and sum of quantiles.
  const { scores, threshold } = thurstoneWithTies(
    2,
    [{ first: 0, second: 1, firstWins: 50, secondWins: 20, ties: 30 }],
    {
      side: false,
    },
  );
  const [a, b] = [normalQuantile(0.5), normalQuantile(0.2)];
  near(t, scores[0]! - scores[1]!, (jodSigma * (a - b)) / 2);
  near(t, threshold, (-jodSigma * (a + b)) / 2);
});

test('a side is told apart from the items', (t) => {
  const { scores, side } = thurstoneWithTies(2, [
    { first: 0, second: 1, firstWins: 70, secondWins: 30 },
    { first: 1, second: 0, firstWins: 60, secondWins: 40 },
  ]);
  // Φ((d+δ)/σ) = .7 and Φ((−d+δ)/σ) = .6.
  const [a, b] = [jodSigma * normalQuantile(0.7), jodSigma * normalQuantile(0.6)];
  near(t, scores[0]! - scores[1]!, (a - b) / 2);
  near(t, side, (a + b) / 2);
});

test('expected counts give back the scale they were made from', (t) => {
  const truth = [0.9, 0.1, -0.3, -0.7];
  const [delta, tau] = [0.25, 0.4];
  const counts = truth.flatMap((a, first) =>
    truth.flatMap((b, second) => {
      if (first === second) return [];
      const p1 = normalCdf((a - b + delta - tau) / jodSigma);
      const p2 = normalCdf((b - a - delta - tau) / jodSigma);
      return [{ first, second, firstWins: 1000 * p1, secondWins: 1000 * p2, ties: 1000 * (1 - p1 - p2) }];
    }),
  );
  const { scores, side, threshold } = thurstoneWithTies(4, counts);
  for (const [i, expected] of truth.entries()) near(t, scores[i]!, expected, 1e-6);
  near(t, side, delta);
  near(t, threshold, tau);
});
