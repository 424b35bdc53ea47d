import test from 'ava';
import { type TensorValue, tf } from '../src/tensor.ts';
import { filled, numbers, referenceEngine, runOnce, withGradients } from './engines/compare.ts';

type Compute = (x: tf.Tensor) => tf.Tensor;

/**
 * The gradient of Σ cos(i)·f(x)ᵢ by central differences. `step` may be large where f is piecewise linear: then it is
 * exact but for rounding.
 */
async function centralDifferences(compute: Compute, x: TensorValue, step: number): Promise<Float64Array> {
  const engine = await referenceEngine();
  const program = await engine.compile((tensors) => ({ value: compute(tensors.x!) }), {
    inputs: { x },
    label: 'differences',
  });
  const weighted = async (data: Float32Array) => {
    const { value } = await program.run({ x: { ...x, dtype: 'float32', data } });
    return [...value!.data].reduce((sum, element, i) => sum + element * Math.cos(i), 0);
  };
  const gradient = new Float64Array(x.data.length);
  for (let i = 0; i < gradient.length; i++) {
    const moved = Float32Array.from(x.data);
    moved[i] = x.data[i]! + step;
    const above = await weighted(moved);
    moved[i] = x.data[i]! - step;
    const below = await weighted(moved);
    gradient[i] = (above - below) / (2 * step);
  }
  await program.dispose();
  return gradient;
}

const size = [1, 4, 5, 2] as const;
const rows = filled([4, 1], 21);
const column = () => tf.tensor(rows.data, [4, 1]);

const cases: readonly (readonly [string, Compute, TensorValue?])[] = [
  ...(['reflect', 'symmetric'] as const).map(
    (mode) =>
      [
        `mirrorPad, ${mode}`,
        (x: tf.Tensor) =>
          tf.mirrorPad(
            x,
            [
              [0, 0],
              [3, 2],
              [1, 4],
              [0, 1],
            ],
            mode,
          ),
      ] as const,
  ),
  ...[
    [2, 2],
    [3, 2],
    [3, 1],
    [2, 3],
  ].flatMap(([filter, stride]) =>
    (['same', 'valid'] as const).map(
      (pad) =>
        [
          `avgPool ${filter}/${stride}, ${pad}`,
          (x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, filter!, stride!, pad),
        ] as const,
    ),
  ),
  ...(['resizeBilinear', 'resizeNearestNeighbor'] as const).flatMap((name) =>
    [
      [false, false],
      [true, false],
      [false, true],
    ].flatMap(([corners, centers]) =>
      (
        [
          [7, 3],
          [8, 10],
          [3, 4],
        ] as [number, number][]
      ).map(
        (to) =>
          [
            `${name} to ${to}${corners ? ', corners aligned' : ''}${centers ? ', half pixels' : ''}`,
            (x: tf.Tensor) => tf.image[name](x as tf.Tensor4D, to, corners, centers),
          ] as const,
      ),
    ),
  ),
  ['cumsum', (x) => tf.cumsum(x, 1)],
  ['cumsum, exclusive, reverse', (x) => tf.cumsum(x, 2, true, true)],
  ['where', (x) => tf.where(tf.greater(x, 0.1), tf.mul(x, 3), tf.neg(x))],
  [
    'where under logic',
    (x) => tf.where(tf.logicalAnd(tf.less(x, 0.5), tf.logicalNot(tf.lessEqual(x, -0.5))), x, tf.mul(x, 2)),
  ],
  ['maximum, broadcast', (x) => tf.maximum(x, column()), filled([3], 22)],
  ['minimum, broadcast', (x) => tf.minimum(column(), x), filled([3], 23)],
  ['squaredDifference, broadcast', (x) => tf.squaredDifference(x, column()), filled([3], 24)],
  ['squaredDifference, broadcast, second', (x) => tf.squaredDifference(column(), x), filled([3], 25)],
];

for (const [name, compute, input] of cases) {
  test(`gradient of ${name} by central differences`, async (t) => {
    const x = input ?? filled(size, 20);
    const { dx } = await runOnce(
      await referenceEngine(),
      withGradients(({ x }) => compute(x!), ['x']),
      { x },
    );
    // All are piecewise linear or quadratic: no truncation error, only kinks that a step must not cross.
    const expected = await centralDifferences(compute, x, 1 / 256);
    t.is(dx!.data.length, expected.length);
    for (const [i, slope] of expected.entries()) {
      t.true(Math.abs(dx!.data[i]! - slope) < 2e-3, `element ${i}: ${dx!.data[i]}, differences ${slope}`);
    }
  });
}

test('the numbers of these tests keep away from kinks', (t) => {
  for (const number of numbers(40, 20)) {
    for (const kink of [0.1, 0.5, -0.5]) t.true(Math.abs(number - kink) > 1 / 256);
  }
  for (const seed of [22, 23]) {
    for (const a of numbers(3, seed)) for (const b of rows.data) t.true(Math.abs(a - b) > 1 / 256);
  }
});
