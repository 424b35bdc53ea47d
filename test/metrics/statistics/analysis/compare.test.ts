import test from 'ava';
import { compareCells, leastPairs } from '../../../../metrics/statistics/analysis/compare.ts';
import { createRandom } from '../../../../src/random.ts';

test('seeds are averaged within cells, cells within pairs, whatever their numbers', (t) => {
  // Pair 0 has three seeds in one cell: they must not count three times.
  const cells = [
    [
      [[1, 2, 6], [10]],
      [[5], [20]],
    ],
    [
      [[2], [4]],
      [[4], [2]],
    ],
  ];
  const { treatments, differences } = compareCells(cells, ['a', 'b'], { better: 'lower', role: 'primary' });
  t.deepEqual(treatments[0]!.values, [4, 3]);
  t.deepEqual(treatments[1]!.values, [15, 3]);
  const [difference] = differences;
  t.is(difference!.estimate, 5.5);
  t.deepEqual([difference!.a, difference!.b], [1, 0]);
  t.deepEqual(difference!.contexts, [(7 + 2) / 2, (15 - 2) / 2]);
});

test('a context that raises everything does not blur a difference within it', (t) => {
  const random = createRandom(3);
  const cells = Array.from({ length: 8 }, () => {
    const level = 100 * random.uniform();
    return [0, 1000].map((context) => [[level + context], [level + context + 1]]);
  });
  const { differences } = compareCells(cells, ['a', 'b'], { better: 'lower', role: 'primary' });
  const { estimate: at, low, high, p, favours } = differences[0]!;
  t.true(Math.abs(at - 1) < 1e-9 && Math.abs(low - 1) < 1e-9 && Math.abs(high - 1) < 1e-9);
  t.is(p, 2 / 2 ** 8);
  t.is(favours, 'b', 'lower is better, and b of "b − a" is the treatment a');
});

test('three treatments: tests, Holm, ranks and groups as computed by hand', (t) => {
  // c is best in all six pairs, a beats b in four of six.
  const rows = [
    [1.0, 1.1, 0.5],
    [2.0, 2.2, 0.6],
    [3.0, 3.3, 0.7],
    [4.0, 4.4, 0.8],
    [5.0, 4.5, 0.9],
    [6.0, 5.4, 1.0],
  ];
  const cells = rows.map((row) => [row.map((value) => [value])]);
  const { differences, overall } = compareCells(cells, ['a', 'b', 'c'], {
    better: 'lower',
    role: 'exploratory',
  });
  const of = (a: number, b: number) => differences.find((one) => one.a === a && one.b === b)!;
  // All six of one sign: 2/2⁶. Of |b − a| = .1 .2 .3 .4 .5 .6, the two largest are negative: V = 10; P(V ≤ 10) = 27/64.
  t.is(of(2, 0).p, 2 / 64);
  t.is(of(2, 1).p, 2 / 64);
  t.true(Math.abs(of(1, 0).p - signedRankP([0.1, 0.2, 0.3, 0.4, -0.5, -0.6])) < 1e-12);
  t.is(of(2, 0).adjusted, 6 / 64);
  t.is(of(2, 0).rankBiserial, -1);
  t.is(of(2, 0).favours, undefined, 'six pairs do not suffice for three tests');
  t.deepEqual(
    overall!.meanRanks.map((rank) => Math.round(1e9 * rank) / 1e9),
    [(4 * 2 + 2 * 3) / 6, (4 * 3 + 2 * 2) / 6, 1].map((rank) => Math.round(1e9 * rank) / 1e9),
  );
  // Six pairs cannot decide any of three tests: all stand together, in the order of their ranks.
  t.deepEqual(overall!.groups, [[2, 0, 1]]);
});

/** Two-sided, by going through all signs. */
function signedRankP(differences: readonly number[]): number {
  const order = [...differences].sort((x, y) => Math.abs(x) - Math.abs(y));
  const V = order.reduce((sum, value, i) => sum + (value > 0 ? i + 1 : 0), 0);
  const total = (order.length * (order.length + 1)) / 2;
  let extreme = 0;
  for (let signs = 0; signs < 2 ** order.length; signs++) {
    let sum = 0;
    for (let i = 0; i < order.length; i++) if ((signs >> i) & 1) sum += i + 1;
    if (Math.min(sum, total - sum) <= Math.min(V, total - V)) extreme++;
  }
  return extreme / 2 ** order.length;
}

test('against a reference only the comparisons with it are primary', (t) => {
  const random = createRandom(9);
  const cells = Array.from({ length: 12 }, () => [[0, 1, 2, 3].map((t) => [t + 0.1 * random.normal()])]);
  const options = { better: 'higher', role: 'primary', reference: 2 } as const;
  const { differences } = compareCells(cells, ['a', 'b', 'c', 'd'], options);
  const primary = differences.filter(({ role }) => role === 'primary');
  t.deepEqual(
    primary.map(({ a, b, family }) => [a, b, family]),
    [
      [0, 2, 3],
      [3, 2, 3],
      [1, 2, 3],
    ].sort(([a], [b]) => primaryOrder(a!) - primaryOrder(b!)),
  );
  for (const one of primary) {
    t.is(one.b, 2);
    t.is(Math.sign(one.estimate), one.a > 2 ? 1 : -1);
    t.is(one.rankBiserial, one.a > 2 ? 1 : -1);
    t.is(one.favours, one.a > 2 ? 'a' : 'b');
    t.is(one.adjusted, (3 * 2) / 2 ** 12);
  }
  t.true(differences.filter(({ role }) => role !== 'primary').every(({ family }) => family === 6));

  function primaryOrder(a: number): number {
    return primary.findIndex((one) => one.a === a);
  }
});

test('the spread of seeds is found', (t) => {
  const random = createRandom(5);
  const cells = Array.from({ length: 40 }, () => {
    const level = 3 * random.normal();
    return [[0, 1].map(() => Array.from({ length: 5 }, () => level + 0.5 * random.normal()))];
  });
  const { seeds } = compareCells(cells, ['a', 'b'], { better: 'lower', role: 'primary' });
  t.true(Math.abs(seeds!.deviation - 0.5) < 0.05, `${seeds!.deviation}`);
  t.deepEqual([seeds!.least, seeds!.most], [5, 5]);
  const [once] = [
    compareCells(
      cells.map((rows) => rows.map((row) => row.map((seeds) => seeds.slice(0, 1)))),
      ['a', 'b'],
      { better: 'lower', role: 'primary' },
    ),
  ];
  t.is(once.seeds, undefined);
});

test('the fewest pairs that can tell', (t) => {
  for (const [family, pairs] of [
    [1, 6],
    [3, 7],
    [6, 8],
  ] as const) {
    t.is(leastPairs(family), pairs);
    t.true(family * 2 ** (1 - pairs) <= 0.05 && family * 2 ** (2 - pairs) > 0.05);
  }
});

test('bars, favours and adjusted p are one family of decisions', (t) => {
  const random = createRandom(8);
  for (let world = 0; world < 60; world++) {
    const shift = [0, 0.4 * random.uniform(), 3 * random.uniform(), 3 * random.uniform()];
    const cells = Array.from({ length: 3 + (world % 9) }, () => [shift.map((by) => [by + random.normal()])]);
    const reference = world % 2 === 0 ? { reference: 1 } : {};
    const { differences, overall } = compareCells(cells, ['a', 'b', 'c', 'd'], {
      better: 'lower',
      role: 'primary',
      resamples: 20,
      ...reference,
    });
    const together = (a: number, b: number) =>
      overall!.groups!.some((group) => group.includes(a) && group.includes(b));
    for (const { a, b, favours, adjusted } of differences) {
      t.is(together(a, b), favours === undefined);
      t.true(adjusted >= overall!.p);
      t.is(favours !== undefined, adjusted <= 0.05);
    }
    if (overall!.p > 0.05)
      t.deepEqual(
        overall!.groups!.map((group) => group.length),
        [4],
      );
  }
});

test('differences that are all the same but for rounding have no spread, no interval and no power', (t) => {
  const cells = [1, 1.1, 1.2, 1.3, 1.4, 1.5].map((value) => [[[value], [value + 0.1]]]);
  const { differences } = compareCells(cells, ['a', 'b'], { better: 'lower', role: 'primary' });
  t.like(differences[0]!, { gz: null, detectable: null, method: 'alike', p: 2 / 64, favours: 'b' });
  t.true(Math.abs(differences[0]!.estimate - 0.1) < 1e-12);
});

test('a true difference is found with the power that the detectable one states', (t) => {
  const random = createRandom(21);
  let found = 0;
  const times = 300;
  // The t test's 80 %; a signed-rank test has 95 % of its efficiency.
  const n = 20;
  const detectable = 0.6604;
  for (let i = 0; i < times; i++) {
    const cells = Array.from({ length: n }, () => {
      const level = 10 * random.normal();
      return [[[level], [level + detectable + random.normal()]]];
    });
    const { differences } = compareCells(cells, ['a', 'b'], {
      better: 'higher',
      role: 'primary',
      resamples: 20,
    });
    if (differences[0]!.favours === 'a') found++;
    if (i === 0) t.true(Math.abs(differences[0]!.detectable! - detectable) < 0.35);
  }
  t.true(found / times > 0.7 && found / times < 0.87, `${found / times}`);
});

test('without any difference a family of tests errs in one of twenty studies', (t) => {
  const random = createRandom(31);
  let wrong = 0;
  const times = 300;
  for (let i = 0; i < times; i++) {
    const cells = Array.from({ length: 10 }, () => [[0, 1, 2, 3].map(() => [random.normal()])]);
    const { differences } = compareCells(cells, ['a', 'b', 'c', 'd'], {
      better: 'higher',
      role: 'primary',
      resamples: 20,
    });
    if (differences.some(({ favours }) => favours !== undefined)) wrong++;
  }
  t.true(wrong / times < 0.08, `${wrong / times}`);
});
