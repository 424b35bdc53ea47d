import test from 'ava';
import { rgbToYiq } from '../../src/images/color.ts';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import {
  colorStatistics,
  grayImage,
  matchColorHistograms,
  matchColorStatistics,
  matchLuminance,
  matchRanks,
  withChromaOf,
} from '../../src/images/recolor.ts';
import { createRandom } from '../../src/random.ts';

/** Correlated colours around a mean. */
function colorful(seed: number, width = 24, height = 18): RgbImage {
  const random = createRandom(seed);
  const mix = Array.from({ length: 9 }, () => 0.15 * random.normal());
  const mean = [random.uniform(), random.uniform(), random.uniform()];
  return createImage(width, height, () => {
    const z = [random.normal(), random.uniform(), random.normal()];
    const [r, g, b] = [0, 1, 2].map(
      (i) => mean[i]! + mix[3 * i]! * z[0]! + mix[3 * i + 1]! * z[1]! + mix[3 * i + 2]! * z[2]!,
    );
    return [r!, g!, b!];
  });
}

const style = colorful(1);
const content = colorful(2, 31, 20);

/** Mean and covariance by the definition, E[xy] − E[x]E[y]. */
function statisticsByDefinition({ data }: RgbImage) {
  const count = data.length / 3;
  const mean = [0, 1, 2].map((i) => {
    let sum = 0;
    for (let p = 0; p < count; p++) sum += data[3 * p + i]!;
    return sum / count;
  });
  const covariance = [0, 1, 2].flatMap((i) =>
    [0, 1, 2].map((j) => {
      let sum = 0;
      for (let p = 0; p < count; p++) sum += data[3 * p + i]! * data[3 * p + j]!;
      return sum / count - mean[i]! * mean[j]!;
    }),
  );
  return { mean, covariance };
}

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): boolean {
  return (
    actual.length === expected.length &&
    Array.from(actual).every((value, i) => Math.abs(value - expected[i]!) <= tolerance)
  );
}

test('statistics of colours are those of the definition', (t) => {
  const expected = statisticsByDefinition(style);
  const { mean, covariance } = colorStatistics(style);
  t.true(near(mean, expected.mean, 1e-12));
  t.true(near(covariance, expected.covariance, 1e-12));
});

for (const transform of ['symmetric', 'cholesky'] as const) {
  test(`${transform}: a recoloured picture has the mean and covariance of its reference`, (t) => {
    const recolored = statisticsByDefinition(matchColorStatistics(style, content, transform));
    const wanted = statisticsByDefinition(content);
    t.true(near(recolored.mean, wanted.mean, 1e-6));
    t.true(near(recolored.covariance, wanted.covariance, 1e-6));
  });

  test(`${transform}: a picture matched to itself stays as it is`, (t) => {
    t.true(near(matchColorStatistics(style, style, transform).data, style.data, 1e-5));
  });

  test(`${transform}: a grey picture stays on one line of colours, and a flat one becomes the mean`, (t) => {
    const gray = matchColorStatistics(grayImage(style), content, transform);
    const wanted = statisticsByDefinition(content);
    const { mean, covariance } = statisticsByDefinition(gray);
    t.true(near(mean, wanted.mean, 1e-6));
    // Rank one: every 2×2 minor of the covariance vanishes.
    const [a, b, c, , d, e, , , f] = covariance as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    for (const minor of [a * d - b * b, a * f - c * c, d * f - e * e]) t.true(Math.abs(minor) < 1e-8);
    const flat = matchColorStatistics(
      createImage(4, 4, () => [0.3, 0.6, 0.1]),
      content,
      transform,
    );
    for (let at = 0; at < flat.data.length; at += 3) {
      t.true(near(flat.data.subarray(at, at + 3), wanted.mean, 1e-6));
    }
  });
}

test('the two transforms have a closed form where channels do not depend on each other', (t) => {
  // Independent by design: each channel takes both signs equally often with each other's.
  const signs = (scale: readonly [number, number, number], mean: number) =>
    createImage(4, 2, (x, y) => {
      const bits = x + 4 * y;
      return [
        mean + (bits & 1 ? 1 : -1) * scale[0],
        mean + (bits & 2 ? 1 : -1) * scale[1],
        mean + (bits & 4 ? 1 : -1) * scale[2],
      ];
    });
  const from = signs([0.1, 0.2, 0.05], 0.5);
  const to = signs([0.2, 0.1, 0.15], 0.4);
  for (const transform of ['symmetric', 'cholesky'] as const) {
    t.true(near(matchColorStatistics(from, to, transform).data, to.data, 1e-6));
  }
});

test('the symmetric transform does not depend on the order of the channels; the Cholesky one does', (t) => {
  const swapped = ({ width, height, data }: RgbImage): RgbImage => ({
    width,
    height,
    data: data.map((_, at) => data[at - (at % 3) + 2 - (at % 3)]!),
  });
  const turned = (transform: 'symmetric' | 'cholesky') =>
    swapped(matchColorStatistics(swapped(style), swapped(content), transform)).data;
  t.true(near(turned('symmetric'), matchColorStatistics(style, content, 'symmetric').data, 1e-5));
  t.false(near(turned('cholesky'), matchColorStatistics(style, content, 'cholesky').data, 1e-2));
});

/** For each value, its mid-rank by counting, and the reference's interpolated quantile there. */
function matchedByCounting(values: Float32Array, others: Float32Array): number[] {
  const sorted = [...others].sort((a, b) => a - b);
  return [...values].map((value) => {
    let below = 0;
    let equal = 0;
    for (const other of values) {
      if (other < value) below++;
      else if (other === value) equal++;
    }
    const position = ((below + equal / 2) / values.length) * sorted.length - 0.5;
    if (position <= 0) return sorted[0]!;
    if (position >= sorted.length - 1) return sorted.at(-1)!;
    const low = Math.floor(position);
    return sorted[low]! * (1 - (position - low)) + sorted[low + 1]! * (position - low);
  });
}

test('ranks are matched as a loop over all pairs matches them, ties included', (t) => {
  const random = createRandom(5);
  const values = Float32Array.from({ length: 90 }, () => Math.round(20 * random.uniform()) / 20);
  for (const length of [90, 37, 200, 1]) {
    const others = Float32Array.from({ length }, () => random.normal());
    t.true(near(matchRanks(values, others), matchedByCounting(values, others), 1e-6));
  }
  const same = Float32Array.from({ length: 50 }, () => random.normal());
  t.deepEqual(matchRanks(same, same), same);
});

test('histograms are matched in each channel, starting from matched statistics', (t) => {
  const channel = ({ data }: RgbImage, index: number) =>
    Float32Array.from({ length: data.length / 3 }, (_, p) => data[3 * p + index]!);
  const matched = matchColorHistograms(style, content);
  const recolored = matchColorStatistics(style, content);
  for (const index of [0, 1, 2]) {
    const expected = matchedByCounting(channel(recolored, index), channel(content, index));
    t.true(near(channel(matched, index), expected, 1e-6), `channel ${index}`);
  }
  // Of as many pixels, the sorted values are the reference's own.
  const same = colorful(9);
  const sorted = (image: RgbImage) => channel(image, 1).sort();
  t.deepEqual(sorted(matchColorHistograms(style, same)), sorted(same));
});

test('luminance is matched in mean and deviation, and is grey', (t) => {
  const matched = matchLuminance(style, content);
  const own = statisticsByDefinition(matched);
  const wanted = statisticsByDefinition(grayImage(content));
  t.true(Math.abs(own.mean[0]! - wanted.mean[0]!) < 1e-6);
  t.true(Math.abs(own.covariance[0]! - wanted.covariance[0]!) < 1e-6);
  for (let at = 0; at < matched.data.length; at += 3) {
    t.is(matched.data[at], matched.data[at + 1]);
    t.is(matched.data[at], matched.data[at + 2]);
  }
  const flat = matchLuminance(
    createImage(3, 3, () => [0.2, 0.2, 0.2]),
    content,
  );
  t.true(flat.data.every((value) => Math.abs(value - wanted.mean[0]!) < 1e-6));
});

test('a picture with the chroma of another keeps its own luminance', (t) => {
  const other = colorful(7);
  const joined = withChromaOf(style, other);
  for (let at = 0; at < joined.data.length; at += 3) {
    const pixel = (image: RgbImage) => [...image.data.subarray(at, at + 3)] as [number, number, number];
    const [y, i, q] = rgbToYiq(...pixel(joined));
    const [ownY] = rgbToYiq(...pixel(style));
    const [, otherI, otherQ] = rgbToYiq(...pixel(other));
    t.true(near([y, i, q], [ownY, otherI, otherQ], 1e-5));
  }
  t.throws(() => withChromaOf(style, content), { instanceOf: RangeError, message: /31×20.*24×18/ });
});
