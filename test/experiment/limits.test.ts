/** Sweeps that would fill the memory are refused in a sentence, before they are made. */
import test from 'ava';
import { NeckarError } from '../../src/errors.ts';
import { uniform } from '../../src/experiment/distributions.ts';
import { mostTrials } from '../../src/experiment/limit.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { cross, grid, list, range, sample, zip } from '../../src/experiment/sweep.ts';

const base = { name: 'x', pairs: [['a.png', 'b.png']], variants: { gram: ['content', 'gram'] } };
const plan = (more: object, overrides: string[] = []) =>
  planTrials({ ...base, ...more } as never, { overrides, folder: '/study' });

const thousand = { seed: range(0, 1000) };

/** What is written, by name. Ranges refuse themselves where they are made. */
const slips: Readonly<Record<string, () => unknown>> = {
  'a range': () => range(0, 1e9),
  'a range without end': () => range(0, 1e308, 1e-300),
  'a range downwards': () => range(1e9, 0),
  'a range on the command line': () => plan({}, ['seed=range(0,1e9)']),
  'a range within a list': () => plan({}, ['size=[range(1e9)]']),
  'seeds on the command line': () => plan({}, ['seeds=range(1e8)']),
  draws: () => plan({ seed: sample(uniform(0, 1e9, { integer: true }), 1e9, 1) }),
  'draws without end': () => plan({ seed: sample(uniform(0, 1), Number.POSITIVE_INFINITY, 1) }),
  'draws of paths': () => plan({ sweep: sample({ seed: uniform(0, 9) }, 1e9, 1) }),
  'a product of a grid': () =>
    plan({ sweep: grid({ ...thousand, styleScale: range(1, 1001), 'budget.evaluations': range(1, 1001) }) }),
  'a product of parts': () =>
    plan({ sweep: [grid(thousand), grid({ 'budget.evaluations': range(1, 1001) })] }),
  'a product of crossed zips': () =>
    plan({ sweep: cross(zip(thousand), zip({ 'budget.evaluations': range(1, 1001) })) }),
  'a list of ranges': () =>
    plan({ sweep: list([{ seed: range(0, 1000), size: grid([...Array(1000).keys()]) }]) }),
  'a product in place': () => plan({ seed: range(0, 1000), styleScale: range(1, 1001) }),
  'a product with overrides': () => plan(thousand, ['budget.evaluations=range(1,1001)']),
  'a product with variants': () =>
    plan({
      seed: range(0, 60_000),
      variants: { gram: ['content', 'gram'], mrf: ['content', 'mrf'] },
    }),
  snapshots: () => plan({ budget: 1e9, snapshots: { every: 1 } }),
};

for (const [name, slip] of Object.entries(slips)) {
  test(`too many: ${name}`, (t) => {
    const error = t.throws(slip, { instanceOf: NeckarError })!;
    t.regex(error.message, /at most|the most an experiment may have|no whole number of values/);
    t.false(error.message.includes('\n'));
    t.true(process.memoryUsage().heapUsed < 1.5e9);
  });
}

test('what an experiment may have is planned', (t) => {
  t.is(plan({ seed: range(0, 3000) }).trials.length, 3000);
  t.true(mostTrials >= 10_000);
});
