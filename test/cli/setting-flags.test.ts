import test from 'ava';
import { Command } from 'commander';
import { addSettingFlags, overridesOf } from '../../src/cli/setting-flags.ts';
import { planTrials } from '../../src/experiment/plan.ts';

function configOf(args: readonly string[]) {
  const command = new Command().exitOverride();
  addSettingFlags(command);
  command.parse(args, { from: 'user' });
  const plan = planTrials(
    { name: 't', pairs: [['a.png', 'b.png']], losses: ['content', 'gram'] },
    { overrides: overridesOf(command.opts()) },
  );
  return plan.trials[0]!.config;
}

test('no flags leave every default', (t) => {
  t.deepEqual(
    configOf([]),
    configOf(['--size', '256', '--optimizer', 'lbfgs', '--seed', '0', '--init', 'content']),
  );
});

test('flags become settings', (t) => {
  const config = configOf([
    '--size=64',
    '--style-scale=0.5',
    '--optimizer=adam',
    '--learning-rate=0.3',
    '--evaluations=9',
    '--clamp=final',
    '--weighting=gradient-norm',
    '--seed=7',
    '--engine=onnx',
    '--provider=cpu',
    '--threads=2',
    '--noise=0.1',
  ]);
  t.deepEqual(config.sizes, [64]);
  t.is(config.styleScale, 0.5);
  t.like(config.optimizer, { name: 'adam', learningRate: 0.3 });
  t.is(config.budget.evaluations, 9);
  t.is(config.clamp, 'final');
  t.is(config.weighting, 'gradient-norm');
  t.is(config.seed, 7);
  t.deepEqual(config.engine, { name: 'onnx', provider: 'cpu', threads: 2 });
  t.deepEqual(config.initialization, { from: 'content', noise: 0.1 });
});

test('lists, files and kinds of start', (t) => {
  t.deepEqual(configOf(['--sizes', '64,128']).sizes, [64, 128]);
  t.deepEqual(configOf(['--init', 'noise']).initialization, { from: 'noise' });
  t.like(configOf(['--init', '/x/a, b (1).png']).initialization, { from: 'file', file: '/x/a, b (1).png' });
  const { encoder } = configOf([
    '--encoder',
    'vgg16',
    '--weights',
    '/x/w [1].safetensors',
    '--pooling',
    'max',
  ]);
  t.like(encoder, { name: 'vgg16', pooling: 'max', weights: { file: '/x/w [1].safetensors' } });
  t.like(configOf(['--encoder', 'vgg16', '--weights', 'random']).encoder, { weights: { random: 0 } });
});
