import test from 'ava';
import { transportCost } from '../../metrics/transport.ts';
import {
  type Direction,
  orthogonalDirections,
  slicedWasserstein,
  sphereDirections,
  squaredWasserstein1d,
} from '../../metrics/wasserstein.ts';
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
    orthogonalDirections(1, 5),
  );
  t.true(Math.abs(squaredDistance - 16) < 1e-12);
  t.true(Math.abs(spread - 14 / 9) < 1e-6);
});

test('a shift by d costs ‖d‖²/n exactly, along few directions and in every direction', (t) => {
  const random = createRandom(2);
  const data = Float64Array.from({ length: 3 * 50 }, () => random.normal());
  const sets = [sphereDirections(), orthogonalDirections(3, 3), orthogonalDirections(3, 1)];
  for (let turn = 0; turn < 20; turn++) {
    const shift = [random.normal(), 10 * random.normal(), random.normal()];
    const moved = data.map((value, i) => value + shift[i % 3]!);
    const expected = shift.reduce((sum, value) => sum + value * value, 0) / 3;
    for (const directions of sets) {
      const { squaredDistance } = slicedWasserstein(
        { dimensions: 3, data },
        { dimensions: 3, data: moved },
        directions,
      );
      t.true(Math.abs(squaredDistance - expected) < 1e-6 * expected, `${squaredDistance} for ${expected}`);
    }
  }
});

/** The mean over the sphere of x^p·y^q·z^r for even exponents, (p−1)!!(q−1)!!(r−1)!!/(p+q+r+1)!!; else 0. */
function meanMonomial(exponents: readonly number[]): number {
  const odd = (n: number): number => (n < 2 ? 1 : n * odd(n - 2));
  if (exponents.some((exponent) => exponent % 2 === 1)) return 0;
  const degree = exponents.reduce((sum, exponent) => sum + exponent, 0);
  return exponents.reduce((product, exponent) => product * odd(exponent - 1), 1) / odd(degree + 1);
}

test('directions on the sphere are exact for even polynomials up to degree 14', (t) => {
  const directions = sphereDirections();
  t.is(directions.length, 64);
  for (const { vector } of directions) t.true(Math.abs(Math.hypot(...vector) - 1) < 1e-14);
  for (let degree = 0; degree <= 14; degree += 2) {
    for (let p = 0; p <= degree; p++) {
      for (let q = 0; p + q <= degree; q++) {
        const exponents = [p, q, degree - p - q];
        const mean = directions.reduce(
          (sum, { vector, weight }) =>
            sum + weight * exponents.reduce((product, exponent, k) => product * vector[k]! ** exponent, 1),
          0,
        );
        t.true(Math.abs(mean - meanMonomial(exponents)) < 1e-13, `${exponents}: ${mean}`);
      }
    }
  }
});

test('two points against their middle cost a third of the squared distance from it, wherever they lie', (t) => {
  const random = createRandom(5);
  for (let turn = 0; turn < 20; turn++) {
    const axis = [random.normal(), random.normal(), random.normal()];
    const apart = { dimensions: 3, data: [...axis, ...axis.map((value) => -value)] };
    const { squaredDistance } = slicedWasserstein(
      apart,
      { dimensions: 3, data: [0, 0, 0] },
      sphereDirections(),
    );
    const expected = axis.reduce((sum, value) => sum + value * value, 0) / 3;
    t.true(Math.abs(squaredDistance - expected) < 1e-6 * expected);
  }
});

test('one basis of directions measures a stretched sample as all directions do on average', (t) => {
  const random = createRandom(6);
  const d = 24;
  const data = Float64Array.from({ length: d * 200 }, () => random.normal());
  const wide = data.map((value) => 1.5 * value);
  const distance = (directions: readonly Direction[]) =>
    slicedWasserstein({ dimensions: d, data: wide }, { dimensions: d, data }, directions);
  // Stretched about a mean near 0, every projection is stretched by 1.5: SW² = .25·spread, up to the shift of the mean.
  const { squaredDistance, spread } = distance(orthogonalDirections(d, d));
  t.true(Math.abs(squaredDistance / spread - 0.25) < 0.005, `${squaredDistance / spread}`);
  const basis = orthogonalDirections(d, d);
  for (const [i, a] of basis.entries()) {
    for (const [j, b] of basis.entries()) {
      const product = a.vector.reduce((sum, value, k) => sum + value * b.vector[k]!, 0);
      t.true(Math.abs(product - (i === j ? 1 : 0)) < 1e-12);
    }
  }
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
