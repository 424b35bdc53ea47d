/** Other people's methods from plan to result, with a real program and the real measurements. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { knownCost } from '../../metrics/cost.ts';
import { defineExperiment, type ExperimentInput } from '../../src/experiment/define.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { previewRun } from '../../src/runs/preview.ts';
import { type RunOptions, runExperiment } from '../../src/runs/run.ts';
import { status } from '../../src/runs/status.ts';
import { temporaryFolder } from './support.ts';

/** Mixes content and style half and half, says so, and fails when it is told to. */
const program = `
const sharp = (await import(${JSON.stringify(import.meta.resolve('sharp'))})).default;
const [content, style, output, size] = process.argv.slice(2);
console.log('mixing ' + process.env.STRENGTH + ' on ' + process.env.OMP_NUM_THREADS);
console.log('telemetry of onnxruntime off: ' + process.env.ORT_DISABLE_TELEMETRY);
if (process.env.FAIL === 'exit') { console.error('no such layer'); process.exit(2); }
const fit = { width: Number(size), height: Number(size), fit: 'fill' };
const mixed = await sharp(style).resize(fit).ensureAlpha(0.5).png().toBuffer();
if (process.env.FAIL === 'garbage') (await import('node:fs')).writeFileSync(output, 'no picture');
else if (process.env.FAIL !== 'nothing') {
  await sharp(content).resize(fit).composite([{ input: mixed }]).removeAlpha().png().toFile(output);
}
`;

async function picture(file: string, shade: (x: number, y: number) => number[]): Promise<void> {
  const data = Buffer.from(Array.from({ length: 64 * 64 }, (_, i) => shade(i % 64, i >> 6)).flat());
  await sharp(data, { raw: { width: 64, height: 64, channels: 3 } })
    .png()
    .toFile(file);
}

async function setting(folder: string, variants: (command: string) => ExperimentInput['variants']) {
  await picture(join(folder, 'town.png'), (x, y) => [4 * x, 4 * y, 90 + 60 * Math.sin(x / 3)]);
  await picture(join(folder, "it's a swirl.png"), (x, y) => [(9 * x) % 256, 40, (7 * (x + y)) % 256]);
  await writeFile(join(folder, 'their.mjs'), program);
  const command = `${process.execPath} their.mjs {content} {style} {output} {size}`;
  const plan = planTrials(
    defineExperiment({
      name: 'others',
      pairs: [{ content: 'town.png', style: "it's a swirl.png" }],
      size: 64,
      variants: variants(command),
    }),
    { folder },
  );
  const options: RunOptions = { runs: join(folder, 'runs'), neighbors: join(folder, 'n'), threads: 1 };
  return { plan, options, stored: join(folder, 'runs', 'others') };
}

test("somebody else's program and pictures are run, measured and kept like our own", async (t) => {
  const folder = await temporaryFolder(t, tmpdir());
  const { plan, options, stored } = await setting(folder, (command) => ({
    theirs: { command, env: { STRENGTH: 'half' } },
    shell: { command: `STRENGTH=shell ${command} && echo done`, shell: true },
    old: { images: 'old' },
    missing: { images: 'old', pattern: 'no-{content}.png' },
  }));
  await mkdir(join(folder, 'old'));
  await copyFile(join(folder, 'town.png'), join(folder, 'old', "town-it's a swirl.png"));
  t.like((await previewRun(plan, options)).counts, { open: 4 });
  const summary = await runExperiment(plan, options);
  t.like(summary, { finished: 3, exitCode: 1 });
  t.regex(summary.failures[0]!.failure.message, /^there is no picture ".*no-town\.png"\. Put it there/);
  const trials = (await status(stored)).trials;
  const [theirs, shell, old] = trials.map(({ result }) => result!);
  t.like(theirs, {
    reason: 'the command ended',
    images: { width: 64, height: 64 },
    cost: { evaluations: 0 },
  });
  t.true(theirs!.timing.known === 'total' && theirs!.timing.total > 0.05);
  t.deepEqual(Object.keys(knownCost(theirs!)), ['seconds']);
  t.deepEqual(knownCost(old!), {});
  const log = await readFile(join(trials[0]!.folder, 'attempts', '1', 'log.txt'), 'utf8');
  t.true(log.includes('\nmixing half on 1\ntelemetry of onnxruntime off: 1\n'), log);
  t.true((await readFile(join(trials[1]!.folder, 'attempts', '1', 'log.txt'), 'utf8')).includes('\ndone\n'));
  // The shell's variant made the same picture, so every score is the same; the content itself scores best on SSIM.
  t.deepEqual(theirs!.scores, shell!.scores);
  t.deepEqual(Object.keys(theirs!.scores), Object.keys(old!.scores));
  const ssim = Object.keys(old!.scores).find((id) => id.startsWith('ssim;'))!;
  t.like(old!.scores[ssim], { value: 1 });
  const gram = Object.keys(theirs!.scores).find((id) => id.startsWith('gram-relative'))!;
  const [mixed, plain] = [theirs!.scores[gram]!, old!.scores[gram]!];
  t.true(
    'value' in mixed && 'value' in plain && mixed.value < plain.value,
    'half a style is nearer to it than none',
  );
  t.like(await runExperiment(plan, { ...options, failed: 'skip' }), { before: 3, finished: 0 });
});

test('a program that fails, leaves nothing, or leaves garbage fails its trial, with reason and log', async (t) => {
  const folder = await temporaryFolder(t, tmpdir());
  const { plan, options, stored } = await setting(folder, (command) => ({
    exit: { command, env: { FAIL: 'exit' } },
    nothing: { command, env: { FAIL: 'nothing' } },
    garbage: { command, env: { FAIL: 'garbage' } },
    slow: { command: 'sleep 60 {content} {style} {output}', shell: false, timeout: 0.3 },
  }));
  const summary = await runExperiment(plan, options);
  t.like(summary, { finished: 0, exitCode: 1, open: 0 });
  const said = summary.failures.map(({ failure }) => failure.message);
  t.is(said[0], 'the command ended with exit code 2; the last it printed was: no such layer');
  t.regex(
    said[1]!,
    /^the command ended well, but left no picture that can be read as \{output\}: .*does not exist/,
  );
  t.regex(
    said[2]!,
    /^the command ended well, but left no picture that can be read as \{output\}: .*is not an image/,
  );
  for (const { failure } of summary.failures)
    t.true((await readFile(failure.log, 'utf8')).includes('failed at'));
  t.regex(await readFile(summary.failures[0]!.failure.log, 'utf8'), /\nno such layer\n/);
  t.like((await status(stored)).counts, { failed: 4 });
});
