/** Transforms of any size against the sum that defines them. */
import test from 'ava';
import { transformed } from '../../metrics/fourier.ts';
import { createRandom } from '../../src/random.ts';

for (const [width, height] of [
  [1, 1],
  [8, 4],
  [12, 15],
  [7, 11],
  [30, 1],
] as const) {
  test(`${width}×${height}: the defining sum, and back again`, (t) => {
    const { uniform } = createRandom(width * height);
    const pixels = width * height;
    const re = Float64Array.from({ length: pixels }, () => uniform() - 0.5);
    const im = Float64Array.from({ length: pixels }, () => uniform() - 0.5);
    const found = transformed({ width, height, re, im }, -1);
    for (let v = 0; v < height; v++) {
      for (let u = 0; u < width; u++) {
        let [sumRe, sumIm] = [0, 0];
        for (let i = 0; i < pixels; i++) {
          const angle = -2 * Math.PI * ((u * (i % width)) / width + (v * Math.floor(i / width)) / height);
          sumRe += re[i]! * Math.cos(angle) - im[i]! * Math.sin(angle);
          sumIm += re[i]! * Math.sin(angle) + im[i]! * Math.cos(angle);
        }
        t.true(Math.abs(found.re[v * width + u]! - sumRe) < 1e-11);
        t.true(Math.abs(found.im[v * width + u]! - sumIm) < 1e-11);
      }
    }
    const back = transformed(found, 1);
    t.true(back.re.every((value, i) => Math.abs(value - re[i]!) < 1e-13));
    t.true(back.im.every((value, i) => Math.abs(value - im[i]!) < 1e-13));
  });
}
