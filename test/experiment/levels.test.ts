import { resolve } from 'node:path';
import test from 'ava';
import type { ExperimentInput } from '../../src/experiment/define.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { grid, list } from '../../src/experiment/sweep.ts';
import { content, fused, gram, mrf } from '../../src/losses/shipped.ts';

// Nobody's installed weights are to be found.
process.env.NECKAR_WEIGHTS = resolve('/nowhere');

const pairs = [['town.png', 'swirl.png']] as const;
const one: ExperimentInput = { name: 'one', pairs, variants: { gram: [content(), gram()] } };

const configOf = (settings: Partial<ExperimentInput>, overrides: readonly string[] = []) =>
  planTrials({ ...one, ...settings }, { overrides }).trials[0]!.config;

const problem = (settings: Partial<ExperimentInput>, overrides: readonly string[] = []) =>
  messageOf(() => configOf(settings, overrides));

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was wrong';
}

test('levels that differ in size and evaluations alone are sizes and perLevel', (t) => {
  const long = configOf({
    levels: [
      { size: 128, evaluations: 60 },
      { size: 256, evaluations: 90 },
    ],
  });
  t.deepEqual(long, configOf({ sizes: [128, 256], budget: { perLevel: [60, 90] } }));
  t.deepEqual(configOf({ levels: [{ size: 128 }, { size: 256 }] }), configOf({ sizes: [128, 256] }));
  t.false('levels' in long);
});

test('a level keeps what it sets, every default filled in', (t) => {
  const { levels, sizes, budget } = configOf({
    levels: [
      { size: 128, evaluations: 60, optimizer: 'adam', styleScale: 0.5, weights: { gram: 0 } },
      { size: 256, evaluations: 90 },
    ],
    budget: { seconds: 30 },
  });
  t.deepEqual(sizes, [128, 256]);
  t.deepEqual(budget, { evaluations: 150, perLevel: [60, 90], seconds: 30 });
  t.deepEqual(levels, [
    {
      styleScale: 0.5,
      optimizer: { name: 'adam', learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      weights: { gram: 0 },
    },
    {},
  ]);
});

test('levels that name no evaluations share what the others leave', (t) => {
  const perLevel = (settings: Partial<ExperimentInput>) => configOf(settings).budget.perLevel;
  t.deepEqual(
    perLevel({ levels: [{ size: 64 }, { size: 128, evaluations: 41 }, { size: 256 }], budget: 100 }),
    [29, 41, 30],
  );
  t.deepEqual(perLevel({ levels: [{ size: 64, evaluations: 50 }, { size: 128 }] }), [50, 100]);
});

test('weights name losses and terms; those that a variant does not have are left out of it', (t) => {
  const { trials } = planTrials({
    ...one,
    variants: { gram: [content(), gram()], mrf: [content(), mrf()], fused: fused() },
    levels: [{ size: 128, weights: { mrf: 0, 'fused.mrf': 0.5 } }, { size: 256 }],
  });
  t.deepEqual(
    trials.map(({ config }) => config.levels),
    [undefined, [{ weights: { mrf: 0 } }, {}], [{ weights: { 'fused.mrf': 0.5 } }, {}]],
  );
});

test('parts of levels are swept and overridden like any other setting', (t) => {
  const swept = planTrials({
    ...one,
    levels: [
      { size: 128, evaluations: grid([30, 60]), optimizer: grid(['adam', 'lbfgs']) },
      { size: 256, evaluations: 90 },
    ],
  });
  t.deepEqual(
    swept.trials.map(({ label, config }) => [label, config.budget.perLevel]),
    [
      ['evaluations=30 optimizer=adam', [30, 90]],
      ['evaluations=30 optimizer=lbfgs', [30, 90]],
      ['evaluations=60 optimizer=adam', [60, 90]],
      ['evaluations=60 optimizer=lbfgs', [60, 90]],
    ],
  );
  const named = planTrials({
    ...one,
    levels: list({ direct: [{ size: 256 }], coarse: [{ size: 128 }, { size: 256 }] }),
  });
  t.deepEqual(
    named.trials.map(({ label }) => label),
    ['levels=direct', 'levels=coarse'],
  );
  const levels = [{ size: 128 }, { size: 256 }];
  t.is(configOf({ levels }, ['levels.0.optimizer=adam']).levels![0]!.optimizer!.name, 'adam');
  t.deepEqual(configOf({}, ['levels=[{size: 64, weights: {gram: 2}}, {size: 128}]']).levels, [
    { weights: { gram: 2 } },
    {},
  ]);
  t.deepEqual(configOf({ color: 'free' }, ['color=luminance']).color, 'luminance');
  t.false('color' in configOf({ color: 'free' }));
});

test('schedules are swept and overridden like any other option', (t) => {
  const schedule = [
    [0, 1],
    [1, 0.2],
  ];
  const [, loss] = configOf({}, ['losses.gram.schedule=[[0,1],[1,0.2]]']).losses;
  t.deepEqual(loss!.schedule, { points: schedule, over: 'trial', shape: 'linear', stages: 'auto' } as never);
  const { trials } = planTrials({
    ...one,
    variants: {
      gram: [
        content(),
        gram({
          schedule: list({
            falling: [
              [0, 1],
              [1, 0],
            ],
            rising: [
              [0, 0],
              [1, 1],
            ],
          }),
        }),
      ],
    },
  });
  t.deepEqual(
    trials.map(({ label }) => label),
    ['gram.schedule=falling', 'gram.schedule=rising'],
  );
});

test('what does not fit together is refused in one sentence', (t) => {
  const two = [
    { size: 128, evaluations: 60 },
    { size: 256, evaluations: 90 },
  ];
  t.regex(problem({ levels: two, sizes: [128, 256] }), /levels: the sizes are given as well/);
  t.regex(
    problem({ levels: two, budget: 100 }),
    /budget\.evaluations: 100, but the evaluations of the levels add up to 150/,
  );
  t.regex(
    problem({ levels: two, budget: { perLevel: [60, 90] } }),
    /budget\.perLevel: the levels have evaluations of their own/,
  );
  t.regex(
    problem({ levels: [{ size: 64, evaluations: 150 }, { size: 128 }] }),
    /150 of the budget's 150 evaluations are given away/,
  );
  t.regex(problem({ levels: [{ size: 256 }, { size: 128 }] }), /levels: sizes go from coarse to fine/);
  t.regex(
    problem({ levels: [{ size: 128, weights: { garm: 1 } }] }),
    /levels\[0\]\.weights: there is no loss or term "garm"\. Did you mean "gram"\?/,
  );
  t.regex(
    problem({ levels: [{ size: 128, weights: { gram: 0, content: 0 } }] }),
    /levels\[0\]\.weights: all losses have the factor 0/,
  );
  t.regex(
    problem({}, ['levels=[{size: 64, wieghts: {}}]']),
    /levels\[0\]\.wieghts: unknown setting\. Did you mean "weights"\?/,
  );
  t.regex(
    problem({}, ['levels=[{size: 64, optimizer: adm}]']),
    /there is no optimizer "adm"\. Did you mean "adam"\?/,
  );
  t.regex(problem({}, ['color=luminence']), /Did you mean "luminance"\?/);
});
