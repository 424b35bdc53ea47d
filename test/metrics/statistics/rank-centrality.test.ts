/** Rank Centrality against closed forms, a plain eigenvector, and simulated raters. */
import test from 'ava';
import {
  bootstrapRankCentrality,
  type Preference,
  rankCentrality,
} from '../../../metrics/statistics/rank-centrality.ts';
import { createRandom } from '../../../src/random.ts';

/** wins[i][j]: how often i was preferred to j. */
function preferencesOf(wins: readonly (readonly number[])[]): Preference[] {
  return wins.flatMap((row, winner) =>
    row.flatMap((count, loser) => Array.from({ length: count }, () => ({ winner, loser }))),
  );
}

test('two items: the shares of the votes', (t) => {
  const { scores, spectralGap, graph } = rankCentrality(
    2,
    preferencesOf([
      [0, 7],
      [3, 0],
    ]),
  );
  t.true(Math.abs(scores![0]! - 0.7) < 1e-9 && Math.abs(scores![1]! - 0.3) < 1e-9);
  // The walk of two states with probabilities .3 and .7 forgets everything in one step.
  t.true(Math.abs(spectralGap - 1) < 1e-6);
  t.deepEqual(graph, { components: [[0, 1]], meanDegree: 1, maxDegree: 1 });
});

test('votes in the proportions of Bradley and Terry give their strengths, however few pairs are compared', (t) => {
  const strengths = [1, 2, 3, 6];
  // A ring and one chord; every pair has whole numbers of votes.
  const wins = strengths.map((own, i) =>
    strengths.map((other, j) => {
      const met = Math.abs(i - j) === 1 || Math.abs(i - j) === 3;
      return met ? (own * 2520) / (own + other) : 0;
    }),
  );
  const { scores } = rankCentrality(4, preferencesOf(wins));
  for (const [i, strength] of strengths.entries()) t.true(Math.abs(scores![i]! - strength / 12) < 1e-8);
});

test('the stationary distribution, and the second eigenvalue, of the matrix of the definition', (t) => {
  const wins = [
    [0, 5, 1, 0],
    [3, 0, 4, 2],
    [6, 1, 0, 3],
    [0, 4, 2, 0],
  ];
  const { scores, graph, spectralGap } = rankCentrality(4, preferencesOf(wins));
  t.is(graph.maxDegree, 3);
  t.is(graph.meanDegree, 2.5);
  const P = wins.map((row, i) =>
    row.map((won, j) => {
      const all = won + wins[j]![i]!;
      return i === j || all === 0 ? 0 : wins[j]![i]! / all / 3;
    }),
  );
  for (const [i, row] of P.entries()) row[i] = 1 - row.reduce((sum, value) => sum + value, 0);
  for (let j = 0; j < 4; j++) {
    const moved = P.reduce((sum, row, i) => sum + scores![i]! * row[j]!, 0);
    t.true(Math.abs(moved - scores![j]!) < 1e-11);
  }
  // numpy.linalg.eigvals of that matrix: 1, .638758 and .347288 ± .161133 i.
  t.true(Math.abs(spectralGap - 0.361242421349242) < 1e-5, `${spectralGap}`);
});

test('parts that were never compared have no common scale, and are named', (t) => {
  const { scores, graph, spectralGap } = rankCentrality(5, [
    { winner: 0, loser: 3 },
    { winner: 1, loser: 4 },
  ]);
  t.is(scores, undefined);
  t.deepEqual(graph.components, [[0, 3], [1, 4], [2]]);
  t.is(spectralGap, 0);
});

test('who never won has the score 0, and more with a prior', (t) => {
  const votes = preferencesOf([
    [0, 4, 4],
    [0, 0, 2],
    [0, 2, 0],
  ]);
  t.deepEqual(
    [...rankCentrality(3, votes).scores!].map((one) => Math.round(one * 1e9) / 1e9),
    [1, 0, 0],
  );
  t.true(rankCentrality(3, votes, { prior: 1 }).scores![1]! > 0.05);
});

test('a vote for nobody, or over oneself, is refused', (t) => {
  for (const preference of [
    { winner: 0, loser: 3 },
    { winner: 1, loser: 1 },
    { winner: -1, loser: 0 },
  ]) {
    t.throws(() => rankCentrality(3, [preference]), { instanceOf: RangeError });
  }
});

test('intervals cover the true scores of simulated raters, strata stay as large as they are', (t) => {
  const strengths = [1, 1.5, 2, 3, 4];
  const sum = strengths.reduce((total, one) => total + one, 0);
  const { uniform } = createRandom(5);
  let [covered, of] = [0, 0];
  for (let study = 0; study < 120; study++) {
    const votes: Preference[] = [];
    for (let i = 0; i < 5; i++) {
      for (let j = i + 1; j < 5; j++) {
        for (let vote = 0; vote < 40; vote++) {
          const first = uniform() < strengths[i]! / (strengths[i]! + strengths[j]!);
          votes.push({ winner: first ? i : j, loser: first ? j : i, stratum: `${i} ${j}` });
        }
      }
    }
    const { intervals, connected, draws } = bootstrapRankCentrality(5, votes, { draws: 99, seed: study });
    // Every pair is a stratum of its own: no draw can lose it.
    t.is(connected, draws);
    for (const [i, [low, high]] of intervals!.entries()) {
      of++;
      if (low <= strengths[i]! / sum && strengths[i]! / sum <= high) covered++;
    }
  }
  const coverage = covered / of;
  t.true(coverage > 0.9 && coverage < 0.99, `${coverage}`);
});

test('ranks of clearly different items are certain, of equal ones not', (t) => {
  const votes = preferencesOf([
    [0, 95, 95],
    [5, 0, 50],
    [5, 50, 0],
  ]).map((vote) => ({
    ...vote,
    stratum: Math.min(vote.winner, vote.loser) * 3 + Math.max(vote.winner, vote.loser),
  }));
  const { ranks } = bootstrapRankCentrality(3, votes);
  t.deepEqual(ranks![0], [1, 1]);
  t.deepEqual(ranks![1], [2, 3]);
});
