import test from 'ava';
import { createLbfgs, lbfgs } from '../../src/optimizers/lbfgs.ts';
import type { OptimizerState } from '../../src/optimizers/optimizer.ts';
import { decodeState, encodeState } from '../../src/platform/state.ts';
import {
  beale,
  diagonalQuadratic,
  drive,
  inVariables,
  type Problem,
  repeated,
  rosenbrock,
  tridiagonalQuadratic,
} from './_problems.ts';

// Evaluations until the value is first at or below `below`, counted with SciPy 1.17.1:
// scipy.optimize.minimize(f, start, jac=True, method='L-BFGS-B', bounds=…, options={maxcor: 10, ftol: 1e-16, gtol: 1e-14}).
const references: readonly {
  name: string;
  problem: Problem;
  start: Float32Array;
  bounds: 'none' | 'unit-box';
  below: number;
  scipy: number;
}[] = [
  {
    name: 'Rosenbrock',
    problem: rosenbrock,
    start: repeated([-1.2, 1], 2),
    bounds: 'none',
    below: 1e-8,
    scipy: 43,
  },
  {
    name: 'Rosenbrock, 100 variables',
    problem: rosenbrock,
    start: repeated([-1.2, 1], 100),
    bounds: 'none',
    below: 1e-8,
    scipy: 47,
  },
  { name: 'Beale', problem: beale, start: repeated([1, 1], 2), bounds: 'none', below: 1e-8, scipy: 15 },
  {
    name: 'quadratic of condition 10⁴',
    problem: diagonalQuadratic(1e4),
    start: repeated([1], 50),
    bounds: 'none',
    below: 1e-4,
    scipy: 337,
  },
  {
    name: 'Rosenbrock in a box that holds its minimum',
    problem: inVariables(rosenbrock, 3, -1.5),
    start: repeated([0.1, 2.5 / 3], 100),
    bounds: 'unit-box',
    below: 1e-8,
    scipy: 47,
  },
  // The minimum lies outside: x = (1, 0.9) in each pair, value 0.04 each.
  {
    name: 'Rosenbrock in a box that cuts its minimum off',
    problem: inVariables(rosenbrock, 1.6, -0.8),
    start: repeated([0.1, 0.9], 100),
    bounds: 'unit-box',
    below: 2.000001,
    scipy: 34,
  },
  {
    name: 'tridiagonal quadratic with 68 of 200 bounds active',
    problem: tridiagonalQuadratic(Array.from({ length: 200 }, (_, i) => 0.5 + 0.8 * Math.sin(0.37 * i))),
    start: repeated([0.5], 200),
    bounds: 'unit-box',
    below: 0.876896182626859 + 1e-6,
    scipy: 13,
  },
];

for (const { name, problem, start, bounds, below, scipy } of references) {
  test(`${name}: no more than 1.5 times SciPy's evaluations`, (t) => {
    const { values } = drive(createLbfgs(10, start, { bounds }), problem, { evaluations: 3 * scipy, below });
    t.true(values.at(-1)! <= below, `reached ${values.at(-1)}`);
    t.true(values.length <= 1.5 * scipy, `${values.length} evaluations, SciPy ${scipy}`);
  });
}

test('finds the solution of a bounded quadratic made to have one', (t) => {
  // Choose x* and multipliers that satisfy the optimality conditions, then the linear term that makes them hold:
  // A x* − b = λ with λ > 0 where x* = 0, λ < 0 where x* = 1, else 0.
  const n = 60;
  const solution = Array.from({ length: n }, (_, i) => (i % 5 === 0 ? 0 : i % 7 === 0 ? 1 : 0.1 + 0.013 * i));
  const multiplier = solution.map((x) => (x === 0 ? 0.3 : x === 1 ? -0.2 : 0));
  const multiply = (x: ArrayLike<number>) =>
    Array.from({ length: n }, (_, i) => 2.1 * x[i]! - (x[i - 1] ?? 0) - (x[i + 1] ?? 0));
  const b = multiply(solution).map((ax, i) => ax - multiplier[i]!);
  const problem: Problem = (x) => {
    const ax = multiply(x);
    return {
      value: ax.reduce((sum, axi, i) => sum + (0.5 * axi - b[i]!) * x[i]!, 0),
      gradient: Float64Array.from(ax, (axi, i) => axi - b[i]!),
    };
  };
  const optimizer = createLbfgs(10, repeated([0.5], n), { bounds: 'unit-box' });
  const { points } = drive(optimizer, problem, { evaluations: 60 });
  for (const [i, x] of solution.entries()) {
    t.true(
      Math.abs(optimizer.current.point[i]! - x) < 1e-4,
      `entry ${i}: ${optimizer.current.point[i]}, ${x}`,
    );
    if (x === 0 || x === 1) t.is(optimizer.current.point[i], x);
  }
  t.true(
    points.every((point) => point.every((x) => x >= 0 && x <= 1)),
    'every asked point is in the box',
  );
});

test('a start outside the box is projected, and one at the minimum is recognised', (t) => {
  const outside = createLbfgs(5, Float32Array.of(-1, 0.5, 7), { bounds: 'unit-box' });
  t.deepEqual(outside.ask(), Float32Array.of(0, 0.5, 1));
  // The gradient pushes outward at both ends and is zero between: nothing can move.
  outside.tell({ value: 1, gradient: Float32Array.of(3, 0, -2) });
  t.regex(outside.finished!, /^converged/);
  t.deepEqual(outside.current.point, Float32Array.of(0, 0.5, 1));
  t.deepEqual(outside.ask(), Float32Array.of(0, 0.5, 1));
});

const resumable: readonly {
  name: string;
  bounds: 'none' | 'unit-box';
  problem: Problem;
  start: Float32Array;
}[] = [
  { name: 'Rosenbrock', bounds: 'none', problem: rosenbrock, start: repeated([-1.2, 1], 6) },
  {
    name: 'bounded Rosenbrock',
    bounds: 'unit-box',
    problem: inVariables(rosenbrock, 1.6, -0.8),
    start: repeated([0.1, 0.9, 0.4], 6),
  },
  {
    name: 'a function with holes',
    bounds: 'none',
    problem: (x) => {
      const { value, gradient } = rosenbrock(x);
      return { value: Math.sin(40 * x[0]!) > 0.8 ? Number.NaN : value, gradient };
    },
    start: repeated([-1.2, 1], 4),
  },
];

for (const { name, bounds, problem, start } of resumable) {
  test(`${name}: stopped and restored at every evaluation, the same points bit for bit`, (t) => {
    const whole = drive(createLbfgs(4, start, { bounds }), problem, { evaluations: 60 });
    let optimizer = createLbfgs(4, start, { bounds });
    const points: Float32Array[] = [];
    let withinSearch = 0;
    while (points.length < 60 && optimizer.finished === undefined) {
      const point = optimizer.ask();
      points.push(point.slice());
      const { value, gradient } = problem(Float64Array.from(point));
      optimizer.tell({ value, gradient: Float32Array.from(gradient) });
      const state = decodeState(encodeState(structuredClone(optimizer.state())));
      if (((state.search as OptimizerState | null)?.told as number) > 0) withinSearch += 1;
      const { steps, evaluations, current } = optimizer;
      optimizer = createLbfgs(4, start, { bounds, state });
      t.is(optimizer.steps, steps);
      t.is(optimizer.evaluations, evaluations);
      t.deepEqual(optimizer.current.point, current.point);
    }
    t.deepEqual(points, whole.points);
    t.true(withinSearch > 0, 'some stops lay in the middle of a line search');
  });
}

test('a state of another shape is refused with what differs', (t) => {
  const optimizer = createLbfgs(4, new Float32Array(6), { bounds: 'none' });
  const state = optimizer.state();
  t.throws(() => createLbfgs(5, new Float32Array(6), { bounds: 'none', state }), {
    message: /history 4, the trial asks for 5/,
  });
  t.throws(() => createLbfgs(4, new Float32Array(7), { bounds: 'none', state }), {
    message: /number of entries 6/,
  });
  t.throws(() => createLbfgs(4, new Float32Array(6), { bounds: 'unit-box', state }), {
    message: /bounds "none"/,
  });
});

test('a region that cannot be evaluated shortens the step', (t) => {
  // −log x₀ barrier beside a quadratic: not a number for x₀ ≤ 0, minimum at x₀ = (−1 + √5)/2 of x²/2 + x − log x.
  const problem: Problem = (x) => ({
    value: x[0]! > 0 ? 0.5 * x[0]! ** 2 + x[0]! - Math.log(x[0]!) : Number.NaN,
    gradient: Float64Array.of(x[0]! > 0 ? x[0]! + 1 - 1 / x[0]! : Number.NaN),
  });
  const optimizer = createLbfgs(10, Float32Array.of(3), { bounds: 'none' });
  const { values } = drive(optimizer, problem, { evaluations: 60 });
  t.true(values.some(Number.isNaN), 'the region was touched');
  t.true(Math.abs(optimizer.current.point[0]! - (Math.sqrt(5) - 1) / 2) < 1e-5);
});

test('a gradient that is not a number counts as a failed evaluation, and a start that cannot be evaluated ends it', (t) => {
  const optimizer = createLbfgs(10, Float32Array.of(0, 0), { bounds: 'none' });
  optimizer.tell({ value: 1, gradient: Float32Array.of(1, 0) });
  const far = optimizer.ask()[0]!;
  optimizer.tell({ value: 0.5, gradient: Float32Array.of(Number.NaN, 0) });
  const near = optimizer.ask()[0]!;
  t.true(near < 0 && far < near, `${far} then ${near}`);
  t.is(optimizer.current.value, 1);

  const broken = createLbfgs(10, Float32Array.of(0), { bounds: 'none' });
  broken.tell({ value: Number.POSITIVE_INFINITY, gradient: Float32Array.of(1) });
  t.regex(broken.finished!, /not a number/);
});

test('goes on when the function changes beneath it', (t) => {
  // Nearest targets chosen anew every fifth evaluation, as patch matches are: value and gradient jump.
  const targets = Array.from({ length: 12 }, (_, i) => 0.04 + 0.08 * i);
  const n = 40;
  let assigned = new Float64Array(n);
  let count = 0;
  const problem: Problem = (x) => {
    if (count++ % 5 === 0) {
      assigned = x.map((xi, i) =>
        targets.reduce((a, b) => (Math.abs(a - xi - 0.02 * (i % 3)) < Math.abs(b - xi) ? a : b)),
      );
    }
    const noise = 1e-3 * Math.sin(1e4 * count);
    return {
      value: noise + x.reduce((sum, xi, i) => sum + (xi - assigned[i]!) ** 2, 0),
      gradient: x.map((xi, i) => 2 * (xi - assigned[i]!)),
    };
  };
  const optimizer = createLbfgs(
    10,
    Float32Array.from({ length: n }, (_, i) => (i * 0.37) % 1),
    { bounds: 'unit-box' },
  );
  const { values } = drive(optimizer, problem, { evaluations: 200 });
  t.true(Math.min(...values) < 0.1 * values[0]!);
  t.true(optimizer.finished === undefined || optimizer.finished.startsWith('no descent'));
});

test('gives up, with a reason, where the gradient lies', (t) => {
  // The gradient points uphill: no step can lower the value.
  const problem: Problem = (x) => ({ value: x[0]! ** 2 + x[0]!, gradient: Float64Array.of(-2 * x[0]! - 1) });
  const optimizer = createLbfgs(10, Float32Array.of(1), { bounds: 'none' });
  drive(optimizer, problem, { evaluations: 500 });
  t.regex(optimizer.finished!, /^no descent possible/);
  t.true(optimizer.evaluations < 50);
  t.deepEqual(optimizer.current, { point: Float32Array.of(1), value: 2 });
});

test('the value of current never rises on a function that holds still', (t) => {
  const optimizer = createLbfgs(5, repeated([-1.2, 1], 10), { bounds: 'none' });
  let last = Number.POSITIVE_INFINITY;
  while (optimizer.finished === undefined && optimizer.evaluations < 100) {
    const { value, gradient } = rosenbrock(Float64Array.from(optimizer.ask()));
    optimizer.tell({ value, gradient: Float32Array.from(gradient) });
    t.true(optimizer.current.value <= last);
    last = optimizer.current.value;
  }
});

const slopeOf = (...entries: number[]) => Float32Array.from(entries);

test('its settings: 1 to 100 pairs, 10 unless told; made as it is by hand', (t) => {
  const { settings, create, name } = lbfgs.definition;
  t.is(name, 'lbfgs');
  const schema = settings.history!;
  t.is(schema.parse(undefined), 10);
  for (const history of [1, 50, 100]) t.is(schema.parse(history), history);
  for (const history of [0, 101, 1.5]) t.false(schema.safeParse(history).success, String(history));
  const made = create({ history: 3 }, slopeOf(1, 2), { bounds: 'none' });
  t.deepEqual([made.name, made.state().capacity], ['lbfgs', 3]);
});

test('the first step is as long as 1, or as 0.01 an entry where that is longer', (t) => {
  for (const [n, length] of [
    [4, 1],
    [40_000, 2],
  ] as const) {
    const optimizer = createLbfgs(5, new Float32Array(n), { bounds: 'none' });
    optimizer.tell({ value: 1, gradient: new Float32Array(n).fill(3) });
    const moved = Math.hypot(...optimizer.ask());
    t.true(Math.abs(moved - length) < 1e-4, `${n}: ${moved}`);
  }
});

test('what is done is counted, and nothing after the end', (t) => {
  const problem = diagonalQuadratic(10);
  const optimizer = createLbfgs(5, repeated([1], 6), { bounds: 'none' });
  const { values } = drive(optimizer, problem, { evaluations: 7 });
  t.is(optimizer.evaluations, values.length);
  t.true(optimizer.steps > 0 && optimizer.steps < values.length);
  const end = createLbfgs(5, slopeOf(0.5), { bounds: 'none' });
  end.tell({ value: 1, gradient: slopeOf(0) });
  t.regex(end.finished!, /^converged/);
  end.tell({ value: 0, gradient: slopeOf(1) });
  t.deepEqual([end.evaluations, end.steps, end.current.value], [1, 0, 1]);
});

test('after a search without a lower value the point is evaluated anew: the same value ends it, another goes on', (t) => {
  const failed = () => {
    const optimizer = createLbfgs(5, slopeOf(0), { bounds: 'none' });
    optimizer.tell({ value: 1, gradient: slopeOf(1) });
    let told = 1;
    // Higher wherever it looks, until it asks for the start again.
    while (optimizer.ask()[0] !== 0 && told++ < 60) optimizer.tell({ value: 5, gradient: slopeOf(1) });
    t.is(optimizer.ask()[0], 0);
    t.is(optimizer.finished, undefined);
    return optimizer;
  };
  const still = failed();
  still.tell({ value: 1, gradient: slopeOf(1) });
  t.is(still.finished, 'no descent possible: steepest descent found no lower value');
  t.is(still.ask()[0], 0);
  const moved = failed();
  moved.tell({ value: 0.9, gradient: slopeOf(-1) });
  t.is(moved.finished, undefined);
  t.is(moved.current.value, 0.9);
  t.true(moved.ask()[0]! > 0, 'down the new gradient');
});

test('five searches in a row that find nothing lower end it, though the function changes each time', (t) => {
  const optimizer = createLbfgs(5, slopeOf(0), { bounds: 'none' });
  let searches = 0;
  for (let told = 0; told < 300 && optimizer.finished === undefined; told++) {
    const atStart = optimizer.ask()[0] === 0;
    if (atStart) searches += 1;
    // A value that rises each time it is asked for, and lies below all others.
    optimizer.tell({ value: atStart ? searches : 1000, gradient: slopeOf(1) });
  }
  t.is(searches, 5);
  t.regex(optimizer.finished!, /^no descent possible: 5 line searches in a row/);
});

test('a new objective: what ended goes on, the point is evaluated anew and the pairs of before are kept', (t) => {
  const stopped = createLbfgs(5, slopeOf(0.5), { bounds: 'none' });
  stopped.tell({ value: 1, gradient: slopeOf(0) });
  t.regex(stopped.finished!, /^converged/);
  stopped.objectiveChanged();
  t.is(stopped.finished, undefined);
  t.deepEqual(stopped.ask(), slopeOf(0.5));
  stopped.tell({ value: 1, gradient: slopeOf(2) });
  t.is(stopped.finished, undefined);
  t.true(stopped.ask()[0]! < 0.5);

  const problem = diagonalQuadratic(100);
  const optimizer = createLbfgs(5, repeated([1], 8), { bounds: 'none' });
  drive(optimizer, problem, { evaluations: 9 });
  const pairs = (of: typeof optimizer) => structuredClone(of.state().history);
  const point = optimizer.current.point.slice();
  const before = pairs(optimizer);
  optimizer.objectiveChanged();
  t.deepEqual(optimizer.ask(), point, 'evaluated where it stands');
  t.true(optimizer.state().changed as boolean);
  t.is(optimizer.state().search, null);
  const { value, gradient } = problem(Float64Array.from(point));
  optimizer.tell({ value: value + 7, gradient: Float32Array.from(gradient) });
  t.deepEqual(pairs(optimizer), before);
  t.false(optimizer.state().changed as boolean);
  t.is(optimizer.current.value, value + 7);
});

test('a state is a copy: going on does not change what was stored, and a search under way is in it', (t) => {
  const problem = inVariables(rosenbrock, 1.6, -0.8);
  const optimizer = createLbfgs(4, repeated([0.1, 0.9], 6), { bounds: 'unit-box' });
  t.is(optimizer.state().search, null);
  t.false(optimizer.state().changed as boolean);
  drive(optimizer, problem, { evaluations: 6 });
  const state = optimizer.state();
  const kept = structuredClone(state);
  drive(optimizer, problem, { evaluations: 6 });
  t.deepEqual(state, kept);
  t.not(state.search, null);
});

test('a stored point is taken as it is, outside the box or not', (t) => {
  const optimizer = createLbfgs(4, slopeOf(0.2, 0.4), { bounds: 'unit-box' });
  optimizer.tell({ value: 1, gradient: slopeOf(1, -1) });
  const state = { ...optimizer.state(), point: slopeOf(0.3, 1.5) };
  const restored = createLbfgs(4, slopeOf(0, 0), { bounds: 'unit-box', state });
  t.deepEqual(restored.current.point, slopeOf(0.3, 1.5));
  const free = createLbfgs(4, slopeOf(-3, 7), { bounds: 'none' });
  t.deepEqual(free.ask(), slopeOf(-3, 7));
});
