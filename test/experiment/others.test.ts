import { join } from 'node:path';
import test from 'ava';
import { defineExperiment, type ExperimentInput } from '../../src/experiment/define.ts';
import { type PlanOptions, planTrials } from '../../src/experiment/plan.ts';
import { grid } from '../../src/experiment/sweep.ts';

const folder = '/somewhere';
const command = 'python their.py {content} {style} {output}';

function plan(variants: ExperimentInput['variants'], more: ExperimentInput = {}, options: PlanOptions = {}) {
  const pairs = [{ content: 'town.jpg', style: 'swirl.jpg' }];
  return planTrials(defineExperiment({ name: 'others', pairs, variants, ...more }), { folder, ...options });
}

test('a command and a folder of pictures stand beside losses, defaults filled in', (t) => {
  const { trials } = plan({
    ours: ['content', 'gram'],
    theirs: { command },
    old: { images: 'their-results', pattern: '{style}/{content}@{size}.png' },
  });
  t.deepEqual(
    trials.map(({ label, config }) => [label, config.losses.length, config.method]),
    [
      ['ours', 3, undefined],
      ['theirs', 0, { kind: 'command', command, timeout: 3600, env: {}, shell: false, folder }],
      [
        'old',
        0,
        {
          kind: 'images',
          pattern: '{style}/{content}@{size}.png',
          file: join(folder, 'their-results/swirl/town@256.png'),
        },
      ],
    ],
  );
});

test('what a method does not look at makes no further trials of it', (t) => {
  const { trials } = plan(
    {
      ours: ['content', 'gram'],
      plain: { command },
      seeded: { command: `${command} {seed}` },
      sized: { images: 'old', pattern: '{content}-{style}-{size}.png' },
    },
    { seed: grid([1, 2]), size: grid([128, 256]), optimizer: grid(['lbfgs', 'adam']) },
  );
  t.deepEqual(
    trials.map(({ label }) => label).filter((label) => !label.startsWith('ours')),
    ['plain', 'seeded seed=1', 'seeded seed=2', 'sized size=128', 'sized size=256'],
  );
  t.is(trials.length, 8 + 5);
  const sized = trials.at(-1)!.config;
  t.deepEqual(sized.swept, { variant: 'sized', size: 256 });
  t.regex((sized.method as { file: string }).file, /town-swirl-256\.png$/);
});

test('its settings can be swept and overridden like any other', (t) => {
  const { trials } = plan(
    { theirs: { command, env: { STRENGTH: grid(['low', 'high']) } } },
    {},
    { overrides: ['variants.theirs.timeout=60'] },
  );
  t.deepEqual(
    trials.map(({ label, config }) => [label, (config.method as { timeout: number }).timeout]),
    [
      ['STRENGTH=low', 60],
      ['STRENGTH=high', 60],
    ],
  );
});

for (const [what, variant, said] of [
  [
    'an unknown placeholder',
    { command: `${command} {contnet}` },
    'variants.theirs.command: "python their.py {content} {style} {output} {contnet}": there is no {contnet}. Did you mean "content"?',
  ],
  ['a command that writes nothing', { command: 'python {content}' }, 'it must name {style} and {output}'],
  ['an open quote', { command: `${command} 'x` }, "the quote ' is not closed"],
  [
    'an unknown key',
    { command, timeuot: 3 },
    'variants.theirs.timeuot: unknown setting. Did you mean "timeout"?',
  ],
  [
    'a negative timeout',
    { command, timeout: -1 },
    'variants.theirs.timeout: -1 is too small; expected more than 0',
  ],
  [
    '{output} in a folder of pictures',
    { images: 'old', pattern: '{output}.png' },
    'variants.theirs.pattern: "{output}.png": there is no {output}',
  ],
  ['both at once', { command, images: 'old' }, 'variants.theirs.images: unknown setting'],
] as const) {
  test(`refused: ${what}`, (t) => {
    const error = t.throws(() => plan({ theirs: variant as never }));
    t.true(error.message.includes(said), error.message);
  });
}

test('two variants that run the same command are refused', (t) => {
  t.throws(() => plan({ a: { command }, b: { command } }), {
    message: /the trials "a" and "b" would do the same work/,
  });
});
