/** Small networks and pictures that the tests of applying them share. */
import { z } from 'zod';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import { defineNetwork, type NetworkSpec } from '../../src/networks/define.ts';
import { outlinesOf } from '../../src/networks/parameters.ts';
import { resolveNetwork } from '../../src/networks/registry.ts';
import { type NamedTensors, type NamedValues, tf } from '../../src/tensor.ts';
import { filled, numbers } from '../engines/compare.ts';

/** Random parameters of a network; scales and variances are positive. */
export function randomParameters(spec: NetworkSpec): NamedValues {
  return Object.fromEntries(
    outlinesOf(spec).map(({ name, shape, role }, index) => [
      name,
      role === 'scale' || role === 'variance'
        ? filled(shape, 30 + index, 0.5, 1.5)
        : filled(shape, 30 + index, -0.3, 0.3),
    ]),
  );
}

export const tiny: NetworkSpec = resolveNetwork({ name: 'johnson', width: 0.1, blocks: 1 });

/** A picture of seeded noise in [0,1]. */
export function noisy(width: number, height: number, seed: number): RgbImage {
  return { width, height, data: numbers(width * height * 3, seed, 0, 1) };
}

export const flat = (width: number, height: number, color: readonly [number, number, number]): RgbImage =>
  createImage(width, height, () => color);

/**
 * Puts the mean colours of its styles where the regions say: everything that can be asked of a network, in arithmetic
 * that a loop can repeat. `gain` is its only parameter.
 */
export const mixer = defineNetwork({
  name: 'test-mixer',
  module: import.meta.url,
  description: 'Mean colours of styles.',
  class: 'any-style',
  source: 'a test',
  settings: { steps: z.int().min(1).default(1) },
  abilities: { alpha: true, blend: true, regions: true },
  parameters: () => [{ name: 'gain', shape: [1], role: 'scale', fanIn: 1 }],
  multipleOf: () => 8,
  minimumSize: () => 4,
  checkpoints: [
    {
      name: 'a published mixer',
      matches: (names) => names.has('module.g'),
      convert: (tensors) => ({ settings: { steps: 3 }, parameters: { gain: tensors.get('module.g')! } }),
    },
  ],
  apply(_, { content, styles = [], weights, regions, alpha }, parameters: NamedTensors) {
    const means = styles.map((style) => tf.mean(style, [1, 2], true));
    const colors = tf.concat(means, 0).reshape([styles.length, 3]) as tf.Tensor2D;
    const [, height, width] = content.shape;
    const painted =
      regions !== undefined
        ? tf.reshape(tf.matMul(tf.reshape(regions, [height * width, styles.length]) as tf.Tensor2D, colors), [
            1,
            height,
            width,
            3,
          ])
        : weights !== undefined
          ? tf.reshape(tf.matMul(weights, colors), [1, 1, 1, 3])
          : means[0]!;
    const styled = tf.mul(tf.add(tf.mul(content, 0), painted), parameters.gain!);
    if (alpha === undefined) return styled as tf.Tensor4D;
    return tf.add(tf.mul(styled, alpha), tf.mul(content, tf.sub(1, alpha))) as tf.Tensor4D;
  },
});

/** Two learnt colours, and noise. */
export const palette = defineNetwork({
  name: 'test-palette',
  module: import.meta.url,
  description: 'Learnt colours with noise.',
  class: 'many-styles',
  source: 'a test',
  settings: { styles: z.int().min(1).default(2), noisy: z.boolean().default(false) },
  abilities: { blend: true },
  styles: ({ styles }) => styles,
  parameters: ({ styles }) => [{ name: 'colors', shape: [styles, 3], role: 'bias', fanIn: 1 }],
  noise: ({ noisy: wanted }, height, width): Record<string, readonly [number, number, number]> =>
    wanted ? { grain: [height, width, 1] } : {},
  apply(_, { content, weights, noise }, parameters: NamedTensors) {
    const color = tf.reshape(tf.matMul(weights!, parameters.colors as tf.Tensor2D), [1, 1, 1, 3]);
    const painted = tf.add(tf.mul(content, 0), color);
    return (noise === undefined ? painted : tf.add(painted, noise.grain!)) as tf.Tensor4D;
  },
});

/** Means of tiles of 8×8, in their place. */
export const tiles = defineNetwork({
  name: 'test-tiles',
  module: import.meta.url,
  description: 'Means of tiles.',
  class: 'per-style',
  source: 'a test',
  settings: {},
  parameters: () => [],
  multipleOf: () => 8,
  apply(_, { content }) {
    const [, height, width] = content.shape;
    return tf.image.resizeNearestNeighbor(tf.avgPool(content, 8, 8, 'valid'), [height, width]);
  },
});
