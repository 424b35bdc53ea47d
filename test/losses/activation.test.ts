import test from 'ava';
import { type ActivationSpec, prepareActivation } from '../../src/losses/activation.ts';
import { resolveLoss } from '../../src/losses/registry.ts';
import { tf } from '../../src/tensor.ts';
import { centralDifferences, close, encoder, evaluate, type Maps, randomMap, rowsOf } from './maps.ts';

test.before(() => tf.setBackend('cpu'));

const context = { encoder, size: [5, 6], styleSize: [4, 4] } as const;
const current: Maps = { fine: randomMap(5, 6, 3, 1), coarse: randomMap(3, 3, 2, 2) };
const content: Maps = { fine: randomMap(5, 6, 3, 3), coarse: randomMap(3, 3, 2, 4) };

function spec(options: Partial<ActivationSpec>): ActivationSpec {
  return {
    type: 'activation',
    name: 'activation',
    weight: 1,
    convention: 'mean-square',
    layers: { fine: 0.3, coarse: 2 },
    channels: {},
    ...options,
  };
}

const cases: Partial<ActivationSpec>[] = [
  {},
  { convention: 'inceptionism' },
  { convention: 'mean' },
  { channels: { fine: [0, 2] } },
  { channels: { fine: [1], coarse: [0] }, convention: 'mean' },
  { channels: { coarse: [1] }, convention: 'inceptionism' },
  { convention: 'relative' },
  { channels: { fine: [0, 2] }, convention: 'relative' },
];

for (const options of cases) {
  test(`${JSON.stringify(options)}: minus the sum over positions, and its gradient`, (t) => {
    const made = spec(options);
    const compute = (maps: Maps): number =>
      Object.entries(made.layers).reduce((total, [layer, weight]) => {
        const chosen = made.channels[layer] ?? [...Array(maps[layer]!.channels).keys()];
        const valuesOf = (from: Maps) =>
          rowsOf(from[layer]!).flatMap((row) => chosen.map((channel) => row[channel]!));
        const values = valuesOf(maps);
        const sum = values.reduce((s, value) => s + (made.convention === 'mean' ? value : value ** 2), 0);
        if (made.convention === 'relative') {
          return total - (weight * sum) / valuesOf(content).reduce((s, value) => s + value ** 2, 0);
        }
        return total - weight * (made.convention === 'inceptionism' ? sum / 2 : sum / values.length);
      }, 0);
    const [term] = prepareActivation(made, context);
    const { value, gradients } = evaluate(term!, current, {}, { content });
    close(t, value, compute(current));
    for (const layer of Object.keys(made.layers)) {
      close(t, gradients[layer]!, centralDifferences(compute, current, layer));
    }
  });
}

test('a channel that is not there is refused', (t) => {
  t.throws(() => prepareActivation(spec({ channels: { coarse: [2] } }), context), {
    name: 'NeckarError',
    message: /wants channel 2 of coarse, which has 2; choose one from 0 to 1/,
  });
});

test('channels of a layer that takes no part are refused', (t) => {
  const input = { type: 'activation', layers: ['fine'], channels: { coarse: [0] } };
  t.throws(() => resolveLoss(input, encoder, 'losses[0]'), {
    name: 'NeckarError',
    message: /^losses\[0\]\.channels: coarse is not among the layers \(fine\)/,
  });
});
