import test from 'ava';
import type { OptimizerSpec } from '../../src/optimizers/registry.ts';
import { createOptimizer } from '../../src/optimizers/registry.ts';
import { decodeState, encodeState } from '../../src/platform/state.ts';
import { diagonalQuadratic, drive, inVariables, repeated } from './_problems.ts';

const adam: OptimizerSpec = { name: 'adam', learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
const descent: OptimizerSpec = { name: 'gradient-descent', learningRate: 0.1, momentum: 0.5 };

test('Adam takes the steps worked out by hand', (t) => {
  const optimizer = createOptimizer(adam, Float32Array.of(0.5), { bounds: 'none' });
  // Gradient 2: m̂ = 2, v̂ = 4, step 0.1·2/2 = 0.1.
  optimizer.tell({ value: 1, gradient: Float32Array.of(2) });
  t.true(Math.abs(optimizer.ask()[0]! - 0.4) < 1e-7);
  // Gradient −1: m = 0.9·0.2 − 0.1 = 0.08, m̂ = 0.08/0.19; v = 0.99·0.04 + 0.01 = 0.0496, v̂ = 0.0496/0.0199.
  optimizer.tell({ value: 1, gradient: Float32Array.of(-1) });
  const second = 0.4 - (0.1 * (0.08 / 0.19)) / Math.sqrt(0.0496 / 0.0199);
  t.true(Math.abs(optimizer.ask()[0]! - second) < 1e-7);
  // Gradient 0.5: m = 0.072 + 0.05 = 0.122, m̂ = 0.122/0.271; v = 0.049104 + 0.0025 = 0.051604, v̂ = 0.051604/0.029701.
  optimizer.tell({ value: 1, gradient: Float32Array.of(0.5) });
  const third = second - (0.1 * (0.122 / 0.271)) / Math.sqrt(0.051604 / 0.029701);
  t.true(Math.abs(optimizer.ask()[0]! - third) < 1e-7);
});

test('gradient descent sets its rate by the first gradient and gathers momentum', (t) => {
  const optimizer = createOptimizer(descent, Float32Array.of(0.5, 0.5), { bounds: 'none' });
  // rms of (3, 4)·k is k·√12.5; α = 0.1/rms whatever k is.
  const rate = 0.1 / (1000 * Math.sqrt(12.5));
  optimizer.tell({ value: 1, gradient: Float32Array.of(3000, 4000) });
  const v = [-3000 * rate, -4000 * rate];
  t.true(Math.abs(optimizer.ask()[0]! - (0.5 + v[0]!)) < 1e-7);
  t.true(Math.abs(optimizer.ask()[1]! - (0.5 + v[1]!)) < 1e-7);
  optimizer.tell({ value: 1, gradient: Float32Array.of(-1000, 0) });
  t.true(Math.abs(optimizer.ask()[0]! - (0.5 + v[0]! + 0.5 * v[0]! + 1000 * rate)) < 1e-7);
  t.true(Math.abs(optimizer.ask()[1]! - (0.5 + 1.5 * v[1]!)) < 1e-7);
});

test('a bound takes the momentum of what it stops', (t) => {
  const optimizer = createOptimizer(descent, Float32Array.of(0.05), { bounds: 'unit-box' });
  optimizer.tell({ value: 1, gradient: Float32Array.of(1) });
  t.is(optimizer.ask()[0], 0);
  optimizer.tell({ value: 1, gradient: Float32Array.of(-1) });
  t.is(optimizer.ask()[0], Math.fround(0.1));
});

for (const spec of [adam, descent]) {
  test(`${spec.name}: comes near the minimum in the box, and keeps the lowest point`, (t) => {
    const problem = inVariables(diagonalQuadratic(20), 1, -0.3);
    const optimizer = createOptimizer(spec, repeated([0.9, 0.1], 10), { bounds: 'unit-box' });
    const { values, points } = drive(optimizer, problem, { evaluations: 300 });
    const lowest = Math.min(...values);
    t.true(lowest < 1e-3 * values[0]!, `${values[0]} to ${lowest}`);
    t.is(optimizer.current.value, lowest);
    t.deepEqual(optimizer.current.point, points[values.indexOf(lowest)]);
    t.is(optimizer.steps, optimizer.evaluations - 1);
    t.true(points.every((point) => point.every((x) => x >= 0 && x <= 1)));
  });

  test(`${spec.name}: stopped and restored at every evaluation, the same points bit for bit`, (t) => {
    const problem = inVariables(diagonalQuadratic(50), 1, -0.3);
    const start = repeated([0.9, 0.2, 0.4], 8);
    const options = { bounds: 'unit-box' } as const;
    const whole = drive(createOptimizer(spec, start, options), problem, { evaluations: 30 });
    let optimizer = createOptimizer(spec, start, options);
    const points: Float32Array[] = [];
    for (let k = 0; k < 30; k++) {
      points.push(...drive(optimizer, problem, { evaluations: 1 }).points);
      const state = decodeState(encodeState(optimizer.state()));
      optimizer = createOptimizer(spec, start, { ...options, state });
    }
    t.deepEqual(points, whole.points);
  });

  test(`${spec.name}: a step that cannot be evaluated is halved, and in the end given up`, (t) => {
    const optimizer = createOptimizer(spec, Float32Array.of(0.5), { bounds: 'unit-box' });
    optimizer.tell({ value: 1, gradient: Float32Array.of(1) });
    const full = 0.5 - optimizer.ask()[0]!;
    optimizer.tell({ value: Number.NaN, gradient: Float32Array.of(0) });
    t.true(Math.abs(0.5 - optimizer.ask()[0]! - full / 2) < 1e-7);
    optimizer.tell({ value: 1, gradient: Float32Array.of(Number.NEGATIVE_INFINITY) });
    t.true(Math.abs(0.5 - optimizer.ask()[0]! - full / 4) < 1e-7);
    for (let k = 0; k < 100; k++) optimizer.tell({ value: Number.NaN, gradient: Float32Array.of(0) });
    t.regex(optimizer.finished!, /^no step possible/);
    t.deepEqual(optimizer.current, { point: Float32Array.of(0.5), value: 1 });
  });

  test(`${spec.name}: a start that cannot be evaluated ends it`, (t) => {
    const optimizer = createOptimizer(spec, Float32Array.of(0.5), { bounds: 'none' });
    optimizer.tell({ value: Number.NaN, gradient: Float32Array.of(1) });
    t.regex(optimizer.finished!, /starting point/);
  });
}
