import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { masksBeside, readMask } from '../../src/images/mask.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-mask-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, name);

type Channels = 1 | 2 | 3 | 4;

/** A PNG of one row whose pixels have the given channels. */
async function row(name: string, pixels: readonly (readonly number[])[]): Promise<string> {
  const raw = { width: pixels.length, height: 1, channels: pixels[0]!.length as Channels };
  await sharp(Buffer.from(pixels.flat()), { raw }).png().toFile(path(name));
  return path(name);
}

test('a weight is the grey over white, whatever the file has besides grey', async (t) => {
  const gray = await row('grey.png', [[0], [51], [128], [255]]);
  const colors = await row(
    'rgb.png',
    [0, 51, 128, 255].map((gray) => [gray, gray, gray]),
  );
  const expected = Float32Array.of(0, 51 / 255, 128 / 255, 1);
  t.deepEqual(await readMask(gray), { width: 4, height: 1, data: expected });
  t.deepEqual((await readMask(colors)).data, expected);
  await sharp(gray).png({ palette: true }).toFile(path('palette.png'));
  t.deepEqual((await readMask(path('palette.png'))).data, expected);
  // A profile would change what the numbers look like, not what they are.
  await sharp(gray).toColorspace('srgb').withIccProfile('p3').png().toFile(path('profile.png'));
  const stored = await sharp(path('profile.png'), { ignoreIcc: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  t.is((await sharp(path('profile.png')).metadata()).hasProfile, true);
  t.deepEqual(
    (await readMask(path('profile.png'))).data,
    Float32Array.from({ length: 4 }, (_, i) => stored.data[i * stored.info.channels]! / 255),
  );
});

test('transparency counts as black', async (t) => {
  const cut = await row('cut.png', [
    [255, 255, 255, 255],
    [255, 255, 255, 102],
    [255, 255, 255, 0],
    [200, 10, 10, 0],
    [102, 102, 102, 51],
  ]);
  const { data } = await readMask(cut);
  for (const [i, expected] of [1, 0.4, 0, 0, 0.4 * 0.2].entries()) t.is(data[i], Math.fround(expected));
  const grayAlpha = await row('grey-alpha.png', [
    [255, 0],
    [128, 255],
  ]);
  t.deepEqual((await readMask(grayAlpha)).data, Float32Array.of(0, 128 / 255));
});

test('sixteen bits are kept', async (t) => {
  const values = Uint16Array.of(0, 1, 257, 32_768, 65_535);
  await sharp(values, { raw: { width: 5, height: 1, channels: 1 } })
    .toColorspace('grey16')
    .png()
    .toFile(path('wide.png'));
  t.is((await sharp(path('wide.png')).metadata()).depth, 'ushort');
  t.deepEqual(
    (await readMask(path('wide.png'))).data,
    Float32Array.from(values, (value) => value / 65_535),
  );
});

test('what is no grey image is refused in a sentence', async (t) => {
  const colored = await row('colored.png', [
    [0, 0, 0],
    [255, 0, 0],
  ]);
  await t.throwsAsync(readMask(colored), {
    message: /colored\.png" has colours\. Expected a grey image.*is a region map/,
  });
  // A JPEG's rounding is no colour.
  await t.notThrowsAsync(
    readMask(
      await row('nearly.png', [
        [100, 102, 99],
        [0, 0, 1],
      ]),
    ),
  );
  await t.throwsAsync(readMask(path('gone.png')), { message: /gone\.png" does not exist/ });
  writeFileSync(path('page.png'), '<!doctype html><title>404</title>');
  await t.throwsAsync(readMask(path('page.png')), {
    message: /page\.png" cannot be read as an image: .*Expected a grey image/,
  });
  const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'white' } })
    .composite([{ input: Buffer.from('<svg width="64" height="64"><circle cx="30" cy="30" r="20"/></svg>') }])
    .png()
    .toBuffer();
  writeFileSync(path('half.png'), png.subarray(0, png.length / 2));
  await t.throwsAsync(readMask(path('half.png')), { message: /half\.png" cannot be read as an image/ });
});

test('masks beside a picture are those with its name before theirs', (t) => {
  for (const name of [
    'town.sky.mask.png',
    'town.ground.mask.png',
    'town.a.b.mask.png',
    'town.mask.png',
    'towns.sky.mask.png',
    'town.sky.png',
  ]) {
    writeFileSync(path(name), '');
  }
  t.deepEqual(Object.entries(masksBeside(path('town.jpg'))), [
    ['ground', path('town.ground.mask.png')],
    ['sky', path('town.sky.mask.png')],
  ]);
  t.deepEqual(masksBeside(path('lake.jpg')), {});
  t.deepEqual(masksBeside('/no/such/folder/lake.jpg'), {});
});
