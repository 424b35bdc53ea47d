import test from 'ava';
import { scoreOf } from '../../metrics/metric.ts';
import {
  matchPatches,
  patchCoverage,
  patchCoverageOfStyle,
  patchDistance,
  patchDistanceToStyle,
} from '../../metrics/patch-style.ts';
import { nearestPatches, patchesOf } from '../../metrics/patches.ts';
import { createImage, cropImage, type RgbImage } from '../../src/images/image.ts';
import { constantImage, inputOf, noiseImage } from './pictures.ts';

/** Squared distance of two P×P patches of RGB values, pixel by pixel. */
function pixelDistance(
  a: RgbImage,
  ax: number,
  ay: number,
  b: RgbImage,
  bx: number,
  by: number,
  size: number,
) {
  let sum = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const p = a.data[((ay + y) * a.width + ax + x) * 3 + channel]!;
        const q = b.data[((by + y) * b.width + bx + x) * 3 + channel]!;
        sum += (p - q) ** 2;
      }
    }
  }
  return sum;
}

test('the nearest patches are those a search over all pixels finds', (t) => {
  for (const [size, stride, seed] of [
    [5, 2, 1],
    [8, 3, 2],
  ] as const) {
    const a = noiseImage(23, 19, seed);
    // Correlated pixels too, where the coarse coefficients differ most.
    const b = createImage(30, 21, (x, y) => [x / 30, (x + y) / 60, (y % 7) / 7]);
    for (const [from, among] of [
      [a, b],
      [b, a],
      [a, noiseImage(20, 20, 9)],
    ] as const) {
      const p = patchesOf(from, size, stride);
      const q = patchesOf(among, size, 1);
      const { index, square } = nearestPatches(p, q);
      for (let i = 0; i < index.length; i++) {
        const x = (i % p.columns) * stride;
        const y = Math.floor(i / p.columns) * stride;
        let best = Number.POSITIVE_INFINITY;
        for (let by = 0; by + size <= among.height; by++) {
          for (let bx = 0; bx + size <= among.width; bx++) {
            best = Math.min(best, pixelDistance(from, x, y, among, bx, by, size));
          }
        }
        const j = index[i]!;
        const own = pixelDistance(from, x, y, among, j % q.columns, Math.floor(j / q.columns), size);
        if (Math.abs(square[i]! - best) > 1e-5 || Math.abs(own - best) > 1e-5) {
          t.fail(`patch ${i}: ${square[i]} and ${own}, best ${best}`);
        }
      }
    }
  }
  t.pass();
});

test('a copy of the style: no distance, all of it used', (t) => {
  const style = noiseImage(40, 32, 4);
  const match = matchPatches(style, style);
  t.is(patchDistance(match), 0);
  t.is(patchCoverage(match), 1);
});

test('half of the style repeated uses half of the style', (t) => {
  const style = noiseImage(64, 32, 5);
  const left = cropImage(style, 0, 0, 32, 32);
  const match = matchPatches(left, style);
  t.is(patchDistance(match), 0);
  t.is(patchCoverage(match), 0.5);
});

test('a constant difference is the distance', (t) => {
  const match = matchPatches(constantImage(32, 32, [0.5, 0.5, 0.5]), constantImage(32, 32, [0.3, 0.3, 0.3]));
  t.true(Math.abs(patchDistance(match) - 0.2) < 1e-6);
});

test('the metrics refuse what they cannot compare', async (t) => {
  const result = noiseImage(64, 32, 7);
  const small = await scoreOf(patchDistanceToStyle, inputOf(noiseImage(40, 12, 1)));
  t.regex('refused' in small ? small.refused : '', /12 pixels is too short/);
  const good = await scoreOf(patchCoverageOfStyle, inputOf(result));
  t.true('value' in good && good.value === 1);
});
