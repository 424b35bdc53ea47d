/** What finished trials were not measured by: found, measured from what is stored, and kept beside the results. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Score } from '../../metrics/score.ts';
import { defineExperiment, type ExperimentInput } from '../../src/experiment/define.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import type { TrialResult } from '../../src/experiment/result.ts';
import { encodeImage } from '../../src/images/encode.ts';
import { diskFiles, type Files } from '../../src/runs/files.ts';
import { addLaterScores, readLaterScores, withLater } from '../../src/runs/later-scores.ts';
import { finishedTrials, measureMissing, missingNames } from '../../src/runs/missing-scores.ts';
import { runExperiment } from '../../src/runs/run.ts';
import { status } from '../../src/runs/status.ts';
import { noiseImage } from '../metrics/pictures.ts';
import { temporaryFolder } from './support.ts';

const files = diskFiles();
const judge = { name: 'squeezenet1_1', weights: { random: 2 } } as const;

/** An experiment with a trial of our own and a picture made elsewhere, run once without a judge. */
async function finished(t: ExecutionContext) {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'old'));
  for (const [seed, file] of ['town.png', 'waves.png', 'old/town-waves.png'].entries()) {
    await writeFile(join(folder, file), await encodeImage(noiseImage(48, 48, seed + 1), 'png'));
  }
  const experiment = defineExperiment({
    name: 'later',
    pairs: [{ content: 'town.png', style: 'waves.png' }],
    size: 48,
    budget: 2,
    variants: { gram: ['content', 'gram'], old: { images: 'old', pattern: '{content}-{style}.png' } },
    heldOut: 'none',
  });
  const runs = join(folder, 'runs');
  const run = (extra: Partial<ExperimentInput>) =>
    runExperiment(planTrials({ ...experiment, ...extra }, { folder }), {
      runs,
      neighbors: join(folder, 'n'),
      threads: 1,
    });
  await run({});
  const stored = join(runs, 'later');
  return { run, stored, trials: async () => finishedTrials((await status(stored)).trials) };
}

test('a finished trial is measured by what its experiment asks now, and by nothing twice', async (t) => {
  const { run, stored, trials } = await finished(t);
  const before = await trials();
  t.is(before.length, 2);
  t.deepEqual(before.map(missingNames), [[], []]);
  t.deepEqual(await measureMissing(before, { files }), []);
  // Nothing lacks, yet damaged scores go: they would be complained of for ever.
  const damaged = join(before[0]!.folder, 'scores.json');
  await writeFile(damaged, '{"scores":');
  t.is((await status(stored)).trials[0]!.damage?.problem, 'scores.json is not JSON (10 bytes)');
  t.deepEqual(await measureMissing(before, { files }), []);
  await t.throwsAsync(readFile(damaged), { code: 'ENOENT' });

  await run({ metrics: ['psnr', 'lpips;net=alex'], heldOut: judge });
  const wishes = await trials();
  for (const trial of wishes) {
    t.deepEqual(missingNames(trial), ['psnr', 'lpips', 'held-out-gram', 'held-out-moments']);
  }
  const resultFile = join(wishes[0]!.folder, 'result.json');
  const written = await readFile(resultFile);
  const seen: string[] = [];
  const measured = await measureMissing(wishes, {
    files,
    onProgress: ({ done, total, label }) => seen.push(`${done}/${total} ${label}`),
  });
  t.deepEqual(seen, ['0/2 gram', '1/2 old']);
  t.deepEqual(
    measured.map(({ scores }) => Object.keys(scores).length),
    [4, 4],
  );
  t.deepEqual(await readFile(resultFile), written, 'the result itself stays as it was');

  const after = await trials();
  t.deepEqual(after.map(missingNames), [[], []]);
  t.deepEqual(await measureMissing(after, { files }), []);
  // Measured at once by the trial itself, the same numbers come out.
  await rm(stored, { recursive: true });
  await run({ metrics: ['psnr', 'lpips;net=alex'], heldOut: judge });
  for (const [i, trial] of (await trials()).entries()) {
    const [early, late] = [trial.result.scores, after[i]!.result.scores];
    t.deepEqual(new Set(Object.keys(late)), new Set(Object.keys(early)));
    for (const [id, score] of Object.entries(early)) {
      const other = late[id]!;
      if (!('value' in score) || !('value' in other)) t.deepEqual(other, score, id);
      else t.true(Math.abs(other.value - score.value) <= 1e-4 * Math.abs(score.value), id);
    }
  }
});

test('stopped between two trials, it keeps the first and goes on; a picture that is gone is one trial’s problem', async (t) => {
  const { trials } = await finished(t);
  const stop = new AbortController();
  const first = await measureMissing(await trials(), {
    files,
    metrics: ['psnr'],
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  t.deepEqual(
    first.map(({ label }) => label),
    ['gram'],
  );
  const second = await measureMissing(await trials(), { files, metrics: ['psnr'] });
  t.deepEqual(
    second.map(({ label }) => label),
    ['old'],
  );

  const [gram, old] = await trials();
  await rm(join(gram!.folder, 'attempts', '1', 'images'), { recursive: true });
  const measured = await measureMissing([gram!, old!], { files, metrics: ['gmsd'] });
  t.regex(measured[0]!.problem ?? '', /final\.png/);
  t.is(Object.keys(measured[1]!.scores).length, 1);
});

const score = (value: number): Score => ({ value, better: 'lower', label: 'x' });
const result = {
  images: { final: 'images/final.png', snapshots: [], width: 1, height: 1 },
  artefacts: { 'images/final.png': 'abc' },
  scores: {},
} satisfies Pick<TrialResult, 'images' | 'artefacts' | 'scores'>;

test('later scores count only while they are whole and of the same picture', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'scores.json');
  t.deepEqual(await readLaterScores(files, folder, result), {});
  await addLaterScores(files, folder, result, { 'a;x=1': score(1) });
  await addLaterScores(files, folder, result, { 'b;x=1': score(2) });
  t.deepEqual(await readLaterScores(files, folder, result), { 'a;x=1': score(1), 'b;x=1': score(2) });
  const other = { ...result, artefacts: { 'images/final.png': 'another' } };
  t.deepEqual(await readLaterScores(files, folder, other), {});
  const text = await readFile(file, 'utf8');
  for (const damaged of [
    text.slice(0, -40),
    text.replace('"value": 2', '"value": 3'),
    '',
    'null',
    '[]',
    '7',
  ]) {
    await writeFile(file, damaged);
    t.deepEqual(await readLaterScores(files, folder, result), {}, damaged.slice(0, 20));
  }
  // A damaged file is replaced.
  await addLaterScores(files, folder, result, { 'c;x=1': score(3) });
  t.deepEqual(await readLaterScores(files, folder, result), { 'c;x=1': score(3) });
});

test('a disk that refuses leaves the scores of before', async (t) => {
  const folder = await temporaryFolder(t);
  await addLaterScores(files, folder, result, { 'a;x=1': score(1) });
  const full: Files = { ...files, write: () => Promise.reject(new Error('no space left')) };
  await t.throwsAsync(addLaterScores(full, folder, result, { 'b;x=1': score(2) }), { message: /no space/ });
  t.deepEqual(await readLaterScores(files, folder, result), { 'a;x=1': score(1) });
});

test('a later score replaces its own id, and refusals that said less', (t) => {
  const no: Score = { refused: 'not installed.', label: 'x' };
  t.deepEqual(
    withLater(
      {
        'lpips;net=alex;content=c': no,
        'lpips;net=vgg;content=c': no,
        'ssim;k=1': score(1),
        'psnr;x=1': score(2),
      },
      { 'lpips;net=alex;weights=abc;content=c': score(3), 'psnr;x=1': score(4) },
    ),
    {
      'lpips;net=vgg;content=c': no,
      'ssim;k=1': score(1),
      'lpips;net=alex;weights=abc;content=c': score(3),
      'psnr;x=1': score(4),
    },
  );
});
