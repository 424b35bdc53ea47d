/** Which layers losses read. */
import test from 'ava';
import { layersRead } from '../../src/losses/read-layers.ts';

test('layers are found in every kind of loss', (t) => {
  const losses = [
    { type: 'content', layers: { x1: 1, x2: 0 } },
    { type: 'gram', layers: { g1: 2 }, cross: [['k1', 'k2']] },
    { type: 'moments', layers: {}, covariance: { low1: 1 } },
    {
      type: 'fused',
      content: { layers: { f1: 1 } },
      global: { layers: { f2: 1 }, cross: [] },
      local: { layers: { f3: 1 } },
    },
  ];
  t.deepEqual([...layersRead(losses)].sort(), ['f1', 'f2', 'f3', 'g1', 'k1', 'k2', 'low1', 'x1']);
});
