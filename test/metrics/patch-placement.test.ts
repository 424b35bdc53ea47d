import test from 'ava';
import { type MetricInput, type RegionMap, scoreOf } from '../../metrics/metric.ts';
import { patchPlacement, placementErrors } from '../../metrics/patch-placement.ts';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import { resizeLongestSide } from '../../src/images/resize.ts';
import { constantImage, inputOf, noiseImage } from './pictures.ts';

/** Labels 1 in the left half and 2 in the right, or the reverse. */
function halves(width: number, height: number, swapped = false): RegionMap {
  const labels = Uint8Array.from({ length: width * height }, (_, i) =>
    i % width < width / 2 !== swapped ? 1 : 2,
  );
  return { width, height, labels };
}

test('a copy has no errors, with the kinds exchanged nothing but errors', (t) => {
  const style = noiseImage(96, 48, 6);
  const own = halves(96, 48);
  t.is(placementErrors(style, style, { content: own, style: own }), 0);
  // Maps of another resolution name the same places.
  t.is(placementErrors(style, style, { content: own, style: halves(16, 8) }), 0);
  // Of 45 columns of patches those at 42, 44 and 46 show at least a quarter of each kind, so that half agrees.
  const swapped = { content: own, style: halves(96, 48, true) };
  t.is(placementErrors(style, style, swapped), 42 / 45);
  // Brighter, and with less contrast: still the same structure and the same hues.
  const paler = { ...style, data: style.data.map((value) => 0.4 + 0.5 * value) };
  t.is(placementErrors(paler, style, swapped), 42 / 45);
});

test('a map that is off by a quarter of a patch changes nothing, one that is off by more what lies between', (t) => {
  const style = noiseImage(96, 48, 6);
  const until = (border: number): RegionMap => ({
    width: 96,
    height: 48,
    labels: Uint8Array.from({ length: 96 * 48 }, (_, i) => (i % 96 < border ? 1 : 2)),
  });
  for (const border of [46, 47, 49, 50]) {
    t.is(placementErrors(style, style, { content: until(48), style: until(border) }), 0);
  }
  // Only at 46 (2 and 7 columns of the left kind) and 48 (none and 5) do more than four of eight columns differ.
  t.is(placementErrors(style, style, { content: until(48), style: until(53) }), 2 / 45);
});

test('a piece of another kind counts, one of the same kind does not', (t) => {
  const style = noiseImage(96, 48, 6);
  const regions = { content: halves(96, 48), style: halves(96, 48) };
  /** The style with its 16×16 pixels at (left, 8) copied to (8, 20). */
  const pasted = (left: number) =>
    createImage(96, 48, (x, y) => {
      const inside = x >= 8 && x < 24 && y >= 20 && y < 36;
      const at = (inside ? (y - 12) * 96 + x - 8 + left : y * 96 + x) * 3;
      return [style.data[at]!, style.data[at + 1]!, style.data[at + 2]!];
    });
  // Of 45×21 patches 11×11 touch the piece and may be unlike anything; 5×5 of them lie wholly in it, and 4×5 with
  // three quarters of their area, which may be enough to tell.
  const errors = placementErrors(pasted(70), style, regions) as number;
  t.true(errors >= 25 / (45 * 21) && errors <= 45 / (45 * 21 - 121 + 45), `${errors}`);
  t.is(placementErrors(pasted(26), style, regions), 0);
});

test('hues are part of a piece, lightness is not', (t) => {
  const structure = noiseImage(96, 48, 9);
  const gray = (i: number) =>
    (structure.data[3 * i]! + structure.data[3 * i + 1]! + structure.data[3 * i + 2]!) / 6;
  const tinted = (red: number, blue: number) =>
    createImage(96, 48, (x, y) => {
      const light = 0.3 + gray(y * 96 + x);
      return [light + red, light, light + blue];
    });
  const regions = { content: halves(96, 48), style: halves(96, 48, true) };
  // Grey varies by 0.08 and the tint is 0.08 from grey: another place correlates by 0.24, another tint by 0.64.
  t.is(placementErrors(tinted(0.1, 0), tinted(0.1, 0), regions), 42 / 45);
  const other = placementErrors(tinted(0, 0.1), tinted(0.1, 0), regions);
  t.regex((other as { refused?: string }).refused ?? '', /recognisable/);
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

/** Colours of an 8×8 patch without their mean grey, of unit length; undefined for little contrast. */
function patch(image: RgbImage, left: number, top: number): number[] | undefined {
  const colors: number[][] = [];
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      const at = ((top + y) * image.width + left + x) * 3;
      colors.push([...image.data.subarray(at, at + 3)]);
    }
  }
  const mean = [0, 1, 2].map((channel) => colors.reduce((sum, color) => sum + color[channel]!, 0) / 64);
  const contrast = Math.hypot(...colors.flatMap((color) => color.map((value, i) => value - mean[i]!)));
  const gray = (mean[0]! + mean[1]! + mean[2]!) / 3;
  const values = colors.flat().map((value) => value - gray);
  const length = Math.hypot(...values);
  return contrast / Math.sqrt(192) < 0.03 ? undefined : values.map((value) => value / length);
}

test('agrees with a search over all patches, one correlation after the other', (t) => {
  const wave = (phase: number, noise: RgbImage) =>
    createImage(40, 28, (x, y) => {
      const at = (y * 40 + x) * 3;
      const value = 0.5 + 0.3 * Math.sin(x / 3 + phase) * Math.cos((x * y) / 70);
      return [0, 1, 2].map((channel) => 0.9 * value + 0.1 * noise.data[at + channel]! * (x > 25 ? 3 : 1)) as [
        number,
        number,
        number,
      ];
    });
  const result = wave(0.3, noiseImage(40, 28, 1));
  const style = wave(0, noiseImage(40, 28, 2));
  // Stripes of three kinds, and of none: the last of the content's map, the kind 9 that the style has not.
  const stripes = (labels: readonly number[], width: number): RegionMap => ({
    width: 40,
    height: 28,
    labels: Uint8Array.from({ length: 40 * 28 }, (_, i) => labels[Math.floor((i % 40) / width)]!),
  });
  const content = stripes([1, 2, 3, 9, 0], 8);
  const regions = { content, style: stripes([2, 1, 3, 1], 10) };
  const shares = (map: RegionMap, left: number) =>
    [1, 2, 3].map((kind) => {
      let columns = 0;
      for (let x = left; x < left + 8; x++) if (map.labels[x] === kind) columns++;
      return columns / 8;
    });
  const candidates: { values: number[]; there: number[] }[] = [];
  for (let v = 0; v + 8 <= 28; v++) {
    for (let u = 0; u + 8 <= 40; u++) {
      const values = patch(style, u, v);
      if (values !== undefined) candidates.push({ values, there: shares(regions.style, u) });
    }
  }
  let recognized = 0;
  let wrong = 0;
  for (let y = 0; y + 8 <= 28; y += 2) {
    for (let x = 0; x + 8 <= 40; x += 2) {
      const here = shares(content, x);
      const all = here[0]! + here[1]! + here[2]!;
      if (all < 0.5) continue;
      const own = patch(result, x, y);
      let like = false;
      let inPlace = false;
      for (const { values, there } of candidates) {
        if (own === undefined || own.reduce((sum, value, i) => sum + value * values[i]!, 0) < 0.8) continue;
        like = true;
        const common = here.reduce((sum, share, i) => sum + Math.min(share / all, there[i]!), 0);
        if (common >= 0.5 - 1e-9) inPlace = true;
      }
      if (like) recognized++;
      if (like && !inPlace) wrong++;
    }
  }
  t.true(recognized > 20 && wrong > 5 && wrong < recognized - 5, `${wrong} of ${recognized}`);
  t.is(placementErrors(result, style, regions), wrong / recognized);
});

test('the metric compares at 80 pixels', async (t) => {
  const result = noiseImage(160, 96, 3);
  const regions = { content: halves(160, 96), style: halves(160, 96, true) };
  const small = resizeLongestSide(result, 80, 'area');
  const score = await scoreOf(patchPlacement, inputOf(result, { style: result, regions }));
  t.is('value' in score ? score.value : undefined, placementErrors(small, small, regions) as number);
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
  const regions = { content: halves(40, 15), style: halves(40, 15) };
  t.regex(await reason(inputOf(noiseImage(40, 15, 1), { regions })), /15 pixels is too short/);
  const long = { content: halves(400, 60), style: halves(400, 60) };
  t.regex(await reason(inputOf(noiseImage(400, 60, 1), { regions: long })), /12 pixels is too short/);
});
