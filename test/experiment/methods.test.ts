import test from 'ava';
import { encoderDefaults, loadEncoder, resolveEncoder } from '../../src/encoders/registry.ts';
import { type MethodName, methods } from '../../src/experiment/methods.ts';
import { prepareLosses, resolveLoss } from '../../src/losses/registry.ts';

const wavelet = resolveEncoder('wavelet');

for (const name of Object.keys(methods) as MethodName[]) {
  test(`${name}: where the finest colours are matched, so is the finest octave, or ripples fill it`, async (t) => {
    const losses = methods[name](true).map((loss) => resolveLoss(loss, encoderDefaults(wavelet)));
    const context = {
      encoder: await loadEncoder(wavelet),
      size: [64, 64],
      styleSize: [64, 64],
    } as const;
    const toStyle = prepareLosses(losses, context).filter(({ toward }) => toward === 'style');
    t.true(toStyle.some(({ layers }) => layers.includes('low1')));
    t.true(toStyle.some(({ layers }) => layers.includes('scale1')));
  });
}

test('weights that are given hold for all style losses in their proportions', (t) => {
  const weights = methods.mrf(true, 2, 10).map(({ weight }) => weight);
  t.deepEqual(weights, [2, 60, 60, 10]);
});
