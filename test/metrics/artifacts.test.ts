import test from 'ava';
import { checkerboard, checkerboardArtifacts } from '../../metrics/checkerboard.ts';
import { highFrequency, highFrequencyEnergy } from '../../metrics/high-frequency.ts';
import { scoreOf } from '../../metrics/metric.ts';
import { saturatedShare, saturation } from '../../metrics/saturation.ts';
import { createImage } from '../../src/images/image.ts';
import { resizeImage } from '../../src/images/resize.ts';
import { constantImage, grayImage, inputOf, noiseImage } from './pictures.ts';

test('saturated pixels are those written as 0 or 255', (t) => {
  const image = createImage(10, 10, (x, y) =>
    y === 0 && x < 4 ? [0.5, [0, 0.49 / 255, 1, 254.6 / 255][x]!, 0.5] : [0.5, 0.51 / 255, 254.4 / 255],
  );
  t.true(Math.abs(saturatedShare(image) - 0.04) < 1e-12);
});

test('saturation counts only beyond content and style', async (t) => {
  const share = (part: number) => createImage(20, 20, (x) => (x < 20 * part ? [1, 1, 1] : [0.5, 0.5, 0.5]));
  const measure = async (result: number, content: number, style: number) => {
    const score = await scoreOf(saturation, {
      result: share(result),
      content: share(content),
      style: share(style),
    });
    return 'value' in score ? score.value : Number.NaN;
  };
  t.true(Math.abs((await measure(0.5, 0.1, 0.2)) - 0.3) < 1e-12);
  t.is(await measure(0.1, 0.5, 0), 0);
});

test('fine detail: the response of the filter to the finest pattern', (t) => {
  // A checkerboard is wiped out by the binomial blur in each direction: all of its energy is left over.
  const board = grayImage(40, 40, (x, y) => 0.5 + ((x + y) % 2 === 0 ? 0.2 : -0.2));
  t.true(Math.abs(highFrequencyEnergy(board) - 0.04) < 1e-3);
  t.true(highFrequencyEnergy(constantImage(20, 20, [0.3, 0.6, 0.9])) < 1e-12);
});

test('fine detail: twice the amplitude is two octaves of energy, either way', async (t) => {
  const grain = (amplitude: number) => {
    const noise = noiseImage(32, 32, 1);
    return { ...noise, data: noise.data.map((value) => 0.5 + amplitude * (value - 0.5)) };
  };
  for (const [result, style, want] of [
    [0.4, 0.2, 2],
    [0.2, 0.4, 2],
    [0.3, 0.3, 0],
  ] as const) {
    const score = await scoreOf(highFrequency, inputOf(grain(result), { style: grain(style) }));
    t.true('value' in score && Math.abs(score.value - want) < 1e-4);
  }
  const flat = constantImage(32, 32, [0.5, 0.5, 0.5]);
  const none = await scoreOf(highFrequency, inputOf(flat, { style: grain(0.2) }));
  t.regex('refused' in none ? none.refused : '', /picture is of one colour: it has no fine detail/);
});

test('checkerboard: white noise gives 1', (t) => {
  const value = checkerboard(noiseImage(256, 256, 3));
  t.true(Math.abs(value - 1) < 0.1, `${value}`);
});

test('checkerboard: patterns of period 2 and 4 stand out, smooth pictures do not', (t) => {
  const base = resizeImage(noiseImage(20, 20, 4), 160, 160);
  const plain = checkerboard(base);
  t.true(plain < 1.5, `${plain}`);
  const patterned = (pattern: (x: number, y: number) => number) =>
    checkerboard({
      ...base,
      data: base.data.map((value, i) => {
        const pixel = Math.floor(i / 3);
        return value + 0.02 * pattern(pixel % 160, Math.floor(pixel / 160));
      }),
    });
  t.true(patterned((x, y) => ((x + y) % 2 === 0 ? 1 : -1)) > 20);
  t.true(patterned((x) => (x % 2 === 0 ? 1 : -1)) > 20);
  t.true(patterned((x, y) => (x % 4 < 2 ? 1 : -1) * (y % 4 < 2 ? 1 : -1)) > 20);
  // Stripes of a period of their own are a style's good right.
  t.true(patterned((x) => Math.sin((2 * Math.PI * x) / 7)) < 2 * Math.max(1, plain));
});

test('checkerboard: a flat picture has none, a small one is refused', async (t) => {
  t.is(checkerboard(constantImage(40, 40, [0.2, 0.7, 0.1])), 0);
  const score = await scoreOf(checkerboardArtifacts, inputOf(noiseImage(40, 31, 1)));
  t.regex('refused' in score ? score.refused : '', /40×31/);
});
