import { existsSync } from 'node:fs';
import test from 'ava';
import { sharedJudge } from '../../metrics/held-out.ts';
import { resolveEncoder } from '../../src/encoders/registry.ts';
import { keptApart, memoryApart, peakMemory, resetPeakMemory } from '../../src/transfer/memory.ts';
import { noiseImage } from '../metrics/pictures.ts';

/** Buffers that are written to, as only then they are resident. */
const filled = (megabytes: number) => Buffer.alloc(megabytes * 2 ** 20, 1);
const megabytes = (bytes: number) => bytes / 2 ** 20;

// What the process does meanwhile (a garbage collection, a compilation) moves its size by a few tens of megabytes.
const slack = 40;

/** Held to the end, so that no test sees another's go. */
const forever: Buffer[] = [];

const onLinux = existsSync('/proc/self/clear_refs') ? test.serial : test.serial.skip;

onLinux('what is kept apart counts in no trial, what a trial takes does (needs Linux)', async (t) => {
  resetPeakMemory();
  const before = megabytes(peakMemory());
  const apartBefore = megabytes(memoryApart());
  await keptApart(async () => forever.push(filled(256)));
  t.true(Math.abs(megabytes(memoryApart()) - apartBefore - 256) < slack, `${megabytes(memoryApart())} MB`);

  resetPeakMemory();
  t.true(Math.abs(megabytes(peakMemory()) - before) < slack, `${before} MB, then ${megabytes(peakMemory())}`);
  forever.push(filled(192));
  const peak = megabytes(peakMemory());
  t.true(Math.abs(peak - before - 192) < slack, `${before} MB, then ${peak}`);
});

onLinux('what is freed again is no longer apart; two at once count each once (needs Linux)', async (t) => {
  const before = megabytes(memoryApart());
  const held: Buffer[] = [];
  await Promise.all([1, 2].map(() => keptApart(async () => held.push(filled(128)))));
  const both = megabytes(memoryApart()) - before;
  t.true(Math.abs(both - 256) < slack, `${both} MB`);
  await keptApart(async () => {
    held.length = 0;
  });
  // Freed by the collection that the next one begins with, if not by its own.
  await keptApart(async () => {});
  const left = megabytes(memoryApart()) - before;
  t.true(left < 128, `${left} MB of ${both} are left`);
});

onLinux('a judge that stays is apart (needs Linux)', async (t) => {
  const before = megabytes(memoryApart());
  const spec = resolveEncoder({ name: 'vgg16', weights: { random: 0 } });
  const judge = await sharedJudge(spec, { name: 'onnx', provider: 'cpu', threads: 1 });
  await judge.statistics(noiseImage(64, 64, 1));
  // Its weights up to conv4_3 alone are 7.6 million numbers.
  const grown = megabytes(memoryApart()) - before;
  t.true(grown > 29, `${grown} MB`);
});

test('work that fails says so, and the next is done', async (t) => {
  await t.throwsAsync(
    keptApart(async () => {
      throw new Error('no weights');
    }),
    { message: 'no weights' },
  );
  t.is(await keptApart(async () => 7), 7);
});
