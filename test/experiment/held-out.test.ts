import test from 'ava';
import { resolveEncoder } from '../../src/encoders/registry.ts';
import { NeckarError } from '../../src/errors.ts';
import { defineExperiment } from '../../src/experiment/define.ts';
import { defaultHeldOut } from '../../src/experiment/held-out.ts';
import { trialId } from '../../src/experiment/identity.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { content, gram } from '../../src/losses/shipped.ts';

const nothing = (name: string): string => {
  throw new NeckarError(`the weights ${name} are not installed`);
};
const only =
  (...installed: string[]) =>
  (name: string) =>
    installed.includes(name) ? `/weights/${name}.safetensors` : nothing(name);
const random = (name: string) => resolveEncoder({ name, weights: { random: 1 } });

test('a judge is no relative of any encoder in use', (t) => {
  const judge = (used: string[], locate = nothing) =>
    defaultHeldOut(
      used.map((name) => (name === 'wavelet' ? resolveEncoder(name) : random(name))),
      locate,
    );
  t.deepEqual(judge(['vgg19']), resolveEncoder('wavelet'));
  t.deepEqual(judge(['wavelet']), resolveEncoder({ name: 'squeezenet1_1', weights: { random: 0 } }));
  t.deepEqual(judge(['wavelet', 'squeezenet1_0']), resolveEncoder({ name: 'vgg16', weights: { random: 0 } }));
  t.is(judge(['wavelet', 'vgg19', 'squeezenet1_0', 'alexnet']), undefined);
  t.like(judge(['wavelet'], only('vgg16', 'alexnet')), {
    name: 'vgg16',
    weights: { file: '/weights/vgg16.safetensors' },
  });
  t.like(judge(['vgg19'], only('vgg16', 'squeezenet1_0')), { name: 'squeezenet1_0' });
  t.deepEqual(judge(['vgg19'], only('vgg16')), resolveEncoder('wavelet'));
});

const experiment = defineExperiment({
  name: 'judged',
  contents: { town: 'town.png' },
  styles: { waves: 'waves.png' },
  variants: { gram: [content(), gram()] },
  encoder: 'wavelet',
});

test('one judge serves all trials, and leaves their ids alone', (t) => {
  const [trial] = planTrials({ ...experiment, heldOut: { name: 'alexnet', weights: { random: 4 } } }).trials;
  t.deepEqual(trial!.config.heldOut, resolveEncoder({ name: 'alexnet', weights: { random: 4 } }));
  const [without] = planTrials({ ...experiment, heldOut: 'none' }).trials;
  t.false('heldOut' in without!.config);
  const inputs = { content: 'a', style: 'b', encoder: 'c' };
  t.is(trialId(trial!.config, inputs, 1), trialId(without!.config, inputs, 1));
  const judges = planTrials({
    ...experiment,
    encoder: { $sweep: 'values', values: ['wavelet', { name: 'vgg19', weights: { random: 1 } }] } as never,
  }).trials.map(({ config }) => config.heldOut?.name);
  t.is(judges.length, 2);
  t.is(judges[0], judges[1]);
  t.false(['wavelet', 'vgg19', undefined].includes(judges[0]));
});

test('a judge that does not exist is refused before the run', (t) => {
  const error = (heldOut: unknown) =>
    t.throws(() => planTrials({ ...experiment, heldOut } as never), { instanceOf: NeckarError })?.message ??
    '';
  t.regex(error('vgg18'), /heldOut\.name: .*"vgg18"/);
  t.regex(error({ name: 'vgg19', weights: 'nowhere' }), /heldOut\.weights: .*nowhere/);
});
