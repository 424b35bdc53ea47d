/**
 * The Laplacian content loss of Li, Xu, Nie & Chua ("Laplacian-steered neural style transfer", ACM Multimedia 2017):
 * edges of the picture stay where the content has them. It reads pixels, no layer. A picture in [0,1] is
 * average-pooled by windows of p×p pixels and filtered, without padding, by the Laplacian
 *
 *    0 −1  0
 *   −1  4 −1
 *    0 −1  0
 *
 * which takes the four windows that touch the middle one from four times its mean, summed over the three colours; D_p
 * is the map that results, of K positions.
 *
 * - `li`: Σ (D_p(x) − D_p(content))²/K. The authors' program has it so, on pixels times 256.
 * - `relative`: Σ (D_p(x) − D_p(content))²/Σ D_p(content)². A content without edges at p counts as having 3 % of the
 *   style's energy per position there, and at least 1e-6.
 *
 * The value is the sum over `pools` of each one's weight times its value. Where the middle windows lie is `windows`:
 *
 * - `apart`: side by side, as published (whole windows only). The gradient is then constant within a window and jumps
 *   from one to the next: every window's outline shows on the picture, a lattice of p pixels, the more the longer
 *   it is optimised.
 * - `sliding`: at every pixel whose neighbouring windows lie in the picture. Up to its border this is the mean of
 *   `apart` over all p² places at which the lattice can begin, so that none of them is preferred.
 */
import { z } from 'zod';
import { NeckarError } from '../errors.ts';
import { type NamedTensors, tf } from '../tensor.ts';
import { defineLoss, type OptionsOf, type SpecOf } from './define.ts';
import type { LossContext, LossTerm } from './loss.ts';
import type { EncoderLayers } from './options.ts';
import { inverseOf, squaredDistance, squaredNorm, sumOf } from './statistics.ts';
import { pixelsWork } from './work.ts';

/** The least energy per position that a content is taken to have. */
const leastEnergy = 1e-6;
/** And of the style's. */
const leastShare = 0.03;

const laplacianOptions = {
  convention: z
    .enum(['li', 'relative'])
    .optional()
    .describe('`li`: mean squares; `relative` (default): over the energy of the content’s Laplacian.'),
  pools: z
    .array(
      z.strictObject({
        size: z.int().min(1).describe('Side p of the pooling window in pixels.'),
        weight: z.number().positive().optional().describe('Its weight within the loss. Default 1.'),
      }),
    )
    .min(1)
    .optional()
    .describe('Scales at which edges are compared. Default: windows of 4 pixels.'),
  windows: z
    .enum(['apart', 'sliding'])
    .optional()
    .describe(
      '`sliding`: windows around every pixel; `apart`: side by side, which leaves a lattice. Default: `apart`, as published, under `li`, else `sliding`.',
    ),
};

/** Fills in every default: convention `relative`, windows of 4 pixels (as in the authors' program), sliding but under `li`. */
export function resolveLaplacian(
  written: OptionsOf<typeof laplacianOptions>,
  _encoder: EncoderLayers,
  path: string,
) {
  const pools = (written.pools ?? [{ size: 4 }]).map(({ size, weight }) => ({
    size,
    weight: weight ?? 1,
  }));
  if (new Set(pools.map(({ size }) => size)).size < pools.length) {
    throw new NeckarError(
      `${path}.pools: a size is named twice; give it once, with the weight it should have.`,
    );
  }
  return {
    convention: written.convention ?? 'relative',
    pools,
    windows: written.windows ?? (written.convention === 'li' ? 'apart' : 'sliding'),
  };
}

export type LaplacianSpec = SpecOf<'laplacian', typeof resolveLaplacian>;

/**
 * One term that reads the picture itself and no layer; see the file's head for its value.
 *
 * @throws NeckarError when fewer than 3×3 windows fit into the picture
 */
export function prepareLaplacian(spec: LaplacianSpec, context: LossContext): LossTerm[] {
  const [height, width] = context.size;
  for (const { size } of spec.pools) {
    if (Math.floor(Math.min(height, width) / size) >= 3) continue;
    throw new NeckarError(
      `The loss "${spec.name}" needs 3×3 windows of ${size} pixels, at least ${3 * size}×${3 * size}, but the picture has ` +
        `${width}×${height}; choose a larger size or leave pools of ${size} out.`,
    );
  }
  const mapOf = spec.windows === 'apart' ? laplacianApart : laplacianSliding;
  /** Of a picture's map, per position; 0 where it has no position. */
  const meanEnergy = (image: tf.Tensor4D, size: number): tf.Tensor => {
    if (Math.floor(Math.min(image.shape[1], image.shape[2]) / size) < 3) return tf.scalar(0);
    const map = mapOf(image, size);
    return tf.mul(squaredNorm(map), 1 / map.size);
  };
  return [
    {
      name: spec.name,
      weight: spec.weight,
      convention: spec.convention,
      layers: [],
      targets: ({ content, style }) => {
        const targets: NamedTensors = {};
        for (const { size } of spec.pools) {
          const map = mapOf(content.image, size);
          targets[`${size}`] = map;
          if (spec.convention === 'relative') {
            const least = leastEnergy * map.size;
            targets[`${size}/factor`] = inverseOf(
              tf.maximum(squaredNorm(map), tf.mul(meanEnergy(style.image, size), leastShare * map.size)),
              least,
            );
          }
        }
        return targets;
      },
      value: ({ image }, targets) =>
        sumOf(spec.pools, ({ size, weight }) => {
          const map = mapOf(image, size);
          const squared = squaredDistance(map, targets[`${size}`]!);
          if (spec.convention === 'li') return tf.mul(squared, weight / map.size);
          return tf.mul(squared, tf.mul(targets[`${size}/factor`]!, weight));
        }),
    },
  ];
}

/** D_p of windows side by side, [1,⌊H/p⌋−2,⌊W/p⌋−2,1]. */
function laplacianApart(image: tf.Tensor4D, size: number): tf.Tensor4D {
  const [, height, width] = image.shape;
  const rows = Math.floor(height / size);
  const columns = Math.floor(width / size);
  const whole = tf.slice(summedColors(image), [0, 0, 0, 0], [1, rows * size, columns * size, 1]);
  return laplacianOf(size === 1 ? whole : tf.avgPool(whole, size, size, 'valid'), 1);
}

/** D_p of windows around every pixel, [1,H−3p+1,W−3p+1,1]. */
function laplacianSliding(image: tf.Tensor4D, size: number): tf.Tensor4D {
  const sum = summedColors(image);
  if (size === 1) return laplacianOf(sum, 1);
  const down = tf.conv2d(sum, tf.fill([size, 1, 1, 1], 1 / size) as tf.Tensor4D, 1, 'valid');
  const means = tf.conv2d(down, tf.fill([1, size, 1, 1], 1 / size) as tf.Tensor4D, 1, 'valid');
  return laplacianOf(means, size);
}

/** Pooling and filtering are linear, so the colours can be summed first: a third of the work. */
function summedColors(image: tf.Tensor4D): tf.Tensor4D {
  return tf.sum(image, 3, true) as tf.Tensor4D;
}

/** The Laplacian of means [1,h,w,1] whose neighbours lie so many positions away, where all four exist. */
function laplacianOf(means: tf.Tensor4D, distance: number): tf.Tensor4D {
  const [, height, width] = means.shape;
  const shape: [number, number, number, number] = [1, height - 2 * distance, width - 2 * distance, 1];
  const part = (y: number, x: number) => tf.slice(means, [0, y * distance, x * distance, 0], shape);
  const around = tf.add(tf.add(part(0, 1), part(2, 1)), tf.add(part(1, 0), part(1, 2)));
  return tf.sub(tf.mul(part(1, 1), 4), around);
}

export const laplacian = defineLoss({
  type: 'laplacian',
  description:
    "Distance of the picture's Laplacian, at several scales, from the content's (Li, Xu, Nie & Chua, ACM MM 2017).",
  weight: 0.1,
  options: laplacianOptions,
  resolve: resolveLaplacian,
  terms: prepareLaplacian,
  work: ({ pools }, seen) => pixelsWork(3 * pools.length, seen),
  benchmarks: [{ title: 'Laplacian content' }],
});
