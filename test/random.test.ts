import test from 'ava';
import { createRandom, randomFromState, xoshiro128 } from '../src/random.ts';

test('xoshiro128** gives the numbers of the C reference implementation', (t) => {
  // Published by others who ran the authors' C code from this state.
  const next = xoshiro128([0x964d4a0c, 0xd40ab895, 0xad7fdecb, 0x3006f0f0]);
  t.deepEqual([next(), next(), next(), next()], [0xf1391922, 0x6fe53806, 0xa5be2840, 0xf510ee70]);
});

test('the same seed repeats, another seed or key does not', (t) => {
  const draw = (...args: Parameters<typeof createRandom>) => {
    const random = createRandom(...args);
    return Array.from({ length: 4 }, random.uniform);
  };
  t.deepEqual(draw(1), draw(1));
  t.deepEqual(draw('one', 'layer', 2), draw('one', 'layer', 2));
  const streams = [
    draw(1),
    draw(2),
    draw('1'),
    draw(1, 'a'),
    draw(1, 'b'),
    draw(1, 'a', 'b'),
    draw(-1),
    draw(0.5),
  ];
  t.is(new Set(streams.map((stream) => stream.join())).size, streams.length);
});

test('uniform fills [0,1) with mean 1/2 and variance 1/12', (t) => {
  const { uniform } = createRandom(3);
  const n = 200_000;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const x = uniform();
    if (!(x >= 0 && x < 1)) t.fail(`${x}`);
    sum += x;
    squares += (x - 0.5) ** 2;
  }
  // Five standard errors of each estimate.
  t.true(Math.abs(sum / n - 0.5) < 5 * Math.sqrt(1 / 12 / n));
  t.true(Math.abs(squares / n - 1 / 12) < 5 * Math.sqrt(1 / 180 / n));
});

test('normal has the moments and tails of the normal distribution', (t) => {
  const { normal } = createRandom(4);
  const n = 200_000;
  const moments = [0, 0, 0, 0];
  let beyondTwo = 0;
  for (let i = 0; i < n; i++) {
    const x = normal();
    for (let k = 0; k < 4; k++) moments[k]! += x ** (k + 1) / n;
    if (Math.abs(x) > 2) beyondTwo++;
  }
  // Variances of the sample moments of N(0,1): 1, 2, 15, 96.
  t.true(Math.abs(moments[0]!) < 5 * Math.sqrt(1 / n));
  t.true(Math.abs(moments[1]! - 1) < 5 * Math.sqrt(2 / n));
  t.true(Math.abs(moments[2]!) < 5 * Math.sqrt(15 / n));
  t.true(Math.abs(moments[3]! - 3) < 5 * Math.sqrt(96 / n));
  t.true(Math.abs(beyondTwo / n - 0.0455) < 5 * Math.sqrt((0.0455 * 0.9545) / n));
});

test('integer is even over [0,n) and refuses other n', (t) => {
  const { integer } = createRandom(5);
  const n = 70_000;
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < n; i++) counts[integer(7)]!++;
  const chiSquared = counts.reduce((sum, count) => sum + (count - n / 7) ** 2 / (n / 7), 0);
  t.true(chiSquared < 27.9, 'chi-squared of 6 degrees beyond its 99.99 % point');
  t.is(integer(1), 0);
  t.notThrows(() => integer(2 ** 32));
  for (const wrong of [0, -1, 1.5, 2 ** 33, Number.NaN])
    t.throws(() => integer(wrong), { instanceOf: RangeError });
});

test('integer does not favour small residues of a large n', (t) => {
  // Without rejection two thirds of the draws would fall below 2^31 for n = 3·2^30.
  const { integer } = createRandom(6);
  const n = 3 * 2 ** 30;
  let low = 0;
  for (let i = 0; i < 30_000; i++) if (integer(n) < 2 ** 30) low++;
  t.true(Math.abs(low / 30_000 - 1 / 3) < 5 * Math.sqrt(2 / 9 / 30_000));
});

test('shuffle permutes evenly and leaves its argument alone', (t) => {
  const { shuffle } = createRandom(7);
  const items = ['a', 'b', 'c'];
  const counts = new Map<string, number>();
  for (let i = 0; i < 12_000; i++) {
    const order = shuffle(items).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  t.deepEqual(items, ['a', 'b', 'c']);
  t.is(counts.size, 6);
  const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  t.true(chiSquared < 25.8, 'chi-squared of 5 degrees beyond its 99.99 % point');
});

test('a generator continues from a state', (t) => {
  const a = randomFromState([1, 2, 3, 4]);
  const b = randomFromState([1, 2, 3, 4]);
  t.is(a.uniform(), b.uniform());
  t.is(a.normal(), b.normal());
});
