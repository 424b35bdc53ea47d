/** Names of layers that every encoder understands. */
import test from 'ava';
import { encoderDefaults, resolveEncoder } from '../../src/encoders/registry.ts';
import { conventionOption } from '../../src/losses/options.ts';
import { prepareLosses, resolveLoss } from '../../src/losses/registry.ts';

const wavelet = encoderDefaults(resolveEncoder('wavelet'));
const vgg = encoderDefaults(resolveEncoder({ name: 'vgg19', weights: { random: 1 } }));
const squeezenet = encoderDefaults(resolveEncoder({ name: 'squeezenet1_0', weights: { random: 1 } }));

const layersOf = (encoder: typeof wavelet, layers: string[] | Record<string, number>) => {
  const spec = resolveLoss({ type: 'content', layers }, encoder);
  return spec.type === 'content' ? spec.layers : {};
};

test('depths are the style layers of whatever encoder', (t) => {
  t.deepEqual(layersOf(wavelet, ['depth1', 'depth5']), { scale1: 1, scale5: 1 });
  t.deepEqual(layersOf(vgg, { depth4: 2, relu2_2: 0.5 }), { relu2_2: 0.5, relu4_1: 2 });
  t.deepEqual(layersOf(squeezenet, ['depth3']), { fire5: 1 });
});

test('colours are layers of pixels where an encoder has them, and none elsewhere', (t) => {
  t.deepEqual(layersOf(wavelet, ['depth2', 'color2']), { scale2: 1, low2: 1 });
  t.deepEqual(layersOf(wavelet, { colors: 3 }), { low1: 3, low2: 3, low3: 3, low4: 3, low5: 3 });
  t.deepEqual(layersOf(vgg, ['depth2', 'color2']), { relu2_1: 1 });
});

test('colours alone leave nothing to compare on a network: no term, and no error', (t) => {
  const colors = { type: 'moments', name: 'colors', layers: [], covariance: ['colors'] };
  const context = { size: [64, 64], styleSize: [64, 64] } as const;
  const terms = (encoder: typeof wavelet) =>
    prepareLosses([resolveLoss(colors, encoder)], { ...context, encoder } as never).map(({ name }) => name);
  t.deepEqual(terms(wavelet), ['colors']);
  t.deepEqual(terms(vgg), []);
  t.throws(() => resolveLoss({ type: 'moments', layers: [] }, vgg), { message: /no layer has a positive/ });
  t.throws(() => resolveLoss({ type: 'content', layers: ['colors'] }, vgg), {
    message: /no layer has a positive/,
  });
});

test('a depth beyond the last, a layer named under two names, and misspelt places are refused', (t) => {
  const refused = (encoder: typeof wavelet, layers: string[]) =>
    t.throws(() => layersOf(encoder, layers), { name: 'NeckarError' })!.message;
  t.is(
    refused(vgg, ['depth6']),
    'loss.layers: the encoder vgg19 has no "depth6": it ends at depth5, which is relu5_1.',
  );
  t.is(refused(wavelet, ['depth2', 'scale2']), 'loss.layers: layer "scale2" is named twice.');
  t.regex(refused(wavelet, ['dept2']), /has no layer "dept2"/);
});

test('a convention is one of those that have a meaning, and says which is the default', (t) => {
  const option = conventionOption({ paper: 'summed squares', relative: 'over the energy' });
  t.is(option.description, '`paper`: summed squares; `relative` (default): over the energy.');
  t.is(option.parse('paper'), 'paper');
  t.is(option.parse(undefined), undefined);
  t.false(option.safeParse('sum').success);
});
