import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { NeckarError } from '../../src/errors.ts';
import { decodeImage, imageFileHash, readImage, readImageInfo } from '../../src/images/decode.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-decode-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const width = 32;
const height = 20;

function rgb(pixel: (x: number, y: number) => number[], channels: 3 | 4 = 3): Uint8Array {
  const bytes = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) bytes.set(pixel(i % width, Math.floor(i / width)), i * channels);
  return bytes;
}

/** Red at the left, green at the right; blue at the bottom. */
const picture = rgb((x, y) => [255 - 8 * x, 8 * x, 12 * y]);
const raw = { width, height, channels: 3 } as const;

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

test('8-bit RGB, exactly', async (t) => {
  const path = file('plain.png', await sharp(picture, { raw }).png().toBuffer());
  const image = await readImage(path);
  t.deepEqual([image.width, image.height], [width, height]);
  t.deepEqual(
    image.data,
    Float32Array.from(picture, (value) => value / 255),
  );
  t.deepEqual(await readImageInfo(path), { width, height, format: 'png' });
});

test('16-bit RGB and grey keep their 16 bits', async (t) => {
  const wide = Uint16Array.from({ length: width * height * 3 }, (_, i) => (i * 33) % 65536);
  const color = await decodeImage(await sharp(wide, { raw }).toColourspace('rgb16').png().toBuffer(), 'wide');
  t.deepEqual(
    color.data,
    Float32Array.from(wide, (value) => value / 65535),
  );
  const plane = wide.slice(0, width * height);
  const grey = await decodeImage(
    await sharp(plane, { raw: { width, height, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer(),
    'grey',
  );
  t.deepEqual(
    grey.data,
    Float32Array.from({ length: plane.length * 3 }, (_, i) => plane[Math.floor(i / 3)]! / 65535),
  );
});

test('8-bit grey becomes three equal channels', async (t) => {
  const plane = Uint8Array.from({ length: width * height }, (_, i) => i % 256);
  const bytes = await sharp(plane, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
  t.is((await sharp(bytes).metadata()).channels, 1);
  const image = await decodeImage(bytes, 'grey');
  t.deepEqual(
    image.data,
    Float32Array.from({ length: plane.length * 3 }, (_, i) => plane[Math.floor(i / 3)]! / 255),
  );
});

test('CMYK is converted', async (t) => {
  const bytes = await sharp(
    rgb(() => [200, 60, 60]),
    { raw },
  )
    .toColourspace('cmyk')
    .jpeg({ quality: 100 })
    .toBuffer();
  t.is((await sharp(bytes).metadata()).space, 'cmyk');
  const { data } = await decodeImage(bytes, 'cmyk');
  t.is(data.length, width * height * 3);
  // The way to ink and back is lossy: still a red of about that lightness.
  t.true(data[0]! > 0.6 && data[0]! < 0.9 && data[1]! < 0.4 && data[2]! < 0.4, `${data.slice(0, 3)}`);
});

test('an embedded profile is converted to sRGB', async (t) => {
  const bytes = await sharp(
    rgb(() => [128, 200, 100]),
    { raw },
  )
    .withIccProfile('p3')
    .png()
    .toBuffer();
  t.true((await sharp(bytes).metadata()).icc !== undefined);
  const { data } = await decodeImage(bytes, 'p3');
  // The way there and back gives the original, where ignoring the profile would move red by 20 levels.
  [128, 200, 100].forEach((value, channel) => {
    t.true(Math.abs(data[channel]! * 255 - value) <= 2, `channel ${channel}: ${data[channel]! * 255}`);
  });
});

test('transparency is laid over white, in 8 and 16 bits', async (t) => {
  const rgba = rgb((x) => [0, 100, 255, x < 16 ? 0 : 51], 4);
  const image = await decodeImage(
    await sharp(rgba, { raw: { width, height, channels: 4 } })
      .png()
      .toBuffer(),
    'alpha',
  );
  t.deepEqual([...image.data.slice(0, 3)], [1, 1, 1]);
  const expected = [0.8, 0.2 * (100 / 255) + 0.8, 1];
  expected.forEach((value, channel) => {
    t.true(Math.abs(image.data[20 * 3 + channel]! - value) < 1e-6);
  });
  const wide = Uint16Array.from(rgba, (value) => value * 257);
  const wideImage = await decodeImage(
    await sharp(wide, { raw: { width, height, channels: 4 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer(),
    'alpha16',
  );
  wideImage.data.forEach((value, i) => {
    if (Math.abs(value - image.data[i]!) > 1e-6) t.fail(`sample ${i}: ${value}`);
  });
  const greyAlpha = await sharp(
    Uint8Array.from({ length: width * height * 2 }, (_, i) => (i % 2 ? 51 : 0)),
    {
      raw: { width, height, channels: 2 },
    },
  )
    .toColourspace('b-w')
    .png()
    .toBuffer();
  t.true(Math.abs((await decodeImage(greyAlpha, 'grey and alpha')).data[7]! - 0.8) < 1e-6);
});

test('the EXIF orientation is applied', async (t) => {
  const bytes = await sharp(picture, { raw }).png().withMetadata({ orientation: 6 }).toBuffer();
  const path = file('turned.png', bytes);
  const image = await readImage(path);
  t.deepEqual([image.width, image.height], [height, width]);
  t.deepEqual(await readImageInfo(path), { width: height, height: width, format: 'png' });
  // Orientation 6: to be turned clockwise, so that the left column becomes the top row, its foot first.
  const at = (height - 1) * width * 3;
  t.deepEqual(
    [...image.data.slice(0, 3)],
    [...Float32Array.from(picture.slice(at, at + 3), (value) => value / 255)],
  );
});

test('of an animation, the first frame', async (t) => {
  const frames = await sharp(Buffer.concat([rgb(() => [255, 0, 0]), rgb(() => [0, 0, 255])]), {
    raw: { width, height: 2 * height, channels: 3, pageHeight: height },
  })
    .gif({ loop: 0 })
    .toBuffer();
  t.is((await sharp(frames, { animated: true }).metadata()).pages, 2);
  const image = await decodeImage(frames, 'animation');
  t.deepEqual([image.height, ...image.data.slice(0, 3)], [height, 1, 0, 0]);
});

const sentences = /^[^\n]+\.$/;

async function refusal(t: import('ava').ExecutionContext, work: Promise<unknown>): Promise<string> {
  const error = await t.throwsAsync(work, { instanceOf: NeckarError });
  t.regex(error.message, sentences);
  t.notRegex(error.message, /Error:/);
  return error.message;
}

test('what is no readable file is refused', async (t) => {
  t.regex(await refusal(t, readImage(join(folder, 'none.png'))), /none\.png" does not exist/);
  mkdirSync(join(folder, 'sub.png'));
  t.regex(await refusal(t, readImage(join(folder, 'sub.png'))), /is a folder/);
  t.regex(await refusal(t, readImage(file('empty.png', new Uint8Array(0)))), /empty/);
  t.regex(await refusal(t, readImage(file('text.png', Buffer.from('hello')))), /not an image/);
  t.regex(await refusal(t, readImage(join(file('notfolder', picture), 'x.png'))), /does not exist/);
  t.regex(await refusal(t, imageFileHash(join(folder, 'none.png'))), /does not exist/);
  t.regex(await refusal(t, readImageInfo(join(folder, 'text.png'))), /not an image/);
});

const maybeUnreadable = process.getuid?.() === 0 || process.platform === 'win32' ? test.skip : test;
maybeUnreadable('a file without permission is refused (not as root, who may read all)', async (t) => {
  const path = file('secret.png', picture);
  chmodSync(path, 0);
  t.regex(await refusal(t, readImage(path)), /may not be read/);
});

test('broken files are refused in every format', async (t) => {
  const noisy = sharp({
    create: {
      width: 200,
      height: 200,
      channels: 3,
      background: '#000',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  });
  for (const format of ['png', 'jpeg', 'webp', 'gif', 'tiff'] as const) {
    const whole = await noisy.clone().toFormat(format).toBuffer();
    const part = whole.subarray(0, Math.floor(whole.length * 0.6));
    t.regex(await refusal(t, decodeImage(part, `part.${format}`)), /broken or incomplete/, format);
  }
  const flipped = Buffer.from(await noisy.clone().png().toBuffer());
  flipped[flipped.length >> 1]! ^= 0x40;
  t.regex(await refusal(t, decodeImage(flipped, 'flipped.png')), /flipped\.png" is broken/);
});

test('too small and too large are refused with the numbers, before decoding', async (t) => {
  const tiny = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#123' } })
    .png()
    .toBuffer();
  t.regex(await refusal(t, decodeImage(tiny, 'dot.png')), /too small: it has 1×1 pixels, at least 16/);
  t.is((await decodeImage(tiny, 'dot.png', { minimumSide: 1 })).data.length, 3);
  // A header that promises 30 000 × 30 000 pixels and holds none.
  const header = Buffer.from(tiny);
  header.writeUInt32BE(30_000, 16);
  header.writeUInt32BE(30_000, 20);
  header.writeUInt32BE(crc32(header.subarray(12, 29)), 29);
  t.regex(await refusal(t, decodeImage(header, 'vast.png')), /too large: it has 30000×30000 pixels/);
  header.writeUInt32BE(15_000, 16);
  header.writeUInt32BE(15_000, 20);
  header.writeUInt32BE(crc32(header.subarray(12, 29)), 29);
  t.regex(await refusal(t, decodeImage(header, 'vast.png')), /100 million/);
  t.regex(
    await refusal(t, decodeImage(await sharp(picture, { raw }).png().toBuffer(), 'x', { maximumSide: 31 })),
    /32×20/,
  );
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

test('the hash is that of the bytes', async (t) => {
  const path = file('hashed.bin', Buffer.from('abc'));
  t.is(await imageFileHash(path), createHash('sha256').update('abc').digest('hex'));
});

const pictures = new URL('../../../shared/images/', import.meta.url).pathname;
const maybe = existsSync(pictures) ? test : test.skip;
maybe('photographs and paintings are read (where the sample pictures are present)', async (t) => {
  const image = await readImage(join(pictures, 'tubingen.jpg'));
  t.is(image.data.length, image.width * image.height * 3);
  const mean = image.data.reduce((sum, value) => sum + value, 0) / image.data.length;
  t.true(mean > 0.2 && mean < 0.8);
});
