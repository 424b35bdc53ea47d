import test from 'ava';
import { transportCost } from '../../metrics/transport.ts';
import { slicedWasserstein, squaredWasserstein1d } from '../../metrics/wasserstein.ts';
import { createRandom } from '../../src/random.ts';

test('on a line: by quantiles, whatever the sample sizes', (t) => {
  t.is(squaredWasserstein1d([0, 1], [2, 3]), 4);
  t.is(squaredWasserstein1d([0], [0, 2]), 2);
  const random = createRandom(1);
  const draw = (n: number) => Float64Array.from({ length: n }, () => random.normal()).sort();
  const a = draw(12);
  const b = draw(30);
  // 60 pieces of equal mass divide both samples evenly.
  let sum = 0;
  for (let i = 0; i < 60; i++) sum += (a[Math.floor(i / 5)]! - b[Math.floor(i / 2)]!) ** 2 / 60;
  t.true(Math.abs(squaredWasserstein1d(a, b) - sum) < 1e-12);
});

test('in one dimension slicing changes nothing', (t) => {
  const { squaredDistance, spread } = slicedWasserstein(
    { dimensions: 1, data: [3, 0, 1] },
    { dimensions: 1, data: [7, 4, 5] },
    5,
  );
  t.true(Math.abs(squaredDistance - 16) < 1e-12);
  t.true(Math.abs(spread - 14 / 9) < 1e-6);
});

test('a shift by d costs ‖d‖²/n on average over directions', (t) => {
  const random = createRandom(2);
  const data = Float64Array.from({ length: 3 * 50 }, () => random.normal());
  const shift = [1, -2, 2];
  const moved = data.map((value, i) => value + shift[i % 3]!);
  const { squaredDistance } = slicedWasserstein(
    { dimensions: 3, data },
    { dimensions: 3, data: moved },
    20_000,
  );
  // The squared cosine of a random direction has mean 1/3 and standard deviation 0.3: ± 4 standard errors.
  t.true(Math.abs(squaredDistance - 9 / 3) < (4 * 9 * 0.298) / Math.sqrt(20_000), `${squaredDistance}`);
});

test('transport with equal weights is the best assignment', (t) => {
  const random = createRandom(3);
  const n = 6;
  const cost = Array.from({ length: n }, () => Array.from({ length: n }, () => random.uniform()));
  const best = (row: number, used: number): number => {
    if (row === n) return 0;
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < n; j++) {
      if (used & (1 << j)) continue;
      least = Math.min(least, cost[row]![j]! + best(row + 1, used | (1 << j)));
    }
    return least;
  };
  const weights = new Array(n).fill(1 / n);
  t.true(Math.abs(transportCost(weights, weights, cost) - best(0, 0) / n) < 1e-12);
});

test('transport between points on a line is the area between the distribution functions', (t) => {
  const random = createRandom(4);
  for (let round = 0; round < 20; round++) {
    const points = (count: number) => {
      const masses = Array.from({ length: count }, () => random.uniform());
      const total = masses.reduce((sum, mass) => sum + mass, 0);
      return masses.map((mass) => ({ x: random.uniform(), mass: mass / total }));
    };
    const a = points(5);
    const b = points(7);
    const places = [...a, ...b].map(({ x }) => x).sort((x, y) => x - y);
    const below = (list: typeof a, x: number) =>
      list.reduce((sum, point) => sum + (point.x <= x ? point.mass : 0), 0);
    let area = 0;
    for (let i = 1; i < places.length; i++) {
      const x = places[i - 1]!;
      area += Math.abs(below(a, x) - below(b, x)) * (places[i]! - x);
    }
    const cost = transportCost(
      a.map(({ mass }) => mass),
      b.map(({ mass }) => mass),
      a.map((from) => b.map((to) => Math.abs(from.x - to.x))),
    );
    t.true(Math.abs(cost - area) < 1e-9, `${cost} against ${area}`);
  }
});
