import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { findRegions, readMaskedRegions, readRegions, regionsBeside } from '../../metrics/regions.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-regions-'));
test.after.always(() => rmSync(folder, { recursive: true }));

async function written(name: string, channels: 1 | 3 | 4, pixels: readonly (readonly number[])[], width = 2) {
  const file = join(folder, name);
  const raw = { width, height: pixels.length / width, channels };
  await sharp(Buffer.from(pixels.flat()), { raw }).png().toFile(file);
  return file;
}

test('the same colour is the same label in both; black and transparent are none', async (t) => {
  const content = await written('content.png', 3, [
    [255, 0, 0],
    [0, 0, 0],
    [0, 0, 255],
    [255, 0, 0],
  ]);
  const style = await written('style.png', 4, [
    [0, 0, 255, 255],
    [9, 9, 9, 0],
    [0, 255, 0, 255],
    [0, 0, 0, 255],
  ]);
  const regions = await readRegions(content, style);
  const [red, none, blue, again] = regions.content.labels;
  t.is(red, again);
  t.is(none, 0);
  t.not(red, blue);
  t.deepEqual([...regions.style.labels].slice(0, 2), [blue!, 0]);
  t.is(regions.style.labels[3], 0);
  t.false([red, blue, 0].includes(regions.style.labels[2]), 'green occurs in the style alone');
  t.deepEqual([regions.content.width, regions.content.height], [2, 2]);
});

test('a grey map and one in colour of the same greys agree', async (t) => {
  const gray = await written('grey.png', 1, [[0], [40], [200], [255]]);
  const color = await written('color.png', 3, [
    [0, 0, 0],
    [40, 40, 40],
    [200, 200, 200],
    [255, 255, 255],
  ]);
  const { content, style } = await readRegions(gray, color);
  t.deepEqual(content.labels, style.labels);
  t.deepEqual([...content.labels], [0, 1, 2, 3]);
});

test('of masks a pixel is of the region of the greatest weight, or of what they leave of one', async (t) => {
  const sky = await written('p.sky.mask.png', 1, [[255], [100], [60], [0]]);
  const land = await written('p.land.mask.png', 1, [[0], [120], [60], [128]]);
  // The masks' names in order: land is 1, sky 2.
  const { content, style } = await readMaskedRegions({ sky, land }, { land: sky, sky: land });
  t.deepEqual([...content.labels], [2, 1, 0, 1]);
  t.deepEqual([...style.labels], [1, 2, 0, 2]);
  t.is(await findRegions(join(folder, 'p.jpg'), join(folder, 'q.jpg')), undefined);
  await written('q.sky.mask.png', 1, [[0], [255]], 2);
  t.is(await findRegions(join(folder, 'p.jpg'), join(folder, 'q.jpg')), undefined);
  await written('q.land.mask.png', 1, [[255], [0]], 2);
  const found = await findRegions(join(folder, 'p.jpg'), join(folder, 'q.jpg'));
  t.deepEqual([...found!.content.labels], [2, 1, 0, 1]);
  t.deepEqual([...found!.style.labels], [1, 2]);
});

test('maps lie beside their pictures', async (t) => {
  t.is(regionsBeside('/a.b/portrait.jpg'), '/a.b/portrait.regions.png');
  await written('one.regions.png', 1, [[1], [1]], 2);
  t.is(await findRegions(join(folder, 'one.jpg'), join(folder, 'two.jpg')), undefined);
  await written('two.regions.png', 1, [[1], [2]], 2);
  const found = await findRegions(join(folder, 'one.jpg'), join(folder, 'two.jpg'));
  t.deepEqual([...found!.style.labels], [1, 2]);
});

test('what cannot be a map is refused', async (t) => {
  const many = await written(
    'many.png',
    1,
    Array.from({ length: 100 }, (_, i) => [i]),
    10,
  );
  const good = await written('good.png', 1, [[1], [1]]);
  await t.throwsAsync(readRegions(good, many), { message: /many\.png" has more than 64 colours/ });
  await t.throwsAsync(readRegions(join(folder, 'absent.png'), good), { message: /does not exist/ });
  writeFileSync(join(folder, 'text.png'), 'no picture');
  await t.throwsAsync(readRegions(good, join(folder, 'text.png')), { message: /cannot be read as an image/ });
});
