/** Maps and masks of another size than their picture are said before a trial is begun. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { TrialConfig } from '../../src/experiment/trial.ts';
import { writeImage } from '../../src/images/encode.ts';
import { createImage } from '../../src/images/image.ts';
import { refuseOtherSizes } from '../../src/runs/map-sizes.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-map-sizes-'));
const file = (name: string) => join(folder, `${name}.png`);
test.before(async () => {
  for (const [name, width, height] of [
    ['content', 20, 10],
    ['style', 12, 12],
    ['content-map', 20, 10],
    ['style-map', 12, 12],
    ['turned', 10, 20],
  ] as const) {
    await writeImage(
      file(name),
      createImage(width, height, () => [1, 1, 1]),
    );
  }
});
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const guided = (regions: object) =>
  ({
    content: file('content'),
    style: file('style'),
    regions: { ...regions, soften: 0 },
  }) as unknown as TrialConfig;

test('maps and masks of the size of their picture, and those that cannot be read, are left alone', async (t) => {
  await t.notThrowsAsync(
    refuseOtherSizes([
      { content: file('content'), style: file('style') } as unknown as TrialConfig,
      guided({ content: file('content-map'), styles: [file('style-map')] }),
      guided({ content: file('missing'), styles: [file('style-map')] }),
      guided({ masks: { content: { sky: file('content-map') }, styles: [{ sky: file('style-map') }] } }),
    ]),
  );
});

test('another size is refused with both files and sizes', async (t) => {
  const map = await t.throwsAsync(
    refuseOtherSizes([guided({ content: file('turned'), styles: [file('style-map')] })]),
  );
  t.regex(map!.message, /region map ".*turned\.png" has 10×20 .*content\.png" has 20×10/);
  const mask = await t.throwsAsync(
    refuseOtherSizes([
      guided({ masks: { content: { sky: file('content-map') }, styles: [{ sky: file('turned') }] } }),
    ]),
  );
  t.regex(mask!.message, /mask ".*turned\.png" has 10×20 .*style\.png" has 12×12/);
});
