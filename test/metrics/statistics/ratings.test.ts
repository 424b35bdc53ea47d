import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import {
  cohenKappa,
  fleissKappa,
  intraclassCorrelation,
  krippendorffAlpha,
} from '../../../metrics/statistics/agreement.ts';
import {
  bradleyTerry,
  connection,
  hasFiniteMaximum,
  sideIsKnown,
  thurstone,
} from '../../../metrics/statistics/pair-scale.ts';
import { alternatingProjection, screenBt500 } from '../../../metrics/statistics/screening.ts';

function near(
  t: { true(value: boolean, message?: string): void },
  actual: number,
  expected: number,
  tolerance = 1e-6,
) {
  t.true(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
}

test('Bradley–Terry: a cycle with one win more', (t) => {
  const { scores } = bradleyTerry(3, [
    { first: 0, second: 1, firstWins: 2, secondWins: 0 },
    { first: 1, second: 2, firstWins: 1, secondWins: 0 },
    { first: 2, second: 0, firstWins: 1, secondWins: 0 },
  ]);
  near(t, scores[0]!, 0.419618);
  near(t, scores[1]!, -0.419618);
  near(t, scores[2]!, 0);
});

test('Bradley–Terry: 7 to 3 is the log-odds', (t) => {
  const { scores } = bradleyTerry(2, [{ first: 0, second: 1, firstWins: 7, secondWins: 3 }]);
  near(t, scores[0]!, 0.423649);
  near(t, scores[0]! - scores[1]!, Math.log(7 / 3), 1e-9);
});

test('Davidson ties have a closed form for two items', (t) => {
  for (const [wins, losses, ties] of [
    [30, 20, 10],
    [30, 10, 20],
  ] as const) {
    const scale = bradleyTerry(2, [{ first: 0, second: 1, firstWins: wins, secondWins: losses, ties }]);
    near(t, scale.scores[0]! - scale.scores[1]!, Math.log(wins / losses), 1e-8);
    near(t, scale.tie, ties / Math.sqrt(wins * losses), 1e-8);
  }
});

test('a side advantage is told apart from the items', (t) => {
  // Equal items, the left one chosen 60 of 100 times whichever it is.
  const scale = bradleyTerry(
    2,
    [
      { first: 0, second: 1, firstWins: 60, secondWins: 40 },
      { first: 1, second: 0, firstWins: 60, secondWins: 40 },
    ],
    { side: true },
  );
  near(t, scale.scores[0]!, 0, 1e-9);
  near(t, scale.side, Math.log(1.5), 1e-8);
});

test('with Jeffreys’ prior, k of n votes are ln((k + ½)/(n − k + ½)), however unanimous', (t) => {
  for (const [wins, losses] of [
    [7, 3],
    [6, 0],
    [1, 0],
    [0, 400],
  ] as const) {
    const counts = [{ first: 0, second: 1, firstWins: wins, secondWins: losses }];
    const { scores } = bradleyTerry(2, counts, { penalized: true });
    near(t, scores[0]! - scores[1]!, Math.log((wins + 0.5) / (losses + 0.5)), 1e-8);
    t.is(hasFiniteMaximum(2, counts), wins > 0 && losses > 0);
  }
});

test('with Jeffreys’ prior, three items with sides and ties as SciPy maximises it', (t) => {
  const counts = [
    { first: 0, second: 1, firstWins: 1, secondWins: 5, ties: 2 },
    { first: 1, second: 2, firstWins: 6, secondWins: 0 },
    { first: 2, second: 0, firstWins: 0, secondWins: 4, ties: 1 },
    { first: 1, second: 0, firstWins: 5, secondWins: 0, ties: 1 },
  ];
  const { scores, side, tie } = bradleyTerry(3, counts, { side: true, penalized: true });
  near(t, scores[1]! - scores[0]!, 2.1918739);
  near(t, scores[2]! - scores[0]!, -3.4176915);
  near(t, side, 0.8185761);
  near(t, tie, Math.exp(-0.0709244));
});

test('a finite maximum: the side and the ties can be what separates', (t) => {
  const count = (first: number, second: number, firstWins: number, secondWins: number, ties = 0) => ({
    first,
    second,
    firstWins,
    secondWins,
    ties,
  });
  const sided = [count(0, 1, 30, 0), count(1, 0, 3, 27)];
  t.true(connection(2, sided).stronglyConnected, 'Ford’s condition does not know the side');
  t.true(hasFiniteMaximum(2, sided));
  t.false(hasFiniteMaximum(2, sided, { side: true }));
  t.true(hasFiniteMaximum(2, [count(0, 1, 29, 1), count(1, 0, 3, 27)], { side: true }));
  t.false(hasFiniteMaximum(2, [count(0, 1, 30, 0), count(1, 0, 30, 0)], { side: true }), 'all left');
  t.false(hasFiniteMaximum(2, [count(0, 1, 0, 0, 30), count(1, 0, 0, 0, 30)], { side: true }), 'all ties');
  t.false(hasFiniteMaximum(3, [count(0, 1, 5, 5), count(1, 2, 9, 0), count(0, 2, 9, 0)]), 'one only loses');
  // Hardly any dissent, and a difference of nearly nine between the ends, is still finite.
  t.true(
    hasFiniteMaximum(4, [count(0, 1, 57, 3), count(1, 2, 57, 3), count(2, 3, 57, 3), count(0, 3, 60, 0)]),
  );
});

test('a side that each item keeps cannot be told from the items', (t) => {
  const count = (first: number, second: number) => ({ first, second, firstWins: 1, secondWins: 1 });
  t.false(sideIsKnown(2, [count(0, 1)]));
  t.true(sideIsKnown(2, [count(0, 1), count(1, 0)]));
  t.false(sideIsKnown(3, [count(0, 1), count(1, 2)]));
  t.true(sideIsKnown(3, [count(0, 1), count(1, 2), count(0, 2)]), 'two steps ahead is not one');
  t.true(sideIsKnown(3, [count(0, 1), count(1, 2), count(2, 0)]));
});

test('Thurstone case V in JOD: 75 % is a distance of one', (t) => {
  const { scores } = thurstone(3, [
    { first: 1, second: 0, firstWins: 75, secondWins: 25 },
    { first: 2, second: 1, firstWins: 75, secondWins: 25 },
  ]);
  near(t, scores[0]!, -1, 1e-4);
  near(t, scores[1]!, 0, 1e-9);
  near(t, scores[2]!, 1, 1e-4);
});

test('comparison graphs: separate groups, and items that never lose', (t) => {
  const apart = connection(4, [
    { first: 0, second: 1, firstWins: 1, secondWins: 1 },
    { first: 2, second: 3, firstWins: 1, secondWins: 1 },
  ]);
  t.deepEqual(apart.groups, [
    [0, 1],
    [2, 3],
  ]);
  const unbeaten = connection(2, [{ first: 0, second: 1, firstWins: 5, secondWins: 0 }]);
  t.deepEqual(unbeaten.groups, [[0, 1]]);
  t.false(unbeaten.stronglyConnected);
});

const _ = undefined;
const observers = [
  [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
  [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
  [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
  [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
];

test('Krippendorff α with missing values, at four levels of measurement', (t) => {
  near(t, krippendorffAlpha(observers, 'nominal'), 0.743421);
  near(t, krippendorffAlpha(observers, 'ordinal'), 0.815388);
  near(t, krippendorffAlpha(observers, 'interval'), 0.849107);
  near(t, krippendorffAlpha(observers, 'ratio'), 0.797403);
});

test('Fleiss κ', (t) => {
  const counts = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
  ];
  near(t, fleissKappa(counts), 0.209931);
});

test('intraclass correlations of Shrout and Fleiss', (t) => {
  const { oneWay, twoWayRandom, twoWayMixed } = intraclassCorrelation([
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
  ]);
  near(t, oneWay, 0.16574, 1e-5);
  near(t, twoWayRandom, 0.28976, 1e-5);
  near(t, twoWayMixed, 0.71484, 1e-5);
});

const demo = new URL('../../../../shared/metrics/bt500_demo.csv', import.meta.url);
const withDemo = existsSync(demo) ? test : test.skip;
const demoTitle = existsSync(demo) ? '' : ' (skipped: the screening demo data are not here)';

function demoTable(): number[][] {
  return readFileSync(demo, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
}

withDemo(`BT.500 screening of the demo data${demoTitle}`, (t) => {
  t.deepEqual(screenBt500(demoTable()), [0, 1]);
  t.deepEqual(screenBt500(demoTable(), 'sample'), [1]);
});

withDemo(`alternating projection of the demo data${demoTitle}`, (t) => {
  const { scores, biases, inconsistencies } = alternatingProjection(demoTable());
  near(t, scores[0]!, 4.926232);
  near(t, biases[0]!, -0.189852);
  near(t, inconsistencies[0]!, 1.833936);
  for (const [index, value] of inconsistencies.entries()) t.true(index < 5 ? value >= 1.6 : value < 0.865);
});

test('screening spares a rater who is merely generous', (t) => {
  // Nine raters near the truth, one always two points above: all outliers on one side.
  const table = Array.from({ length: 40 }, (_, i) => [
    ...Array.from({ length: 19 }, (_, j) => 3 + ((i * 7 + j * 3) % 5) / 10),
    5,
  ]);
  t.deepEqual(screenBt500(table), []);
});

test('Cohen’s κ and its error: the textbook’s example, chance and unanimity', (t) => {
  // Fleiss, Levin & Paik, Statistical Methods for Rates and Proportions, table 18.1: κ .68.
  const table = [
    [75, 1, 4],
    [5, 4, 1],
    [0, 0, 10],
  ];
  const pairs = table.flatMap((row, i) =>
    row.flatMap((n, j) => Array.from({ length: n }, () => [`${i}`, `${j}`] as const)),
  );
  const { kappa, error } = cohenKappa(pairs);
  near(t, kappa, 0.23 / 0.34);
  // The delta method, its gradient by finite differences of κ as a function of the nine shares.
  const kappaOf = (p: readonly number[]) => {
    const row = (i: number) => p[3 * i]! + p[3 * i + 1]! + p[3 * i + 2]!;
    const column = (i: number) => p[i]! + p[i + 3]! + p[i + 6]!;
    const chance = [0, 1, 2].reduce((sum, i) => sum + row(i) * column(i), 0);
    return (p[0]! + p[4]! + p[8]! - chance) / (1 - chance);
  };
  const shares = table.flat().map((count) => count / 100);
  const gradient = shares.map((_, at) => {
    const moved = (by: number) => kappaOf(shares.map((share, i) => (i === at ? share + by : share)));
    return (moved(1e-6) - moved(-1e-6)) / 2e-6;
  });
  const mean = shares.reduce((sum, share, i) => sum + share * gradient[i]!, 0);
  const variance = shares.reduce((sum, share, i) => sum + share * (gradient[i]! - mean) ** 2, 0) / 100;
  near(t, error, Math.sqrt(variance));
  const chance = ['a', 'b'].flatMap((a) => ['a', 'b'].map((b) => [a, b] as const));
  t.is(cohenKappa(chance).kappa, 0);
  t.deepEqual(cohenKappa([...chance.filter(([a, b]) => a === b)]), { kappa: 1, error: 0 });
  t.true(Number.isNaN(cohenKappa([['a', 'a']]).kappa));
});
