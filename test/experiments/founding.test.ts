/**
 * The experiments that come with Neckar: each loads, plans the trials that experiments/README.md says, resolves on
 * encoders with and without weights, and runs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { checkPrimary } from '../../metrics/statistics/analysis/question.ts';
import { encoderDefaults } from '../../src/encoders/registry.ts';
import { loadExperiment } from '../../src/experiment/load.ts';
import { type MethodName, methods } from '../../src/experiment/methods.ts';
import { type PlannedTrial, planTrials } from '../../src/experiment/plan.ts';
import { trainingOf } from '../../src/experiment/training-identity.ts';
import { prepareLosses, resolveLoss } from '../../src/losses/registry.ts';
import { runTrial } from '../../src/transfer/trial.ts';

const folder = new URL('../../experiments/', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length));

async function planned(name: string, overrides: readonly string[] = []) {
  const loaded = await loadExperiment(`experiments/${name}.ts`);
  return planTrials(loaded.experiment, { folder: loaded.folder, name: loaded.name, overrides });
}

/** The table of experiments/README.md: file -> number of trials. */
const table = new Map(
  [...readFileSync(new URL('README.md', folder), 'utf8').matchAll(/^\| `([\w-]+)\.ts` \|(.*)$/gm)].map(
    ([, name, row]) => [name!, Number(/\| (\d+) \|/.exec(row!)?.[1])] as const,
  ),
);

test('the table names every experiment, and nothing else', (t) => {
  t.deepEqual([...table.keys()].sort(), [...names].sort());
});

for (const name of names) {
  test(`${name}: named as its file, with a question, and as many trials as the table says`, async (t) => {
    const plan = await planned(name);
    t.is(plan.name, name);
    t.is(plan.trials.length, table.get(name) ?? 0);
    t.regex(plan.question!, /\?$/);
    checkPrimary(plan.primary);
    const { factor = 'variant', reference } = plan.primary ?? {};
    const levels = new Set(
      plan.trials.map(({ config }) => (factor === 'variant' ? config.variant : config.swept[factor])),
    );
    // What is compared is swept, and what all are compared with is among it.
    t.true(levels.size > 1 && !levels.has(undefined), factor);
    if (reference !== undefined) t.true(levels.has(reference));
  });

  for (const encoder of [
    'wavelet',
    '{name: vgg19, weights: {random: 1}}',
    '{name: squeezenet1_0, weights: {random: 1}}',
  ]) {
    test(`${name}: its losses can be had of the encoder ${encoder}`, async (t) => {
      for (const { config } of oncePerObjective((await planned(name, [`encoder=${encoder}`])).trials)) {
        // A network's are those that it is trained by.
        const made = trainingOf(config) ?? { ...config, size: config.sizes.at(-1)! };
        const side = made.size;
        const terms = prepareLosses(made.losses, {
          encoder: encoderDefaults(made.encoder),
          size: [side, side],
          styleSize: [side, side],
        } as never);
        t.true(terms.length > 0);
      }
    });
  }
}

/** One trial of each variant, the first: pictures, seeds and weights change nothing about whether it runs. */
function oncePerObjective(trials: readonly PlannedTrial[]): PlannedTrial[] {
  return [...new Map(trials.map((trial) => [trial.config.variant, trial] as const)).values()];
}

/** What decides whether a trial runs at all; a deeper layer or another weight does not. */
const kindOf = ({ config }: PlannedTrial) =>
  JSON.stringify([
    config.losses.map(({ type, ...loss }) => [
      type,
      ...('convention' in loss ? [loss.convention] : []),
      ...('kernel' in loss ? [loss.kernel] : []),
    ]),
    config.initialization.from,
    config.optimizer.name,
    config.regions,
  ]);

const run = new Set<string>();

for (const name of names) {
  test.serial(`${name}: a small trial of every kind that it has and no other before it runs`, async (t) => {
    t.timeout(1_200_000);
    const plan = await planned(name, ['size=32', 'budget=2', 'snapshots=[]', 'engine=onnx:cpu']);
    for (const trial of oncePerObjective(plan.trials)) {
      // How networks are trained and applied has tests of its own.
      if (trial.config.method !== undefined || run.has(kindOf(trial))) continue;
      run.add(kindOf(trial));
      const totals: number[] = [];
      const { state, picture } = await runTrial(trial.config, {
        trace: ({ total }) => totals.push(total),
        snapshot: async () => {},
        checkpoint: async () => {},
        progress: () => {},
      });
      t.true(totals.length === 2 && totals.every(Number.isFinite), trial.label);
      t.not(state, 'diverged');
      t.is(Math.max(picture.width, picture.height), 32);
    }
    t.pass();
  });
}

test('the gallery gives every loss the company and the weight that it has in transfer', async (t) => {
  const { trials } = await planned('gallery');
  const called: Readonly<Record<string, MethodName>> = { 'mmd-gaussian': 'mmd' };
  const others = ['batch-norm', 'variation'];
  for (const { config } of oncePerObjective(trials)) {
    if (others.includes(config.variant)) continue;
    const method = methods[called[config.variant] ?? (config.variant as MethodName)];
    const wanted = method(undefined, undefined, true).map((loss) =>
      resolveLoss(loss, encoderDefaults(config.encoder)),
    );
    // The term that is added to both alike.
    const own = config.losses.filter(({ name }) => name !== 'colors');
    const byName = (losses: typeof wanted) => [...losses].sort((a, b) => (a.name < b.name ? -1 : 1));
    t.is(own.length, config.losses.length - 1, config.variant);
    t.deepEqual(byName(own), byName(wanted), config.variant);
  }
  const shown = new Set(trials.map(({ config }) => called[config.variant] ?? config.variant));
  t.deepEqual(
    Object.keys(methods).filter((name) => !shown.has(name as MethodName)),
    [],
  );
});
