import test from 'ava';
import { reflectedIndex, reflectionPad } from '../../src/encoders/reflection.ts';
import { tf } from '../../src/tensor.ts';
import {
  at,
  createMap,
  noiseImage,
  numericGradient,
  relativeDifference,
  toTensor,
  weightedSum,
} from './reference.ts';

/** Walks from index 0 to the right, or from just left of it to the left, standing still for a step at each edge. */
function walk(position: number, extent: number): number {
  const steps = position >= 0 ? position : -1 - position;
  let index = 0;
  let direction = 1;
  for (let step = 0; step < steps; step++) {
    if (index + direction < 0 || index + direction >= extent) direction = -direction;
    else index += direction;
  }
  return index;
}

test('a position beyond an edge shows what a walk that turns round there reaches', (t) => {
  for (let extent = 1; extent <= 6; extent++) {
    for (let position = -13; position <= 13; position++) {
      t.is(reflectedIndex(position, extent), walk(position, extent), `${position} in ${extent}`);
    }
  }
});

for (const [h, w] of [
  [9, 6],
  [5, 4],
  [3, 1],
  [2, 11],
] as const) {
  test(`padding ${h}×${w} by 4 reflects, and its gradient gathers from every copy`, (t) => {
    const image = noiseImage(h, w, 1);
    const expected = (of: typeof image) =>
      createMap(h + 8, w + 8, 3, (y, x, k) => at(of, walk(y - 4, h), walk(x - 4, w), k));
    const padded = reflectionPad(toTensor(image), 4);
    t.deepEqual(padded.shape, [1, h + 8, w + 8, 3]);
    t.is(relativeDifference(padded.dataSync(), expected(image).data), 0);

    const weights = noiseImage(h + 8, w + 8, 2);
    const gradient = tf.grad((x) => tf.sum(tf.mul(reflectionPad(x as tf.Tensor4D, 4), toTensor(weights))))(
      toTensor(image),
    );
    const numeric = numericGradient(image, (of) => weightedSum(expected(of), weights));
    t.true(relativeDifference(gradient.dataSync(), numeric) < 1e-6);
  });
}
