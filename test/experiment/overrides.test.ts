import test from 'ava';
import fc from 'fast-check';
import { NeckarError } from '../../src/errors.ts';
import { normalize } from '../../src/experiment/normalize.ts';
import { parseOverride } from '../../src/experiment/override-syntax.ts';
import { applyOverrides } from '../../src/experiment/overrides.ts';
import { grid, range } from '../../src/experiment/sweep.ts';

const parsed = (text: string) => {
  const override = parseOverride(text);
  return override.action === 'remove' ? undefined : override.value;
};

test('values: numbers, words, texts, lists, objects', (t) => {
  t.is(parsed('a=1'), 1);
  t.is(parsed('a=-1.5e-3'), -1.5e-3);
  t.is(parsed('a=true'), true);
  t.is(parsed('a=null'), null);
  t.is(parsed('a=lbfgs'), 'lbfgs');
  t.is(parsed('a="1"'), '1');
  t.is(parsed(`a='x, "y" (z)'`), 'x, "y" (z)');
  t.is(parsed('a="say \\"hi\\""'), 'say "hi"');
  t.is(parsed('a=photos/my cat.png'), 'photos/my cat.png');
  t.deepEqual(parsed('a=[128, 256]'), [128, 256]);
  t.deepEqual(parsed('a=[]'), []);
  t.deepEqual(parsed('a={name: adam, learningRate: 0.1, "odd key": [1]}'), {
    name: 'adam',
    learningRate: 0.1,
    'odd key': [1],
  });
});

test('values: commas, choice and range are sweeps', (t) => {
  t.deepEqual(parsed('a=1,2'), grid([1, 2]));
  t.deepEqual(parsed('a=choice(x, y)'), grid(['x', 'y']));
  t.deepEqual(parsed('a=range(3)'), range(0, 3));
  t.deepEqual(parsed('a=range(1, 2, 0.5)'), range(1, 2, 0.5));
  t.deepEqual(parsed('a=[1,2],[3]'), grid([[1, 2], [3]]));
  t.deepEqual(parsed('a={name: adam, learningRate: range(2)}'), { name: 'adam', learningRate: range(0, 2) });
});

test('any text survives quoting', (t) => {
  fc.assert(fc.property(fc.string(), (text) => parsed(`a="${text.replace(/[\\"]/g, '\\$&')}"`) === text));
  t.pass();
});

for (const [text, said] of [
  ['a', 'is no setting: write path=value'],
  ['=1', 'is no setting'],
  ['a=', 'a value is missing'],
  ['a=1,', 'a value is missing'],
  ['a=[1', 'expected ","'],
  ['a="x', 'a closing " is missing'],
  ['a={x 1}', 'expected ":"'],
  ['a=sin(1)', '"sin" is no function here'],
  ['a=range(a)', 'range takes numbers'],
  ['~a=1', 'removes a setting'],
  ['~', 'removes a setting'],
] as const) {
  test(`malformed: ${text}`, (t) => {
    const error = t.throws(() => parseOverride(text), { instanceOf: NeckarError });
    t.true(error.message.startsWith(`"${text}"`), error.message);
    t.true(error.message.includes(said), error.message);
  });
}

const experiment = () =>
  normalize({
    name: 'e',
    optimizer: { $sweep: 'values', values: ['lbfgs', { name: 'adam', learningRate: 0.1 }] },
    budget: { evaluations: 100, seconds: 9 },
    variants: {
      gram: [{ type: 'content' }, { type: 'gram', weight: 2 }],
      mrf: [{ type: 'content' }, { type: 'mrf' }],
    },
  });
const after = (...overrides: string[]) => applyOverrides(experiment(), overrides) as Record<string, never>;

test('a setting is replaced, short forms included', (t) => {
  t.deepEqual(after('size=128').sizes, [128] as never);
  t.deepEqual(after('size=64,128').sizes, grid([[64], [128]]) as never);
  t.deepEqual(after('sizes=[64,128]').sizes, [64, 128] as never);
  t.deepEqual(after('optimizer=adam').optimizer, { name: 'adam' } as never);
  t.deepEqual(after('budget=5').budget, { evaluations: 5 } as never);
  t.deepEqual(after('seeds=[1,2]').seed, grid([1, 2]) as never);
});

test('a part of a setting is replaced, the rest stays', (t) => {
  t.deepEqual(after('budget.evaluations=7').budget, { evaluations: 7, seconds: 9 } as never);
  t.deepEqual(after('initialization.noise=0.1').initialization, { from: 'content', noise: 0.1 } as never);
  t.deepEqual(after('engine.threads=1').engine, { threads: 1 } as never);
});

test('in a sweep, the alternatives that have the key are changed', (t) => {
  t.deepEqual(after('optimizer.learningRate=1').optimizer, {
    $sweep: 'values',
    values: [{ name: 'lbfgs' }, { name: 'adam', learningRate: 1 }],
  } as never);
});

test('another kind takes none of the old settings along', (t) => {
  const tree = applyOverrides(normalize({ optimizer: { name: 'adam', learningRate: 1 } }), [
    'optimizer.name=lbfgs',
  ]);
  t.deepEqual(tree.optimizer, { name: 'lbfgs' });
});

test('losses are found by name or position, * stands for any, losses.x for variants.*.x', (t) => {
  const weights = (tree: Record<string, never>) =>
    Object.values(tree.variants as Record<string, { weight?: number }[]>).map((losses) =>
      losses.map(({ weight }) => weight),
    );
  t.deepEqual(weights(after('variants.gram.gram.weight=9')), [
    [undefined, 9],
    [undefined, undefined],
  ]);
  t.deepEqual(weights(after('variants.gram.1.weight=9')), [
    [undefined, 9],
    [undefined, undefined],
  ]);
  t.deepEqual(weights(after('variants.*.content.weight=9')), [
    [9, 2],
    [9, undefined],
  ]);
  t.deepEqual(weights(after('losses.gram.weight=9')), [
    [undefined, 9],
    [undefined, undefined],
  ]);
});

test('+ adds what is not there, ~ removes what is', (t) => {
  t.deepEqual(Object.keys(after('+variants.new=[gram]').variants), ['gram', 'mrf', 'new']);
  t.deepEqual(Object.values(after('+variants.new=gram').variants).at(-1), [{ type: 'gram' }]);
  t.deepEqual(Object.keys(after('~variants.mrf').variants), ['gram']);
  t.deepEqual(after('~budget.seconds').budget, { evaluations: 100 } as never);
  t.false('budget' in after('~budget'));
  t.deepEqual(after('+budget.plateau.evaluations=5').budget, {
    evaluations: 100,
    seconds: 9,
    plateau: { evaluations: 5 },
  } as never);
});

for (const [text, said] of [
  ['sede=1', 'Did you mean "seed"?'],
  ['optimizer.learnigRate=1', 'Did you mean "learningRate"?'],
  ['optimizer.nonsense=1', 'optimizer has no "nonsense"'],
  ['variants.garm.gram.weight=1', 'Did you mean "gram"?'],
  ['variants.gram.grma.weight=1', 'Did you mean "gram"?'],
  ['variants.gram.gram.wieght=1', 'Did you mean "weight"?'],
  ['variants.new=[gram]', '+variants.new'],
  ['losses.nothing.weight=1', 'has no "nothing"'],
  ['+budget.seconds=1', 'is set already'],
  ['~seed', 'there is no seed to remove'],
  ['~variants.x', 'variants has no "x"'],
  ['clamp.x=1', 'has nothing inside'],
] as const) {
  test(`refused: ${text}`, (t) => {
    const error = t.throws(() => after(text), { instanceOf: NeckarError });
    t.true(error.message.startsWith(`"${text}": `), error.message);
    t.true(error.message.includes(said), error.message);
  });
}
