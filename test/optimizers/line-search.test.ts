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
