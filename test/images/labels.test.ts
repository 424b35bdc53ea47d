import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { labelName, readLabels } from '../../src/images/labels.ts';
import { readMask } from '../../src/images/mask.ts';
import { grayProfile, png, rgbProfile, spaces, tiff } from './_files.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-labels-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test("labels and weights are the file's own numbers, whatever its profile", async (t) => {
  const two = [200, 90, 40, 10, 20, 30];
  const size = { width: 2, height: 1 };
  for (const bits of [8, 16] as const) {
    const samples = two.map((value) => (bits === 8 ? value : 257 * value));
    const map = png({ ...size, ink: 'rgb', bits, samples, profile: rgbProfile(spaces.adobe) });
    const path = join(folder, `map-${bits}.png`);
    writeFileSync(path, map);
    t.deepEqual([...(await readLabels(path)).distinct].map(labelName), ['#c85a28', '#0a141e']);
  }
  for (const bits of [8, 16, 32] as const) {
    const top = { 8: 255, 16: 65535, 32: 1 }[bits];
    const samples = [0.2, 0.6].map((value) => value * top);
    const path = join(folder, `mask-${bits}.tif`);
    writeFileSync(path, tiff({ ...size, ink: 'gray', bits, samples, profile: grayProfile(spaces.linear) }));
    const { data } = await readMask(path);
    t.deepEqual(data, Float32Array.of(0.2, 0.6), `${bits} bits`);
  }
});

test('a mask of floats beyond 1, in CIELAB or CMYK is refused with what it is', async (t) => {
  const size = { width: 16, height: 16 };
  const file = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const filled = (count: number, value: number) => Array<number>(16 * 16 * count).fill(value);
  await t.throwsAsync(
    readMask(file('levels.tif', tiff({ ...size, ink: 'gray', bits: 32, samples: filled(1, 255) }))),
    { message: /levels\.tif" holds floating-point values from 255 to 255/ },
  );
  await t.throwsAsync(
    readMask(file('lab.tif', tiff({ ...size, ink: 'lab', bits: 16, samples: filled(3, 9) }))),
    {
      message: /lab\.tif" has its colours in CIELAB/,
    },
  );
  await t.throwsAsync(
    readMask(file('inks.tif', tiff({ ...size, ink: 'cmyk', bits: 8, samples: filled(4, 9) }))),
    {
      message: /inks\.tif" is CMYK\. Expected a grey image/,
    },
  );
});
