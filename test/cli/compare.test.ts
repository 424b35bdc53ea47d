import { join } from 'node:path';
import test from 'ava';
import type { TrialResult } from '../../src/experiment/result.ts';
import { diskFiles } from '../../src/runs/files.ts';
import { type IdentifiedTrial, identifyTrials } from '../../src/runs/identity.ts';
import { writePlan } from '../../src/runs/plan-files.ts';
import { resultText, trialFolder } from '../../src/runs/store.ts';
import { storeVersion } from '../../src/runs/store-version.ts';
import { fakeConfig } from '../runs/fake-trial.ts';
import { temporaryFolder } from '../runs/support.ts';
import { neckar, refused } from './_run.ts';

const metric = 'gram-relative;encoder=wavelet@0123456789ab;layers=held1';

/** A stored experiment with a result for each variant and pair, whose score is given. */
async function stored(
  runs: string,
  name: string,
  variants: readonly string[],
  contents: readonly string[],
  score: (variant: string, pair: number) => number,
): Promise<void> {
  const files = diskFiles();
  const folder = join(runs, name);
  await files.folder(folder);
  const plans = [];
  for (const [pair, content] of contents.entries()) {
    const file = join(folder, `${content}.png`);
    await files.write(file, `picture ${content}`);
    for (const [index, variant] of variants.entries()) {
      // The variant's name is no part of a trial's work.
      const config = { ...fakeConfig(file, { variant, seed: index }), swept: { content, variant } };
      plans.push({ label: `${content} ${variant}`, config, names: { content, style: content }, pair });
    }
  }
  const trials = await identifyTrials(plans.map(({ pair: _, ...plan }) => plan));
  await writePlan(files, folder, { name, trials, trainings: [] });
  for (const [i, trial] of trials.entries()) {
    const { pair, config } = plans[i]!;
    await files.folder(trialFolder(folder, trial.id));
    const value = score(config.variant, pair);
    await files.write(join(trialFolder(folder, trial.id), 'result.json'), resultText(resultOf(trial, value)));
  }
}

function resultOf(trial: IdentifiedTrial, value: number): TrialResult {
  return {
    storeVersion,
    id: trial.id,
    attempt: 1,
    state: 'complete',
    reason: 'budget',
    config: trial.config,
    identity: {
      engine: 'onnx',
      provider: 'cpu',
      device: 'CPU, 2 threads',
      versions: {},
      threads: 2,
      node: 'v20',
      neckar: '0',
      host: 'h',
    },
    inputs: { ...trial.inputs },
    artefacts: {},
    images: { final: 'images/final.png', snapshots: [], width: 4, height: 4 },
    timing: {
      total: 1,
      prepare: 0,
      compile: 0,
      warmup: 0,
      evaluate: 1,
      perEvaluation: 0.1,
      optimizer: 0,
      refresh: 0,
      output: 0,
      shared: false,
      peakMemory: 1e8,
    },
    cost: { evaluations: 10, steps: 10 },
    final: { total: 1, terms: {} },
    scores: { [metric]: { value, better: 'lower', label: 'Style distance' } },
    startedAt: '',
    finishedAt: '',
  };
}

const contents = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

test('two variants of an experiment, and of two experiments over the pictures both have', async (t) => {
  const runs = await temporaryFolder(t);
  const noise = [0.01, -0.02, 0.015, 0.005, -0.01, 0.02, 0, -0.005];
  const score = (variant: string, pair: number) => pair + (variant === 'gram' ? 0.5 : 0) + noise[pair]!;
  await stored(
    runs,
    'monday',
    ['gram', 'fused'],
    contents,
    (variant, pair) => score(variant, pair) + (variant === 'gram' ? noise[7 - pair]! : 0),
  );
  await stored(
    runs,
    'tuesday',
    ['gram', 'fused'],
    contents.slice(2).concat('z'),
    (variant, pair) => score(variant, pair + 2 < 8 ? pair + 2 : 0) - 0.25,
  );

  const variants = await neckar([
    'compare',
    'monday:gram',
    'monday:fused',
    '--runs',
    runs,
    '--metric',
    'gram-relative',
  ]);
  t.is(variants.code, 0, variants.stderr);
  t.regex(
    variants.stdout,
    /fused is better than gram in 8 of 8 pairs: fused − gram = −0\.5\d* \[−0\.5\d*, −0\.4\d*\], p = 0\.008/,
  );
  t.regex(variants.stdout, /^Style distance ↓ \(primary\) .* fused$/m);

  const experiments = await neckar([
    'compare',
    'monday',
    'tuesday',
    '--runs',
    runs,
    '--metric',
    'gram-relative',
    '--json',
  ]);
  t.is(experiments.code, 0, experiments.stderr);
  const analysis = JSON.parse(experiments.stdout);
  const [comparison] = analysis.comparisons;
  t.deepEqual(comparison.treatments, ['monday', 'tuesday']);
  t.deepEqual(comparison.contexts, ['gram', 'fused']);
  t.is(comparison.pairs.length, 6, 'the same bytes are the same picture, wherever they lie');
  t.deepEqual(comparison.leftOut.sort(), ['a × a', 'b × b', 'z × z']);
  const [difference] = comparison.findings[0].outcome.differences;
  t.true(Math.abs(difference.estimate + 0.25) < 0.02, `${difference.estimate}`);
  t.is(difference.favours, 'a');
});

test('one pair in common is refused with a reason and an exit code', async (t) => {
  const runs = await temporaryFolder(t);
  await stored(runs, 'monday', ['gram', 'fused'], ['a', 'b'], () => 1);
  await stored(runs, 'tuesday', ['gram'], ['b', 'c'], () => 1);
  const { code, stdout } = await neckar(['compare', 'monday:gram', 'tuesday:gram', '--runs', runs]);
  t.is(code, 1);
  t.regex(stdout, /one content\/style pair \(b × b\)/);
  for (const [args, words] of [
    [['monday:gram', 'monday:gram'], /compared with itself/],
    [['monday:gram', 'monday:fusd'], /no variant "fusd"\. Did you mean "fused"/],
    [['monday', 'wednesday'], /no runs of "wednesday"/],
    [['monday', 'monday:gram'], /has 2 variants/],
    [
      ['monday', 'tuesday', '--metric', 'gram-relativ'],
      /no metric "gram-relativ"\. Did you mean "gram-relative"/,
    ],
  ] as const) {
    const { code: wrong, stderr } = await refused(['compare', ...args, '--runs', runs]);
    t.is(wrong, 2, stderr);
    t.regex(stderr, words);
  }
});

test('experiments of other pictures, and such as have nothing finished, are refused in a sentence', async (t) => {
  const runs = await temporaryFolder(t);
  await stored(runs, 'monday', ['gram', 'fused'], ['a', 'b'], () => 1);
  await stored(runs, 'sunday', ['gram', 'fused'], ['x', 'y', 'z', 'u', 'v'], () => 1);
  await stored(runs, 'empty', ['gram', 'fused'], ['a', 'b'], () => 1);
  await diskFiles().remove(join(runs, 'empty', 'trials'));
  const strangers = await refused(['compare', 'monday', 'sunday', '--runs', runs]);
  t.is(strangers.code, 1);
  t.is(
    strangers.stderr,
    'neckar: "monday" and "sunday" have no content/style pair in common, and only pictures of one pair compare: the first has a × a, b × b, the second x × x, y × y, z × z and 2 more. A picture is the same where its file has the same bytes.\n',
  );
  const unfinished = await refused(['compare', 'monday:gram', 'empty:fused', '--runs', runs]);
  t.is(unfinished.code, 1);
  t.is(
    unfinished.stderr,
    'neckar: "empty:fused" has no finished trial to compare (2 waiting). Run it first: neckar run.\n',
  );
});

test('a report of several experiments is one page, which goes where it is told', async (t) => {
  const runs = await temporaryFolder(t);
  await stored(runs, 'monday', ['gram', 'fused'], ['a', 'b'], (_, pair) => pair);
  await stored(runs, 'tuesday', ['gram', 'fused'], ['a', 'b'], (_, pair) => pair + 0.5);
  const { code: unplaced, stderr: why } = await refused(['report', 'monday', 'tuesday', '--runs', runs]);
  t.is(unplaced, 2);
  t.regex(why, /--output <folder>/);
  const output = join(runs, 'both');
  const { code, stderr } = await neckar(['report', 'monday', 'tuesday', '--runs', runs, '-o', output]);
  t.is(code, 0, stderr);
  const page = String(await diskFiles().read(join(output, 'index.html')));
  t.regex(page, /8 trials \(2 variants, 2 experiments and 2 content\/style pairs\): 8 complete/);
});
