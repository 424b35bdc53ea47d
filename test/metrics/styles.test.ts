import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Metric } from '../../metrics/metric.ts';
import { measuredStyles, measureInStyles } from '../../metrics/styles.ts';
import { writeImage } from '../../src/images/encode.ts';
import { createImage } from '../../src/images/image.ts';

const folder = mkdtempSync(join(tmpdir(), 'neckar-styles-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const gray = (value: number) => createImage(20, 16, () => [value, value, value]);

/** How much brighter the style's first pixel is, in 255ths; refused for a white one. */
const brightness: Metric = {
  id: 'brightness;v1',
  label: 'Brightness of the style',
  better: 'lower',
  purpose: 'style',
  unit: '255ths',
  range: [0, 255],
  async measure({ style }) {
    const value = Math.round(255 * style.data[0]!);
    return value === 255 ? { refused: 'It is white.' } : value;
  },
};

test('scores against blended styles are their weighted mean; one refusal refuses', async (t) => {
  const file = async (value: number) => {
    const path = join(folder, `${value}.png`);
    await writeImage(path, gray(value / 255));
    return path;
  };
  const config = { content: await file(0), style: await file(100) };
  const input = { result: gray(0.5), content: gray(0) };
  const measured = async (styles?: readonly { file: string; weight: number }[]) =>
    (await measureInStyles(input, await measuredStyles({ ...config, styles }), [], [brightness]))[
      brightness.id
    ]!;
  t.like(await measured(), { value: 100 });
  const parts = [
    { file: config.style, weight: 0.75 },
    { file: await file(20), weight: 0.25 },
  ];
  t.like(await measured(parts), { value: 80, label: brightness.label, better: 'lower' });
  t.like(await measured([parts[0]!, { file: await file(255), weight: 0.25 }]), { refused: 'It is white.' });
});
