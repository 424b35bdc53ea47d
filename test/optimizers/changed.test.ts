import test from 'ava';
import { createOptimizer, type OptimizerSpec } from '../../src/optimizers/registry.ts';
import { decodeState, encodeState } from '../../src/platform/state.ts';

/** Σ kᵢ(xᵢ − cᵢ)² + offset: its minimum is the centre. */
function bowl(center: readonly number[], offset: number) {
  const stiffness = [1, 4, 9];
  return (x: Float32Array) => ({
    value: x.reduce((sum, value, i) => sum + stiffness[i]! * (value - center[i]!) ** 2, offset),
    gradient: x.map((value, i) => 2 * stiffness[i]! * (value - center[i]!)),
  });
}

const before = bowl([0.2, 0.7, 0.4], 0);
// Everywhere higher than the lowest value before: whoever compares the two never moves again.
const after = bowl([0.8, 0.3, 0.6], 10);
const start = Float32Array.of(0.5, 0.5, 0.5);

const specs: readonly { spec: OptimizerSpec; evaluations: number }[] = [
  { spec: { name: 'lbfgs', history: 5 }, evaluations: 40 },
  { spec: { name: 'adam', learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, evaluations: 600 },
  { spec: { name: 'gradient-descent', learningRate: 0.01, momentum: 0.5 }, evaluations: 600 },
];

for (const { spec, evaluations } of specs) {
  for (const bounds of ['unit-box', 'none'] as const) {
    test(`${spec.name}, ${bounds}: when the function changes it goes on to the new minimum`, (t) => {
      const optimizer = createOptimizer(spec, start, { bounds });
      for (let i = 0; i < 6; i++) optimizer.tell(before(optimizer.ask()));
      optimizer.objectiveChanged();
      for (let i = 0; i < evaluations && optimizer.finished === undefined; i++) {
        optimizer.tell(after(optimizer.ask()));
      }
      const { point, value } = optimizer.current;
      for (const [i, expected] of [0.8, 0.3, 0.6].entries()) t.true(Math.abs(point[i]! - expected) < 2e-3);
      t.true(Math.abs(value - after(point).value) < 1e-6, 'the value is of the new function');
    });
  }

  test(`${spec.name}: a state stored right after the change goes on alike`, (t) => {
    const original = createOptimizer(spec, start, { bounds: 'unit-box' });
    for (let i = 0; i < 4; i++) original.tell(before(original.ask()));
    original.objectiveChanged();
    const state = decodeState(encodeState(original.state()));
    const restored = createOptimizer(spec, start, { bounds: 'unit-box', state });
    for (let i = 0; i < 10; i++) {
      t.deepEqual([...restored.ask()], [...original.ask()]);
      const evaluation = after(original.ask());
      original.tell(evaluation);
      restored.tell(evaluation);
    }
  });
}

test('lbfgs evaluates the accepted point anew, and a finished one finds descent again', (t) => {
  const optimizer = createOptimizer({ name: 'lbfgs', history: 5 }, start, { bounds: 'none' });
  for (let i = 0; i < 100 && optimizer.finished === undefined; i++) optimizer.tell(before(optimizer.ask()));
  t.not(optimizer.finished, undefined);
  const accepted = [...optimizer.current.point];
  optimizer.objectiveChanged();
  t.is(optimizer.finished, undefined);
  t.deepEqual([...optimizer.ask()], accepted);
  const steps = optimizer.steps;
  optimizer.tell(after(optimizer.ask()));
  t.is(optimizer.steps, steps, 'the evaluation anew is no step');
  t.is(optimizer.current.value, after(Float32Array.from(accepted)).value);
});

test('lbfgs gives up the line search it is in and asks for the accepted point', (t) => {
  const optimizer = createOptimizer({ name: 'lbfgs', history: 5 }, start, { bounds: 'none' });
  for (let i = 0; i < 4; i++) optimizer.tell(before(optimizer.ask()));
  const accepted = [...optimizer.current.point];
  t.notDeepEqual([...optimizer.ask()], accepted, 'a search is under way');
  optimizer.objectiveChanged();
  t.deepEqual([...optimizer.ask()], accepted);
  optimizer.tell(after(optimizer.ask()));
  t.is(optimizer.current.value, after(Float32Array.from(accepted)).value);
});
