/**
 * What every engine owes: the value, each term and the gradient that tfjs's cpu backend gives. One list of cases, run
 * against every engine and provider that can start.
 */
import type { ExecutionContext, TestFn } from 'ava';
import { loadEncoder, resolveEncoder } from '../../src/encoders/registry.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { valueAndGradients } from '../../src/engines/objective.ts';
import { startEngine } from '../../src/engines/start.ts';
import { resolveLoss } from '../../src/losses/registry.ts';
import { detach, frozen, type NamedValues, tf } from '../../src/tensor.ts';
import { assembleProblem } from '../../src/transfer/problem.ts';
import { valueAndGradient } from './_one-picture.ts';
import { filled, numbers, referenceEngine, relativeDifference, runOnce } from './compare.ts';

/** Something that an engine evaluates: its outputs, all of which must agree with the reference's. */
export interface ContractCase {
  readonly name: string;
  evaluate(engine: Engine): Promise<NamedValues>;
}

/** Relative to the largest absolute value of each output. */
export const tolerance = 1e-4;

const sizes = [
  [16, 20],
  [19, 23],
] as const;

/** A small network by hand: every way in which layouts, poolings and Gram matrices meet. */
function network(height: number, width: number): ContractCase {
  const kernels = [filled([3, 3, 3, 16], 31), filled([3, 3, 16, 16], 32), filled([1, 1, 16, 5], 33)];
  const bias = filled([16], 34);
  const objective = valueAndGradient((x) => {
    const [first, second, third] = kernels.map((kernel) => frozen(kernel) as tf.Tensor4D);
    const a = tf.relu(
      tf.add(tf.conv2d(tf.sub(x, [0.4, 0.5, 0.6]) as tf.Tensor4D, first!, 1, 'same'), frozen(bias)),
    );
    const b = tf.maxPool(a as tf.Tensor4D, 3, 2, 'valid');
    const c = tf.tanh(tf.conv2d(b, second!, 2, 'same'));
    const d = tf.concat([tf.avgPool(b, 2, 2, 'same'), c], 3);
    const e = tf.conv2d(tf.slice(d, [0, 0, 0, 3], [1, -1, -1, 16]) as tf.Tensor4D, third!, 1, 'valid');
    const gram = (map: tf.Tensor4D) => {
      const [, h, w, channels] = map.shape;
      const rows = tf.reshape(map, [h * w, channels]);
      return tf.div(tf.matMul(rows, rows, true), h * w);
    };
    const { nearest } = detach(() => {
      const rows = tf.reshape(b, [-1, 16]) as tf.Tensor2D;
      const scores = tf.matMul(rows, rows, false, true);
      return { nearest: tf.gather(rows, tf.argMax(tf.sub(scores, tf.mul(tf.eye(rows.shape[0]), 1e6)), 1)) };
    });
    const terms = {
      gram: tf.sum(tf.square(gram(a as tf.Tensor4D))) as tf.Scalar,
      'gram of e': tf.sum(tf.abs(gram(e))) as tf.Scalar,
      means: tf.sum(tf.square(tf.mean(d, [1, 2]))) as tf.Scalar,
      deviations: tf.sum(tf.sqrt(tf.add(tf.moments(c, [1, 2]).variance, 1e-3))) as tf.Scalar,
      nearest: tf.mean(tf.squaredDifference(tf.reshape(b, [-1, 16]), nearest!)) as tf.Scalar,
      variation: tf.mean(
        tf.abs(
          tf.sub(
            tf.slice(x, [0, 1, 0, 0], [1, -1, -1, 3]),
            tf.slice(x, [0, 0, 0, 0], [1, height - 1, -1, 3]),
          ),
        ),
      ) as tf.Scalar,
    };
    const weights = [1e-4, 1e-2, 1, 1, 1, 30];
    const total = tf.addN(Object.values(terms).map((term, i) => tf.mul(term, weights[i]!)));
    return { total: total as tf.Scalar, terms };
  });
  return {
    name: `a network by hand, ${height}×${width}`,
    evaluate: (engine) => runOnce(engine, objective, { image: filled([1, height, width, 3], 30, 0, 1) }),
  };
}

/** A batch of pictures through a network whose parameters are the variables, as a training does it. */
function parameters(height: number, width: number): ContractCase {
  const variables = {
    first: filled([3, 3, 3, 8], 51, -0.5, 0.5),
    bias: filled([8], 52),
    down: filled([3, 3, 8, 6], 53, -0.5, 0.5),
    scale: filled([6], 54, 0.5, 1.5),
    apart: filled([3, 3, 6, 1], 55, -0.5, 0.5),
    last: filled([1, 1, 6, 3], 56, -0.5, 0.5),
    idle: filled([2], 57),
  };
  const objective = valueAndGradients(({ images, first, bias, down, scale, apart, last }) => {
    const reflected = tf.mirrorPad(
      images as tf.Tensor4D,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      'reflect',
    );
    const a = tf.relu(tf.add(tf.conv2d(reflected as tf.Tensor4D, first as tf.Tensor4D, 1, 'valid'), bias!));
    const b = tf.conv2d(a as tf.Tensor4D, down as tf.Tensor4D, 2, 'same');
    const { mean, variance } = tf.moments(b, [1, 2], true);
    const normalized = tf.mul(tf.div(tf.sub(b, mean), tf.sqrt(tf.add(variance, 1e-5))), scale!);
    const c = tf.depthwiseConv2d(normalized as tf.Tensor4D, apart as tf.Tensor4D, 1, 'same');
    const up = tf.image.resizeNearestNeighbor(tf.add(normalized, c) as tf.Tensor4D, [height, width]);
    const output = tf.tanh(tf.conv2d(up, last as tf.Tensor4D, 1, 'same'));
    const rows = tf.reshape(a, [a.shape[0]!, -1, 8]);
    const terms = {
      gram: tf.mean(tf.square(tf.matMul(rows, rows, true))) as tf.Scalar,
      picture: tf.mean(tf.squaredDifference(output, images!)) as tf.Scalar,
    };
    return { total: tf.add(tf.mul(terms.gram, 1e-6), terms.picture) as tf.Scalar, terms };
  }, Object.keys(variables));
  return {
    name: `parameters of a network, three pictures of ${height}×${width}`,
    evaluate: (engine) =>
      runOnce(engine, objective, { images: filled([3, height, width, 3], 50, 0, 1), ...variables }),
  };
}

/** Losses in one objective, each scaled to the same gradient norm, so that a fault in any of them shows. */
function everyLoss(
  written: unknown,
  title: string,
  layers: Layers,
  height: number,
  width: number,
  inputs: (layers: Layers) => Record<string, unknown>[] = lossInputs,
): ContractCase {
  return {
    name: `losses on ${title}, ${height}×${width}`,
    async evaluate(engine) {
      const encoder = await loadEncoder(resolveEncoder(written));
      const losses = inputs(layers).map((input) => resolveLoss(input, encoder));
      const image = (seed: number, h = height, w = width) => filled([1, h, w, 3], seed, 0, 1);
      const assemble = (on: Engine) =>
        assembleProblem({
          engine: on,
          encoder,
          losses,
          content: image(41),
          style: image(42, height + 5, width - 4),
          transformStyle: ({ rotation }) => image(43 + rotation, width, height + 3),
        });
      const factors = await balanced(this.name, async () => {
        const assembled = await assemble(await startEngine({ name: 'onnx', provider: 'cpu' }));
        return assembled.gradientNorms(image(40));
      });
      const problem = await (await assemble(engine)).compile(factors);
      const picture = numbers(height * width * 3, 40, 0, 1);
      // As a trial does: what is held belongs to the picture.
      await problem.refresh(picture, 0);
      const { total, terms, gradient } = await problem.evaluate(picture);
      await problem.dispose();
      const scalar = (value: number) =>
        ({ shape: [], dtype: 'float32', data: Float32Array.of(value) }) as const;
      return {
        total: scalar(total),
        gradient: { shape: problem.shape, dtype: 'float32', data: gradient },
        ...Object.fromEntries(Object.entries(terms).map(([name, value]) => [name, scalar(value)])),
      };
    },
  };
}

const balances = new Map<string, Promise<Record<string, number>>>();

/** The factors that equalise the gradient norms of a case: the same for every engine, so found once. */
function balanced(
  name: string,
  norms: () => Promise<Record<string, number>>,
): Promise<Record<string, number>> {
  let factors = balances.get(name);
  if (factors === undefined) {
    factors = norms().then((found) =>
      Object.fromEntries(Object.entries(found).map(([term, norm]) => [term, norm > 0 ? 1 / norm : 1])),
    );
    balances.set(name, factors);
  }
  return factors;
}

/** Layers of an encoder that are cheap enough for tfjs's cpu backend. */
interface Layers {
  readonly shallow: string;
  readonly deep: string;
}

function lossInputs({ shallow, deep }: Layers): Record<string, unknown>[] {
  const both = { [shallow]: 1, [deep]: 0.5 };
  return [
    { type: 'content', layers: { [deep]: 1 } },
    { type: 'gram', layers: both },
    { type: 'gram', name: 'gatys', convention: 'gatys', layers: both },
    { type: 'moments', layers: both },
    { type: 'histogram', layers: { [shallow]: 1 } },
    { type: 'mrf', layers: { [deep]: 1 } },
    {
      type: 'fused',
      content: { layers: { [deep]: 1 } },
      global: { layers: both },
      local: { layers: { [deep]: 1 } },
    },
    { type: 'variation' },
  ];
}

/** The rest, which one encoder of either kind shows to be right. */
function furtherInputs({ shallow, deep }: Layers): Record<string, unknown>[] {
  return [
    { type: 'correlations', layers: { [shallow]: 1, [deep]: 0.5 } },
    { type: 'mmd', kernel: 'gaussian', frequencies: 16, layers: { [shallow]: 1 } },
    { type: 'bures', layers: { [shallow]: 1 } },
    { type: 'sliced-wasserstein', directions: 16, layers: { [shallow]: 1 } },
    { type: 'strotss', samples: 64, layers: { [deep]: 1 } },
    { type: 'laplacian', pools: [{ size: 2 }, { size: 4 }] },
    { type: 'laplacian', name: 'apart', pools: [{ size: 2 }, { size: 4 }], windows: 'apart' },
    { type: 'activation', layers: { [deep]: 1 }, channels: { [deep]: [0, 3] } },
  ];
}

const octaves = { shallow: 'scale1', deep: 'scale2' };
const vgg = { shallow: 'relu1_1', deep: 'relu2_2' };
const random = { random: 1 };

export const contractCases: readonly ContractCase[] = sizes.flatMap(([height, width]) => [
  network(height, width),
  parameters(height, width),
  everyLoss('wavelet', 'wavelet', octaves, height, width),
  ...(height % 2 === 1 ? oddCases(height, width) : []),
]);

/** Once, at the size at which poolings and strides leave a remainder: software GPUs take half a minute over each. */
function oddCases(height: number, width: number): ContractCase[] {
  return [
    everyLoss('wavelet', 'wavelet, further', octaves, height, width, furtherInputs),
    everyLoss({ name: 'vgg19', weights: random }, 'vgg19, further', vgg, height, width, furtherInputs),
    ...(['average', 'max', 'l2'] as const).map((pooling) =>
      everyLoss({ name: 'vgg19', pooling, weights: random }, `vgg19 (${pooling})`, vgg, height, width),
    ),
    everyLoss(
      { name: 'squeezenet1_1', weights: random },
      'squeezenet1_1',
      { shallow: 'relu1', deep: 'fire2' },
      height,
      width,
    ),
  ];
}

/** Declares one test per case for an engine. */
export function testContract(test: TestFn, title: string, start: () => Promise<Engine>): void {
  for (const contractCase of contractCases) {
    test(`${title} agrees with tfjs cpu: ${contractCase.name}`, async (t: ExecutionContext) => {
      const expected = await contractCase.evaluate(await referenceEngine());
      const actual = await contractCase.evaluate(await start());
      t.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
      for (const [name, reference] of Object.entries(expected)) {
        const difference = relativeDifference(actual[name]!, reference);
        t.true(difference <= tolerance, `${name} differs by ${difference}`);
      }
    });
  }
}
