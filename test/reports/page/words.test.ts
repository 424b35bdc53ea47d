import test from 'ava';
import { modelOf } from '../../../reports/model.ts';
import type { Context } from '../../../reports/page/context.ts';
import { opening } from '../../../reports/page/words.ts';
import { synthetic } from '../_synthetic.ts';

/** The head of a report on two variants, of which the first alone sweeps a weight. */
function head(weights: readonly number[]): string {
  const made = synthetic({
    contents: ['hillside', 'harbour'],
    styles: ['swirls'],
    variants: ['gram', 'patches'],
    optimizers: ['lbfgs'],
    seeds: weights.map((_, i) => i),
    evaluations: 10,
    allFine: true,
  });
  const trials = made.trials.map((trial) => {
    const { seed: _, ...swept } = trial.config.swept;
    const own =
      trial.config.variant === 'gram'
        ? { 'losses.gram.weight': weights[trial.config.seed % weights.length] }
        : {};
    return { ...trial, config: { ...trial.config, swept: { ...swept, ...own } } };
  });
  const input = { ...made, trials };
  return opening({ input, model: modelOf(input) } as unknown as Context).html;
}

test('a weight that one variant sweeps over two values has two, not a third where it is not', (t) => {
  t.regex(head([10, 100]), /2 variants, 2 values of [\w.]*weight/);
  t.regex(head([10, 100, 1000]), /3 values of [\w.]*weight/);
});

test('a weight that one variant alone has, with one value, is not swept', (t) => {
  t.notRegex(head([10]), /values? of/);
});
