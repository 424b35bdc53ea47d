import test from 'ava';
import { createImage, type Plane } from '../../src/images/image.ts';
import { blurPlane, transformPlane } from '../../src/images/plane.ts';
import { averagePlane } from '../../src/images/resize.ts';
import { transformImage } from '../../src/images/transform.ts';

function plane(width: number, height: number, value: (x: number, y: number) => number): Plane {
  return {
    width,
    height,
    data: Float32Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width))),
  };
}

const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

test('averaging keeps the mean, whether sizes divide or not', (t) => {
  const whole = plane(7, 5, (x, y) => ((x * 5 + y * 3) % 4) / 3);
  t.deepEqual(
    [
      ...averagePlane(
        plane(4, 2, (x, y) => x + 4 * y),
        2,
        1,
      ).data,
    ],
    [2.5, 4.5],
  );
  for (const [width, height] of [
    [3, 2],
    [7, 1],
    [1, 1],
  ] as const) {
    const { data } = averagePlane(whole, width, height);
    t.true(Math.abs(sum(data) / data.length - sum(whole.data) / 35) < 1e-6);
  }
});

test('a blur is the normalised Gaussian of what lies inside, along both axes', (t) => {
  const deviation = 1.3;
  const original = plane(9, 6, (x, y) => (x > 3 && y < 4 ? 1 : 0));
  const blurred = blurPlane(original, deviation);
  for (const [x, y] of [
    [0, 0],
    [4, 3],
    [8, 5],
  ] as const) {
    let total = 0;
    let weights = 0;
    for (let v = 0; v < 6; v++) {
      for (let u = 0; u < 9; u++) {
        if (Math.abs(u - x) > 4 || Math.abs(v - y) > 4) continue;
        const weight = Math.exp(-((u - x) ** 2 + (v - y) ** 2) / (2 * deviation ** 2));
        weights += weight;
        total += weight * original.data[v * 9 + u]!;
      }
    }
    t.true(Math.abs(blurred.data[y * 9 + x]! - total / weights) < 1e-6);
  }
  t.is(blurPlane(original, 0), original);
});

test('planes that add up to one still do when blurred', (t) => {
  const left = blurPlane(
    plane(11, 4, (x) => (x < 5 ? 1 : 0)),
    2,
  );
  const right = blurPlane(
    plane(11, 4, (x) => (x < 5 ? 0 : 1)),
    2,
  );
  for (const [i, weight] of left.data.entries()) t.true(Math.abs(weight + right.data[i]! - 1) < 1e-6);
});

test('a plane is turned and rescaled as a picture is', (t) => {
  const value = (x: number, y: number) => ((x * 7 + y * 3) % 5) / 5;
  const image = createImage(24, 16, (x, y) => [value(x, y), 0, 1]);
  for (const transform of [{ rotation: 30, scale: 0.75 }, { rotation: 90 }, { scale: 1.5 }]) {
    const turned = transformImage(image, transform);
    const own = transformPlane(plane(24, 16, value), transform);
    t.deepEqual([own.width, own.height], [turned.width, turned.height]);
    t.deepEqual(
      own.data,
      turned.data.filter((_, i) => i % 3 === 0),
    );
  }
});
