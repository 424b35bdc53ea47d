import { join } from 'node:path';
import test from 'ava';
import { scoreOf } from '../../metrics/metric.ts';
import { averageDown } from '../../metrics/planes.ts';
import { similarity, ssim, ssimDownsampled, ssimNative } from '../../metrics/ssim.ts';
import { luma } from '../../src/images/color.ts';
import { readImage } from '../../src/images/decode.ts';
import type { Plane } from '../../src/images/image.ts';
import { resizeImage } from '../../src/images/resize.ts';
import { constantImage, grayImage, haveSamples, inputOf, noiseImage, samples } from './pictures.ts';

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
  const gray = ({ data }: typeof a, x: number, y: number) => {
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
          const p = gray(a, left + x, top + y);
          const q = gray(b, left + x, top + y);
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
    a: grayImage(
      203,
      185,
      (x, y) => 0.5 + 0.3 * Math.sin(0.11 * x) * Math.cos(0.07 * y) + 0.1 * Math.sin(0.9 * x + 0.3 * y),
    ),
    b: grayImage(
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

test('contrast and structure alone: a shift of all values is none of them, a flatter copy is', (t) => {
  const plane = (at: (i: number) => number): Plane => ({
    width: 12,
    height: 11,
    data: Float32Array.from({ length: 132 }, (_, i) => at(i)),
  });
  const wave = (i: number) => 0.5 + 0.2 * Math.sin(1.7 * i);
  const shifted = similarity(
    plane(wave),
    plane((i) => wave(i) + 0.25),
  );
  t.true(Math.abs(shifted.contrastStructure - 1) < 1e-6);
  // Means of ½ and ¾: 2·⅜ over ¼ + 9/16.
  t.true(Math.abs(shifted.ssim - 12 / 13) < 0.01);
  // A copy of half the contrast has half the covariance and a quarter of the variance, in each of the two windows.
  const flatter = similarity(
    plane(wave),
    plane((i) => (wave(i) + 0.5) / 2),
  );
  let expected = 0;
  for (const left of [0, 1]) {
    let [total, mean, square] = [0, 0, 0];
    for (let y = 0; y < 11; y++) {
      for (let x = 0; x < 11; x++) {
        const w = Math.exp(-((x - 5) ** 2 + (y - 5) ** 2) / 4.5);
        const value = wave(y * 12 + left + x);
        total += w;
        mean += w * value;
        square += w * value * value;
      }
    }
    const variance = square / total - (mean / total) ** 2;
    expected += (2 * (variance / 2) + 0.0009) / (variance + variance / 4 + 0.0009) / 2;
  }
  t.true(Math.abs(flatter.contrastStructure - expected) < 1e-6, `${flatter.contrastStructure}`);
});

test('seen whole: averaged down by the shorter side over 256, and not at all below 384 pixels', async (t) => {
  const reduced = (image: ReturnType<typeof noiseImage>, factor: number): Plane => {
    const plane = {
      width: image.width,
      height: image.height,
      data: Float32Array.from({ length: image.width * image.height }, (_, i) =>
        luma(image.data[3 * i]!, image.data[3 * i + 1]!, image.data[3 * i + 2]!),
      ),
    };
    return averageDown(plane, factor);
  };
  for (const [width, height, factor] of [
    [400, 520, 2],
    [700, 384, 2],
    [700, 383, 1],
    [640, 650, 3],
  ] as const) {
    const [a, b] = [noiseImage(width, height, 1), noiseImage(width, height, 2)];
    const expected = similarity(reduced(a, factor), reduced(b, factor)).ssim;
    t.true(Math.abs(ssim(a, b, 'downsampled') - expected) < 1e-6, `${width}×${height}`);
    const scores = await Promise.all(
      [ssimDownsampled, ssimNative].map((metric) => scoreOf(metric, inputOf(a, { content: b }))),
    );
    const [whole, native] = scores.map((score) => ('value' in score ? score.value : Number.NaN));
    t.true(Math.abs(whole! - expected) < 1e-6);
    t.is(whole === native, factor === 1);
    if (factor > 1) t.true(Math.abs(native! - similarity(reduced(a, 1), reduced(b, 1)).ssim) < 1e-6);
  }
});

test('a picture is measured again against another content; 11 pixels are enough', async (t) => {
  const result = noiseImage(11, 11, 1);
  const valueTo = async (content: typeof result) => {
    const score = await scoreOf(ssimNative, inputOf(result, { content }));
    return 'value' in score ? score.value : Number.NaN;
  };
  const [same, other] = [await valueTo(result), await valueTo(noiseImage(11, 11, 2))];
  t.true(Math.abs(same - 1) < 1e-9);
  t.true(other < 0.9);
  t.throws(
    () => {
      const short = { width: 11, height: 10, data: new Float32Array(110) };
      similarity(short, short);
    },
    { name: 'RangeError' },
  );
});
