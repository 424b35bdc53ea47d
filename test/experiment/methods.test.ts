import test from 'ava';
import { encoderDefaults, loadEncoder, resolveEncoder } from '../../src/encoders/registry.ts';
import { type MethodName, methods } from '../../src/experiment/methods.ts';
import { prepareLosses, resolveLoss } from '../../src/losses/registry.ts';
import { styleColors } from '../../src/losses/style-colors.ts';

const wavelet = resolveEncoder('wavelet');

for (const name of Object.keys(methods) as MethodName[]) {
  test(`${name}: where the finest colours are matched, so is the finest octave, or ripples fill it`, async (t) => {
    const outline = encoderDefaults(wavelet);
    const written = methods[name](undefined, undefined, true);
    const losses = written.map((loss) => resolveLoss(loss, outline));
    const context = {
      encoder: await loadEncoder(wavelet),
      size: [64, 64],
      styleSize: [64, 64],
    } as const;
    const toStyle = prepareLosses([...losses, styleColors(losses, outline, 1)!], context).filter(
      ({ toward }) => toward === 'style',
    );
    t.true(toStyle.some(({ layers }) => layers.includes('low1')));
    t.true(toStyle.some(({ layers }) => layers.includes('scale1')));
  });
}

test('weights that are given hold for all style losses in their proportions', (t) => {
  const weights = methods.mrf(2, 10).map(({ weight }) => weight);
  t.deepEqual(weights, [2, 60, 10]);
});
