import test from 'ava';
import { prepareVariation, resolveVariation, type VariationSpec } from '../../src/losses/variation.ts';
import { tf } from '../../src/tensor.ts';
import { at, centralDifferences, close, encoder, evaluate, type Maps, randomMap } from './maps.ts';

test.before(() => tf.setBackend('cpu'));

const context = { encoder, size: [5, 6], styleSize: [5, 6] } as const;
const epsilon = 1e-3;

function spec(convention: VariationSpec['convention'], beta = 2): VariationSpec {
  return { type: 'variation', name: 'variation', weight: 1, convention, beta };
}

function expected({ convention, beta }: VariationSpec): (maps: Maps) => number {
  return ({ image }) => {
    const x = image!;
    let sum = 0;
    for (let i = 0; i < x.height; i++) {
      for (let j = 0; j < x.width; j++) {
        for (let c = 0; c < 3; c++) {
          const across = j + 1 < x.width ? at(x, i, j + 1, c) - at(x, i, j, c) : undefined;
          const down = i + 1 < x.height ? at(x, i + 1, j, c) - at(x, i, j, c) : undefined;
          for (const d of [across, down]) {
            if (d === undefined) continue;
            if (convention === 'quadratic') sum += d * d;
            if (convention === 'absolute') sum += Math.hypot(d, epsilon) - epsilon;
          }
          if (convention === 'power' && across !== undefined && down !== undefined) {
            sum += (across ** 2 + down ** 2 + epsilon ** 2) ** (beta / 2) - epsilon ** beta;
          }
        }
      }
    }
    return sum;
  };
}

for (const made of [spec('quadratic'), spec('absolute'), spec('power', 1), spec('power', 2.5)]) {
  const name = made.convention === 'power' ? `power ${made.beta}` : made.convention;
  const [term] = prepareVariation(made, context);
  for (const [height, width] of [
    [5, 6],
    [4, 3],
  ] as const) {
    test(`${name} at ${width}×${height}: value and gradient equal the sums written out`, (t) => {
      const current = { image: randomMap(height, width, 3, 7, { mean: 0.5 }) };
      const { value, gradients } = evaluate(term!, current, {});
      close(t, value, expected(made)(current));
      close(t, gradients.image!, centralDifferences(expected(made), current, 'image'));
    });
  }

  test(`${name}: zero for a uniform picture, with zero gradient`, (t) => {
    const uniform = randomMap(5, 6, 3, 1);
    const { value, gradients } = evaluate(
      term!,
      { image: { ...uniform, data: uniform.data.map(() => 0.5) } },
      {},
    );
    t.is(value, 0);
    t.true(gradients.image!.every((g) => g === 0));
  });
}

test('a picture one pixel wide is refused', (t) => {
  t.throws(() => prepareVariation(spec('quadratic'), { ...context, size: [5, 1] }), {
    name: 'NeckarError',
    message: /2×2 pixels, not 1×5/,
  });
  t.throws(() => prepareVariation(spec('power'), { ...context, size: [1, 5] }), { message: /not 5×1/ });
  const [term] = prepareVariation(spec('quadratic'), { ...context, size: [2, 2] });
  t.deepEqual([term!.layers, term!.targets({} as never)], [[], {}]);
});

test('what is not written is quadratic; an exponent belongs to a power', (t) => {
  const resolve = (written: object) => resolveVariation(written, encoder, 'losses[2]');
  t.deepEqual(resolve({}), { convention: 'quadratic', beta: 2 });
  t.deepEqual(resolve({ convention: 'absolute' }), { convention: 'absolute', beta: 2 });
  t.deepEqual(resolve({ convention: 'power', beta: 1.5 }), { convention: 'power', beta: 1.5 });
  for (const written of [{ beta: 1.5 }, { convention: 'absolute', beta: 1.5 }]) {
    t.throws(() => resolve(written), {
      name: 'NeckarError',
      message: /^losses\[2\]\.beta: only the convention "power"/,
    });
  }
});
