import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { NeckarError } from '../../src/errors.ts';
import { decodeImage, readImage } from '../../src/images/decode.ts';
import { encodeImage, imageFormatOf, toBytes, writeImage } from '../../src/images/encode.ts';
import { clampImage, createImage, cropImage } from '../../src/images/image.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-encode-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const image = createImage(40, 24, (x, y) => [x / 39, y / 23, 0.5]);

test('half a level is rounded up, and [0,1] is the limit', (t) => {
  const values = createImage(2, 1, (x) =>
    x === 0 ? [-0.5, 0.5, 0.499 / 255] : [1.5, 254.6 / 255, 254.4 / 255],
  );
  t.deepEqual([...toBytes(values)], [0, 128, 0, 255, 255, 254]);
  t.deepEqual([...clampImage(values).data.slice(0, 1), clampImage(values).data[3]], [0, 1]);
});

test('what is not a number is not written', (t) => {
  const bad = createImage(4, 4);
  bad.data[(2 * 4 + 1) * 3] = Number.NaN;
  t.throws(() => toBytes(bad), { message: /column 1, row 2/ });
});

test('PNG gives back the very bytes, again and again', async (t) => {
  const path = join(folder, 'out.png');
  await writeImage(path, image);
  t.deepEqual(toBytes(await readImage(path)), toBytes(image));
  t.deepEqual(await encodeImage(image, 'png'), readFileSync(path));
});

test('JPEG and WebP come close, by extension', async (t) => {
  for (const name of ['out.jpg', 'out.JPEG', 'out.webp']) {
    const path = join(folder, name);
    await writeImage(path, image);
    const back = await readImage(path);
    const error = back.data.reduce((sum, value, i) => sum + Math.abs(value - image.data[i]!), 0);
    t.true(error / image.data.length < 0.01, `${name}: ${error / image.data.length}`);
  }
  t.true(
    (await encodeImage(image, 'jpeg', { quality: 20 })).length < (await encodeImage(image, 'jpeg')).length,
  );
  const small = await decodeImage(await encodeImage(image, 'webp', { quality: 30 }), 'small');
  t.is(small.width, 40);
});

test('an unknown extension is refused with the known ones', (t) => {
  t.is(imageFormatOf('a/b.c.PNG'), 'png');
  t.regex(t.throws(() => imageFormatOf('out.pgn'), { instanceOf: NeckarError }).message, /mean "\.png"/);
  t.regex(t.throws(() => imageFormatOf('out'), { instanceOf: NeckarError }).message, /no extension.*\.jpg/);
});

test('a folder that is missing, a file or a folder in the way: one sentence, nothing left behind', async (t) => {
  const missing = await t.throwsAsync(writeImage(join(folder, 'no', 'out.png'), image), {
    instanceOf: NeckarError,
  });
  t.regex(missing.message, /^"[^"]+out\.png" cannot be written: the folder "[^"]+" does not exist\..*\.$/);
  t.is(missing.exitCode, 1);
  const here = join(folder, 'errors');
  mkdirSync(join(here, 'taken.png'), { recursive: true });
  const taken = await t.throwsAsync(writeImage(join(here, 'taken.png'), image), { instanceOf: NeckarError });
  t.regex(taken.message, /it is a folder/);
  writeFileSync(join(here, 'file'), '');
  const through = await t.throwsAsync(writeImage(join(here, 'file', 'x.png'), image), {
    instanceOf: NeckarError,
  });
  t.regex(through.message, /is not a folder/);
  t.deepEqual(readdirSync(here).sort(), ['file', 'taken.png']);
});

test('a crop leaves the rest', (t) => {
  const crop = cropImage(image, 10, 5, 3, 2);
  t.deepEqual([crop.width, crop.height], [3, 2]);
  t.is(crop.data[(1 * 3 + 2) * 3], Math.fround(12 / 39));
  t.throws(() => cropImage(image, 39, 0, 2, 2), { message: /leaves the 40×24/ });
});
