import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { labHistogramToStyle } from '../../metrics/lab-colors.ts';
import { patchPlacement } from '../../metrics/patch-placement.ts';
import { measureAll } from '../../metrics/registry.ts';
import { loadEncoder } from '../../src/encoders/registry.ts';
import type { ExperimentInput } from '../../src/experiment/define.ts';
import { planTrials } from '../../src/experiment/plan.ts';
import { readImage } from '../../src/images/decode.ts';
import type { RgbImage } from '../../src/images/image.ts';
import { performTrial } from '../../src/runs/perform.ts';
import type { RungValue } from '../../src/runs/successive-halving.ts';
import type { TrialIo } from '../../src/runs/trial-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-perform-'));
test.after.always(() => rmSync(folder, { recursive: true }));

async function painted(name: string, shade: (x: number, y: number) => number[], channels: 1 | 3 = 3) {
  const [width, height] = [96, 64];
  const data = Buffer.alloc(width * height * channels);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) data.set(shade(x / width, y / height), at);
  }
  const file = join(folder, name);
  await sharp(data, { raw: { width, height, channels } }).png().toFile(file);
  return file;
}

test('a picture is compared with the style’s own file, whatever size the trial saw it at', async (t) => {
  const content = await painted('content.png', (x, y) => [255 * x, 200 * y, 90 + 60 * Math.sin(20 * x)]);
  // Fine stripes, whose colours a half-size copy has mixed.
  const style = await painted('style.png', (x) =>
    Math.round(96 * x) % 2 === 0 ? [230, 30, 30] : [20, 40, 220],
  );
  for (const name of ['content', 'style']) {
    await painted(`${name}.regions.png`, (x) => [x < 0.5 ? 1 : 2], 1);
  }
  const { trials } = planTrials({
    name: 'scale',
    pairs: [{ content, style }],
    variants: { moments: ['content', { type: 'moments', layers: [], covariance: ['low1'] }] },
    size: 96,
    styleScale: 0.5,
    budget: 2,
  });
  let final: RgbImage | undefined;
  const io: TrialIo = {
    folder,
    trace() {},
    async snapshot() {},
    async picture(name, image) {
      final = image;
      return `images/${name}.png`;
    },
    async checkpoint() {},
    progress() {},
    log() {},
  };
  const { scores, timing } = await performTrial(trials[0]!.config, io, new AbortController().signal);
  const byHand = await measureAll(
    { result: final!, content: await readImage(content), style: await readImage(style) },
    [],
    [labHistogramToStyle],
  );
  t.deepEqual(scores[labHistogramToStyle.id], byHand[labHistogramToStyle.id]);
  const placement = scores[patchPlacement.id];
  t.regex(JSON.stringify(placement), /recognisable/, 'region maps beside both pictures are used');
  t.true(timing.energy !== undefined);
});

test('a trial may be pruned by a metric, whose value at the rung is that of its picture there', async (t) => {
  const content = await painted('c2.png', (x, y) => [255 * x, 200 * y, 90 + 60 * Math.sin(20 * x)]);
  const style = await painted('s2.png', (x) =>
    Math.round(24 * x) % 2 === 0 ? [230, 30, 30] : [20, 40, 220],
  );
  const { trials } = planTrials({
    name: 'pruned',
    pairs: [{ content, style }],
    variants: { gram: ['content', 'gram'] },
    size: 48,
    budget: { evaluations: 6, pruning: { metric: 'ssim;scale=native', rungs: [3] } },
  });
  const reports: RungValue[] = [];
  const io: TrialIo = {
    folder,
    trace() {},
    async snapshot() {},
    picture: async (name) => `images/${name}.png`,
    async checkpoint() {},
    progress() {},
    log() {},
    async rung(report) {
      reports.push(report);
      return 'others are better';
    },
  };
  const run = (wanted: string) =>
    performTrial(
      {
        ...trials[0]!.config,
        budget: { evaluations: 6, pruning: { ...trials[0]!.config.budget.pruning!, metric: wanted } },
      },
      io,
      new AbortController().signal,
    );
  const { state, cost, scores } = await run('ssim;scale=native');
  t.is(state, 'pruned');
  t.is(cost.evaluations, 3);
  const [{ measure, value, better }] = reports as [RungValue];
  t.deepEqual(scores[measure], { value, better, label: scores[measure]!.label });
  t.regex(measure, /^ssim;.*scale=native/);
  await t.throwsAsync(run('ssim'), { message: /^budget\.pruning: the metric "ssim" may mean 2 metrics/ });
});

test('the few metrics are measured, and those that the experiment and its question name', async (t) => {
  const content = await painted('c3.png', (x, y) => [255 * x, 200 * y, 90 + 60 * Math.sin(20 * x)]);
  const style = await painted('s3.png', (x) =>
    Math.round(24 * x) % 2 === 0 ? [230, 30, 30] : [20, 40, 220],
  );
  const experiment = {
    name: 'measured',
    pairs: [{ content, style }],
    variants: { gram: ['content', 'gram'] as const },
    size: 48,
    budget: 2,
  };
  const io: TrialIo = {
    folder,
    trace() {},
    async snapshot() {},
    picture: async (name) => `images/${name}.png`,
    async checkpoint() {},
    progress() {},
    log() {},
  };
  const measured = async (extra: Partial<ExperimentInput>) => {
    const [trial] = planTrials({ ...experiment, ...extra } as ExperimentInput).trials;
    return (await performTrial(trial!.config, io, new AbortController().signal)).scores;
  };
  const few = Object.keys(await measured({}));
  const families = (ids: readonly string[]) => new Set(ids.map((id) => id.split(';')[0]));
  t.false(families(few).has('psnr'));

  const more = await measured({
    question: { text: 'Which keeps edges?', metric: 'gmsd' },
    metrics: ['psnr', 'sliced-wasserstein', 'frechet;layer=nowhere', 'ssim'],
  });
  const ids = Object.keys(more);
  t.deepEqual(ids.slice(0, few.length), few);
  const added = ids.slice(few.length);
  t.deepEqual([...families(added)].sort(), ['frechet', 'gmsd', 'psnr', 'sliced-wasserstein']);
  const onLayers = added.filter((id) => id.startsWith('sliced-wasserstein;'));
  const { heldBack } = (await loadEncoder({ name: 'wavelet' })).defaults;
  t.is(onLayers.length, heldBack.length, 'one for each held-back layer');
  const nowhere = more['frechet;layer=nowhere']!;
  t.regex('refused' in nowhere ? nowhere.refused : '', /^no metric of the encoder wavelet is called so/);
});
