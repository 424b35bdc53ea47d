import test from 'ava';
import { createOptimizer, optimizerNames, optimizerSchema } from '../../src/optimizers/registry.ts';

test('a name stands for the optimiser with its defaults', (t) => {
  t.deepEqual(optimizerSchema.parse('lbfgs'), { name: 'lbfgs', history: 10 });
  t.deepEqual(optimizerSchema.parse('adam'), {
    name: 'adam',
    learningRate: 0.02,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
  });
  t.deepEqual(optimizerSchema.parse('gradient-descent'), {
    name: 'gradient-descent',
    learningRate: 0.01,
    momentum: 0.9,
  });
});

test('an object keeps what it says and has the rest filled in', (t) => {
  t.deepEqual(optimizerSchema.parse({ name: 'lbfgs', history: 3 }), { name: 'lbfgs', history: 3 });
  t.like(optimizerSchema.parse({ name: 'adam', learningRate: 0.5 }), { learningRate: 0.5, beta1: 0.9 });
});

for (const [what, input] of [
  ['an unknown name', 'lbgfs'],
  ['an unknown setting', { name: 'lbfgs', histroy: 3 }],
  ['no history', { name: 'lbfgs', history: 0 }],
  ['a fractional history', { name: 'lbfgs', history: 2.5 }],
  ['a negative rate', { name: 'adam', learningRate: -1 }],
  ['a momentum of one', { name: 'gradient-descent', momentum: 1 }],
  ['a number', 3],
] as const) {
  test(`refuses ${what}`, (t) => {
    t.false(optimizerSchema.safeParse(input).success);
  });
}

test('every name makes an optimiser of that name that begins at the start', (t) => {
  for (const name of optimizerNames) {
    const start = Float32Array.of(0.25, 0.75);
    const optimizer = createOptimizer(optimizerSchema.parse(name), start, { bounds: 'unit-box' });
    t.is(optimizer.name, name);
    t.deepEqual(optimizer.ask(), start);
    t.not(optimizer.ask(), start);
    t.is(optimizer.current.value, Number.POSITIVE_INFINITY);
  }
});
