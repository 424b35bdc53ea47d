import test from 'ava';
import type { Engine } from '../../src/engines/engine.ts';
import { startEngine } from '../../src/engines/start.ts';
import { tf } from '../../src/tensor.ts';

let engine: Engine;
test.before(async () => {
  engine = await startEngine({ name: 'onnx', provider: 'cpu' });
});
test.after.always(() => engine?.dispose());

const [rows, columns, count] = [4096, 64, 16_384];
/** Few rows, each written by hundreds of updates, in an order that sends neighbours to different ones. */
const targets = Int32Array.from({ length: count }, (_, i) => (i * 7919) % 61);

test('updates of one row are all added, however many threads there are', async (t) => {
  const program = await engine.compile(
    ({ x, indices }) => ({
      gradient: tf.grad((v: tf.Tensor) => tf.sum(tf.gather(v, indices as tf.Tensor1D)))(x!),
    }),
    {
      inputs: { x: { shape: [rows, columns] }, indices: { shape: [count], dtype: 'int32' } },
      label: 'rows gathered again and again',
    },
  );
  const expected = new Float32Array(rows * columns);
  for (const row of targets) for (let c = 0; c < columns; c++) expected[row * columns + c]! += 1;
  const x = { shape: [rows, columns], dtype: 'float32', data: new Float32Array(rows * columns) } as const;
  // Lost updates are a matter of luck; every run must be exact.
  for (let run = 0; run < 20; run++) {
    const { gradient } = await program.run({ x, indices: { shape: [count], dtype: 'int32', data: targets } });
    const wrong = gradient!.data.findIndex((value, i) => value !== expected[i]);
    t.is(wrong, -1, `run ${run}`);
  }
  await program.dispose();
});

test('positions along several axes: each value is added where its position says', async (t) => {
  const shape = [5, 7, 3];
  const places = Int32Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? (i * 3) % 5 : (i * 5) % 7));
  const updates = Float32Array.from({ length: 60 }, (_, i) => i + 1);
  const program = await engine.compile(
    ({ places, updates }) => ({ sums: tf.scatterND(places as tf.Tensor2D, updates!, shape) }),
    {
      inputs: { places: { shape: [20, 2], dtype: 'int32' }, updates: { shape: [20, 3] } },
      label: 'scatter along two axes',
    },
  );
  const expected = new Float32Array(5 * 7 * 3);
  for (let i = 0; i < 20; i++) {
    for (let c = 0; c < 3; c++) {
      expected[(places[2 * i]! * 7 + places[2 * i + 1]!) * 3 + c]! += updates[3 * i + c]!;
    }
  }
  const { sums } = await program.run({
    places: { shape: [20, 2], dtype: 'int32', data: places },
    updates: { shape: [20, 3], dtype: 'float32', data: updates },
  });
  t.deepEqual([...sums!.data], [...expected]);
  await program.dispose();
});
