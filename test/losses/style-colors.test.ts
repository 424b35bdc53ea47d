/** The term that tells losses on the default encoder the style's colours. */
import test from 'ava';
import { encoderDefaults, loadEncoder, resolveEncoder } from '../../src/encoders/registry.ts';
import { type LossInput, prepareLosses, resolveLoss } from '../../src/losses/registry.ts';
import { styleColors, styleWeight } from '../../src/losses/style-colors.ts';
import { lossTypes } from './types.ts';

const wavelet = encoderDefaults(resolveEncoder('wavelet'));
const networks = (['vgg19', 'squeezenet1_1', 'alexnet'] as const).map((name) =>
  encoderDefaults(resolveEncoder({ name, weights: { random: 1 } })),
);
const colorsOf = (losses: readonly LossInput[], encoder = wavelet, factor = 1) =>
  styleColors(
    losses.map((loss) => resolveLoss(loss, encoder)),
    encoder,
    factor,
  );

for (const type of lossTypes) {
  test(`${type}: gets the style's colours if and only if it compares with the style`, async (t) => {
    const input = { type } as LossInput;
    const context = {
      encoder: await loadEncoder(resolveEncoder('wavelet')),
      size: [64, 64],
      styleSize: [64, 64],
    } as const;
    const spec = resolveLoss(input, wavelet);
    const toStyle = prepareLosses([spec], context).some(({ toward }) => toward === 'style');
    t.is(styleWeight(spec) > 0, toStyle);
    const term = colorsOf([{ type: 'content' }, input]);
    t.is(term !== undefined, toStyle);
    if (term === undefined) return;
    t.is(term.name, 'colors');
    t.deepEqual(Object.keys(term.layers), ['low1']);
    // It is one more term like any other, toward the style, that strips and regions know how to compute.
    const [prepared] = prepareLosses([term], context);
    t.is(prepared!.toward, 'style');
    t.truthy(prepared!.additive);
  });
}

test('no network whose features see colours gets a term', (t) => {
  for (const network of networks) {
    for (const type of lossTypes) t.is(colorsOf([{ type } as LossInput], network), undefined);
  }
});

test('the weight is a third of the style losses’, whatever they are, times the factor', (t) => {
  const close = (value: number | undefined, wanted: number) => t.true(Math.abs(value! / wanted - 1) < 1e-12);
  close(
    colorsOf([
      { type: 'content', weight: 7 },
      { type: 'gram', weight: 30 },
    ])?.weight,
    10,
  );
  close(
    colorsOf([
      { type: 'gram', weight: 30 },
      { type: 'histogram', weight: 60 },
    ])?.weight,
    30,
  );
  close(colorsOf([{ type: 'gram', weight: 30 }], wavelet, 0.25)?.weight, 2.5);
  const fused = {
    type: 'fused',
    weight: 2,
    content: { weight: 9 },
    global: { weight: 6 },
    local: { weight: 3 },
  };
  close(colorsOf([fused as LossInput])?.weight, (2 * 9) / 3);
  t.is(colorsOf([{ type: 'gram', weight: 30 }], wavelet, 0), undefined);
  t.is(colorsOf([{ type: 'content' }, { type: 'gram', weight: 0 }]), undefined);
});

test('every convention of a style loss has a weight in units of the relative one', (t) => {
  const conventions: LossInput[] = [
    { type: 'gram', convention: 'gatys' },
    { type: 'gram', convention: 'johnson' },
    { type: 'moments', convention: 'bn' },
    { type: 'histogram', convention: 'risser' },
    { type: 'mrf', convention: 'li-wand' },
    { type: 'mrf', convention: 'cnnmrf' },
    { type: 'correlations', convention: 'berger' },
    { type: 'mmd', convention: 'li', kernel: 'polynomial' },
    { type: 'mmd', convention: 'li', kernel: 'linear' },
    { type: 'bures', convention: 'squared' },
    { type: 'sliced-wasserstein', convention: 'heitz' },
  ];
  for (const loss of conventions) {
    const relative = styleWeight(resolveLoss({ ...loss, convention: 'relative' } as LossInput, wavelet));
    t.is(relative, 1);
    t.not(styleWeight(resolveLoss(loss, wavelet)), 1, JSON.stringify(loss));
  }
});

test('covariances are those of the octaves that are compared with the style', (t) => {
  const octaves = (losses: LossInput[]) => Object.keys(colorsOf(losses)!.covariance);
  t.deepEqual(octaves([{ type: 'content' }, { type: 'gram' }]), ['low1', 'low2', 'low3', 'low4', 'low5']);
  t.deepEqual(octaves([{ type: 'content' }, { type: 'gram', layers: ['depth1', 'depth2'] }]), [
    'low1',
    'low2',
  ]);
  // Nothing describes the finest octave here: its variance would be made up as ripples.
  t.deepEqual(octaves([{ type: 'content' }, { type: 'mrf', layers: ['depth3'] }]), ['low3']);
});

test('who matches colours already gets nothing twice, and means where they were forgotten', (t) => {
  const gram: LossInput = { type: 'gram' };
  const means: LossInput = { type: 'moments', name: 'own', layers: ['color1'], covariance: ['colors'] };
  t.is(colorsOf([gram, means]), undefined);
  t.is(colorsOf([gram, { type: 'moments', convention: 'bn', layers: ['colors'] }]), undefined);
  const forgotten = colorsOf([
    gram,
    { type: 'moments', name: 'colors', layers: [], covariance: ['colors'] },
  ])!;
  t.deepEqual(forgotten.covariance, {});
  t.deepEqual(Object.keys(forgotten.layers), ['low1']);
  t.is(forgotten.name, 'colors-2');
});
