import test from 'ava';
import fc from 'fast-check';
import {
  advance,
  cubicMinimizer,
  maximumEvaluations,
  startLineSearch,
} from '../../src/optimizers/line-search.ts';

test('the cubic through two values and slopes has its minimum where the polynomial has', (t) => {
  // p(t) = (t − 2)²(t + 1) = t³ − 3t² + 4: minimum at 2.
  const at = (x: number) => ({ t: x, value: x ** 3 - 3 * x ** 2 + 4, slope: 3 * x ** 2 - 6 * x });
  for (const [a, b] of [
    [0.5, 3],
    [3, 0.5],
    [0.1, 1.9],
    [1.5, 5],
  ]) {
    t.true(Math.abs(cubicMinimizer(at(a!), at(b!)) - 2) < 1e-12);
  }
});

/** Runs a search on φ and returns the last verdict and the step it ended at. */
function searchOn(phi: (t: number) => [value: number, slope: number], first: number) {
  const [value, slope] = phi(0);
  const search = startLineSearch(first, value, slope);
  for (;;) {
    const t = search.t;
    const verdict = advance(search, ...phi(t), t * slope);
    if (verdict !== 'ask') return { verdict, t, search };
  }
}

test('an accepted step satisfies the strong Wolfe conditions', (t) => {
  // Moré & Thuente 1994, eq. 5.1 (β = 2) and 5.2 (β = 0.004): steep starts, distant minima.
  const functions: ((x: number) => [number, number])[] = [
    (x) => [-x / (x * x + 2), (x * x - 2) / (x * x + 2) ** 2],
    (x) => [(x + 0.004) ** 5 - 2 * (x + 0.004) ** 4, 5 * (x + 0.004) ** 4 - 8 * (x + 0.004) ** 3],
  ];
  for (const phi of functions) {
    for (const first of [1e-3, 1e-1, 1e1, 1e3]) {
      const { verdict, t: step } = searchOn(phi, first);
      const [value, slope] = phi(step);
      const [value0, slope0] = phi(0);
      t.is(verdict, 'accept', `from ${first}`);
      t.true(value <= value0 + 1e-4 * step * slope0, `from ${first}: decrease`);
      t.true(Math.abs(slope) <= 0.9 * Math.abs(slope0), `from ${first}: curvature`);
    }
  }
});

test('whatever it is told, it ends in time and names a step that was seen to be lower', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double(), fc.double()), {
        minLength: maximumEvaluations,
        maxLength: maximumEvaluations,
      }),
      fc.double({ min: 1e-6, max: 1e3, noNaN: true }),
      (told, first) => {
        const search = startLineSearch(first, 0, -1);
        const lower = new Map<number, number>([[0, 0]]);
        for (const [value, slope] of told) {
          const asked = search.t;
          if (!(asked > 0 && Number.isFinite(asked))) return false;
          if (Number.isFinite(value)) lower.set(asked, value);
          const verdict = advance(search, value, Number.isFinite(slope) ? slope : 0, -asked);
          if (verdict === 'fail') return [...lower.values()].every((v) => v >= 0);
          if (verdict !== 'ask') return lower.get(verdict === 'best' ? search.best.t : asked)! <= 0;
        }
        return false;
      },
    ),
  );
  t.pass();
});

test('a step that promises nothing ends the search: with the best step before it, or with none', (t) => {
  const nowhere = startLineSearch(1, 0, -1);
  t.is(advance(nowhere, 0, -1, 0), 'fail');
  const somewhere = startLineSearch(1, 0, -1);
  // Lower, and still falling steeply: on.
  t.is(advance(somewhere, -1, -1, -1), 'ask');
  t.is(advance(somewhere, -1, -1, 0), 'best');
  t.is(somewhere.best.t, 1);
});

test('beyond a step that still falls: where the cubic has its minimum, 1.1 to 4 strides on', (t) => {
  const beyond = (value: number, slope: number) => {
    const search = startLineSearch(1, 0, -1);
    t.is(advance(search, value, slope, -1), 'ask');
    return [search.phase, search.t];
  };
  // A straight line has no minimum, and a slope that steepens none ahead.
  t.deepEqual(beyond(-1, -1), ['bracket', 5]);
  t.deepEqual(beyond(-1.1, -1.5), ['bracket', 5]);
  // The parabola −x + x²/64 has the slope −1 + x/32 and its minimum at 32, farther than 4 strides.
  t.deepEqual(beyond(-1 + 1 / 64, -1 + 1 / 32), ['bracket', 5]);
  // −x + x²/30 + …: the parabola −x + x²/6.2 has its minimum at 3.1, between 2.1 and 5; its slope there was flat enough to
  // be accepted, so one is taken that the curvature condition refuses.
  const [, near] = beyond(-0.99, -0.95) as [string, number];
  // The cubic through (0, 0, −1) and (1, −0.99, −0.95) by Newton's method on its derivative.
  const [c2, c3] = [3 * -0.99 + 2 + 0.95, -1 - 0.95 + 2 * 0.99];
  let x = 1;
  for (let i = 0; i < 100; i++) x -= (-1 + 2 * c2 * x + 3 * c3 * x * x) / (2 * c2 + 6 * c3 * x);
  t.true(Math.abs(near - Math.min(5, Math.max(2.1, x))) < 1e-9, `${near}, ${x}`);
});

test('an end that could not be evaluated is cut back; a rise is bracketed, at most a tenth from its ends', (t) => {
  const search = startLineSearch(1, 0, -1);
  t.is(advance(search, Number.POSITIVE_INFINITY, 0, -1), 'ask');
  t.deepEqual([search.phase, search.t], ['zoom', 0.2]);
  const steep = startLineSearch(1, 0, -1);
  // The parabola through it has its minimum at half a millionth.
  t.is(advance(steep, 1e6, 2 * (1e6 + 1) - 1, -1), 'ask');
  t.deepEqual([steep.phase, steep.t], ['zoom', 0.1]);
});

test('after the most evaluations it ends with the best step seen, and fails where none is lower', (t) => {
  const falling = startLineSearch(1, 0, -1);
  let verdict = 'ask';
  let told = 0;
  while (verdict === 'ask') {
    told++;
    verdict = advance(falling, -falling.t, -1, -falling.t);
  }
  t.deepEqual([verdict, told, falling.best.t > 1], ['best', maximumEvaluations, true]);
  const rising = startLineSearch(1, 0, -1);
  verdict = 'ask';
  for (told = 0; verdict === 'ask'; told++) verdict = advance(rising, 1, 1, -rising.t);
  t.deepEqual([verdict, told], ['fail', maximumEvaluations]);
});

test('conditions that hold with equality hold; a value that is no lower than the lower end closes the bracket', (t) => {
  // The decrease is c₁ times what is promised, the slope c₂ times the first one, exactly.
  const edge = startLineSearch(1, 0, -1);
  t.is(advance(edge, -1e-4, 0.9, -1), 'accept');
  const less = startLineSearch(1, 0, -1);
  t.is(advance(less, -0.9e-4, 0, -1), 'ask');
  t.is(less.phase, 'zoom');
  const equal = startLineSearch(1, 0, -1);
  t.is(advance(equal, -1, -1, -1), 'ask');
  t.is(advance(equal, -1, -1, -equal.t), 'ask');
  t.deepEqual([equal.phase, equal.low.t, equal.high.t], ['zoom', 1, 5]);
});
