import test from 'ava';
import type { TensorFunction } from '../../src/engines/engine.ts';
import { trace } from '../../src/engines/onnx/trace.ts';
import { startEngine } from '../../src/engines/start.ts';
import { UnsupportedOperationError } from '../../src/engines/unsupported.ts';
import { NeckarError } from '../../src/errors.ts';
import { rowsAt } from '../../src/losses/rows.ts';
import { detach, float32, frozen, tf } from '../../src/tensor.ts';
import { valueAndGradient } from './_one-picture.ts';
import { assertClose, filled, referenceEngine, runOnce, withGradients } from './compare.ts';

const onnx = startEngine({ name: 'onnx', provider: 'cpu', threads: 1 });

const size = [1, 6, 5, 3] as const;
const inputs = { image: { shape: size } };

function operations(compute: TensorFunction): string[] {
  return trace(compute, { inputs, label: 'test' }, 'onnx').graph.operations;
}

test('an operation without a kernel is refused by name, with the label of what wanted it', async (t) => {
  const engine = await onnx;
  const compute: TensorFunction = ({ image }) => ({ y: tf.real(tf.fft(tf.complex(image!, image!))) });
  const error = await t.throwsAsync(engine.compile(compute, { inputs, label: 'loss "odd" at 5×6' }), {
    instanceOf: UnsupportedOperationError,
  });
  t.is(error?.operation, 'Complex');
  t.is(error?.label, 'loss "odd" at 5×6');
  t.regex(error?.message ?? '', /^loss "odd" at 5×6: .*"Complex"/);
});

test('so is one whose kernel exists only in the reference, and a gradient that does not exist', async (t) => {
  const engine = await onnx;
  const lrn: TensorFunction = ({ image }) => ({
    y: tf.localResponseNormalization<tf.Tensor4D>(image as tf.Tensor4D),
  });
  const first = await t.throwsAsync(engine.compile(lrn, { inputs, label: 'a' }), {
    instanceOf: UnsupportedOperationError,
  });
  t.is(first?.operation, 'LRN');
  const activated: TensorFunction = ({ image }) => ({
    y: tf.fused.conv2d({
      x: image as tf.Tensor4D,
      filter: tf.ones([3, 3, 3, 2]),
      strides: 1,
      pad: 'same',
      activation: 'elu',
    }),
  });
  const second = await t.throwsAsync(engine.compile(activated, { inputs, label: 'b' }), {
    instanceOf: UnsupportedOperationError,
  });
  t.is(second?.operation, 'FusedConv2D');
  const topk: TensorFunction = ({ image }) => ({
    y: tf.grad((x: tf.Tensor) => tf.sum(tf.topk(x, 1).values))(image!),
  });
  for (const candidate of [engine, await referenceEngine()]) {
    const third = await t.throwsAsync(runOnce(candidate, topk, { image: filled(size, 1) }, {}, 'c'), {
      instanceOf: UnsupportedOperationError,
    });
    t.is(third?.operation, 'TopK');
    t.is(third?.label, 'c');
  }
});

test('a function that looks at values is refused with a sentence', async (t) => {
  const engine = await onnx;
  const compute: TensorFunction = ({ image }) => ({ y: tf.mul(image!, tf.sum(image!).dataSync()[0]!) });
  await t.throwsAsync(engine.compile(compute, { inputs, label: 'peeking' }), {
    instanceOf: NeckarError,
    message: /^peeking: .*dataSync/,
  });
});

test.serial('tfjs is left as it was, also after a failed trace', async (t) => {
  const engine = await onnx;
  await tf.ready();
  const before = tf.getBackend();
  const { numTensors } = tf.memory();
  await t.throwsAsync(
    engine.compile(({ image }) => ({ y: tf.real(tf.complex(image!, image!)) }), { inputs, label: 'x' }),
  );
  const program = await engine.compile(
    valueAndGradient((x) => ({ total: tf.sum(tf.square(x)), terms: {} })),
    {
      inputs,
      label: 'y',
    },
  );
  await program.dispose();
  t.is(tf.getBackend(), before);
  t.is(tf.memory().numTensors, numTensors);
});

test('a clone does not double the gradient', async (t) => {
  const compute = withGradients(({ x }) => tf.square(tf.clone(tf.cast(x!, 'float32'))), ['x']);
  const x = filled([4], 3);
  const { dx } = await runOnce(await onnx, compute, { x });
  for (const [i, number] of x.data.entries()) {
    t.true(Math.abs(dx!.data[i]! - 2 * number * Math.cos(i)) < 1e-6);
  }
});

test('equal expressions are computed once, neutral ones not at all', (t) => {
  const twice = operations(({ image }) => ({ y: tf.add(tf.exp(image!), tf.exp(image!)) }));
  t.deepEqual(twice, ['Exp', 'Add']);
  const neutral = operations(({ image }) => {
    const zero = tf.sub(tf.ones(size as unknown as number[]), 1);
    const one = tf.onesLike(image!);
    return { y: tf.exp(tf.pow(tf.div(tf.mul(tf.add(zero, image!), one), 1), 1)) };
  });
  t.deepEqual(neutral, ['Exp']);
  const factors = operations(({ image }) => ({ y: tf.mul(tf.div(tf.mul(image!, 3), 4), 2) }));
  t.deepEqual(factors, ['Mul']);
  const negative = operations(({ image }) => ({ y: tf.add(tf.neg(tf.exp(image!)), image!) }));
  t.deepEqual(negative, ['Exp', 'Sub']);
  const unused = operations(({ image }) => {
    tf.exp(image!);
    return { y: tf.log(image!) };
  });
  t.deepEqual(unused, ['Log']);
});

test('a gradient lies as the convolution wants it that it goes to', (t) => {
  const kernel = filled([3, 3, 3, 4], 4);
  const rows = Int32Array.from({ length: 30 }, (_, i) => (7 * i) % 30);
  const objective = valueAndGradient((x) => {
    const y = tf.relu(tf.conv2d(x, frozen(kernel) as tf.Tensor4D, 1, 'same')) as tf.Tensor4D;
    const matrix = rowsAt(tf.reshape(y, [30, 4]) as tf.Tensor2D, rows);
    return { total: tf.sum(tf.square(tf.square(matrix))) as tf.Scalar, terms: {} };
  });
  // The picture's and its gradient's, one on the way to the rows, and one on the way back.
  t.is(operations(objective).filter((operation) => operation === 'Transpose').length, 4);
});

test('layouts meet without transposes between convolutions, poolings and Gram matrices', (t) => {
  const kernel = filled([3, 3, 3, 8], 4);
  const objective = valueAndGradient((x) => {
    const y = tf.avgPool(tf.relu(tf.conv2d(x, frozen(kernel) as tf.Tensor4D, 1, 'same')), 2, 2, 'valid');
    const f = tf.reshape(y, [-1, 8]);
    const total = tf.add(tf.sum(tf.square(tf.matMul(f, f, true))), tf.mean(tf.square(y)));
    return { total: total as tf.Scalar, terms: {} };
  });
  const wide = [1, 8, 8, 3];
  const { graph } = trace(objective, { inputs: { image: { shape: wide } }, label: 'test' }, 'onnx');
  // One into the first convolution, one for the symmetric part of the Gram gradient, one out of the last.
  t.is(graph.operations.filter((operation) => operation === 'Transpose').length, 3);
  // The Gram matrix and its gradient; not one product per half of the gradient.
  t.is(graph.operations.filter((operation) => operation === 'Gemm').length, 2);
});

test('what is detached is a constant to differentiation, in both engines', async (t) => {
  const compute = valueAndGradient((x) => {
    const { target } = detach(() => ({ target: tf.mul(x, 0.5) }));
    const total = tf.sum(tf.squaredDifference(x, target!)) as tf.Scalar;
    return { total, terms: { total } };
  });
  const image = filled(size, 5);
  for (const engine of [await onnx, await referenceEngine()]) {
    const { total, gradient } = await runOnce(engine, compute, { image });
    const squares = [...image.data].reduce((sum, number) => sum + number ** 2, 0);
    t.true(Math.abs(total!.data[0]! - squares / 4) < 1e-5 * squares);
    // d/dx Σ(x − t)² = 2(x − t) = x, were t not held it would be x/2.
    for (const [i, number] of image.data.entries()) t.true(Math.abs(gradient!.data[i]! - number) < 1e-6);
  }
});

test('a custom gradient is used, and its zeros leave nothing in the graph', async (t) => {
  const halved = tf.customGrad((x) => ({
    value: tf.square(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => [tf.mul(dy, 0.5)],
  }));
  const compute = withGradients(({ x }) => halved(x!), ['x']);
  const x = filled([5], 6);
  for (const engine of [await onnx, await referenceEngine()]) {
    const { dx } = await runOnce(engine, compute, { x });
    for (let i = 0; i < 5; i++) t.true(Math.abs(dx!.data[i]! - 0.5 * Math.cos(i)) < 1e-6);
  }
  const stopped = tf.customGrad((x) => ({
    value: tf.exp(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => [tf.zerosLike(dy)],
  }));
  const gradient = operations(({ image }) => ({
    g: tf.grad((x: tf.Tensor) => tf.add(tf.mul(stopped(x), 3), tf.mul(x, 2)))(image!),
  }));
  t.deepEqual(gradient, []);
});

test('outputs may be constants, inputs, or the same tensor', async (t) => {
  const image = filled(size, 7);
  const constant = float32([2], Float32Array.of(1, 2));
  const compute: TensorFunction = ({ image, constant }) => {
    const y = tf.exp(image!);
    return { a: tf.clone(image!), b: y, c: tf.clone(y), d: tf.clone(constant!), e: tf.fill([2, 2], 3) };
  };
  const outputs = await runOnce(await onnx, compute, { image }, { constant });
  assertClose(t, outputs, await runOnce(await referenceEngine(), compute, { image }, { constant }), 1e-6);
  t.deepEqual(await runOnce(await onnx, () => ({}), { image }), {});
});

test('the same program gives the same bytes again, and so does the same function compiled again', async (t) => {
  const kernel = filled([3, 3, 3, 16], 8);
  const compute = valueAndGradient((x) => {
    const y = tf.relu(tf.conv2d(x, frozen(kernel) as tf.Tensor4D, 1, 'same'));
    const f = tf.reshape(y, [-1, 16]);
    return { total: tf.sum(tf.square(tf.matMul(f, f, true))) as tf.Scalar, terms: {} };
  });
  const image = filled([1, 33, 47, 3], 9);
  const first = await runOnce(await onnx, compute, { image });
  const engine = await onnx;
  const program = await engine.compile(compute, { inputs: { image }, label: 'again' });
  for (let i = 0; i < 3; i++) t.deepEqual(await program.run({ image }), first);
  await program.dispose();
});

test('results of one run are not overwritten by the next', async (t) => {
  for (const engine of [await onnx, await referenceEngine()]) {
    const program = await engine.compile(({ x }) => ({ y: tf.mul(x!, 2) }), {
      inputs: { x: { shape: [2] } },
      label: 'twice',
    });
    const first = await program.run({ x: float32([2], Float32Array.of(1, 2)) });
    await program.run({ x: float32([2], Float32Array.of(5, 6)) });
    t.deepEqual([...first.y!.data], [2, 4]);
    await program.dispose();
  }
});

test('inputs that do not fit are named', async (t) => {
  for (const engine of [await onnx, await referenceEngine()]) {
    const program = await engine.compile(({ x }) => ({ y: tf.mul(x!, 2) }), {
      inputs: { x: { shape: [2] } },
      label: 'fit',
    });
    const two = float32([2], Float32Array.of(1, 2));
    await t.throwsAsync(program.run({}), {
      instanceOf: NeckarError,
      message: /fit: the input "x" is missing/,
    });
    await t.throwsAsync(program.run({ x: two, z: two }), {
      instanceOf: NeckarError,
      message: /unknown input "z"/,
    });
    await t.throwsAsync(program.run({ x: { ...two, shape: [1, 2] } }), {
      instanceOf: NeckarError,
      message: /"x" is float32 \[1,2\], expected float32 \[2\]/,
    });
    await t.throwsAsync(program.run({ x: { ...two, shape: [2], data: Float32Array.of(1) } }), {
      instanceOf: NeckarError,
      message: /holds 1 values/,
    });
    await program.dispose();
    await t.throwsAsync(
      engine.compile(({ x }) => ({ x: x! }), {
        inputs: { x: { shape: [2] } },
        constants: { x: two },
        label: 'fit',
      }),
      { instanceOf: NeckarError, message: /"x" is both an input and a constant/ },
    );
  }
});
