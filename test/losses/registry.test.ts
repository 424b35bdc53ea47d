import test from 'ava';
import {
  type LossInput,
  layersRead,
  losses,
  lossSchema,
  measuredBy,
  prepareLosses,
  resolveLoss,
  styleUnitsOf,
  termNamesOf,
  workOf,
} from '../../src/losses/registry.ts';
import { tf } from '../../src/tensor.ts';
import { close, encoder, evaluate, type Maps, randomMap } from './maps.ts';
import { lossTypes } from './types.ts';

test.before(() => tf.setBackend('cpu'));

const context = { encoder, size: [8, 8], styleSize: [8, 8] } as const;

test('every type resolves from its name alone, to a spec that resolves to itself', (t) => {
  for (const type of lossTypes) {
    const spec = resolveLoss({ type }, encoder);
    t.is(spec.type, type);
    t.is(spec.name, type);
    t.deepEqual(JSON.parse(JSON.stringify(spec)), spec);
    // β belongs to `power` alone, so it cannot be written again.
    if (type !== 'variation') t.deepEqual(resolveLoss(spec, encoder), spec);
    t.regex(losses.get(type).description, /\d{4}/);
  }
});

test('layers come from the encoder, from a list or from a record, in the encoder’s order', (t) => {
  const layersOf = (input: LossInput) => {
    const spec = resolveLoss(input, encoder);
    return 'layers' in spec ? Object.entries(spec.layers) : [];
  };
  t.deepEqual(layersOf({ type: 'content' }), [['coarse', 1]]);
  t.deepEqual(layersOf({ type: 'gram' }), [
    ['fine', 1],
    ['coarse', 0.5],
  ]);
  t.deepEqual(layersOf({ type: 'histogram', layers: ['coarse', 'fine'] }), [
    ['fine', 1],
    ['coarse', 1],
  ]);
  t.deepEqual(layersOf({ type: 'mrf', layers: { coarse: 3, fine: 0 } }), [
    ['fine', 0],
    ['coarse', 3],
  ]);
});

test('adjacent pairs are those of the layers that take part', (t) => {
  const spec = resolveLoss({ type: 'gram', cross: 'adjacent' }, encoder);
  t.deepEqual(spec.type === 'gram' && spec.cross, [['fine', 'coarse']]);
  const single = resolveLoss({ type: 'gram', cross: 'adjacent', layers: { fine: 1, coarse: 0 } }, encoder);
  t.deepEqual(single.type === 'gram' && single.cross, []);
});

const refusals: { name: string; input: unknown; message: RegExp }[] = [
  {
    name: 'an unknown type',
    input: { type: 'gramm' },
    message:
      /^losses\[1\]\.type: "gramm" is not allowed\. Did you mean "gram"\? Expected one of .*"content", .*"gram", /,
  },
  { name: 'no type', input: {}, message: /^losses\[1\]\.type: missing; expected one of .*"content", / },
  { name: 'no object', input: 'gram', message: /^losses\[1\]: expected an object, got "gram"/ },
  {
    name: 'an unknown option',
    input: { type: 'gram', wieght: 2 },
    message: /^losses\[1\]\.wieght: unknown setting\. Did you mean "weight"\? Allowed here: type, name, /,
  },
  {
    name: 'an unknown option of a part',
    input: { type: 'fused', local: { pach: 3 } },
    message:
      /^losses\[1\]\.local\.pach: unknown setting\. Did you mean "patch"\? Allowed here: weight, layers, /,
  },
  {
    name: 'an unknown convention',
    input: { type: 'gram', convention: 'jonson' },
    message:
      /^losses\[1\]\.convention: "jonson" is not allowed\. Did you mean "johnson"\? Expected one of "gatys", "johnson"/,
  },
  {
    name: 'an unknown layer',
    input: { type: 'gram', layers: ['fin'] },
    message:
      /^losses\[1\]\.layers: the encoder halving has no layer "fin"\. Did you mean "fine"\? It has fine, coarse/,
  },
  {
    name: 'an unknown layer of a part',
    input: { type: 'fused', global: { layers: { scale: 1 } } },
    message: /^losses\[1\]\.global\.layers: the encoder halving has no layer "scale"/,
  },
  {
    name: 'an unknown layer of a pair',
    input: { type: 'gram', cross: [['fine', 'corse']] },
    message: /^losses\[1\]\.cross\[0\]\[1\]: .*Did you mean "coarse"\?/,
  },
  {
    name: 'a pair of one layer',
    input: { type: 'gram', cross: [['fine', 'fine']] },
    message: /two different layers/,
  },
  {
    name: 'a pair twice',
    input: {
      type: 'gram',
      cross: [
        ['fine', 'coarse'],
        ['coarse', 'fine'],
      ],
    },
    message: /cross\[1\]: the pair coarse, fine is named twice/,
  },
  {
    name: 'a layer twice',
    input: { type: 'content', layers: ['fine', 'fine'] },
    message: /"fine" is named twice/,
  },
  { name: 'no layer', input: { type: 'content', layers: [] }, message: /no layer has a positive weight/ },
  {
    name: 'zero layers',
    input: { type: 'mrf', layers: { fine: 0 } },
    message: /no layer has a positive weight/,
  },
  {
    name: 'a negative weight',
    input: { type: 'content', weight: -1 },
    message: /^losses\[1\]\.weight: -1 is too small; expected at least 0$/,
  },
  {
    name: 'a weight that is no number',
    input: { type: 'content', layers: { fine: 'x' } },
    message: /^losses\[1\]\.layers\.fine: expected a number, got "x"$/,
  },
  {
    name: 'an even patch',
    input: { type: 'mrf', patch: 2 },
    message: /patch: 2: Expected an odd number/,
  },
  {
    name: 'no bins',
    input: { type: 'histogram', bins: 0 },
    message: /^losses\[1\]\.bins: 0 is too small; expected at least 4$/,
  },
  {
    name: 'no refresh',
    input: { type: 'histogram', refreshEvery: 0 },
    message: /refreshEvery: 0 is too small; expected at least 1$/,
  },
  {
    name: 'a covariance under bn',
    input: { type: 'moments', convention: 'bn', covariance: ['fine'] },
    message: /covariance: the convention "bn" matches no covariances/,
  },
  {
    name: 'an exponent without power',
    input: { type: 'variation', beta: 1.5 },
    message: /beta: only the convention "power" has an exponent, not "quadratic"/,
  },
];

for (const { name, input, message } of refusals) {
  test(`refuses ${name} in one sentence that names the place`, (t) => {
    const error = t.throws(() => resolveLoss(input, encoder, 'losses[1]'), { name: 'NeckarError', message });
    t.false(error!.message.includes('\n'));
  });
}

test('the schema keeps every option and refuses unknown ones', (t) => {
  const input: LossInput = { type: 'mrf', weight: 2, rotations: [90], styleStride: 2 };
  t.deepEqual(lossSchema.parse(input), input);
  t.false(lossSchema.safeParse({ ...input, more: 1 }).success);
});

test('two terms of one name are refused', (t) => {
  const spec = resolveLoss({ type: 'gram' }, encoder);
  t.throws(() => prepareLosses([spec, spec], context), {
    name: 'NeckarError',
    message: /Two losses are named "gram"/,
  });
  t.is(prepareLosses([spec, { ...spec, name: 'gram again' }], context).length, 2);
});

test('fused: its parts are the losses of those names, weighted one by one', (t) => {
  const fused = resolveLoss(
    {
      type: 'fused',
      name: 'zhao',
      weight: 3,
      content: { weight: 2, convention: 'mean' },
      global: { weight: 5, layers: ['fine'] },
      local: { weight: 7, refreshEvery: 10 },
      variation: { weight: 0.5, convention: 'absolute' },
    },
    encoder,
  );
  const parts = [
    resolveLoss({ type: 'content', convention: 'mean' }, encoder),
    resolveLoss({ type: 'gram', layers: ['fine'] }, encoder),
    resolveLoss({ type: 'mrf', refreshEvery: 10 }, encoder),
    resolveLoss({ type: 'variation', convention: 'absolute' }, encoder),
  ];
  const terms = prepareLosses([fused], context);
  t.deepEqual(
    terms.map(({ name, weight, convention }) => ({ name, weight, convention })),
    [
      { name: 'zhao.content', weight: 6, convention: 'mean' },
      { name: 'zhao.gram', weight: 15, convention: 'relative' },
      { name: 'zhao.mrf', weight: 21, convention: 'relative' },
      { name: 'zhao.variation', weight: 1.5, convention: 'absolute' },
    ],
  );
  t.is(terms[2]!.refreshEvery, 10);
  const maps = (seed: number): Maps => ({
    fine: randomMap(8, 8, 3, seed),
    coarse: randomMap(4, 4, 2, seed + 1),
    image: randomMap(8, 8, 3, seed + 2),
  });
  const [current, style, content] = [maps(1), maps(11), maps(21)];
  for (const [i, part] of prepareLosses(parts, context).entries()) {
    const alone = evaluate(part, current!, style!, { content: content! });
    t.true(alone.value > 0);
    t.is(evaluate(terms[i]!, current!, style!, { content: content! }).value, alone.value);
  }
});

test('fused: without total variation unless it is asked for', (t) => {
  const spec = resolveLoss({ type: 'fused' }, encoder);
  t.is(spec.type === 'fused' && spec.variation, null);
  t.is(prepareLosses([spec], context).length, 3);
});

test('terms give finite values on the style itself, zero but for the content and the variation', (t) => {
  const maps: Maps = {
    fine: randomMap(8, 8, 3, 1),
    coarse: randomMap(4, 4, 2, 2),
    image: randomMap(8, 8, 3, 3),
  };
  const written = [
    { type: 'gram' },
    { type: 'moments' },
    { type: 'histogram' },
    { type: 'mrf', styleStride: 1 },
  ] as const;
  for (const loss of written) {
    const [term] = prepareLosses([resolveLoss(loss, encoder)], context);
    close(t, 1 + evaluate(term!, maps, maps).value, 1, 1e-9);
  }
});

test('layers are found in every kind of loss, those of weight 0 left out', (t) => {
  const read = (input: object) => [...layersRead([resolveLoss(input, encoder)])].sort();
  t.deepEqual(read({ type: 'content', layers: { fine: 1, coarse: 0 } }), ['fine']);
  t.deepEqual(read({ type: 'gram', layers: { fine: 1 } }), ['fine']);
  t.deepEqual(read({ type: 'gram', layers: { fine: 0 }, cross: [['fine', 'coarse']] }), ['coarse', 'fine']);
  t.deepEqual(read({ type: 'moments', layers: { fine: 0 }, covariance: { coarse: 1 } }), ['coarse']);
  const parts = { content: { layers: ['fine'] }, global: { layers: ['fine'] }, local: { layers: ['fine'] } };
  t.deepEqual(read({ type: 'fused', ...parts }), ['fine']);
  for (const part of ['content', 'global', 'local']) {
    t.deepEqual(read({ type: 'fused', ...parts, [part]: { layers: ['coarse'] } }), ['coarse', 'fine'], part);
  }
  for (const type of ['variation', 'laplacian']) t.deepEqual(read({ type }), []);
});

test('every loss says beforehand which terms it has, which layers they read and whether they look at the style', (t) => {
  for (const type of lossTypes) {
    const spec = resolveLoss({ type, name: 'own' }, encoder);
    const terms = prepareLosses([spec], { ...context, size: [16, 16], styleSize: [16, 16] });
    t.deepEqual(
      terms.map(({ name }) => name),
      termNamesOf(spec),
      type,
    );
    t.deepEqual(new Set(terms.flatMap(({ layers }) => layers)), layersRead([spec]), type);
    t.is(
      styleUnitsOf(spec) > 0,
      terms.some(({ toward }) => toward === 'style'),
      type,
    );
  }
});

test('what is known of a loss whose module is not loaded is what holds by default', (t) => {
  const spec = { type: 'unheard-of', name: 'own', weight: 3, layers: { fine: 1, coarse: 0 } };
  t.deepEqual([...layersRead([spec])], ['fine']);
  t.deepEqual(termNamesOf(spec), ['own']);
  t.is(styleUnitsOf(spec), 0);
  t.true(workOf(spec, { shapeOf: encoder.shapeOf, picture: [8, 8], styles: [[8, 8]] }) > 0);
  t.deepEqual(measuredBy(spec, 'own.part'), { layers: spec.layers, part: 'part', type: 'unheard-of' });
  t.throws(() => prepareLosses([spec], context), {
    name: 'NeckarError',
    message: /there is no loss "unheard-of".*once its module is imported/,
  });
});
