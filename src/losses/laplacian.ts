/**
 * The Laplacian content loss of Li, Xu, Nie & Chua ("Laplacian-steered neural style transfer", ACM Multimedia 2017):
 * edges of the picture stay where the content has them. It reads pixels, no layer. A picture in [0,1] is
 * average-pooled by windows of p×p pixels (whole windows only) and filtered, without padding, by the Laplacian
 *
 *    0 −1  0
 *   −1  4 −1
 *    0 −1  0
 *
 * summed over the three colours; D_p is the map that results, of K positions.
 *
 * - `li`: Σ (D_p(x) − D_p(content))²/K. The authors' program has it so, on pixels times 256.
 * - `relative`: Σ (D_p(x) − D_p(content))²/Σ D_p(content)². A content without edges at p counts as having the
 *   energy 1e-6 per position there.
 *
 * The value is the sum over `pools` of each one's weight times its value. Its gradient is constant within a window, so
 * that large weights and windows leave their lattice on the picture.
 */
import { z } from 'zod';
import { NeckarError } from '../errors.ts';
import { type NamedTensors, tf } from '../tensor.ts';
import type { LossContext, LossTerm } from './loss.ts';
import { commonOptions, type EncoderLayers } from './options.ts';
import type { LaplacianSpec } from './spec.ts';
import { squaredDistance, squaredNorm, sumOf } from './statistics.ts';

/** The least energy per position that a content is taken to have. */
const leastEnergy = 1e-6;

/** The Laplacian content loss as people write it. */
export const laplacianSchema = z.strictObject({
  type: z.literal('laplacian'),
  name: commonOptions.name,
  weight: commonOptions.weight.describe('Factor of the term in the total. Default 0.1.'),
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
});

export const laplacianDescription =
  "Distance of the picture's Laplacian, at several scales, from the content's (Li, Xu, Nie & Chua, ACM MM 2017).";

/** Fills in every default: weight 0.1, convention `relative`, windows of 4 pixels (as in the authors' program). */
export function resolveLaplacian(
  written: Omit<z.infer<typeof laplacianSchema>, 'type'>,
  _encoder: EncoderLayers,
  path: string,
): LaplacianSpec {
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
    type: 'laplacian',
    name: written.name ?? 'laplacian',
    weight: written.weight ?? 0.1,
    convention: written.convention ?? 'relative',
    pools,
  };
}

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
  return [
    {
      name: spec.name,
      weight: spec.weight,
      convention: spec.convention,
      layers: [],
      targets: ({ content }) => {
        const targets: NamedTensors = {};
        for (const { size } of spec.pools) {
          const map = laplacian(content.image, size);
          targets[`${size}`] = map;
          if (spec.convention === 'relative') {
            targets[`${size}/factor`] = tf.div(1, tf.maximum(squaredNorm(map), leastEnergy * map.size));
          }
        }
        return targets;
      },
      value: ({ image }, targets) =>
        sumOf(spec.pools, ({ size, weight }) => {
          const map = laplacian(image, size);
          const squared = squaredDistance(map, targets[`${size}`]!);
          if (spec.convention === 'li') return tf.mul(squared, weight / map.size);
          return tf.mul(squared, tf.mul(targets[`${size}/factor`]!, weight));
        }),
    },
  ];
}

/** D_p, [1,⌊H/p⌋−2,⌊W/p⌋−2,1]. */
function laplacian(image: tf.Tensor4D, size: number): tf.Tensor4D {
  const [, height, width] = image.shape;
  const rows = Math.floor(height / size);
  const columns = Math.floor(width / size);
  // Pooling and filtering are linear, so the colours can be summed first: a third of the work.
  const sum = tf.sum(image, 3, true) as tf.Tensor4D;
  const whole = tf.slice(sum, [0, 0, 0, 0], [1, rows * size, columns * size, 1]);
  const pooled = size === 1 ? whole : tf.avgPool(whole, size, size, 'valid');
  const part = (y: number, x: number) => tf.slice(pooled, [0, y, x, 0], [1, rows - 2, columns - 2, 1]);
  const around = tf.add(tf.add(part(0, 1), part(2, 1)), tf.add(part(1, 0), part(1, 2)));
  return tf.sub(tf.mul(part(1, 1), 4), around);
}
