import test from 'ava';
import { trialId } from '../../src/experiment/identity.ts';
import { planTrials } from '../../src/experiment/plan.ts';

function configWith(extra: object) {
  const plan = planTrials({ name: 'm', pairs: [['a.png', 'b.png']], losses: ['content', 'gram'], ...extra });
  return plan.trials[0]!.config;
}

test('what an experiment measures besides is its metrics and the one that decides its question', (t) => {
  t.false('metrics' in configWith({}));
  t.deepEqual(configWith({ metrics: ['psnr', 'ssim;scale=native'] }).metrics, ['psnr', 'ssim;scale=native']);
  const question = { text: 'Which?', metric: 'gmsd' };
  t.deepEqual(configWith({ question, metrics: ['psnr', 'gmsd'] }).metrics, ['psnr', 'gmsd']);
  t.deepEqual(configWith({ question }).metrics, ['gmsd']);
  t.deepEqual(configWith({ metrics: ['all'] }).metrics, ['all']);
  t.false('metrics' in configWith({ question: { text: 'Which?', metric: 'cost;seconds' } }));
});

test('a metric that does not exist is refused with the nearest name', (t) => {
  t.throws(() => configWith({ metrics: ['psnr', 'frechett'] }), {
    name: 'NeckarError',
    message: /^metrics\[1\]: there is no metric "frechett"\. Did you mean "frechet"\? .*"all" is every one/,
  });
});

test('measuring more leaves a finished trial what it is', (t) => {
  const inputs = { content: 'c0', style: '50', encoder: 'e0' };
  t.is(trialId(configWith({ metrics: ['psnr'] }), inputs, 1), trialId(configWith({}), inputs, 1));
});
