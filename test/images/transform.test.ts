import test from 'ava';
import { createImage } from '../../src/images/image.ts';
import { resizeImage } from '../../src/images/resize.ts';
import { inscribedRectangle, transformImage } from '../../src/images/transform.ts';

const ramp = createImage(60, 40, (x, y) => [(x + 0.5) / 60, (y + 0.5) / 40, 0.25]);

test('nothing asked, nothing changed', (t) => {
  t.deepEqual(transformImage(ramp, {}), ramp);
  t.deepEqual(transformImage(ramp, { rotation: 360 }), ramp);
});

test('quarter turns are exact and counter-clockwise', (t) => {
  const image = createImage(3, 2, (x, y) => [x / 8, y / 8, 0]);
  const quarter = transformImage(image, { rotation: 90 });
  t.deepEqual([quarter.width, quarter.height], [2, 3]);
  // The right-hand column becomes the top row.
  t.deepEqual([...quarter.data.slice(0, 6)], [2 / 8, 0, 0, 2 / 8, 1 / 8, 0]);
  t.deepEqual(transformImage(quarter, { rotation: -90 }), image);
  t.deepEqual(transformImage(transformImage(quarter, { rotation: 90 }), { rotation: 180 }), image);
});

test('a turned ramp is the ramp along the turned axes', (t) => {
  const angle = 30;
  const turned = transformImage(ramp, { rotation: angle });
  const cosine = Math.cos((angle * Math.PI) / 180);
  const sine = Math.sin((angle * Math.PI) / 180);
  for (let y = 0; y < turned.height; y += 3) {
    for (let x = 0; x < turned.width; x += 3) {
      const dx = x - (turned.width - 1) / 2;
      const dy = y - (turned.height - 1) / 2;
      // Counter-clockwise as seen: what lay to the right now lies above.
      const red = (30 + cosine * dx - sine * dy) / 60;
      const green = (20 + sine * dx + cosine * dy) / 40;
      const at = (y * turned.width + x) * 3;
      t.true(Math.abs(turned.data[at]! - red) < 1e-5);
      t.true(Math.abs(turned.data[at + 1]! - green) < 1e-5);
    }
  }
});

test('a small turn and a large one move the same way', (t) => {
  // The brightest red lies at the right; turned by just under and by exactly 90° it must lie at the top.
  const nearly = transformImage(ramp, { rotation: 89.9 });
  const exactly = transformImage(ramp, { rotation: 90 });
  for (const image of [nearly, exactly]) {
    t.true(image.data[0]! > image.data[(image.height - 1) * image.width * 3]!);
  }
});

test('no border appears at any angle', (t) => {
  const white = createImage(50, 31, () => [1, 1, 1]);
  for (let rotation = 0; rotation < 360; rotation += 7.5) {
    const turned = transformImage(white, { rotation });
    t.true(turned.width > 8 && turned.height > 8, `${rotation}°: ${turned.width}×${turned.height}`);
    t.true(turned.data.every((value) => Math.abs(value - 1) < 1e-6));
  }
});

test('the inscribed rectangle is the largest among all that fit', (t) => {
  for (const [width, height, degrees] of [
    [60, 40, 10],
    [60, 40, 45],
    [200, 20, 25],
    [20, 200, 70],
    [50, 50, 45],
  ] as const) {
    const angle = (degrees * Math.PI) / 180;
    const found = inscribedRectangle(width, height, angle);
    let largest = 0;
    // Brute force: for each width the greatest height whose corners, turned back, stay inside.
    for (let w = 0.1; w < width + height; w += 0.1) {
      const c = Math.abs(Math.cos(angle));
      const s = Math.abs(Math.sin(angle));
      const h = Math.min((width - w * c) / s, (height - w * s) / c);
      if (h > 0) largest = Math.max(largest, w * h);
    }
    const area = found.width * found.height;
    t.true(Math.abs(area - largest) < 0.01 * largest, `${area} against ${largest}`);
    const c = Math.abs(Math.cos(angle));
    const s = Math.abs(Math.sin(angle));
    t.true(found.width * c + found.height * s <= width + 1e-9);
    t.true(found.width * s + found.height * c <= height + 1e-9);
  }
});

test('scaling is the resampler', (t) => {
  t.deepEqual(transformImage(ramp, { scale: 0.5 }), resizeImage(ramp, 30, 20));
  const both = transformImage(ramp, { scale: 2, rotation: 90 });
  t.deepEqual([both.width, both.height], [80, 120]);
});

test('nonsense is refused', (t) => {
  t.throws(() => transformImage(ramp, { scale: 0 }), { message: /positive/ });
  t.throws(() => transformImage(ramp, { rotation: Number.NaN }), { message: /NaN/ });
});
