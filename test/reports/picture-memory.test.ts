import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ReportInput } from '../../reports/input.ts';
import { pictureMemory } from '../../reports/picture-memory.ts';
import { embedded, encodePictures } from '../../reports/pictures.ts';
import { synthetic } from './_synthetic.ts';

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'neckar-memory-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Two trials whose results know their files' hashes, and how often their pictures are read. */
function hashed(letter: string): { input: ReportInput; reads: () => number } {
  const input = synthetic({
    size: 32,
    evaluations: 3,
    contents: ['hillside'],
    styles: ['swirls'],
    variants: ['gram'],
  });
  let reads = 0;
  const trials = input.trials.map((trial, i) => {
    const { images } = trial.result!;
    const paths = [images.final, ...images.snapshots.map(({ path }) => path)];
    const artefacts = Object.fromEntries(
      paths.map((path, k) => [path, `${letter}${i}${k}`.padEnd(64, '0')] as const),
    );
    return { ...trial, result: { ...trial.result!, artefacts } };
  });
  const picture: ReportInput['picture'] = (id, path) => {
    reads++;
    return input.picture(id, path);
  };
  return { input: { ...input, trials, picture }, reads: () => reads };
}

test('what an earlier report encoded is not read again, and is the same', async (t) => {
  await inFolder(async (folder) => {
    const { input, reads } = hashed('a');
    const first = await encodePictures(input, embedded, pictureMemory(folder));
    t.is(reads(), 2 * 4);
    const second = await encodePictures(input, embedded, pictureMemory(folder));
    t.is(reads(), 2 * 4);
    t.deepEqual(second, first);
    t.deepEqual(second, await encodePictures(input, embedded));
  });
});

test('other bytes are other pictures, and what nobody wants any more is forgotten', async (t) => {
  await inFolder(async (folder) => {
    await encodePictures(hashed('a').input, embedded, pictureMemory(folder));
    const { input, reads } = hashed('b');
    const memory = pictureMemory(folder);
    await encodePictures(input, embedded, memory);
    t.is(reads(), 2 * 4);
    t.is((await readdir(folder)).length, 16);
    await memory.prune();
    const left = await readdir(folder);
    t.is(left.length, 8);
    t.true(left.every((name) => name.startsWith('b')));
  });
});

test('without hashes, or without a folder that can be written, everything is encoded as ever', async (t) => {
  await inFolder(async (folder) => {
    const file = join(folder, 'file');
    await writeFile(file, 'not a folder');
    const { input } = hashed('a');
    const expected = await encodePictures(input, embedded);
    t.deepEqual(await encodePictures(input, embedded, pictureMemory(join(file, 'inside'))), expected);
    const plain = { ...input, trials: input.trials.map((trial) => ({ ...trial })) };
    for (const trial of plain.trials) trial.result = { ...trial.result!, artefacts: {} };
    const memory = pictureMemory(join(folder, 'memory'));
    t.deepEqual(await encodePictures(plain, embedded, memory), expected);
    await t.throwsAsync(readdir(join(folder, 'memory')), { code: 'ENOENT' });
    t.is(await readFile(file, 'utf8'), 'not a folder');
  });
});
