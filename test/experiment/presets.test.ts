import test from 'ava';
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
      const spec = encoder === 'wavelet' ? encoder : { name: encoder, weights: { random: 1 } };
      const { trials } = planTrials({
        name: 'm',
        pairs,
        variants: { [name]: method(encoder === 'wavelet', 2, 6) },
        encoder: spec,
      });
      const kept = trials[0]!.config.losses.find(({ type }) => type === 'fused' || type === 'content')!;
      t.is(kept.type === 'fused' ? kept.content.weight : kept.weight, 2);
    }
  });
}
