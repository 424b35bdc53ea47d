import { join } from 'node:path';
import test from 'ava';
import { edgeAgreement, edgeAgreementWithContent } from '../../metrics/edges.ts';
import { gmsd } from '../../metrics/gmsd.ts';
import { isRefusal, scoreOf } from '../../metrics/metric.ts';
import { msSsim, msSsimLeastSide, msSsimToContent } from '../../metrics/ms-ssim.ts';
import { psnr, psnrToContent } from '../../metrics/psnr.ts';
import { readImage } from '../../src/images/decode.ts';
import { constantImage, grayImage, haveSamples, inputOf, noiseImage, samples } from './pictures.ts';

const maybe = haveSamples ? test : test.skip;

test('PSNR of a constant difference of 10 levels', (t) => {
  const value = psnr(
    constantImage(9, 7, [0.2, 0.4, 0.6]),
    constantImage(9, 7, [0.2 + 10 / 255, 0.4 + 10 / 255, 0.6 + 10 / 255]),
  );
  t.true(Math.abs(value - 28.1308) < 5e-5, `${value}`);
});

test('PSNR of equal pictures is refused, being infinite', async (t) => {
  const score = await scoreOf(psnrToContent, inputOf(noiseImage(20, 20, 1)));
  t.regex('refused' in score ? score.refused : '', /infinite/);
});

test('MS-SSIM: constants leave the coarsest luminance term', (t) => {
  const value = msSsim(
    constantImage(180, 180, [100 / 255, 100 / 255, 100 / 255]),
    constantImage(180, 180, [150 / 255, 150 / 255, 150 / 255]),
  );
  t.true(Math.abs(value - 0.923092 ** 0.1333) < 1e-6);
});

test('MS-SSIM of a wave pair as NumPy and SciPy have it, odd sizes included', (t) => {
  const a = grayImage(
    203,
    185,
    (x, y) => 0.5 + 0.3 * Math.sin(0.11 * x) * Math.cos(0.07 * y) + 0.1 * Math.sin(0.9 * x + 0.3 * y),
  );
  const b = grayImage(
    203,
    185,
    (x, y) => 0.5 + 0.25 * Math.sin(0.11 * x + 0.2) * Math.cos(0.07 * y) + 0.1 * Math.cos(0.7 * x + 0.5 * y),
  );
  t.true(Math.abs(msSsim(a, b) - 0.6532992063998022) < 1e-6, `${msSsim(a, b)}`);
});

maybe(
  'MS-SSIM of the published pair as NumPy and SciPy have it (where the samples are present)',
  async (t) => {
    const original = await readImage(join(samples, 'goldhill.gif'));
    const compressed = await readImage(join(samples, 'goldhill_jpeg.gif'));
    t.true(Math.abs(msSsim(original, compressed) - 0.901162564537067) < 1e-6);
  },
);

test('MS-SSIM takes the least size and refuses one less', async (t) => {
  const least = await scoreOf(msSsimToContent, inputOf(noiseImage(msSsimLeastSide, msSsimLeastSide, 1)));
  t.true('value' in least && Math.abs(least.value - 1) < 1e-9);
  const less = await scoreOf(msSsimToContent, inputOf(noiseImage(msSsimLeastSide - 1, 200, 1)));
  t.regex('refused' in less ? less.refused : '', /160×200, at least 161/);
});

maybe('GMSD of the published pair (where the samples are present)', async (t) => {
  const original = await readImage(join(samples, 'goldhill.gif'));
  const compressed = await readImage(join(samples, 'goldhill_jpeg.gif'));
  const value = gmsd(original, compressed);
  t.true(Math.abs(value - 0.138012587141799) < 1e-7, `${value}`);
});

test('GMSD of a picture and itself is 0; of a step and a flat it follows the formula', (t) => {
  const noise = noiseImage(20, 22, 5);
  t.is(gmsd(noise, noise), 0);
  // Half size: 8 columns, the step between the 4th and the 5th, rows alike; outside is zero, so that the border of
  // a black picture has no gradient, and a black picture has none at all.
  const step = grayImage(16, 16, (x, y) => (x >= 8 && y >= 0 ? 0.4 : 0));
  const black = constantImage(16, 16, [0, 0, 0]);
  const values: number[] = [];
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      const at = (i: number, j: number) => (i >= 4 && i < 8 && j >= 0 && j < 8 ? 0.4 * 255 : 0);
      let [gx, gy] = [0, 0];
      for (const k of [-1, 0, 1]) {
        gx += (at(x + 1, y + k) - at(x - 1, y + k)) / 3;
        gy += (at(x + k, y + 1) - at(x + k, y - 1)) / 3;
      }
      values.push(170 / (gx * gx + gy * gy + 170));
    }
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / 64;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 63);
  t.true(Math.abs(gmsd(step, black) - deviation) < 1e-6);
});

/** A bright square on dark ground. */
function square(left: number) {
  return grayImage(120, 100, (x, y) => (x >= left && x < left + 40 && y >= 30 && y < 70 ? 0.8 : 0.2));
}

test('edges: themselves, a small shift, a large shift', (t) => {
  t.is(edgeAgreement(square(30), square(30)), 1);
  // The diagonal is 156 pixels, the tolerance 1.17.
  t.is(edgeAgreement(square(30), square(31)), 1);
  const far = edgeAgreement(square(30), square(45));
  // Upper and lower sides still overlap over 25 of 40 pixels, left and right ones nowhere.
  t.true(!isRefusal(far) && far > 0.25 && far < 0.42, `${JSON.stringify(far)}`);
  t.is(
    edgeAgreement(
      grayImage(100, 60, (x) => (x < 20 ? 0 : 1)),
      grayImage(100, 60, (x) => (x < 70 ? 0 : 1)),
    ),
    0,
  );
});

test('edges: texture does not match by drawing edges everywhere', (t) => {
  const textured = edgeAgreement(square(30), noiseImage(120, 100, 2));
  t.true(!isRefusal(textured) && textured < 0.5, `${JSON.stringify(textured)}`);
});

test('edges: a flat content is refused, a flat result has none', async (t) => {
  const flat = constantImage(120, 100, [0.5, 0.5, 0.5]);
  const score = await scoreOf(edgeAgreementWithContent, inputOf(square(30), { content: flat }));
  t.regex('refused' in score ? score.refused : '', /no edges/);
  t.is(edgeAgreement(square(30), flat), 0);
});
