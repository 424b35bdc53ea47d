import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExperimentInput } from '../../src/experiment/define.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { grid } from '../../src/experiment/sweep.ts';
import type { NetworkMethod } from '../../src/external/method.ts';
import { encodeParameters } from '../../src/networks/parameters.ts';
import { resolveNetwork } from '../../src/networks/registry.ts';
import { identifyTrials } from '../../src/runs/identity.ts';
import { changesBetween } from '../../src/runs/staleness.ts';
import { float32 } from '../../src/tensor.ts';
import { mixer, palette, randomParameters, tiny } from './_networks.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-variant-'));
test.after.always(() => rmSync(folder, { recursive: true }));
for (const name of ['town.png', 'swirl.png', 'dots.png']) writeFileSync(join(folder, name), name);
const gain = (value: number) => ({ gain: float32([1], Float32Array.of(value)) });
const mixerFile = (name: string, value: number) => {
  writeFileSync(join(folder, name), encodeParameters(resolveNetwork(mixer({ steps: 2 })), gain(value)));
  return name;
};
writeFileSync(join(folder, 'tiny.safetensors'), encodeParameters(tiny, randomParameters(tiny)));
mixerFile('mixer.safetensors', 0.5);

const pairs = [{ content: 'town.png', style: 'swirl.png' }];
const blend = [{ content: 'town.png', style: [{ image: 'swirl.png' }, { image: 'dots.png' }] }];

function plan(variants: ExperimentInput['variants'], more: ExperimentInput = {}) {
  return planTrials({ name: 'networks', pairs, variants, heldOut: 'none', ...more } as ExperimentInput, {
    folder,
  });
}

test('a network stands beside losses, with the settings that its file says it is of', (t) => {
  const { trials } = plan({
    ours: ['content', 'gram'],
    style: { network: 'johnson', weights: 'tiny.safetensors' },
    any: { network: mixer(), weights: 'mixer.safetensors', alpha: 0.5 },
    many: { network: palette({ styles: 4, noisy: true }), weights: 'x.safetensors', style: { 1: 1, 3: 3 } },
  });
  const methods = trials.map(({ config }) => config.method as NetworkMethod | undefined);
  t.is(methods[0], undefined);
  t.deepEqual(methods[1], {
    kind: 'network',
    network: tiny,
    parameters: { from: 'file', file: join(folder, 'tiny.safetensors') },
  });
  t.deepEqual(methods[2], {
    kind: 'network',
    network: { name: 'test-mixer', steps: 2 },
    parameters: { from: 'file', file: join(folder, 'mixer.safetensors') },
    alpha: 0.5,
    seesStyles: true,
  });
  t.deepEqual(methods[3]!.weights, [0, 0.25, 0, 0.75]);
  t.true(methods[3]!.seeded);
  // The modules of networks of one's own are the trial's.
  t.regex(trials[2]!.config.modules![0]!.file, /_networks\.ts$/);
  t.is(trials[1]!.config.modules, undefined);
});

test('what is written goes before what the file says', (t) => {
  const { trials } = plan({
    style: { network: { name: 'johnson', blocks: 3 } as never, weights: 'tiny.safetensors' },
  });
  t.deepEqual((trials[0]!.config.method as NetworkMethod).network, { ...tiny, blocks: 3 });
});

test('a file that is no ONNX model is refused when trials are planned, each once', (t) => {
  const onnx = (file: string) => ({
    network: { name: 'onnx', file, content: { range: [0, 1] }, output: { range: [0, 1] } } as never,
  });
  writeFileSync(join(folder, 'junk.onnx'), '\x1a\x50 no model');
  const error = t.throws(() => plan({ junk: onnx('junk.onnx') }, { size: grid([64, 96]) }));
  t.is(error!.message.split('\n').length, 1);
  t.regex(error!.message, /variants\.junk: network\.file: .*junk\.onnx is a truncated or broken ONNX file/);
  // A missing one is said where all missing files are.
  t.is(plan({ missing: onnx('missing.onnx') }).trials.length, 1);
});

test('its settings are swept and overridden as any other; what it does not see makes no further trials', (t) => {
  const { trials } = planTrials(
    {
      name: 'swept',
      pairs,
      variants: {
        any: {
          network: mixer({ steps: grid([1, 2]) as never }),
          weights: 'mixer.safetensors',
          alpha: grid([0.5, 1]),
        },
        style: { network: 'johnson', weights: 'tiny.safetensors' },
      } as ExperimentInput['variants'],
      styleScale: grid([0.5, 1]),
      optimizer: grid(['lbfgs', 'adam']),
      seed: grid([1, 2]),
      heldOut: 'none',
    },
    { folder, overrides: ['variants.style.network.padding=around'] },
  );
  const labels = trials.map(({ label }) => label);
  t.is(labels.filter((label) => label.includes('any')).length, 2 * 2 * 2);
  t.deepEqual(
    labels.filter((label) => label.startsWith('style')),
    ['style'],
  );
  t.true(
    labels.some((label) => /steps=2/.test(label) && /alpha=0\.5/.test(label)),
    labels.join('; '),
  );
  t.is((trials.at(-1)!.config.method as NetworkMethod).network.padding, 'around');
});

test('of what a network cannot do, all is said at once, a sentence each', (t) => {
  const error = t.throws(() =>
    plan(
      {
        none: { network: 'johnson' },
        half: { network: 'johnson', weights: 'tiny.safetensors', alpha: 0.5 },
        learnt: { network: 'johnson', weights: 'tiny.safetensors', style: 0 },
        which: { network: palette(), weights: 'x.safetensors' },
        beyond: { network: palette(), weights: 'x.safetensors', style: 2 },
        given: {
          network: {
            name: 'onnx',
            file: 'x.onnx',
            content: { range: [0, 1] },
            output: { range: [0, 1] },
          } as never,
          weights: 'y.onnx',
        },
        unknown: { network: 'jonson', weights: 'tiny.safetensors' },
        extra: { network: 'johnson', weights: 'tiny.safetensors', steps: 4 } as never,
      },
      { color: 'match-statistics', regions: 'none' },
    ),
  );
  for (const sentence of [
    /variants\.none: weights: the network johnson needs parameters; name a file of them/,
    /variants\.half: alpha: the network johnson does not blend content and stylisation; leave alpha out/,
    /variants\.half: color: match-statistics recolours the style before it is seen, and the network johnson has learnt its style; luminance is what works/,
    /variants\.learnt: style: the network johnson has learnt one style; leave style out/,
    /variants\.which: style: the network test-palette has learnt 2 styles; say which is meant, as style: 0 \(0 to 1\)/,
    /variants\.beyond: style: 2 is no style of the network test-palette, which has learnt 2: they are numbered 0 to 1/,
    /variants\.given: weights: the network onnx takes none; leave weights out/,
    /variants\.unknown\.network\.name: there is no network "jonson"\. Did you mean "johnson"\?/,
    /variants\.extra\.steps: unknown setting/,
  ]) {
    t.regex(error!.message, sentence);
  }
});

test('several styles and regions are for networks that can do something with them', (t) => {
  const { trials } = plan({ any: { network: mixer(), weights: 'mixer.safetensors' } }, { pairs: blend });
  t.deepEqual(
    trials[0]!.config.styles?.map(({ weight }) => weight),
    [0.5, 0.5],
  );
  const error = t.throws(() =>
    plan({ style: { network: 'johnson', weights: 'tiny.safetensors' } }, { pairs: blend, regions: 'maps' }),
  );
  t.regex(error!.message, /the network johnson sees no style pictures, so that 2 cannot be blended/);
  t.regex(error!.message, /regions: the network johnson puts no styles into regions/);
  t.throws(() => plan({ any: { network: mixer(), weights: 'mixer.safetensors' } }, { regions: 'maps' }), {
    message: /regions: they say which of several styles the network test-mixer puts where, and there is one/,
  });
});

test('the id is that of the network, the bytes of its parameters and what it sees', async (t) => {
  const idOf = async (variant: object, more: ExperimentInput = {}) => {
    const { trials } = plan({ any: variant as never }, more);
    return (await identifyTrials(trials, folder))[0]!;
  };
  const variant = { network: mixer(), weights: 'mixer.safetensors' };
  const first = await idOf(variant);
  t.is((await idOf(variant)).id, first.id);
  // The same bytes under another path, and what the optimisation of a picture alone would see.
  t.is((await idOf({ ...variant, weights: mixerFile('copy.safetensors', 0.5) })).id, first.id);
  t.is(
    (await idOf(variant, { optimizer: 'adam', budget: 3, seed: 9, initialization: 'noise' })).id,
    first.id,
  );
  const others = [
    await idOf({ ...variant, weights: mixerFile('other.safetensors', 0.25) }),
    await idOf({ ...variant, alpha: 0.5 }),
    await idOf({ ...variant, network: mixer({ steps: 5 }) }),
    await idOf(variant, { size: 64 }),
    await idOf(variant, { color: 'luminance' }),
    await idOf(variant, { styleScale: 0.5 }),
    await idOf(variant, { pairs: blend }),
  ];
  t.is(new Set([first, ...others].map(({ id }) => id)).size, others.length + 1);
  t.deepEqual(changesBetween(first, others[0]!), ["the network's parameters changed"]);
  t.deepEqual(changesBetween(first, others[1]!), ['method.alpha default, now 0.5']);
  await t.throwsAsync(idOf({ ...variant, weights: 'missing.safetensors' }), {
    message: /The file of parameters ".*missing\.safetensors" does not exist/,
  });
});
