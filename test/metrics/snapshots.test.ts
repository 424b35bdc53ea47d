import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { labHistogramToStyle } from '../../metrics/lab-colors.ts';
import { openMeasuringEncoder } from '../../metrics/measuring-encoder.ts';
import { allMetrics, measureAll } from '../../metrics/registry.ts';
import { courseOf, measureSnapshots, scoreMemory } from '../../metrics/snapshots.ts';
import { ssimNative } from '../../metrics/ssim.ts';
import type { TrialResult } from '../../src/experiment/result.ts';
import type { TrialConfig } from '../../src/experiment/trial.ts';
import { decodeImage } from '../../src/images/decode.ts';
import { encodeImage } from '../../src/images/encode.ts';
import { noiseImage } from './pictures.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-snapshots-'));
test.after.always(() => rmSync(folder, { recursive: true }));

test('kept pictures are measured like final ones, once', async (t) => {
  const measuring = await openMeasuringEncoder({ name: 'wavelet' }, { name: 'tensorflow', provider: 'cpu' });
  const { encoder } = measuring;
  const gram = allMetrics([encoder]).find(({ id }) => id.startsWith('gram-relative'))!;
  const ids = [ssimNative.id, labHistogramToStyle.id, gram.id];
  const files = { content: join(folder, 'content.png'), style: join(folder, 'style.png') };
  for (const [seed, file] of Object.values(files).entries()) {
    writeFileSync(file, await encodeImage(noiseImage(64, 64, seed), 'png'));
  }
  const pictures = new Map<string, Uint8Array>();
  for (const evaluation of [10, 20, 30]) {
    pictures.set(`images/at-${evaluation}.png`, await encodeImage(noiseImage(64, 64, evaluation), 'png'));
  }
  const scores = Object.fromEntries(ids.map((id) => [id, { value: 7, better: 'lower' as const, label: id }]));
  const trial = {
    id: 'abc',
    config: {
      ...files,
      encoder: { name: 'wavelet' },
      engine: { name: 'tensorflow', provider: 'cpu' },
      losses: [{ type: 'gram', layers: { scale1: 1 }, cross: [] }],
      sizes: [64],
    } as unknown as TrialConfig,
    result: {
      state: 'complete',
      images: {
        width: 64,
        height: 64,
        final: 'images/final.png',
        snapshots: [10, 20, 30].map((evaluation) => ({ evaluation, path: `images/at-${evaluation}.png` })),
      },
      artefacts: Object.fromEntries([...pictures.keys()].map((path) => [path, `hash of ${path}`])),
      inputs: { encoder: encoder.hash },
      cost: { evaluations: 30, steps: 30 },
      scores,
    } as unknown as TrialResult,
  };
  const asked: string[] = [];
  const options = {
    metrics: [...ids, 'unknown;x=1'],
    async picture(_: string, path: string) {
      asked.push(path);
      return pictures.get(path)!;
    },
    trace: async () =>
      Array.from({ length: 30 }, (_, i) => ({
        evaluation: i + 1,
        step: i,
        level: 0,
        seconds: (i + 1) / 4,
        total: 1,
        terms: {},
      })),
    memory: scoreMemory(join(folder, 'measured')),
  };
  t.is((await measureSnapshots([trial], { ...options, rememberedOnly: true })).size, 0);
  const measured = (await measureSnapshots([trial], options)).get('abc')!;
  t.deepEqual(
    asked,
    ['images/at-10.png', 'images/at-20.png'],
    'the picture of the last evaluation is the result itself',
  );
  t.deepEqual(
    measured.map(({ evaluation, seconds }) => [evaluation, seconds]),
    [
      [10, 2.5],
      [20, 5],
      [30, 7.5],
    ],
  );
  const byHand = await measureAll(
    {
      result: await decodeImage(pictures.get('images/at-20.png')!, 'at-20'),
      content: await decodeImage(await encodeImage(noiseImage(64, 64, 0), 'png'), 'content'),
      style: await decodeImage(await encodeImage(noiseImage(64, 64, 1), 'png'), 'style'),
    },
    encoder,
    [ssimNative, labHistogramToStyle, gram],
  );
  await measuring.dispose();
  t.deepEqual(measured[1]!.scores, byHand);
  t.deepEqual(measured[2]!.scores, scores);

  asked.length = 0;
  const again = (await measureSnapshots([trial], { ...options, rememberedOnly: true })).get('abc')!;
  t.deepEqual(asked, []);
  t.deepEqual(again, measured);
  t.deepEqual(
    courseOf(again, ssimNative.id)!.map(({ evaluation }) => evaluation),
    [10, 20, 30],
  );
  t.is(courseOf(again, ssimNative.id)!.at(-1)!.value, 7);
  t.is(courseOf(again, 'unknown;x=1'), undefined);
});

test('trials that did not end by themselves have no course', async (t) => {
  const never = () => Promise.reject(new Error('nothing may be read'));
  const trials = [
    { id: 'a', config: {} as TrialConfig },
    { id: 'b', config: {} as TrialConfig, result: { state: 'diverged' } as TrialResult },
  ];
  t.is((await measureSnapshots(trials, { metrics: [], picture: never, trace: never })).size, 0);
});
