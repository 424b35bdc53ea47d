import test from 'ava';
import { NeckarError } from '../../src/errors.ts';
import { expandCases } from '../../src/experiment/cases.ts';
import { choice, draws, logUniform, uniform } from '../../src/experiment/distributions.ts';
import { expand } from '../../src/experiment/expand.ts';
import { cross, grid, list, range, sample, zip } from '../../src/experiment/sweep.ts';

const valuesOf = (tree: unknown) => [...expand(tree)].map(({ value }) => value);
const casesOf = (sweep: Parameters<typeof expandCases>[0]) =>
  expandCases(sweep).map(({ values }) => Object.fromEntries(values));

test('a tree without sweeps is its only case, shared and not copied', (t) => {
  const tree = { a: [1, { b: 2 }] };
  t.deepEqual(valuesOf(tree), [tree]);
  t.is(valuesOf(tree)[0], tree);
});

test('two grids are crossed, the first varying slowest', (t) => {
  t.deepEqual(valuesOf({ a: grid([1, 2]), b: { c: grid(['x', 'y']) } }), [
    { a: 1, b: { c: 'x' } },
    { a: 1, b: { c: 'y' } },
    { a: 2, b: { c: 'x' } },
    { a: 2, b: { c: 'y' } },
  ]);
});

test('a sweep within a value is unfolded only with that value', (t) => {
  const tree = { optimizer: list([{ name: 'lbfgs' }, { name: 'adam', rate: grid([1, 2]) }]) };
  t.deepEqual(valuesOf(tree), [
    { optimizer: { name: 'lbfgs' } },
    { optimizer: { name: 'adam', rate: 1 } },
    { optimizer: { name: 'adam', rate: 2 } },
  ]);
});

test('a sweep in a sweep is one longer list with one choice each', (t) => {
  const branches = [...expand({ a: grid([7, range(1, 3)]) })];
  t.deepEqual(
    branches.map(({ value }) => value),
    [{ a: 7 }, { a: 1 }, { a: 2 }],
  );
  t.deepEqual(
    branches.map(({ chosen }) => [...chosen.keys()]),
    [['a'], ['a'], ['a']],
  );
});

test('items of a list are swept in their place', (t) => {
  t.deepEqual(valuesOf([0, grid([1, 2]), 3]), [
    [0, 1, 3],
    [0, 2, 3],
  ]);
});

test('values zipped under one name advance together, wherever they stand', (t) => {
  const tree = { a: zip('g', [1, 2, 3]), b: { c: zip('g', ['x', 'y', 'z']) }, d: grid([0, 1]) };
  t.deepEqual(
    valuesOf(tree).map((value) => JSON.stringify(value)),
    [1, 2, 3].flatMap((a) => [0, 1].map((d) => JSON.stringify({ a, b: { c: 'xyz'[a - 1] }, d }))),
  );
});

test('zipped lists of different lengths are refused with both places', (t) => {
  const error = t.throws(() => valuesOf({ a: zip('g', [1, 2]), b: zip('g', [1]) }), {
    instanceOf: NeckarError,
  });
  t.regex(error.message, /^b: zip\('g', …\) holds 1 values here but 2 at a/);
  const paths = t.throws(() => expandCases(zip({ a: [1, 2], b: [1, 2, 3] })), { instanceOf: NeckarError });
  t.regex(paths.message, /a has 2, b has 3/);
});

test('an empty sweep is refused with its path', (t) => {
  t.throws(() => valuesOf({ a: { b: grid([]) } }), {
    instanceOf: NeckarError,
    message: /^a\.b: this sweep is empty/,
  });
  t.throws(() => expandCases(zip({ a: [] })), {
    instanceOf: NeckarError,
    message: /^sweep: this sweep is empty|^a: this sweep is empty/,
  });
  t.throws(() => expandCases(list([])), { instanceOf: NeckarError, message: /^sweep: this sweep is empty/ });
});

test('sweeps of paths: grid crosses, zip pairs, list follows, an array crosses', (t) => {
  t.deepEqual(casesOf(grid({ a: [1, 2], b: [3, 4] })).map(Object.values), [
    [1, 3],
    [1, 4],
    [2, 3],
    [2, 4],
  ]);
  t.deepEqual(casesOf(zip({ a: [1, 2], b: range(5, 7) })).map(Object.values), [
    [1, 5],
    [2, 6],
  ]);
  t.deepEqual(casesOf(list([{ a: 1 }, zip({ a: [2, 3], b: [4, 5] }), { b: grid([6, 7]) }])), [
    { a: 1 },
    { a: 2, b: 4 },
    { a: 3, b: 5 },
    { b: 6 },
    { b: 7 },
  ]);
  const crossed = [zip({ a: [1, 2], b: [3, 4] }), grid({ c: [5, 6] })];
  const expected = [
    { a: 1, b: 3, c: 5 },
    { a: 1, b: 3, c: 6 },
    { a: 2, b: 4, c: 5 },
    { a: 2, b: 4, c: 6 },
  ];
  t.deepEqual(casesOf(crossed), expected);
  t.deepEqual(casesOf(cross(...crossed)), expected);
});

test('named cases carry their name', (t) => {
  const [first] = expandCases(list({ quick: { a: 1 }, slow: { a: 2 } }));
  t.is(first!.chosen.get('case')!.shown, 'quick');
});

test('one path swept in two crossed parts is refused', (t) => {
  t.throws(() => expandCases([grid({ a: [1] }), zip({ a: [2] })]), {
    instanceOf: NeckarError,
    message: /"a" is swept twice/,
  });
});

test('a sweep of paths in the place of a value, and the reverse, are refused with the other form', (t) => {
  t.throws(() => valuesOf({ a: zip({ b: [1] }) }), {
    message: /belongs into "sweep"; in the place of a value write zip\('group'/,
  });
  t.throws(() => expandCases({ a: [1, 2] } as never), { message: /^sweep: expected grid/ });
});

test('range ends before its stop and keeps decimals clean', (t) => {
  t.deepEqual(range(0, 0.4, 0.1), { $sweep: 'values', values: [0, 0.1, 0.2, 0.3] });
  t.deepEqual(range(3, 0), { $sweep: 'values', values: [3, 2, 1] });
  t.deepEqual(range(2, 2), { $sweep: 'values', values: [] });
  for (const bad of [
    [0, 1, 0],
    [0, 1, -1],
    [0, Number.POSITIVE_INFINITY, 1],
  ] as const) {
    t.throws(() => range(...(bad as [number, number, number])), { instanceOf: NeckarError });
  }
});

test('draws depend on seed and path alone: more of them, or another path, change none', (t) => {
  const rate = logUniform(1e-4, 1);
  t.deepEqual(draws(rate, 20, 7, 'a').slice(0, 5), draws(rate, 5, 7, 'a'));
  t.notDeepEqual(draws(rate, 5, 7, 'a'), draws(rate, 5, 7, 'b'));
  t.notDeepEqual(draws(rate, 5, 7, 'a'), draws(rate, 5, 8, 'a'));
  const alone = casesOf(sample({ a: rate }, 5, 7)).map((one) => one.a);
  const both = casesOf(sample({ b: uniform(0, 1), a: rate }, 5, 7)).map((one) => one.a);
  t.deepEqual(alone, both);
});

test('distributions keep their bounds and shapes', (t) => {
  const count = 4000;
  const uniforms = draws(uniform(2, 4), count, 1, 'u');
  t.true(uniforms.every((value) => value >= 2 && value <= 4));
  // The mean of n uniform numbers has standard deviation (b−a)/√(12n) = 0.0091; five of them.
  t.true(Math.abs(uniforms.reduce((a, b) => a + b) / count - 3) < 0.046);
  const logs = draws(logUniform(1e-3, 10), count, 1, 'l').map(Math.log10);
  t.true(logs.every((value) => value >= -3 && value <= 1));
  t.true(Math.abs(logs.reduce((a, b) => a + b) / count + 1) < 0.092);
  t.deepEqual([...new Set(draws(uniform(1, 3, { integer: true }), 200, 1, 'i'))].sort(), [1, 2, 3]);
  t.deepEqual([...new Set(draws(choice(['a', 'b']), 200, 1, 'c'))].sort(), ['a', 'b']);
});

test('distributions without extent are refused', (t) => {
  t.throws(() => uniform(1, 1), { instanceOf: NeckarError });
  t.throws(() => logUniform(0, 1), { instanceOf: NeckarError, message: /0 < low < high/ });
  t.throws(() => choice([]), { instanceOf: NeckarError });
});

test('choices are shown by name, by what differs, or by their given names', (t) => {
  const shownIn = (tree: unknown) =>
    [...expand(tree)].map(({ chosen }) => [...chosen.values()].map(({ shown }) => shown));
  t.deepEqual(
    shownIn({ o: list([{ name: 'lbfgs' }, { name: 'adam', rate: 1 }, { name: 'adam', rate: 2 }]) }),
    [['lbfgs'], ['adam rate=1'], ['adam rate=2']],
  );
  t.deepEqual(shownIn({ o: list({ slow: { rate: 1 }, fast: { rate: 2 } }) }), [['slow'], ['fast']]);
  t.deepEqual(shownIn({ s: grid([[128, 256], [64]]) }), [['128-256'], ['64']]);
  t.deepEqual(shownIn({ b: grid([{ evaluations: 1 }, { evaluations: 2 }]) }), [
    ['evaluations=1'],
    ['evaluations=2'],
  ]);
});
