import { createRequire } from 'node:module';
import path from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import test from 'ava';
import { prepareLosses, resolveLoss } from '../../src/losses/registry.ts';
import { tf } from '../../src/tensor.ts';
import { close, encoder, evaluate, type Maps, randomMap } from './maps.ts';

test.before(() => {
  const folder = path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  setWasmPaths(`${folder}/`);
});

const context = { encoder, size: [9, 11], styleSize: [10, 7] } as const;
const current: Maps = {
  fine: randomMap(9, 11, 3, 1, { rectified: true }),
  coarse: randomMap(5, 6, 2, 2),
  image: randomMap(9, 11, 3, 5, { mean: 0.5 }),
};
const style: Maps = { fine: randomMap(10, 7, 3, 3, { rectified: true }), coarse: randomMap(5, 4, 2, 4) };
const content: Maps = {
  fine: randomMap(9, 11, 3, 6),
  coarse: randomMap(5, 6, 2, 7),
  image: randomMap(9, 11, 3, 8, { mean: 0.5 }),
};

const inputs = [
  { type: 'content' },
  { type: 'gram', cross: 'adjacent' },
  { type: 'moments', convention: 'bn' },
  { type: 'moments', covariance: ['fine'] },
  { type: 'histogram', bins: 16 },
  { type: 'mrf' },
  { type: 'mrf', stride: 2, styleStride: 2, convention: 'li-wand' },
  { type: 'mrf', stride: 2, convention: 'cnnmrf' },
  { type: 'correlations', shifts: [1, 2] },
  { type: 'mmd', kernel: 'gaussian', frequencies: 16 },
  { type: 'bures' },
  { type: 'sliced-wasserstein' },
  { type: 'laplacian', pools: [{ size: 1 }, { size: 3 }] },
  { type: 'activation', channels: { coarse: [1] } },
  { type: 'variation' },
  { type: 'variation', convention: 'absolute' },
  { type: 'variation', convention: 'power', beta: 1.5 },
] as const;

for (const input of inputs) {
  test.serial(`${JSON.stringify(input)}: wasm agrees with cpu`, async (t) => {
    const [term] = prepareLosses([resolveLoss(input, encoder)], context);
    await tf.setBackend('cpu');
    const expected = evaluate(term!, current, style, { content });
    await tf.setBackend('wasm');
    t.is(tf.getBackend(), 'wasm');
    const actual = evaluate(term!, current, style, { content });
    close(t, actual.value, expected.value);
    for (const layer of Object.keys(current)) {
      const gradient = expected.gradients[layer]!;
      if (gradient.some((g) => g !== 0)) close(t, actual.gradients[layer]!, gradient);
    }
  });
}
