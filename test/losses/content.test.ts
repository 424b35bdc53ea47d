import test from 'ava';
import { type ContentSpec, prepareContent } from '../../src/losses/content.ts';
import { tf } from '../../src/tensor.ts';
import { centralDifferences, close, encoder, evaluate, type Maps, randomMap } from './maps.ts';

test.before(() => tf.setBackend('cpu'));

const context = { encoder, size: [5, 4], styleSize: [5, 4] } as const;
const current: Maps = { fine: randomMap(5, 4, 3, 1), coarse: randomMap(3, 2, 2, 2) };
const content: Maps = { fine: randomMap(5, 4, 3, 3), coarse: randomMap(3, 2, 2, 4) };
const layers = { fine: 0.3, coarse: 2 };

function expected(convention: ContentSpec['convention']): (maps: Maps) => number {
  return (maps) => {
    let total = 0;
    for (const [layer, weight] of Object.entries(layers)) {
      let squared = 0;
      let energy = 0;
      for (const [i, value] of maps[layer]!.data.entries()) {
        const target = content[layer]!.data[i]!;
        squared += (value - target) ** 2;
        energy += target ** 2;
      }
      const factor = { gatys: 0.5, mean: 1 / maps[layer]!.data.length, relative: 1 / energy }[convention];
      total += weight * factor * squared;
    }
    return total;
  };
}

for (const convention of ['gatys', 'mean', 'relative'] as const) {
  const [term] = prepareContent({ type: 'content', name: 'content', weight: 1, convention, layers }, context);

  test(`${convention}: value and gradient equal the sums written out`, (t) => {
    const { value, gradients } = evaluate(term!, current, current, { content });
    close(t, value, expected(convention)(current));
    for (const layer of Object.keys(layers)) {
      close(t, gradients[layer]!, centralDifferences(expected(convention), current, layer));
    }
  });

  test(`${convention}: zero at the content itself, with zero gradient`, (t) => {
    const { value, gradients } = evaluate(term!, content, current, { content });
    t.is(value, 0);
    t.true(Object.values(gradients).every((gradient) => gradient.every((g) => g === 0)));
  });
}

test('a layer of weight 0 is neither read nor asked for', (t) => {
  const spec: ContentSpec = {
    type: 'content',
    name: 'content',
    weight: 1,
    convention: 'mean',
    layers: { fine: 0, coarse: 1 },
  };
  const [term] = prepareContent(spec, context);
  t.deepEqual(term!.layers, ['coarse']);
});
