import test from 'ava';
import type { EncoderInput } from '../../src/encoders/registry.ts';
import { methods } from '../../src/experiment/methods.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { type PresetName, presets } from '../../src/experiment/presets.ts';

const pairs = [['a.png', 'b.png']] as const;

for (const name of Object.keys(presets) as PresetName[]) {
  test(`the preset ${name} has a source and makes a plan`, (t) => {
    const preset = presets[name];
    t.regex(preset.source, /\w{3}/);
    // A procedure may change the weights of its method's own losses on the way.
    const losses = name.replace(/-procedure$/, '-losses') as PresetName;
    const chosen = losses === name ? [name] : [losses, name];
    const variants =
      'variants' in preset || losses !== name ? undefined : { gram: ['content', 'gram'] as const };
    const encoder = name === 'wavelet' ? name : ({ name: 'vgg19', weights: { random: 1 } } as const);
    t.is(planTrials({ name: 'p', pairs, presets: chosen, variants, encoder }).trials.length, 1);
  });
}

for (const [name, method] of Object.entries(methods)) {
  test(`the method ${name} makes a plan on every encoder`, (t) => {
    for (const encoder of ['wavelet', 'vgg19', 'squeezenet1_0'] as const) {
      const spec = (
        encoder === 'wavelet' ? encoder : { name: encoder, weights: { random: 1 } }
      ) as EncoderInput;
      const { trials } = planTrials({
        name: 'm',
        pairs,
        variants: { [name]: method(2, 6, encoder === 'wavelet') },
        encoder: spec,
      });
      const kept = trials[0]!.config.losses.find(({ type }) => type === 'fused' || type === 'content')!;
      t.is(kept.type === 'fused' ? kept.content.weight : kept.weight, 2);
    }
  });
}

test('presets of several levels come to the sizes and evaluations that they name', (t) => {
  const levelsOf = (name: PresetName, own: object = {}) => {
    const encoder = { name: 'vgg19', weights: { random: 1 } } as const;
    const variants = 'variants' in presets[name] ? undefined : { gram: ['content', 'gram'] as const };
    const [trial] = planTrials({ name: 'p', pairs, presets: [name], variants, encoder, ...own }).trials;
    const { sizes, budget, levels } = trial!.config;
    return { sizes, perLevel: budget.perLevel, levels };
  };
  t.deepEqual(levelsOf('gatys-normalised-procedure'), {
    sizes: [512, 1024],
    perLevel: [500, 200],
    levels: undefined,
  });
  const scales = levelsOf('kolkin-2019');
  t.deepEqual(scales.sizes, [64, 128, 256, 512]);
  t.deepEqual(
    scales.levels!.map(({ weights }) => weights?.['strotss.content'] ?? 1),
    [1, 1 / 2, 1 / 4, 1 / 8],
  );
  const cnnmrf = levelsOf('cnnmrf-procedure', {
    presets: ['cnnmrf-losses', 'cnnmrf-procedure'],
    variants: undefined,
  });
  t.deepEqual(cnnmrf.sizes, [96, 192, 384]);
});

test('the parts of a method are the whole: its losses, and its procedure', (t) => {
  const encoder = { name: 'vgg16', pooling: 'max', weights: { random: 1 } } as const;
  const configOf = (chosen: readonly PresetName[]) =>
    planTrials({ name: 'p', pairs, presets: chosen, encoder }).trials[0]!.config;
  t.deepEqual(configOf(['kolkin-2019-losses', 'kolkin-2019-procedure']), configOf(['kolkin-2019']));
  const { optimizer, sizes } = configOf(['kolkin-2019-losses']);
  t.deepEqual([optimizer.name, sizes], ['lbfgs', [256]]);
});

test('a name that a preset had is told with the one it has', (t) => {
  const told = (name: string) =>
    t.throws(() => planTrials({ name: 'p', pairs, presets: [name] } as never), { name: 'NeckarError' })!
      .message;
  t.regex(told('neural-style-method'), /presets: "neural-style-method" is now called "neural-style"\./);
  t.regex(told('gatys2016'), /is now called "gatys-2016", which sets its encoder as well\./);
  t.regex(told('gatys2016-optimization'), /"gatys-2016-procedure"/);
  t.regex(told('gatys2017-coarse-to-fine'), /"gatys-normalised-procedure"/);
  t.regex(told('cnnmrf-resolutions'), /"cnnmrf-procedure"/);
  t.regex(told('kolkin-2019-scales'), /"kolkin-2019-losses" with "kolkin-2019-procedure"/);
  // What never was one is not.
  t.regex(told('nobody-method'), /there is no preset "nobody-method"/);
});
