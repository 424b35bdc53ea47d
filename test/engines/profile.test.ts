import test from 'ava';
import { type ProfileEvent, profileOf } from '../../src/engines/onnx/profile.ts';
import { trace } from '../../src/engines/onnx/trace.ts';
import { owned } from '../../src/engines/ownership.ts';
import { startEngine } from '../../src/engines/start.ts';
import { detach, tf } from '../../src/tensor.ts';
import { valueAndGradient } from './_one-picture.ts';
import { filled } from './compare.ts';

const size = [1, 8, 8, 3] as const;
const inputs = { image: { shape: size } };
const filter = () => tf.ones([3, 3, 3, 4]) as tf.Tensor4D;

/** An encoder of one convolution, a loss of one product and one of an exponential, and what holds them together. */
const objective = valueAndGradient((image) => {
  const features = owned('encoder', () => tf.conv2d(image, filter(), 1, 'same'));
  const product = owned('product', () => {
    const flat = tf.reshape(features, [64, 4]);
    const held = detach(() => ({ scale: tf.sigmoid(tf.mean(flat)) }));
    return tf.sum(tf.square(tf.mul(tf.matMul(flat, flat, true), held.scale!))) as tf.Scalar;
  });
  const exponential = owned('exponential', () => tf.sum(tf.exp(features)) as tf.Scalar);
  return {
    total: tf.add(tf.mul(product, 2), tf.mul(exponential, 3)) as tf.Scalar,
    terms: { product, exponential },
  };
});

/** Operation -> owners of its nodes, sorted. */
function ownersByOperation(): Map<string, string[]> {
  const { graph } = trace(objective, { inputs, label: 'test' }, 'onnx');
  const { owners } = graph;
  const found = new Map<string, string[]>();
  for (const [name, owner] of owners) {
    const operation = name.slice(0, name.indexOf(' '));
    found.set(operation, [...(found.get(operation) ?? []), owner].sort());
  }
  return found;
}

test('operations and their gradients are those of the part that named them', (t) => {
  const found = ownersByOperation();
  // Forward and, as a convolution with the turned filter, backward.
  t.deepEqual(found.get('Conv'), ['encoder', 'encoder']);
  // FᵀF, and its gradients with respect to either factor, which are one product of their sum.
  t.deepEqual(found.get('Gemm'), ['product', 'product']);
  t.deepEqual(new Set(found.get('Exp')), new Set(['exponential']));
  // What is detached is its loss's too.
  t.deepEqual(found.get('Sigmoid'), ['product']);
});

test('between the parts, what one part’s values make is that part’s, and what joins two is nobody’s', (t) => {
  const { graph } = trace(objective, { inputs, label: 'test' }, 'onnx');
  const nobodys = graph.operations.length - graph.owners.size;
  // The sum of the two weighted losses, and that of their gradients at the features.
  t.is(nobodys, 2);
});

test('the innermost of parts within parts counts, and naming outlives no exception', (t) => {
  const nested = valueAndGradient((image) => {
    const total = owned('outer', () => {
      const inner = owned('inner', () => tf.exp(image));
      return tf.sum(tf.tanh(inner)) as tf.Scalar;
    });
    return { total, terms: {} };
  });
  t.throws(() => owned('broken', () => tf.add(undefined as never, 1)));
  const { owners } = trace(nested, { inputs, label: 'test' }, 'onnx').graph;
  const of = (operation: string) => [...owners].filter(([name]) => name.startsWith(operation));
  t.deepEqual(new Set(of('Exp ').map(([, owner]) => owner)), new Set(['inner']));
  t.deepEqual(new Set(of('Tanh ').map(([, owner]) => owner)), new Set(['outer']));
  t.false([...owners.values()].includes('broken'));
});

const run = (ts: number, dur: number): ProfileEvent => ({ cat: 'Session', name: 'model_run', ts, dur });
const kernel = (name: string, ts: number, dur: number): ProfileEvent => ({
  cat: 'Node',
  name: `${name}_kernel_time`,
  ts,
  dur,
});

test('times are added up part by part over all runs but the first, under whatever names the runtime gives', (t) => {
  const owners = new Map([
    ['Conv v1', 'encoder'],
    ['Relu v2', 'encoder'],
    ['MatMul v30', 'gram'],
  ]);
  const events: ProfileEvent[] = [
    kernel('v1_nchwc', 10, 5_000_000),
    run(0, 9_000_000),
    // A convolution in a new layout; a conversion back, which the product needs; a node of nobody's; an output.
    kernel('v1_nchwc', 10_000_000, 3_000_000),
    kernel('ReorderOutput_token_7', 13_000_000, 500_000),
    kernel('MatMul v30', 13_500_000, 1_000_000),
    kernel('Add v3', 14_500_000, 250_000),
    kernel('Relu v2', 15_000_000, 2_000_000),
    kernel('output total', 17_000_000, 100),
    { cat: 'Node', name: 'Relu v2_fence_after', ts: 17_000_000, dur: 77 },
    run(10_000_000, 8_000_000),
  ];
  const { runs, total, seconds } = profileOf(events, owners);
  t.is(runs, 1);
  t.is(total, 8);
  t.deepEqual(seconds, { encoder: 5, gram: 1.5 });
  t.deepEqual(profileOf(events.slice(0, 2), owners), { runs: 0, total: 0, seconds: {} });
});

test('what holds up one run of three is nobody’s', (t) => {
  const owners = new Map([
    ['Conv v1', 'encoder'],
    ['Exp v2', 'loss'],
  ]);
  const events = [1, 2, 3, 4].flatMap((i) => {
    const begin = 100_000_000 * i;
    const held = i === 3 ? 40_000_000 : 0;
    return [
      kernel('Conv v1', begin, 6_000_000),
      kernel('Exp v2', begin + 6_000_000, 2_000_000 + held),
      run(begin, 10_000_000 + held),
    ];
  });
  t.deepEqual(profileOf(events, owners), { runs: 3, total: 10, seconds: { encoder: 6, loss: 2 } });
});

test('a session tells its times once, and computes the same as one that keeps none', async (t) => {
  const engine = await startEngine({ name: 'onnx', provider: 'cpu', threads: 1 });
  const image = filled(size, 3);
  const plain = await engine.compile(objective, { inputs, label: 'plain' });
  const kept = await engine.compile(objective, { inputs, label: 'kept', profiled: true });
  t.is(plain.profile, undefined);
  const expected = await plain.run({ image });
  for (let i = 0; i < 3; i++) t.deepEqual(await kept.run({ image }), expected);
  const { runs, total, seconds } = await kept.profile!();
  t.is(runs, 2);
  t.deepEqual(Object.keys(seconds).sort(), ['encoder', 'exponential', 'product']);
  const sum = Object.values(seconds).reduce((all, one) => all + one, 0);
  t.true(sum > 0 && sum <= total, `${sum} of ${total}`);
  t.deepEqual(await kept.run({ image }), expected);
  await plain.dispose();
  await kept.dispose();
  await engine.dispose();
});

test('engines that cannot tell say so by their silence', async (t) => {
  const engine = await startEngine({ name: 'tensorflow', provider: 'cpu' });
  const program = await engine.compile(objective, { inputs, label: 'eager', profiled: true });
  t.is(program.profile, undefined);
  await program.dispose();
  await engine.dispose();
});
