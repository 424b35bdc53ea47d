import test from 'ava';
import {
  labHistogram,
  labHistogramDistance,
  labHistogramToStyle,
  labWasserstein,
} from '../../metrics/lab-colors.ts';
import { scoreOf } from '../../metrics/metric.ts';
import { paletteDistance, paletteToStyle, sharedPalette } from '../../metrics/palette.ts';
import { ciede2000, rgbToLab, type Triple } from '../../src/images/color.ts';
import { createImage } from '../../src/images/image.ts';
import { labToRgb } from '../images/lab.ts';
import { constantImage, inputOf, noiseImage } from './pictures.ts';

const red = [0.9, 0.1, 0.1] as const;
const blue = [0.1, 0.1, 0.9] as const;

test('histogram: same, disjoint and half shared colours', (t) => {
  const mixed = createImage(20, 10, (x) => (x < 10 ? red : blue));
  t.is(labHistogramDistance(mixed, mixed), 0);
  t.true(Math.abs(labHistogramDistance(constantImage(8, 8, red), constantImage(4, 4, blue)) - 1) < 1e-9);
  t.true(Math.abs(labHistogramDistance(mixed, constantImage(5, 5, red)) - 0.5) < 1e-9);
  const sum = labHistogram(noiseImage(30, 30, 1)).reduce((total, share) => total + share, 0);
  t.true(Math.abs(sum - 1) < 1e-9);
});

test('Wasserstein: a shift of all colours costs its length, whatever its direction', (t) => {
  const base = createImage(12, 12, (x, y) => labToRgb(50, x, y));
  t.is(labWasserstein(base, base), 0);
  for (const shift of [
    [8, 0, 0],
    [0, 6, -6],
    [-5, 5, 5],
    [0, 0, 7],
  ] as const) {
    const moved = createImage(12, 12, (x, y) => labToRgb(50 + shift[0], x + shift[1], y + shift[2]));
    const ratio = labWasserstein(base, moved) / Math.hypot(...shift);
    t.true(Math.abs(ratio - 1) < 1e-4, `${ratio}`);
  }
});

test('Wasserstein: between two colours it is ΔE*ab, from black to white 100', (t) => {
  const colors: Triple[] = [
    [0, 0, 0],
    [1, 1, 1],
    [1, 0, 0],
    [0, 0, 1],
    [0.2, 0.7, 0.4],
  ];
  for (const first of colors) {
    for (const second of colors) {
      const [a, b] = [rgbToLab(...first), rgbToLab(...second)];
      const expected = Math.hypot(...a.map((value, i) => value - b[i]!));
      const found = labWasserstein(constantImage(9, 7, first), constantImage(4, 4, second));
      t.true(Math.abs(found - expected) < 1e-3, `${found} for ${expected}`);
    }
  }
  const black = constantImage(8, 8, [0, 0, 0]);
  t.true(Math.abs(labWasserstein(black, constantImage(8, 8, [1, 1, 1])) - 100) < 1e-3);
  // Half of the picture is left as it is: √(½·100²).
  const half = createImage(8, 8, (x) => (x < 4 ? [0, 0, 0] : [1, 1, 1]));
  t.true(Math.abs(labWasserstein(black, half) - 100 / Math.SQRT2) < 1e-3);
});

test('the common palette of pictures of few colours is those colours and their shares', (t) => {
  const colors: Triple[] = [red, blue, [0.9, 0.9, 0.2]];
  const first = createImage(10, 10, (_, y) => colors[y < 5 ? 0 : y < 8 ? 1 : 2]!);
  const second = createImage(20, 10, (_, y) => colors[y < 2 ? 0 : 2]!);
  const found = sharedPalette(first, second).sort((a, b) => b.shares[0] - a.shares[0]);
  t.is(found.length, 3);
  for (const [i, shares] of [
    [0.5, 0.2],
    [0.3, 0],
    [0.2, 0.8],
  ].entries()) {
    t.true(Math.abs(found[i]!.shares[0] - shares[0]!) < 1e-9);
    t.true(Math.abs(found[i]!.shares[1] - shares[1]!) < 1e-9);
    t.true(ciede2000(found[i]!.lab, rgbToLab(...colors[i]!)) < 0.01);
  }
});

test('palette distances: black to white is 100, half of it repainted is half', (t) => {
  const black = constantImage(8, 8, [0, 0, 0]);
  const white = constantImage(9, 5, [1, 1, 1]);
  const half = createImage(8, 8, (x) => (x < 4 ? [0, 0, 0] : [1, 1, 1]));
  t.true(Math.abs(paletteDistance(black, white) - 100) < 1e-2);
  t.true(Math.abs(paletteDistance(black, half) - 50) < 1e-2);
  t.is(paletteDistance(half, half), 0);
});

test('the palette distance hardly depends on single pixels', (t) => {
  // Many blobs of colour for few places: many near-optimal palettes, none of which may matter.
  const blobs = createImage(80, 64, (x, y) => {
    const blob = (Math.floor(x / 16) + 5 * Math.floor(y / 16)) * 0.8;
    return [0.5 + 0.4 * Math.sin(blob), 0.5 + 0.4 * Math.sin(2 * blob + 1), 0.5 + 0.4 * Math.cos(1.7 * blob)];
  });
  const grain = noiseImage(80, 64, 8);
  const grained = { ...blobs, data: blobs.data.map((value, i) => value + 0.01 * (grain.data[i]! - 0.5)) };
  t.true(paletteDistance(blobs, grained) < 0.5);
});

test('any sizes can be compared with the style', async (t) => {
  const input = inputOf(noiseImage(40, 20, 1), { style: noiseImage(64, 90, 2) });
  for (const metric of [labHistogramToStyle, paletteToStyle]) {
    const score = await scoreOf(metric, input);
    t.true('value' in score && score.value >= 0);
  }
});
