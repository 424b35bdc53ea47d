import test from 'ava';
import { modelOf, remainingAxes, valueCount } from '../../reports/model.ts';
import { synthetic } from './_synthetic.ts';

/** The synthetic trials with further swept values. */
function swept(input: ReturnType<typeof synthetic>, valuesOf: (i: number) => Record<string, unknown>) {
  return {
    trials: input.trials.map((trial, i) => ({
      ...trial,
      config: { ...trial.config, swept: { ...trial.config.swept, ...valuesOf(i) } },
    })),
  };
}

test('by default pairs are rows, variants columns, and the rest is chosen', (t) => {
  const model = modelOf(synthetic({ seeds: [3, 1] }));
  t.is(model.rows, 'pair');
  t.is(model.columns, 'variant');
  t.deepEqual(model.others, ['optimizer', 'seed']);
  // Numbers in their order, names as they come.
  t.deepEqual(model.axes.find(({ key }) => key === 'seed')!.values, ['1', '3']);
  t.deepEqual(model.axes.find(({ key }) => key === 'pair')!.values, [
    'hillside × swirls',
    'hillside × hatching',
    'harbour × swirls',
    'harbour × hatching',
  ]);
});

test('every trial has a place of its own', (t) => {
  const input = synthetic({ seeds: [0, 1] });
  const { axes, positions } = modelOf(input);
  const places = input.trials.map(({ id }) => JSON.stringify(positions.get(id)));
  t.is(new Set(places).size, input.trials.length);
  for (const { id, config } of input.trials) {
    const at = positions.get(id)!;
    t.is(axes.find(({ key }) => key === 'variant')!.values[at.variant!], config.variant);
  }
});

test('one pair only: optimisers take the rows', (t) => {
  const model = modelOf(synthetic({ contents: ['hillside'], styles: ['swirls'] }));
  t.deepEqual([model.rows, model.columns, model.others], ['optimizer', 'variant', []]);
});

test('a single trial has a grid of one cell', (t) => {
  const one = { contents: ['a'], styles: ['b'], variants: ['gram'], optimizers: ['lbfgs'] } as const;
  const model = modelOf(synthetic(one));
  t.deepEqual([model.rows, model.columns, model.others], ['pair', 'variant', []]);
});

test('the rows and columns asked for are taken; unknown ones are not', (t) => {
  const input = synthetic();
  const asked = modelOf({ ...input, rows: 'style', columns: 'content' });
  t.deepEqual([asked.rows, asked.columns, asked.others], ['style', 'content', ['variant', 'optimizer']]);
  const unknown = modelOf({ ...input, rows: 'nonsense', columns: 'variant' });
  t.deepEqual([unknown.rows, unknown.columns], ['pair', 'variant']);
});

test('values that always move together are one axis, and a named case speaks for its values', (t) => {
  const input = synthetic({ allFine: true });
  const zipped = modelOf(
    swept(input, (i) => ({ size: [128, 256][i % 2], 'budget.evaluations': [300, 150][i % 2] })),
  );
  // Both move with the optimiser here, but that axis is always shown under its own name.
  const size = zipped.axes.find(({ key }) => key === 'size')!;
  t.deepEqual(size.values, ['128 · 300', '256 · 150']);
  t.false(zipped.axes.some(({ key }) => key === 'budget.evaluations'));

  const cased = modelOf(swept(input, (i) => ({ case: ['fast', 'slow'][i % 2], size: [128, 256][i % 2] })));
  t.deepEqual(cased.axes.find(({ key }) => key === 'case')!.values, ['fast', 'slow']);
});

test('paths are labelled by their shortest ending that no other has', (t) => {
  const { axes } = modelOf(
    swept(synthetic(), (i) => ({
      'losses.gram.weight': i % 3,
      'losses.mrf.weight': i % 5,
      'budget.seconds': i % 7,
    })),
  );
  const label = (path: string) => axes.find(({ key }) => key === path)?.label;
  t.is(label('losses.gram.weight'), 'gram.weight');
  t.is(label('losses.mrf.weight'), 'mrf.weight');
  t.is(label('budget.seconds'), 'seconds');
});

test('a trial without a value that others have is shown at a dash', (t) => {
  const { axes } = modelOf(swept(synthetic(), (i) => (i % 2 === 0 ? { extra: 'x' } : {})));
  t.deepEqual(axes.find(({ key }) => key === 'extra')!.values, ['x', '–']);
});

test('a pair on rows or columns stands for content and style', (t) => {
  const { axes } = modelOf(synthetic());
  t.deepEqual(remainingAxes(axes, 'pair', 'optimizer'), ['variant']);
  t.deepEqual(remainingAxes(axes, 'variant', 'optimizer'), ['content', 'style']);
});

test('a weight that only one variant sweeps is none of the others’, and no value of theirs', (t) => {
  const { trials } = synthetic({ contents: ['hillside'], styles: ['swirls'], variants: ['gram', 'patches'] });
  const swept = trials.map((trial, i): typeof trial => {
    if (trial.config.variant !== 'gram') return trial;
    const config = {
      ...trial.config,
      swept: { ...trial.config.swept, 'losses.gram.weight': i === 0 ? 30 : 5 },
    };
    return { ...trial, config };
  });
  const { axes, positions } = modelOf({ trials: swept });
  const weight = axes.find(({ key }) => key === 'losses.gram.weight')!;
  t.deepEqual(weight.values, ['5', '30', '–']);
  t.is(weight.absent, 2);
  t.true(axes.filter(({ key }) => key !== weight.key).every(({ absent }) => absent === undefined));
  for (const { id, config } of swept) {
    const at = positions.get(id)![weight.key];
    t.is(at === weight.absent, config.variant !== 'gram');
  }
});

test('a place for trials without a value is no value of an axis', (t) => {
  const values = ['10', '100', '–'];
  const axis = { key: 'losses.gram.weight', label: 'gram.weight', values };
  t.is(valueCount({ ...axis, absent: 2 }), 2);
  t.is(valueCount(axis), 3);
});
