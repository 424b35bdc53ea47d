/** Means and deviations of feature maps, and their exchange: adaptive instance normalisation. */
import { tf } from '../tensor.ts';
import type { NetworkInputs } from './define.ts';

/** Means and deviations of the channels of a batch of maps, [B,1,1,C] each. */
export interface Statistics {
  readonly mean: tf.Tensor4D;
  readonly deviation: tf.Tensor4D;
}

/**
 * How deviations are taken. `pytorch`: of content and style alike the square root of the variance over n − 1 plus 1e-5.
 * `lua`: of the content over n, plus 1e-5; of the style over n − 1, without.
 */
export type Variance = 'pytorch' | 'lua';
export const variances = ['pytorch', 'lua'] as const;

const epsilon = 1e-5;

/**
 * Statistics of the channels of maps.
 *
 * @param maps - [B,h,w,C]
 * @param as - whether the map is a content's or a style's, which the lua program treats differently
 */
export function statisticsOf(maps: tf.Tensor4D, variance: Variance, as: 'content' | 'style'): Statistics {
  const [, height, width] = maps.shape;
  const positions = height * width;
  const { mean, variance: biased } = tf.moments(maps, [1, 2], true);
  const over = variance === 'lua' && as === 'content' ? 1 : positions / Math.max(1, positions - 1);
  const spread = over === 1 ? biased : tf.mul(biased, over);
  const added = variance === 'lua' && as === 'style' ? 0 : epsilon;
  return {
    mean: mean as tf.Tensor4D,
    deviation: tf.sqrt(added === 0 ? spread : tf.add(spread, added)) as tf.Tensor4D,
  };
}

/** The same within a region: positions count by how much they belong to it, [1,h,w,1] or [B,h,w,1]. */
function statisticsWithin(maps: tf.Tensor4D, region: tf.Tensor4D, variance: Variance): Statistics {
  const size = tf.sum(region, [1, 2], true);
  // A region may be so small that no position of the map is in it.
  const least = 1e-3;
  const mean = tf.div(tf.sum(tf.mul(maps, region), [1, 2], true), tf.maximum(size, least));
  const squares = tf.sum(tf.mul(tf.square(tf.sub(maps, mean)), region), [1, 2], true);
  const count = variance === 'lua' ? size : tf.sub(size, 1);
  const spread = tf.div(squares, tf.maximum(count, least));
  return { mean: mean as tf.Tensor4D, deviation: tf.sqrt(tf.add(spread, epsilon)) as tf.Tensor4D };
}

/**
 * Adaptive instance normalisation (Huang & Belongie, ICCV 2017, eq. 8): each channel of the content's maps is given the
 * mean and the deviation that it has in the style's. Several styles are blended by their weights (eq. 15); in regions,
 * the content's own statistics are those of the region, as in the authors' program.
 *
 * @param maps - of the content, [B,h,w,C]
 * @param styles - of each style, for all of the batch or for each picture
 * @param weights - [1,S] or [B,S]; absent: the first style, or all alike where there are regions
 * @param regions - [1,h,w,S], at the maps' size
 */
export function exchanged(
  maps: tf.Tensor4D,
  styles: readonly Statistics[],
  variance: Variance,
  weights?: tf.Tensor2D,
  regions?: tf.Tensor4D,
): tf.Tensor4D {
  if (regions === undefined) {
    const { mean, deviation } = blended(styles, weights);
    const own = statisticsOf(maps, variance, 'content');
    const unit = tf.div(tf.sub(maps, own.mean), own.deviation);
    return tf.add(tf.mul(unit, deviation), mean) as tf.Tensor4D;
  }
  const parts = styles.map((_, index) => {
    const region = tf.slice(regions, [0, 0, 0, index], [-1, -1, -1, 1]);
    const weight = weights && weightOf(weights, index);
    return { region, share: (weight === undefined ? region : tf.mul(region, weight)) as tf.Tensor4D };
  });
  const total = parts.map(({ share }) => share).reduce((sum, share) => tf.add(sum, share));
  // Where every style that is wanted has the weight 0, the content stays.
  const free = tf.cast(tf.lessEqual(total, 0), 'float32');
  const divisor = tf.add(total, free);
  let result = tf.mul(maps, free);
  for (const [index, { region, share }] of parts.entries()) {
    const own = statisticsWithin(maps, region, variance);
    const { mean, deviation } = styles[index]!;
    const target = tf.add(tf.mul(tf.div(tf.sub(maps, own.mean), own.deviation), deviation), mean);
    result = tf.add(result, tf.mul(target, tf.div(share, divisor)));
  }
  return result as tf.Tensor4D;
}

/** Statistics of several styles by their weights; the first alone where there are none. */
function blended(styles: readonly Statistics[], weights?: tf.Tensor2D): Statistics {
  if (weights === undefined) return styles[0]!;
  return {
    mean: weightedSum(
      styles.map(({ mean }) => mean),
      weights,
    ),
    deviation: weightedSum(
      styles.map(({ deviation }) => deviation),
      weights,
    ),
  };
}

/** Σ w·x over things that belong to styles, [B,…] each. */
export function weightedSum(things: readonly tf.Tensor4D[], weights: tf.Tensor2D): tf.Tensor4D {
  return things
    .map((thing, index) => tf.mul(thing, weightOf(weights, index)) as tf.Tensor4D)
    .reduce((sum, thing) => tf.add(sum, thing));
}

/** The weight of one style, [B,1,1,1]. */
function weightOf(weights: tf.Tensor2D, index: number): tf.Tensor4D {
  return tf.reshape(tf.slice(weights, [0, index], [-1, 1]), [-1, 1, 1, 1]);
}

/** α·target + (1 − α)·own; the target itself where there is no α. */
export function mixed(own: tf.Tensor4D, target: tf.Tensor4D, alpha: tf.Scalar | undefined): tf.Tensor4D {
  return alpha === undefined ? target : tf.add(own, tf.mul(tf.sub(target, own), alpha));
}

/**
 * Regions at the size of feature maps, of which each position stands for `factor`² pixels: the mean over them. What the
 * last positions lack is mirrored.
 *
 * @param regions - [1,H,W,S]
 */
export function regionsAt(regions: tf.Tensor4D, factor: number): tf.Tensor4D {
  const [, height, width] = regions.shape;
  const lack = (extent: number): [number, number] => [0, (factor - (extent % factor)) % factor];
  const [below, beside] = [lack(height), lack(width)];
  const whole =
    below[1] + beside[1] === 0
      ? regions
      : tf.mirrorPad(regions, [[0, 0], below, beside, [0, 0]], 'symmetric');
  return tf.avgPool(whole, factor, factor, 'valid');
}

/** The style pictures of a network that cannot do without. */
export function stylesOf(name: string, { styles }: NetworkInputs): readonly tf.Tensor4D[] {
  if (styles === undefined || styles.length === 0)
    throw new Error(`the network ${name} wants a style picture`);
  return styles;
}
