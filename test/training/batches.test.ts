import test from 'ava';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import { resolveNetwork } from '../../src/networks/registry.ts';
import { createRandom } from '../../src/random.ts';
import { Batches, drawnNoise, drawnSquare, drawnStyles, middleSquare } from '../../src/training/batches.ts';
import { ParameterLayout } from '../../src/training/parameters.ts';
import { Pictures } from '../../src/training/pictures.ts';
import { recolored } from '../../src/training/recolor.ts';
import { stopReason, whatIsWrong } from '../../src/training/stopping.ts';
import { smallJohnson } from './_training.ts';

/** Pictures of one colour each, by their names; blue tells left from right. */
const files = ['0', '1', '2', '3', '4'];
const read = async (file: string): Promise<RgbImage> =>
  createImage(40, 30, (x) => [Number(file) / 10, 0.5, x / 40]);
const drawn = { seed: 7, batch: 2, size: 16, augment: { mirror: false, recolor: 0 } };

const batchesOf = (settings = drawn) =>
  new Batches(settings, new Pictures(files, settings.size, () => {}, read));

test('crops depend on seed and step alone, whatever was asked for before', async (t) => {
  const inOrder = batchesOf();
  const first: Float32Array[] = [];
  for (let step = 0; step < 6; step++) first.push((await inOrder.contents(step)).data as Float32Array);
  const backwards = batchesOf();
  for (let step = 5; step >= 0; step--) t.deepEqual((await backwards.contents(step)).data, first[step]);
  t.notDeepEqual((await batchesOf({ ...drawn, seed: 8 }).contents(0)).data, first[0]);
});

test('every picture comes once before any comes again', async (t) => {
  const batches = batchesOf({ ...drawn, batch: 5 });
  for (let step = 0; step < 3; step++) {
    const { data } = await batches.contents(step);
    const reds = Array.from({ length: 5 }, (_, i) => Math.round(10 * data[i * 16 * 16 * 3]!));
    t.deepEqual(reds.sort(), [0, 1, 2, 3, 4]);
  }
});

test('half the crops are mirrored, where that is asked for', async (t) => {
  const mirrored = async (mirror: boolean) => {
    const batches = batchesOf({ ...drawn, batch: 20, augment: { mirror, recolor: 0 } });
    const { data } = await batches.contents(0);
    return Array.from({ length: 20 }, (_, i) => i * 16 * 16 * 3).filter(
      (at) => data[at + 2]! > data[at + 15 * 3 + 2]!,
    ).length;
  };
  t.is(await mirrored(false), 0);
  const some = await mirrored(true);
  t.true(some > 3 && some < 17, `${some}`);
});

test('squares lie within the picture and are reduced at most by half', (t) => {
  const picture = createImage(50, 33, (x, y) => [x / 50, y / 33, 0]);
  const random = createRandom(1);
  for (let i = 0; i < 50; i++) {
    const { data, width, height } = drawnSquare(picture, 16, random);
    t.is(width, 16);
    t.is(height, 16);
    // From one column to the next lie as many pixels as it was reduced by: 1 to 2.
    const reduced = ((data[15 * 3]! - data[0]!) * 50) / 15;
    t.true(reduced > 0.9 && reduced < 2.1, `${reduced}`);
  }
  const { data } = middleSquare(picture, 16);
  t.true(Math.abs((data[0]! + data[15 * 3]!) / 2 - 0.49) < 0.02, 'the middle');
});

test('styles and noise are drawn anew in each step', (t) => {
  t.deepEqual(drawnStyles(drawn, 4, 3), drawnStyles(drawn, 4, 3));
  const all = Array.from({ length: 40 }, (_, step) => drawnStyles(drawn, 4, step)).flat();
  for (const style of [0, 1, 2, 3]) t.true(all.includes(style));
  const noise = (step: number) => drawnNoise(drawn, 'z', [3, 4, 2], step);
  t.deepEqual(noise(1), noise(1));
  t.deepEqual(noise(1).shape, [2, 3, 4, 2]);
  t.notDeepEqual(noise(1).data, noise(2).data);
});

test('recolouring of strength 0 changes nothing; grey stays grey; all stays within bounds', (t) => {
  const picture = createImage(8, 8, (x, y) => [x / 7, y / 7, 0.4]);
  t.deepEqual(recolored(picture, 0, createRandom(1)), picture);
  const changed = recolored(picture, 1, createRandom(2));
  t.notDeepEqual(changed.data, picture.data);
  t.true(changed.data.every((value) => value >= 0 && value <= 1));
  const gray = recolored(
    createImage(4, 4, (x) => [x / 3, x / 3, x / 3]),
    1,
    createRandom(3),
  );
  for (let at = 0; at < gray.data.length; at += 3) {
    t.true(Math.abs(gray.data[at]! - gray.data[at + 1]!) < 2e-3);
    t.true(Math.abs(gray.data[at]! - gray.data[at + 2]!) < 2e-3);
  }
});

test('a training ends by its steps, its seconds, a plateau of means or a target', (t) => {
  const falling = (count: number) => Array.from({ length: count }, (_, i) => 10 * 0.95 ** i);
  t.is(stopReason({ steps: 30 }, falling(29), 1), undefined);
  t.is(stopReason({ steps: 30 }, falling(30), 1), 'budget');
  t.is(stopReason({ steps: 30, seconds: 5 }, falling(10), 5), 'seconds');
  t.is(stopReason({ steps: 300, target: 5 }, falling(10), 1), undefined, 'too few steps for a mean');
  t.is(stopReason({ steps: 300, target: 5 }, falling(40), 1), 'target');
  const plateau = { steps: 10, relative: 0.01 };
  t.is(stopReason({ steps: 300, plateau }, falling(20), 1), undefined);
  t.is(stopReason({ steps: 300, plateau }, Array(20).fill(3), 1), 'plateau');
  t.is(stopReason({ steps: 300, plateau }, Array(25).fill(3), 1), undefined, 'asked at ends of windows');
});

test('what is wrong is named: a term, the total, the gradient of a parameter, a total that stays high', (t) => {
  const layout = new ParameterLayout(resolveNetwork(smallJohnson));
  const gradient = new Float32Array(layout.size);
  const fine = { total: 1, terms: { gram: 0.7, content: 0.3 }, gradient };
  t.is(whatIsWrong(5, fine, layout, []), undefined);
  t.is(
    whatIsWrong(5, { ...fine, terms: { gram: Number.NaN, content: 1 } }, layout, []),
    'term "gram" became NaN at step 5',
  );
  t.regex(
    whatIsWrong(5, { ...fine, total: Number.POSITIVE_INFINITY }, layout, [])!,
    /the total became Infinity/,
  );
  const second = layout.places[2]!;
  const broken = gradient.slice();
  broken[second.begin] = Number.NaN;
  t.is(
    whatIsWrong(5, { ...fine, gradient: broken }, layout, []),
    `the gradient of term "gram" with respect to the parameter "${second.name}" is no finite number at step 5`,
  );
  const high = [...Array(10).fill(1), ...Array(9).fill(2000)];
  t.regex(whatIsWrong(20, { ...fine, total: 2000 }, layout, high)!, /stayed above 1000 times/);
  t.is(
    whatIsWrong(20, { ...fine, total: 2000 }, layout, [...Array(11).fill(1), ...Array(8).fill(2000)]),
    undefined,
  );
});
