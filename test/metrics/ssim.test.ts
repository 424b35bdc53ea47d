import { join } from 'node:path';
import test from 'ava';
import { scoreOf } from '../../metrics/metric.ts';
import { averageDown } from '../../metrics/planes.ts';
import { similarity, ssim, ssimDownsampled, ssimNative } from '../../metrics/ssim.ts';
import { luma } from '../../src/images/color.ts';
import { readImage } from '../../src/images/decode.ts';
import type { Plane } from '../../src/images/image.ts';
import { resizeImage } from '../../src/images/resize.ts';
import { constantImage, greyImage, haveSamples, inputOf, noiseImage, samples } from './pictures.ts';

test('constants 100 and 150: the luminance term alone', (t) => {
  const value = ssim(
    constantImage(20, 16, [100 / 255, 100 / 255, 100 / 255]),
    constantImage(20, 16, [150 / 255, 150 / 255, 150 / 255]),
  );
  t.true(Math.abs(value - 0.923092) < 1e-6, `${value}`);
});

const maybe = haveSamples ? test : test.skip;
maybe('the published pair, native and downsampled (where the samples are present)', async (t) => {
  const original = await readImage(join(samples, 'goldhill.gif'));
  const compressed = await readImage(join(samples, 'goldhill_jpeg.gif'));
  t.is(ssim(original, compressed).toFixed(6), '0.682372');
  t.is(ssim(original, compressed, 'downsampled').toFixed(6), '0.820202');
});

test('agrees with the formula written out window by window', (t) => {
  const a = noiseImage(17, 14, 1);
  const b = noiseImage(17, 14, 2);
  const grey = ({ data }: typeof a, x: number, y: number) => {
    const at = (y * 17 + x) * 3;
    return 255 * luma(data[at]!, data[at + 1]!, data[at + 2]!);
  };
  let sum = 0;
  for (let top = 0; top <= 14 - 11; top++) {
    for (let left = 0; left <= 17 - 11; left++) {
      let [total, ma, mb, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
      for (let y = 0; y < 11; y++) {
        for (let x = 0; x < 11; x++) {
          const w = Math.exp(-((x - 5) ** 2 + (y - 5) ** 2) / 4.5);
          const p = grey(a, left + x, top + y);
          const q = grey(b, left + x, top + y);
          total += w;
          ma += w * p;
          mb += w * q;
          aa += w * p * p;
          bb += w * q * q;
          ab += w * p * q;
        }
      }
      [ma, mb, aa, bb, ab] = [ma / total, mb / total, aa / total, bb / total, ab / total];
      const c1 = 6.5025;
      const c2 = 58.5225;
      sum +=
        ((2 * ma * mb + c1) * (2 * (ab - ma * mb) + c2)) /
        ((ma * ma + mb * mb + c1) * (aa - ma * ma + bb - mb * mb + c2));
    }
  }
  t.true(Math.abs(ssim(a, b) - sum / (4 * 7)) < 1e-6);
  t.true(Math.abs(ssim(a, b) - ssim(b, a)) < 1e-12);
});

test('a wave pair as NumPy and SciPy have it', (t) => {
  const { a, b } = waves();
  t.true(Math.abs(ssim(a, b) - 0.18642951753054385) < 1e-6);
});

/** Values computed once by a convolution with the 11×11 window in SciPy 1.x, double precision. */
function waves() {
  return {
    a: greyImage(
      203,
      185,
      (x, y) => 0.5 + 0.3 * Math.sin(0.11 * x) * Math.cos(0.07 * y) + 0.1 * Math.sin(0.9 * x + 0.3 * y),
    ),
    b: greyImage(
      203,
      185,
      (x, y) =>
        0.5 + 0.25 * Math.sin(0.11 * x + 0.2) * Math.cos(0.07 * y) + 0.1 * Math.cos(0.7 * x + 0.5 * y),
    ),
  };
}

test('averaging down takes the box MATLAB takes', (t) => {
  const plane: Plane = { width: 5, height: 3, data: Float32Array.from({ length: 15 }, (_, i) => i) };
  const read = (x: number, y: number) => {
    // Mirrored with the edge repeated.
    const fold = (i: number, n: number) => (i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i);
    return plane.data[fold(y, 3) * 5 + fold(x, 5)]!;
  };
  for (const [factor, before] of [
    [2, 0],
    [3, 1],
  ] as const) {
    const down = averageDown(plane, factor);
    t.deepEqual([down.width, down.height], [Math.ceil(5 / factor), Math.ceil(3 / factor)]);
    for (let y = 0; y < down.height; y++) {
      for (let x = 0; x < down.width; x++) {
        let sum = 0;
        for (let dy = 0; dy < factor; dy++) {
          for (let dx = 0; dx < factor; dx++) {
            sum += read(x * factor - before + dx, y * factor - before + dy);
          }
        }
        t.true(Math.abs(down.data[y * down.width + x]! - sum / factor ** 2) < 1e-5);
      }
    }
  }
});

test('the content is compared at the result’s size, by the trials’ resampler', async (t) => {
  const content = noiseImage(80, 60, 3);
  const result = resizeImage(content, 40, 30);
  const score = await scoreOf(ssimNative, inputOf(result, { content }));
  t.true('value' in score && Math.abs(score.value - 1) < 1e-9);
});

test('another shape, or too few pixels, is refused with a sentence', async (t) => {
  const result = noiseImage(40, 30, 3);
  for (const metric of [ssimNative, ssimDownsampled]) {
    const shape = await scoreOf(metric, inputOf(result, { content: noiseImage(30, 30, 4) }));
    t.regex('refused' in shape ? shape.refused : '', /40×30\).*another shape.*30×30/);
    const small = await scoreOf(metric, inputOf(noiseImage(40, 10, 3)));
    t.regex('refused' in small ? small.refused : '', /40×10, at least 11/);
  }
  t.throws(
    () =>
      similarity(
        { width: 11, height: 11, data: new Float32Array(121) },
        { width: 12, height: 11, data: new Float32Array(132) },
      ),
    {
      message: /11×11 and 12×11/,
    },
  );
});
