import test from 'ava';
import { createImage, cropImage } from '../../src/images/image.ts';
import {
  fitLongestSide,
  type ResizeFilter,
  resizeImage,
  resizeLongestSide,
} from '../../src/images/resize.ts';

const filters: ResizeFilter[] = ['lanczos3', 'area', 'bilinear'];
const sizes: [number, number][] = [
  [40, 30],
  [20, 15],
  [13, 7],
  [1, 1],
  [97, 61],
];

function largestError(data: Float32Array, want: (i: number) => number): number {
  return data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - want(i))), 0);
}

function mean(data: Float32Array): number {
  return data.reduce((sum, value) => sum + value, 0) / data.length;
}

/** A repeatable picture without any symmetry. */
function noise(width: number, height: number) {
  let state = 1;
  return createImage(width, height, () => {
    const next = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    return [next(), next(), next()];
  });
}

test('a constant stays a constant', (t) => {
  const image = createImage(40, 30, () => [0.2, 0.5, 0.9]);
  for (const filter of filters) {
    for (const [width, height] of sizes) {
      const resized = resizeImage(image, width, height, filter);
      t.deepEqual([resized.width, resized.height, resized.data.length], [width, height, width * height * 3]);
      t.true(
        largestError(resized.data, (i) => [0.2, 0.5, 0.9][i % 3]!) < 1e-6,
        `${filter} ${width}×${height}`,
      );
    }
  }
});

test('area keeps the mean at any size', (t) => {
  const image = noise(41, 29);
  for (const [width, height] of [
    [20, 15],
    [13, 7],
    [1, 1],
  ] as const) {
    const error = Math.abs(mean(resizeImage(image, width, height, 'area').data) - mean(image.data));
    t.true(error < 1e-6, `${error}`);
  }
});

test('area by a whole factor is the mean of each block', (t) => {
  const image = noise(12, 9);
  const resized = resizeImage(image, 4, 3, 'area');
  for (let y = 0; y < 3; y++) {
    for (let x = 0; x < 4; x++) {
      const block = cropImage(image, 3 * x, 3 * y, 3, 3);
      const green = block.data.filter((_, i) => i % 3 === 1);
      t.true(Math.abs(resized.data[(y * 4 + x) * 3 + 1]! - mean(green)) < 1e-6);
    }
  }
});

test('a ramp stays a ramp away from the border', (t) => {
  // By a whole factor the taps are symmetric about each new pixel's centre, so that a ramp is kept exactly.
  const ramp = createImage(64, 64, (x, y) => [(x + 0.5) / 64, (y + 0.5) / 64, 0.5]);
  for (const filter of filters) {
    const half = resizeImage(ramp, 32, 32, filter);
    for (let i = 4; i < 28; i++) {
      t.true(Math.abs(half.data[(16 * 32 + i) * 3]! - (i + 0.5) / 32) < 1e-6, `${filter} columns`);
      t.true(Math.abs(half.data[(i * 32 + 16) * 3 + 1]! - (i + 0.5) / 32) < 1e-6, `${filter} rows`);
    }
  }
  const odd = resizeImage(ramp, 150, 64, 'bilinear');
  for (let i = 4; i < 146; i++) {
    t.true(Math.abs(odd.data[(16 * 150 + i) * 3]! - (i + 0.5) / 150) < 1e-6);
  }
});

test('Lanczos agrees with its kernel written out, border cut off', (t) => {
  const image = noise(9, 1);
  const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
  for (const width of [5, 14]) {
    const resized = resizeImage(image, width, 1);
    const stretch = Math.max(1, 9 / width);
    for (let i = 0; i < width; i++) {
      let sum = 0;
      let weights = 0;
      for (let j = 0; j < 9; j++) {
        const x = (j + 0.5 - ((i + 0.5) * 9) / width) / stretch;
        const weight = Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
        sum += weight * image.data[j * 3]!;
        weights += weight;
      }
      const want = Math.min(1, Math.max(0, sum / weights));
      t.true(Math.abs(resized.data[i * 3]! - want) < 1e-6, `${width} wide at ${i}`);
    }
  }
});

test('Lanczos removes what the new size cannot hold, and never leaves [0,1]', (t) => {
  const stripes = createImage(256, 8, (x) => (x % 2 === 0 ? [1, 1, 1] : [0, 0, 0]));
  const reduced = cropImage(resizeImage(stripes, 100, 8), 10, 0, 80, 8);
  // The finest stripes turn into their mean; without the blur they would alias to stripes of full contrast.
  t.true(largestError(reduced.data, () => 0.5) < 0.02);
  const edge = createImage(32, 8, (x) => (x < 16 ? [0, 0, 0] : [1, 1, 1]));
  const enlarged = resizeImage(edge, 71, 17);
  t.true(enlarged.data.every((value) => value >= 0 && value <= 1));
});

test('the longest side decides, the ratio is kept', (t) => {
  t.deepEqual(fitLongestSide(1024, 768, 256), { width: 256, height: 192 });
  t.deepEqual(fitLongestSide(768, 1024, 512), { width: 384, height: 512 });
  t.deepEqual(fitLongestSide(1000, 3, 100), { width: 100, height: 1 });
  const image = noise(30, 20);
  t.is(resizeLongestSide(image, 15).height, 10);
});

test('a size that is none is refused', (t) => {
  const image = createImage(4, 4);
  t.throws(() => resizeImage(image, 0, 4), { message: /0×4/ });
  t.throws(() => resizeImage(image, 2.5, 4), { message: /2\.5×4/ });
});
