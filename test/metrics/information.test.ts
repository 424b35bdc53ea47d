/** FSIM, VIF and mutual information against published programs and closed forms. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fsim } from '../../metrics/fsim.ts';
import { normalizedMutualInformation } from '../../metrics/mutual-information.ts';
import { vif } from '../../metrics/vif.ts';
import { readImage } from '../../src/images/decode.ts';
import { constantImage, grayImage, noiseImage } from './pictures.ts';

const samples = join(import.meta.dirname, '../../../shared/metrics');
const maybe = existsSync(samples) ? test : test.skip;

const waves = grayImage(
  203,
  185,
  (x, y) => 0.5 + 0.25 * Math.sin(0.11 * x) * Math.cos(0.07 * y) + 0.1 * Math.cos(0.9 * x + 0.3 * y),
);
const others = grayImage(
  203,
  185,
  (x, y) => 0.5 + 0.25 * Math.sin(0.11 * x + 0.2) * Math.cos(0.07 * y) + 0.1 * Math.cos(0.7 * x + 0.5 * y),
);

/** Within single precision, in which pictures are kept. */
const near = (a: number, b: number) => Math.abs(a - b) < 2e-5;

test('VIF of waves as sewar 0.4.10 has it, each way', (t) => {
  t.true(near(vif(others, waves), 0.1103325726634358), `${vif(others, waves)}`);
  t.true(near(vif(waves, others), 0.10984658923701321), `${vif(waves, others)}`);
});

test('FSIM of waves as piq 0.8.0 has it', (t) => {
  t.true(near(fsim(others, waves), 0.7731066070239957), `${fsim(others, waves)}`);
});

test('mutual information of waves as scikit-image 0.26 has it', (t) => {
  const value = normalizedMutualInformation(others, waves);
  t.true(Math.abs(value - 1.0620176055022137) < 1e-4, `${value}`);
});

maybe('all three of the published pair (where the samples are present)', async (t) => {
  const original = await readImage(join(samples, 'goldhill.gif'));
  const compressed = await readImage(join(samples, 'goldhill_jpeg.gif'));
  t.true(near(vif(compressed, original), 0.26646828456875116));
  t.true(near(normalizedMutualInformation(compressed, original), 1.220103323112455));
  t.true(near(fsim(compressed, original), 0.896913366556477), `${fsim(compressed, original)}`);
});

test('equal pictures, an inverted one, more contrast, nothing left', (t) => {
  const picture = noiseImage(64, 52, 1);
  t.true(near(fsim(picture, picture), 1));
  t.true(near(vif(picture, picture), 1));
  t.true(Math.abs(normalizedMutualInformation(picture, picture) - 2) < 1e-12);
  // A negative tells everything about the picture, but none of its structure is kept.
  const negative = { ...picture, data: picture.data.map((value) => 1 - value) };
  t.true(normalizedMutualInformation(negative, picture) > 1.9);
  t.is(vif(negative, picture), 0);
  const faint = { ...picture, data: picture.data.map((value) => 0.25 + value / 2) };
  t.true(vif(picture, faint) > 1);
  t.true(vif(faint, picture) < 1);
  t.is(vif(constantImage(64, 52, [0.3, 0.3, 0.3]), picture), 0);
});

test('two independent pictures share next to nothing', (t) => {
  // The entropy of sparse bins is underestimated: 300×300 pixels on 100×100 bins.
  const value = normalizedMutualInformation(noiseImage(300, 300, 2), noiseImage(300, 300, 3));
  t.true(value > 1 && value < 1.02, `${value}`);
});
