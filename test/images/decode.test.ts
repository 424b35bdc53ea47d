import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { NeckarError } from '../../src/errors.ts';
import { decodeImage, imageFileHash, readImage, readImageInfo } from '../../src/images/decode.ts';
import { crc32, grayProfile, inSrgb, png, type Raster, rgbProfile, spaces, tiff } from './_files.ts';

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
  const color = await decodeImage(await sharp(wide, { raw }).toColorspace('rgb16').png().toBuffer(), 'wide');
  t.deepEqual(
    color.data,
    Float32Array.from(wide, (value) => value / 65535),
  );
  const plane = wide.slice(0, width * height);
  const gray = await decodeImage(
    await sharp(plane, { raw: { width, height, channels: 1 } })
      .toColorspace('grey16')
      .png()
      .toBuffer(),
    'grey',
  );
  t.deepEqual(
    gray.data,
    Float32Array.from({ length: plane.length * 3 }, (_, i) => plane[Math.floor(i / 3)]! / 65535),
  );
});

test('8-bit grey becomes three equal channels', async (t) => {
  const plane = Uint8Array.from({ length: width * height }, (_, i) => i % 256);
  const bytes = await sharp(plane, { raw: { width, height, channels: 1 } })
    .toColorspace('b-w')
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
    .toColorspace('cmyk')
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
      .toColorspace('rgb16')
      .png()
      .toBuffer(),
    'alpha16',
  );
  wideImage.data.forEach((value, i) => {
    if (Math.abs(value - image.data[i]!) > 1e-6) t.fail(`sample ${i}: ${value}`);
  });
  const grayAlpha = await sharp(
    Uint8Array.from({ length: width * height * 2 }, (_, i) => (i % 2 ? 51 : 0)),
    {
      raw: { width, height, channels: 2 },
    },
  )
    .toColorspace('b-w')
    .png()
    .toBuffer();
  t.true(Math.abs((await decodeImage(grayAlpha, 'grey and alpha')).data[7]! - 0.8) < 1e-6);
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

/** A raster of one colour, in the numbers of the file. */
function plain(ink: Raster['ink'], bits: Raster['bits'], color: readonly number[]): Raster {
  const samples = Array.from({ length: 16 * 16 }, () => color).flat();
  return { width: 16, height: 16, ink, bits, samples };
}

/** The first pixel, in levels of 255. */
const first = ({ data }: { data: Float32Array }) => [...data.slice(0, 3)].map((value) => 255 * value);

function near(
  t: import('ava').ExecutionContext,
  got: readonly number[],
  expected: readonly number[],
  by = 0.1,
) {
  t.true(
    expected.every((value, i) => Math.abs(value - got[i]!) <= by),
    `${got} is not ${expected}`,
  );
}

test('every container hands over its profile: JPEG, WebP, AVIF, PNG with a palette', async (t) => {
  // Written as the numbers they are, then declared to be Adobe RGB.
  const color = [200, 90, 40];
  const expected = inSrgb(
    spaces.adobe,
    color.map((value) => value / 255),
  );
  const tagged = sharp(tiff({ ...plain('rgb', 8, color), profile: rgbProfile(spaces.adobe) }));
  for (const [name, bytes] of Object.entries({
    jpeg: await tagged.clone().keepIccProfile().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(),
    webp: await tagged.clone().keepIccProfile().webp({ lossless: true }).toBuffer(),
    avif: await tagged.clone().keepIccProfile().avif({ lossless: true }).toBuffer(),
    palette: await tagged.clone().keepIccProfile().png({ palette: true }).toBuffer(),
  })) {
    const { hasProfile, isPalette } = await sharp(bytes).metadata();
    t.deepEqual([hasProfile, isPalette], [true, name === 'palette'], name);
    // JPEG and AVIF round on the way to their own colours.
    near(t, first(await decodeImage(bytes, name)), expected, name === 'webp' || name === 'palette' ? 0.1 : 2);
  }
  const gray = await sharp(tiff({ ...plain('gray', 8, [128]), profile: grayProfile(spaces.linear) }))
    .keepIccProfile()
    .toColorspace('b-w')
    .jpeg({ quality: 100 })
    .toBuffer();
  near(t, first(await decodeImage(gray, 'grey JPEG')), [188.07, 188.07, 188.07], 0.6);
});

test('a profile that is sRGB changes nothing at all', async (t) => {
  const samples = Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 37) % 256);
  const raster = { ...plain('rgb', 8, [0, 0, 0]), samples };
  const expected = Float32Array.from(samples, (value) => value / 255);
  const library = await sharp(png(raster)).withIccProfile('srgb').png().toBuffer();
  const { icc } = await sharp(library).metadata();
  for (const profile of [rgbProfile(spaces.srgb), icc!]) {
    t.deepEqual((await decodeImage(png({ ...raster, profile }), 'tagged')).data, expected);
  }
});

test('the orientation and the profile of 16 bits together', async (t) => {
  const [width, height] = [24, 16];
  const samples = Array.from({ length: width * height }, (_, i) =>
    i % width < 12 ? [60_000, 20_000, 9_000] : [0, 0, 0],
  ).flat();
  const raster: Raster = { width, height, ink: 'rgb', bits: 16, samples };
  const turned = tiff({ ...raster, profile: rgbProfile(spaces.p3), orientation: 6 });
  const metadata = await sharp(turned).metadata();
  t.like(metadata, { orientation: 6, depth: 'ushort', hasProfile: true });
  const image = await decodeImage(turned, 'turned');
  t.deepEqual([image.width, image.height], [height, width]);
  near(
    t,
    first(image),
    inSrgb(
      spaces.p3,
      [60_000, 20_000, 9_000].map((value) => value / 65535),
    ),
  );
  t.is(image.data.at(-1), 0);
});

test('white is white: 10 and 12 bits of AVIF, one bit, inverted grey, floats that rounding left beyond 1', async (t) => {
  const white = sharp(png(plain('rgb', 16, [65535, 65535, 65535])));
  for (const bitdepth of [10, 12] as const) {
    const bytes = await white.clone().toColorspace('rgb16').avif({ lossless: true, bitdepth }).toBuffer();
    near(t, first(await decodeImage(bytes, `${bitdepth} bits`)), [255, 255, 255], 1e-9);
  }
  const bit = await sharp(png(plain('gray', 8, [255])))
    .toColorspace('b-w')
    .tiff({ bitdepth: 1 })
    .toBuffer();
  t.is((await sharp(bit).metadata()).bitsPerSample, 1);
  t.deepEqual(first(await decodeImage(bit, 'one bit')), [255, 255, 255]);
  const inverted = tiff(plain('gray', 8, [0]));
  const directory = inverted.readUInt32LE(4);
  const entry = directory + 2 + 12 * 4;
  t.is(inverted.readUInt16LE(entry), 262);
  inverted.writeUInt16LE(0, entry + 8);
  t.deepEqual(first(await decodeImage(inverted, 'white is zero')), [255, 255, 255]);
  t.deepEqual(first(await decodeImage(tiff(plain('rgb', 32, [1.001, 1, -0.001])), 'floats')), [255, 255, 0]);
});

test('of a file of several pages, the first', async (t) => {
  const pages = await sharp(
    [plain('rgb', 8, [255, 0, 0]), plain('rgb', 8, [0, 0, 255])].map((page) => png(page)),
    { join: { animated: true } },
  )
    .tiff({ compression: 'none' })
    .toBuffer();
  t.is((await sharp(pages).metadata()).pages, 2);
  t.deepEqual(first(await decodeImage(pages, 'pages')), [255, 0, 0]);
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

test('floats that do not go from 0 to 1 are refused, with what they are', async (t) => {
  for (const ink of ['gray', 'rgb'] as const) {
    const color = (value: number) => plain(ink, 32, Array<number>(ink === 'gray' ? 1 : 3).fill(value));
    const levels = await refusal(t, decodeImage(tiff(color(255)), 'levels.tif'));
    t.regex(
      levels,
      /"levels\.tif" holds floating-point values from 255 to 255; expected 0 for black to 1 for white/,
    );
    t.regex(await refusal(t, decodeImage(tiff(color(-0.5)), 'x')), /from -0\.5 to -0\.5/);
    t.regex(
      await refusal(t, decodeImage(tiff(color(Number.NaN)), 'x')),
      /holds values that are not a number/,
    );
  }
  t.regex(
    await refusal(t, decodeImage(tiff(plain('cmyk', 32, [0, 1, 0, 0])), 'x')),
    /is CMYK in floating-point numbers/,
  );
});

test('what is known and not read is called by its name, with what to do', async (t) => {
  const heic = await sharp(png(plain('rgb', 8, [9, 9, 9])))
    .avif()
    .toBuffer();
  t.is(heic.toString('latin1', 4, 12), 'ftypavif');
  heic.write('heic', 8, 'latin1');
  // The header says it: a plan need not wait for the trial.
  t.regex(await refusal(t, readImageInfo(file('IMG_0.HEIC', heic))), /IMG_0\.HEIC" is a HEIC file/);
  t.regex(
    await refusal(t, decodeImage(heic, 'IMG_1.HEIC')),
    /"IMG_1\.HEIC" is a HEIC file.*no decoder here\. Save it as JPEG/,
  );
  for (const bits of [8, 16, 32] as const) {
    for (const alpha of [false, true]) {
      const color = alpha ? [50, 10, 10, 1] : [50, 10, 10];
      const lab = tiff({ ...plain('lab', bits, color), alpha });
      t.regex(
        await refusal(t, decodeImage(lab, 'lab.tif')),
        /"lab\.tif" .*CIELAB.*, which is not read\. Save it as/,
      );
    }
  }
  const integers = tiff(plain('rgb', 32, [1, 1, 1]));
  const signed = tiff(plain('rgb', 16, [1, 1, 1]));
  for (const [bytes, format, words] of [
    [integers, 1, /holds 32-bit integers, which are not read/],
    [signed, 2, /holds signed 16-bit numbers, which are not read/],
  ] as const) {
    const directory = bytes.readUInt32LE(4);
    const entry = directory + 2 + 12 * 10;
    t.is(bytes.readUInt16LE(entry), 339);
    const at = bytes.readUInt32LE(entry + 8);
    for (let i = 0; i < 3; i++) bytes.writeUInt16LE(format, at + 2 * i);
    t.regex(await refusal(t, decodeImage(bytes, 'numbers.tif')), words);
  }
  for (const [beginning, words] of [
    ['\xff\x0a', /is a JPEG XL file/],
    ['\0\0\0\x0cJXL \r\n', /is a JPEG XL file/],
    ['\0\0\0\x0cjP  \r\n', /is a JPEG 2000 file/],
    ['BM', /is a Windows bitmap/],
    ['8BPS', /is a Photoshop document/],
    ['\x76\x2f\x31\x01', /is an OpenEXR file/],
    ['%PDF-1.7', /is a PDF document/],
  ] as const) {
    const bytes = Buffer.concat([Buffer.from(beginning, 'latin1'), Buffer.alloc(64, 1)]);
    const said = await refusal(t, decodeImage(bytes, 'other'));
    t.regex(said, words);
    t.regex(said, /which is not read\. Save it as PNG, JPEG or TIFF in RGB/);
  }
});

test('a profile that is broken or for other pixels is said, whatever the container', async (t) => {
  const rgb = plain('rgb', 8, [200, 90, 40]);
  const whole = rgbProfile(spaces.adobe);
  const noCurve = Buffer.from(whole);
  noCurve.write('xTRC', noCurve.indexOf('gTRC'), 'latin1');
  for (const write of [png, tiff]) {
    for (const [profile, words] of [
      [Buffer.from('no profile at all'), /it is no ICC profile/],
      [whole.subarray(0, 300), /it is cut short/],
      [noCurve, /its curve gTRC is missing or broken/],
      [grayProfile(spaces.adobe), /it is for grey, but the pixels are rgb/],
    ] as const) {
      const said = await refusal(t, decodeImage(write({ ...rgb, profile }), 'tagged'));
      t.regex(said, /"tagged" has a colour profile that cannot be applied \(/);
      t.regex(said, words);
    }
  }
  const inks = { ...plain('cmyk', 8, [0, 100, 0, 0]), profile: whole };
  t.regex(await refusal(t, decodeImage(tiff(inks), 'inks')), /it is for rgb, but the pixels are cmyk/);
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
