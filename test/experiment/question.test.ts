import test from 'ava';
import type { ExperimentInput } from '../../src/experiment/define.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { gram, moments } from '../../src/losses/shipped.ts';

function planned(question: unknown) {
  return planTrials({
    name: 'asked',
    contents: ['/a.png'],
    styles: ['/s.png'],
    variants: { gram: [gram()], moments: [moments()] },
    question: question as ExperimentInput['question'],
  });
}

test('a question in words stays words', (t) => {
  const plan = planned('Which?');
  t.is(plan.question, 'Which?');
  t.is(plan.primary, undefined);
  t.false('question' in planned(undefined));
});

test('a question may declare the comparison that answers it', (t) => {
  const plan = planned({ text: 'Which?', metric: 'gram-relative', factor: 'variant', reference: 'gram' });
  t.is(plan.question, 'Which?');
  t.deepEqual(plan.primary, { metric: 'gram-relative', factor: 'variant', reference: 'gram' });
  t.deepEqual(planned({ text: 'Does it rise?', metric: 'ssim', trend: 'rising' }).primary, {
    metric: 'ssim',
    trend: 'rising',
  });
  t.is(planned({ text: 'Why?' }).primary, undefined);
  t.is(
    planned({ text: 'How?', metric: 'ssim', factor: 'losses.gram.weight' }).primary!.factor,
    'losses.gram.weight',
  );
});

test('a question that cannot be understood is refused', (t) => {
  t.throws(() => planned({ metric: 'ssim' }), { message: /question\.text: missing/ });
  t.throws(() => planned({ text: 'Which?', metrik: 'ssim' }), {
    message: /question\.metrik.*Did you mean "metric"/s,
  });
  t.throws(() => planned({ text: 'Which?', factor: 'varient' }), {
    message: /question\.factor: nothing is called "varient"\. Did you mean "variant"/,
  });
  t.throws(() => planned(7), { message: /question/ });
  t.throws(() => planned({ text: 'Which?', metric: 'ssim', trend: 'up' }), {
    message: /question\.trend.*rising.*falling/s,
  });
  t.throws(() => planned({ text: 'Which?', trend: 'rising' }), {
    message: /name the metric as question\.metric/,
  });
  t.throws(() => planned({ text: 'Which?', metric: 'ssim', trend: 'rising', reference: 'gram' }), {
    message: /about an order or about a reference \("gram"\), not both/,
  });
});
