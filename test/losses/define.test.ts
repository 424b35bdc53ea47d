/** Losses as objects: what their functions write, what the compiler knows of them, what every definition must hold. */
import test from 'ava';
import { grid } from '../../src/experiment/sweep.ts';
import { defineLoss, losses, withoutLayers } from '../../src/losses/define.ts';
import { type LossInput, prepareLosses, resolveLoss } from '../../src/losses/registry.ts';
import { gram, mrf } from '../../src/losses/shipped.ts';
import { encoder } from './maps.ts';
import { lossTypes } from './types.ts';

test('a loss’s function writes its type and its options, swept ones too', (t) => {
  t.deepEqual({ ...gram() }, { type: 'gram' } as never);
  const swept = gram({ weight: grid([1, 2]), convention: 'gatys', layers: grid([['fine'], ['coarse']]) });
  t.deepEqual(swept.weight, { $sweep: 'values', values: [1, 2] });
  const plain: LossInput = { type: 'mrf', patch: 5, weight: 2 };
  t.deepEqual({ ...mrf({ patch: 5, weight: 2 }) } as object, plain);
});

test('the compiler refuses options that a loss does not have, and values that an option cannot have', (t) => {
  // @ts-expect-error a misspelt option
  t.truthy(gram({ wieght: 1 }));
  // @ts-expect-error an option of another loss
  t.truthy(gram({ patch: 3 }));
  // @ts-expect-error an unknown convention
  t.truthy(gram({ convention: 'jonson' }));
  // @ts-expect-error an unknown convention in a sweep
  t.truthy(gram({ convention: grid(['gatys', 'jonson']) }));
  // @ts-expect-error as data
  const written: LossInput = { type: 'gram', convention: 'jonson' };
  t.truthy(written);
  const spec = resolveLoss(gram(), encoder);
  // @ts-expect-error only a spec of some type has options of its own
  t.truthy(spec.cross);
  if (spec.type === 'gram') t.deepEqual(spec.cross, []);
});

test('an option that every loss has, and a type that is taken, are refused', (t) => {
  const own = {
    description: 'Nothing (2024).',
    module: import.meta.url,
    resolve: () => ({}),
    terms: () => [],
  };
  for (const name of ['type', 'name', 'weight', 'schedule']) {
    t.throws(() => defineLoss({ ...own, type: `with-${name}`, options: { [name]: undefined as never } }), {
      name: 'NeckarError',
      message: new RegExp(`the loss "with-${name}": every loss has the option "${name}" already`),
    });
    t.is(losses.find(`with-${name}`), undefined);
  }
  t.throws(() => defineLoss({ ...own, type: 'gram', options: {} }), {
    name: 'NeckarError',
    message: /the loss "gram" comes with Neckar; give yours another name/,
  });
});

test('a loss without some layers reads none of them, and no other differently', (t) => {
  const context = { encoder, size: [16, 16], styleSize: [16, 16] } as const;
  const all = [
    ...lossTypes.map((type) => ({ type })),
    { type: 'gram', cross: 'adjacent' },
    { type: 'moments', covariance: 'layers' },
    { type: 'fused', global: { cross: 'adjacent' }, local: { layers: ['fine', 'coarse'] } },
  ];
  for (const written of all) {
    const spec = resolveLoss(written, encoder);
    const towardStyle = (from: typeof spec) =>
      prepareLosses([from], context).filter(({ toward }) => toward === 'style');
    const reading = towardStyle(spec).filter(({ layers }) => layers.includes('fine'));
    const less = withoutLayers(spec, (layer) => layer === 'coarse') as typeof spec;
    t.deepEqual(
      withoutLayers(spec, () => false),
      spec,
      JSON.stringify(written),
    );
    for (const { name } of reading) {
      const term = towardStyle(less).find((one) => one.name === name);
      t.deepEqual(term?.layers, ['fine'], `${JSON.stringify(written)}, ${name}`);
    }
  }
});

test('measurements of cost have names of their own, and options that their losses take', (t) => {
  const all = losses
    .all()
    .flatMap(({ type, benchmarks = [{ title: type }] }) =>
      benchmarks.map(({ id = type, options }) => ({ id, loss: { type, ...options } })),
    );
  t.is(new Set(all.map(({ id }) => id)).size, all.length);
  const style = { a: 1, b: 1, c: 1, d: 1, e: 1 };
  const wide = { ...encoder, layers: Object.keys(style), defaults: { ...encoder.defaults, style } };
  for (const role of ['content', 'patches', 'histogram'] as const) wide.defaults[role] = { a: 1 };
  for (const { loss } of all) t.notThrows(() => resolveLoss(loss, wide), loss.type);
});
