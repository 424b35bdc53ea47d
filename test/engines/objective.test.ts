import test from 'ava';
import { gradientsOf, termsOf, valueAndGradients } from '../../src/engines/objective.ts';
import { startEngine } from '../../src/engines/start.ts';
import { float32, type NamedValues, tf } from '../../src/tensor.ts';
import { filled, runOnce } from './compare.ts';

const shapes = { picture: [2, 5, 6, 2], filter: [3, 3, 2, 4], shift: [4], idle: [3] } as const;
const given: NamedValues = Object.fromEntries(
  Object.entries(shapes).map(([name, shape], index) => [name, filled(shape, index + 1)]),
);

/** The value by plain loops, with no tensors: a convolution that stays inside, a shift, softly squared. */
function byLoops(values: Readonly<Record<string, ArrayLike<number>>>): number {
  const { picture, filter, shift } = values as Record<string, ArrayLike<number>>;
  let sum = 0;
  for (let b = 0; b < 2; b++) {
    for (let y = 0; y < 3; y++) {
      for (let x = 0; x < 4; x++) {
        for (let o = 0; o < 4; o++) {
          let value = shift![o]!;
          for (let i = 0; i < 3; i++) {
            for (let j = 0; j < 3; j++) {
              for (let c = 0; c < 2; c++) {
                const pixel = picture![((b * 5 + y + i) * 6 + x + j) * 2 + c]!;
                value += pixel * filter![((i * 3 + j) * 2 + c) * 4 + o]!;
              }
            }
          }
          sum += Math.log(1 + value ** 2);
        }
      }
    }
  }
  return sum;
}

const objective = valueAndGradients(({ picture, filter, shift }) => {
  const map = tf.add(tf.conv2d(picture as tf.Tensor4D, filter as tf.Tensor4D, 1, 'valid'), shift!);
  const total = tf.sum(tf.log(tf.add(tf.square(map), 1))) as tf.Scalar;
  return { total, terms: { doubled: tf.mul(total, 2) as tf.Scalar } };
}, Object.keys(shapes));

for (const [name, spec] of [
  ['onnx', { name: 'onnx', provider: 'cpu', threads: 1 }],
  ['plain tfjs', { name: 'tensorflow', provider: 'cpu' }],
] as const) {
  test.serial(
    `${name}: value and gradients of several variables, against loops and differences`,
    async (t) => {
      const engine = await startEngine(spec);
      const outputs = await runOnce(engine, objective, given);
      const plain = Object.fromEntries(
        Object.entries(given).map(([key, { data }]) => [key, Float64Array.from(data)]),
      );
      const expected = byLoops(plain);
      t.true(Math.abs(outputs.total!.data[0]! / expected - 1) < 1e-5);
      t.true(Math.abs(termsOf(outputs).doubled! / expected / 2 - 1) < 1e-5);
      const gradients = gradientsOf(outputs);
      t.deepEqual(Object.keys(gradients).sort(), Object.keys(shapes).sort());
      for (const [key, { data, shape }] of Object.entries(gradients)) {
        t.deepEqual(shape, [...given[key]!.shape]);
        for (let i = 0; i < data.length; i++) {
          const moved = (by: number) => {
            const values = plain[key]!.slice();
            values[i]! += by;
            return byLoops({ ...plain, [key]: values });
          };
          const slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
          t.true(Math.abs(data[i]! - slope) < 1e-3, `${key}[${i}]: ${data[i]} for ${slope}`);
        }
      }
      await engine.dispose();
    },
  );
}

test('what nothing depends on has a gradient of zeros', async (t) => {
  const engine = await startEngine({ name: 'onnx', provider: 'cpu', threads: 1 });
  const { idle } = gradientsOf(await runOnce(engine, objective, given));
  t.deepEqual(idle, float32([3], new Float32Array(3)));
  await engine.dispose();
});
