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

/** ln L of the model, written out; ties are the rest of all. */
function logLikelihood(
  counts: readonly { first: number; second: number; firstWins: number; secondWins: number; ties?: number }[],
  { scores, side, threshold }: { scores: readonly number[]; side: number; threshold: number },
  sigma = jodSigma,
): number {
  return counts.reduce((sum, { first, second, firstWins, secondWins, ties = 0 }) => {
    const d = scores[first]! - scores[second]! + side;
    const wins = normalCdf((d - threshold) / sigma);
    const losses = normalCdf((-d - threshold) / sigma);
    const log = (count: number, p: number) => (count === 0 ? 0 : count * Math.log(p));
    return sum + log(firstWins, wins) + log(secondWins, losses) + log(ties, 1 - wins - losses);
  }, 0);
}

const uneven = [
  { first: 0, second: 1, firstWins: 31, secondWins: 12, ties: 7 },
  { first: 1, second: 2, firstWins: 9, secondWins: 22, ties: 0 },
  { first: 2, second: 0, firstWins: 14, secondWins: 17, ties: 4 },
  { first: 1, second: 0, firstWins: 6, secondWins: 19 },
  { first: 3, second: 1, firstWins: 3, secondWins: 5, ties: 11 },
  { first: 2, second: 3, firstWins: 0, secondWins: 0, ties: 0 },
  { first: 3, second: 0, firstWins: 8, secondWins: 40, ties: 2 },
];

for (const side of [true, false]) {
  test(`no scale near it explains the answers better, ${side ? 'with' : 'without'} a side`, (t) => {
    const found = thurstoneWithTies(4, uneven, { side });
    near(
      t,
      found.scores.reduce((sum, score) => sum + score, 0),
      0,
      1e-9,
    );
    t.true(found.threshold > 0);
    t.is(found.side !== 0, side);
    const best = logLikelihood(uneven, found);
    const step = 1e-4;
    const slope = (changed: (by: number) => number) => (changed(step) - changed(-step)) / (2 * step);
    const slopes = [
      ...found.scores.map((_, i) =>
        slope((by) =>
          logLikelihood(uneven, {
            ...found,
            scores: found.scores.map((one, j) => (i === j ? one + by : one)),
          }),
        ),
      ),
      slope((by) => logLikelihood(uneven, { ...found, threshold: found.threshold + by })),
      ...(side ? [slope((by) => logLikelihood(uneven, { ...found, side: found.side + by }))] : []),
    ];
    for (const one of slopes) near(t, one, 0, 1e-4);
    // A maximum, not another place of no slope.
    for (const by of [-0.3, 0.3]) {
      t.true(logLikelihood(uneven, { ...found, threshold: found.threshold * (1 + by) }) < best);
      t.true(
        logLikelihood(uneven, { ...found, scores: found.scores.map((one, j) => one + (j === 2 ? by : 0)) }) <
          best,
      );
    }
  });
}

test('without a side or ties both are 0, exactly; another σ is another unit', (t) => {
  const counts = uneven.map((one) => ({ ...one, ties: 0 }));
  const plain = thurstoneWithTies(4, counts, { side: false });
  t.is(plain.side, 0);
  t.is(plain.threshold, 0);
  t.is(thurstoneWithTies(4, counts).threshold, 0);
  const doubled = thurstoneWithTies(4, counts, { side: false, sigma: 2 * jodSigma });
  for (const [i, one] of plain.scores.entries()) near(t, doubled.scores[i]!, 2 * one, 1e-7);
  // Ties of one comparison are ties.
  t.true(thurstoneWithTies(2, [{ first: 0, second: 1, firstWins: 5, secondWins: 5, ties: 1 }]).threshold > 0);
});

test('answers far from even are reached: 1 of 2000, and as good as all ties', (t) => {
  const rare = [{ first: 0, second: 1, firstWins: 1999, secondWins: 1 }];
  const far = thurstoneWithTies(2, rare, { side: false }).scores;
  near(t, far[0]! - far[1]!, jodSigma * normalQuantile(1999 / 2000), 1e-5);
  const tied = [{ first: 0, second: 1, firstWins: 1, secondWins: 1, ties: 9998 }];
  near(t, thurstoneWithTies(2, tied, { side: false }).threshold, -jodSigma * normalQuantile(1e-4), 1e-4);
});
