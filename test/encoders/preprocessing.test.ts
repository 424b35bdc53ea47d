import test from 'ava';
import {
  formatPreprocessing,
  parsePreprocessing,
  preprocess,
  preprocessings,
} from '../../src/encoders/preprocessing.ts';
import { NeckarError } from '../../src/errors.ts';
import { tf } from '../../src/tensor.ts';

const pixel = tf.tensor4d([1, 0.5, 0.2], [1, 1, 1, 3]);
const close = (actual: ArrayLike<number>, expected: readonly number[]) =>
  Array.from(actual).every((value, i) => Math.abs(value - expected[i]!) < 1e-4);

test('a pixel prepared by hand', (t) => {
  // (1 − .485)/.229, (.5 − .456)/.224, (.2 − .406)/.225
  t.true(close(preprocess(pixel, preprocessings.torchvision).dataSync(), [2.248908, 0.196429, -0.915556]));
  // B: 51 − 103.939, G: 127.5 − 116.779, R: 255 − 123.68
  t.true(close(preprocess(pixel, preprocessings.caffe).dataSync(), [-52.939, 10.721, 131.32]));
});

test('notations are read, and written so that they read the same', (t) => {
  t.deepEqual(parsePreprocessing('RGB, 0..255, minus mean (123,117,104)', 'x'), {
    order: 'RGB',
    range: 255,
    mean: [123, 117, 104],
    deviation: [1, 1, 1],
  });
  t.deepEqual(parsePreprocessing('BGR, 0..1', 'x'), {
    order: 'BGR',
    range: 1,
    mean: [0, 0, 0],
    deviation: [1, 1, 1],
  });
  for (const name of ['torchvision', 'caffe'] as const) {
    t.deepEqual(parsePreprocessing(name, 'x'), preprocessings[name]);
    t.deepEqual(parsePreprocessing(formatPreprocessing(preprocessings[name]), 'x'), preprocessings[name]);
  }
});

test('anything else is refused with the notation', (t) => {
  for (const wrong of [
    '',
    'keras',
    'RGB',
    'RBG, 0..1',
    'RGB, 0..2',
    'RGB, 0..1, minus mean (1, 2)',
    'RGB, 0..1, minus mean (1, 2, x)',
    'RGB, 0..1, minus mean (1, 2, 1.2.3)',
    'RGB, 0..1, over deviation (0, 1, 1)',
  ]) {
    t.throws(() => parsePreprocessing(wrong, 'net.safetensors'), {
      instanceOf: NeckarError,
      message: /^net\.safetensors gives .* write "torchvision", "caffe", or such as "RGB, 0\.\.255/,
    });
  }
});
