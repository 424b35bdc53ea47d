import test from 'ava';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import { colorStatistics } from '../../src/images/recolor.ts';
import { initialImage } from '../../src/transfer/initial.ts';
import { base, removePictures, run, writePictures } from './_trial.ts';

test.before(writePictures);
test.after.always(removePictures);

const content = createImage(24, 16, (x, y) => [x / 24, y / 16, ((x * y) % 5) / 5]);
/** Columns of bars on a wide picture: stretching makes them thinner, covering cuts the outer ones off. */
const wide = createImage(64, 16, (x) => [x / 64, x / 64, x / 64]);
const tall = createImage(16, 64, (_, y) => [y / 64, y / 64, y / 64]);

const rangeOf = ({ data }: RgbImage) => [Math.min(...data), Math.max(...data)] as const;

for (const [shape, style] of [
  ['wider', wide],
  ['taller', tall],
] as const) {
  for (const from of ['style', 'file'] as const) {
    test(`${from}: a start that is ${shape} than the content covers it, or is stretched when asked`, (t) => {
      const images = { content, style, file: style };
      const start = (fit: 'cover' | 'stretch') =>
        initialImage(
          from === 'file' ? { from, file: 'x.png', fit, noise: 0 } : { from, fit, noise: 0 },
          images,
          1,
        );
      const [covered, stretched] = [start('cover'), start('stretch')];
      t.deepEqual([covered.width, covered.height, stretched.width, stretched.height], [24, 16, 24, 16]);
      // The ramp runs from 0 to 1 over 64: stretched, all of it is seen; covering, its middle 24 of 64, or 16·(16/24) of 64.
      const visible = shape === 'wider' ? 24 / 64 : (16 * (16 / 24)) / 64;
      const [low, high] = rangeOf(covered);
      t.true(
        Math.abs(low - (0.5 - visible / 2)) < 0.03 && Math.abs(high - (0.5 + visible / 2)) < 0.03,
        `${low} to ${high}`,
      );
      const [least, most] = rangeOf(stretched);
      t.true(least < 0.04 && most > 0.94, `${least} to ${most}`);
    });
  }
}

test('a start of the same aspect is only resized', (t) => {
  const file = createImage(48, 32, (x, y) => [x / 48, y / 32, 0.5]);
  const start = (fit: 'cover' | 'stretch') =>
    initialImage({ from: 'file', file: 'x.png', fit, noise: 0 }, { content, style: wide, file }, 1);
  t.deepEqual(start('cover'), start('stretch'));
});

test("details keep what the content loses when it is halved, on the style's mean colour", (t) => {
  const style = createImage(8, 8, (x) => (x < 4 ? [0.6, 0.5, 0.2] : [0.4, 0.5, 0.4]));
  // A checkerboard vanishes when halved; what it is drawn on, constant, does not.
  const checked = createImage(16, 16, (x, y) => ((x + y) % 2 === 0 ? [0.8, 0.2, 0.5] : [0.6, 0.4, 0.5]));
  const start = initialImage({ from: 'details', noise: 0 }, { content: checked, style }, 1);
  for (let at = 0; at < start.data.length; at += 3) {
    const sign = (at / 3 + Math.floor(at / 3 / 16)) % 2 === 0 ? 1 : -1;
    const expected = [0.5 + sign * 0.1, 0.5 - sign * 0.1, 0.3];
    for (const i of [0, 1, 2]) t.true(Math.abs(start.data[at + i]! - expected[i]!) < 1e-5);
  }
});

test("noise in the style's colours has its mean and covariance", (t) => {
  // Far from 0 and 1, so that nothing is cut off.
  const style = createImage(32, 32, (x, y) => [
    0.5 + 0.001 * x,
    0.5 - 0.001 * x + 0.001 * y,
    0.45 + 0.0005 * y,
  ]);
  const start = initialImage({ from: 'noise', colors: 'style' }, { content, style }, 3);
  const [own, wanted] = [colorStatistics(start), colorStatistics(style)];
  for (const i of [0, 1, 2]) t.true(Math.abs(own.mean[i]! - wanted.mean[i]!) < 1e-6);
  for (let i = 0; i < 9; i++) t.true(Math.abs(own.covariance[i]! - wanted.covariance[i]!) < 1e-7);
  t.notDeepEqual(start, initialImage({ from: 'noise', colors: 'style' }, { content, style }, 4));
});

test("a flat start is the style's mean colour, or the one that networks subtract", (t) => {
  const style = createImage(8, 4, (x) => (x < 2 ? [0.9, 0.1, 0] : [0.1, 0.5, 0.4]));
  // Caffe's mean of ImageNet in BGR of 255, as github.com/jcjohnson/neural-style subtracts it.
  const subtracted = [123.68, 116.779, 103.939].map((value) => value / 255);
  for (const [color, expected] of [
    ['style', [0.3, 0.4, 0.3]],
    ['imagenet', subtracted],
  ] as const) {
    const start = initialImage({ from: 'flat', color, noise: 0 }, { content, style }, 1);
    t.deepEqual([start.width, start.height], [24, 16]);
    t.true(start.data.every((value, at) => Math.abs(value - expected[at % 3]!) < 2e-3));
  }
});

test('added noise has its deviation and comes on top of any picture', (t) => {
  const gray = createImage(64, 64, () => [0.5, 0.5, 0.5]);
  const images = { content: gray, style: gray, file: gray };
  for (const initialization of [
    { from: 'content', noise: 0.05 },
    { from: 'style', fit: 'cover', noise: 0.05 },
    { from: 'file', file: 'x.png', fit: 'cover', noise: 0.05 },
    { from: 'details', noise: 0.05 },
    { from: 'flat', color: 'style', noise: 0.05 },
  ] as const) {
    const { covariance } = colorStatistics(initialImage(initialization, images, 1));
    for (const i of [0, 4, 8]) t.true(Math.abs(Math.sqrt(covariance[i]!) - 0.05) < 0.003);
  }
});

for (const initialization of [
  { from: 'content', noise: 0.1 },
  { from: 'details', noise: 0 },
  { from: 'flat', color: 'imagenet', noise: 0.01 },
  { from: 'style', fit: 'cover', noise: 0.1 },
  { from: 'noise', colors: 'style' },
  { from: 'file', file: base.style, fit: 'stretch', noise: 0.1 },
] as const) {
  test.serial(`from ${initialization.from}: a trial of two levels starts there and resumes`, async (t) => {
    const config = { ...base, initialization, sizes: [16, 32], budget: { evaluations: 6 } };
    const whole = await run(config);
    t.is(whole.state, 'complete');
    t.deepEqual((await run(config, [2, 4])).picture, whole.picture);
  });
}
