import test from 'ava';
import { type MetricInput, type RegionMap, scoreOf } from '../../metrics/metric.ts';
import { patchPlacement, placementErrors } from '../../metrics/patch-placement.ts';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import { constantImage, inputOf, noiseImage } from './pictures.ts';

/** Labels 1 in the left half and 2 in the right, or the reverse. */
function halves(width: number, height: number, swapped = false): RegionMap {
  const labels = Uint8Array.from({ length: width * height }, (_, i) =>
    i % width < width / 2 !== swapped ? 1 : 2,
  );
  return { width, height, labels };
}

test('a copy has no errors, with the kinds exchanged nothing but errors', (t) => {
  // Strides 4 and 3 meet at every twelfth pixel: 12 × 12 blocks repeated make every patch's match exact.
  const tile = noiseImage(12, 12, 6);
  const other = noiseImage(12, 12, 7);
  const style = createImage(96, 48, (x, y) => {
    const from = x < 48 ? tile : other;
    const at = ((y % 12) * 12 + (x % 12)) * 3;
    return [from.data[at]!, from.data[at + 1]!, from.data[at + 2]!];
  });
  const own = halves(96, 48);
  t.is(placementErrors(style, style, { content: own, style: own }), 0);
  t.is(placementErrors(style, style, { content: own, style: halves(96, 48, true) }), 1);
  // Maps of another resolution name the same places.
  t.is(placementErrors(style, style, { content: own, style: halves(16, 8) }), 0);
  // Brighter, and with less contrast: still the same structure.
  const paler = { ...style, data: style.data.map((value) => 0.4 + 0.5 * value) };
  t.is(placementErrors(paler, style, { content: own, style: halves(96, 48, true) }), 1);
});

test('what has no label, a kind of its own or no likeness does not count', (t) => {
  const style = noiseImage(64, 32, 6);
  const map = (left: number, right: number): RegionMap => ({
    width: 2,
    height: 1,
    labels: Uint8Array.of(left, right),
  });
  const refused = (outcome: unknown) => (outcome as { refused?: string }).refused ?? '';
  t.regex(
    refused(placementErrors(style, style, { content: map(0, 0), style: map(1, 2) })),
    /no kind in common/,
  );
  t.regex(
    refused(placementErrors(style, style, { content: map(3, 4), style: map(1, 2) })),
    /no kind in common/,
  );
  t.is(placementErrors(style, style, { content: map(1, 3), style: map(1, 2) }), 0);
  const flat = constantImage(64, 32, [0.5, 0.4, 0.3]);
  t.regex(refused(placementErrors(flat, style, { content: map(1, 2), style: map(1, 2) })), /recognisable/);
  const unlike = noiseImage(64, 32, 8);
  t.regex(refused(placementErrors(unlike, style, { content: map(1, 2), style: map(1, 2) })), /recognisable/);
});

/** Correlation of two 12×12 patches of RGB values after their mean colours are taken away; undefined for little contrast. */
function correlation(a: RgbImage, ax: number, ay: number, b: RgbImage, bx: number, by: number) {
  const patch = (image: RgbImage, left: number, top: number): number[] | undefined => {
    const values: number[] = [];
    for (let channel = 0; channel < 3; channel++) {
      const own: number[] = [];
      for (let y = 0; y < 12; y++)
        for (let x = 0; x < 12; x++)
          own.push(image.data[((top + y) * image.width + left + x) * 3 + channel]!);
      const mean = own.reduce((sum, value) => sum + value, 0) / 144;
      values.push(...own.map((value) => value - mean));
    }
    const length = Math.hypot(...values);
    return length / Math.sqrt(432) < 0.03 ? undefined : values.map((value) => value / length);
  };
  const p = patch(a, ax, ay);
  const q = patch(b, bx, by);
  return p && q && p.reduce((sum, value, i) => sum + value * q[i]!, 0);
}

test('agrees with a search over all patches, one correlation after the other', (t) => {
  const wave = (phase: number, noise: RgbImage) =>
    createImage(48, 36, (x, y) => {
      const at = (y * 48 + x) * 3;
      const value = 0.5 + 0.3 * Math.sin(x / 4 + phase) * Math.cos((x * y) / 90);
      return [0, 1, 2].map((channel) => 0.9 * value + 0.1 * noise.data[at + channel]! * (x > 30 ? 3 : 1)) as [
        number,
        number,
        number,
      ];
    });
  const result = wave(0.3, noiseImage(48, 36, 1));
  const style = wave(0, noiseImage(48, 36, 2));
  const regions = { content: halves(48, 36), style: halves(48, 36) };
  const kind = (x: number) => (x + 6 < 24 ? 1 : 2);
  let placed = 0;
  let wrong = 0;
  for (let y = 0; y + 12 <= 36; y += 4) {
    for (let x = 0; x + 12 <= 48; x += 4) {
      let best = Number.NEGATIVE_INFINITY;
      let there = 0;
      for (let v = 0; v + 12 <= 36; v += 3) {
        for (let u = 0; u + 12 <= 48; u += 3) {
          const like = correlation(result, x, y, style, u, v);
          if (like !== undefined && like > best) {
            best = like;
            there = kind(u);
          }
        }
      }
      if (best < 0.7) continue;
      placed++;
      if (there !== kind(x)) wrong++;
    }
  }
  t.true(placed > 5 && wrong > 0 && wrong < placed, `${wrong} of ${placed}`);
  t.is(placementErrors(result, style, regions), wrong / placed);
});

test('the metric refuses what it cannot compare', async (t) => {
  const reason = async (input: MetricInput) => {
    const score = await scoreOf(patchPlacement, input);
    return 'refused' in score ? score.refused : '';
  };
  const result = noiseImage(64, 32, 7);
  t.regex(await reason(inputOf(result)), /No region maps/);
  const torn = { ...halves(64, 32), width: 63 };
  t.regex(
    await reason(inputOf(result, { regions: { content: torn, style: halves(64, 32) } })),
    /2048 labels for 63×32/,
  );
  t.regex(
    await reason(inputOf(result, { regions: { content: halves(32, 64), style: halves(64, 32) } })),
    /another shape/,
  );
  const regions = { content: halves(40, 20), style: halves(40, 20) };
  t.regex(await reason(inputOf(noiseImage(40, 20, 1), { regions })), /20 pixels is too short/);
});
