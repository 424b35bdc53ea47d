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
    const variants = 'variants' in preset ? undefined : { gram: ['content', 'gram'] as const };
    const encoder = name === 'wavelet' ? name : ({ name: 'vgg19', weights: { random: 1 } } as const);
    t.is(planTrials({ name: 'p', pairs, presets: [name], variants, encoder }).trials.length, 1);
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
  t.deepEqual(levelsOf('gatys2017-coarse-to-fine'), {
    sizes: [512, 1024],
    perLevel: [500, 200],
    levels: undefined,
  });
  const scales = levelsOf('kolkin-2019-scales');
  t.deepEqual(scales.sizes, [64, 128, 256, 512]);
  t.deepEqual(
    scales.levels!.map(({ weights }) => weights?.['strotss.content'] ?? 1),
    [1, 1 / 2, 1 / 4, 1 / 8],
  );
  const cnnmrf = levelsOf('cnnmrf-resolutions', {
    presets: ['cnnmrf', 'cnnmrf-resolutions'],
    variants: undefined,
  });
  t.deepEqual(cnnmrf.sizes, [96, 192, 384]);
});
