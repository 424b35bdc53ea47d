/** Which patches of picture and style belong to a region, and matching within it. */
import { NeckarError } from '../errors.ts';
import { tf } from '../tensor.ts';
import type { StyleTransform } from './loss.ts';
import { coverage, nearestColumns, type PatchGrid, patchCenters } from './patches.ts';
import type { Region, RegionPair } from './region.ts';
import { rowsAt } from './rows.ts';
import { asMatrix } from './statistics.ts';
import { once, rowsWithin } from './together.ts';

/** The picture's side of a guided match. */
export interface PatchGuide {
  /** Of each patch: the region's weight under its centre, over the region's share of the picture. */
  readonly weights: Float32Array;
  /** The patches of positive weight, ascending. */
  readonly members: Int32Array;
  /** The positions that they cover, ascending; the first of all if there are none. */
  readonly covered: Int32Array;
}

const guides = new WeakMap<Region, Map<string, PatchGuide>>();

/** The patches of the picture that lie in a region of it, by their centres. */
export function patchesIn(picture: Region, grid: PatchGrid): PatchGuide {
  let known = guides.get(picture);
  if (known === undefined) {
    known = new Map();
    guides.set(picture, known);
  }
  const key = gridKey(grid);
  let guide = known.get(key);
  if (guide === undefined) {
    const weights = weightsUnderCenters(picture, grid).map((weight) => weight / picture.share);
    const counts = coverage(grid, weights);
    const covered = Int32Array.from([...counts.keys()].filter((position) => counts[position]! > 0));
    guide = {
      weights,
      members: Int32Array.from([...weights.keys()].filter((i) => weights[i]! > 0)),
      covered: covered.length > 0 ? covered : Int32Array.of(0),
    };
    known.set(key, guide);
  }
  return guide;
}

/** The features of the picture at the positions that a region's patches cover, [m,c]. */
export function coveredRows(map: tf.Tensor4D, picture: Region, grid: PatchGrid): tf.Tensor2D {
  const matrix = once(map, 'matrix', () => asMatrix(map));
  return rowsWithin(matrix, picture, `patches ${gridKey(grid)}`, (region) => patchesIn(region, grid).covered);
}

function gridKey({ height, width, patch, stride }: PatchGrid): string {
  return `${patch} at ${stride} in ${height}×${width}`;
}

/**
 * The style patches that a region's patches may be matched to, counted over the style and its copies: those under
 * whose centre the region's weight is at least half of the greatest under any. Where no centre touches the region,
 * as patches at a stride may straddle a small one, the mean weight under the whole patch decides instead.
 *
 * @param grids - of the style, then of its copies in the order of `transforms`
 * @throws NeckarError when no patch touches the region
 */
export function stylePatchesIn(
  { name, style }: RegionPair,
  grids: readonly PatchGrid[],
  transforms: readonly StyleTransform[],
  where: string,
): Int32Array {
  const parts = [style, ...transforms.map((transform) => style.copy(transform))];
  for (const weigh of [weightsUnderCenters, meanWeights]) {
    const weights = grids.flatMap((grid, index) => [...weigh(parts[index]!, grid)]);
    const greatest = weights.reduce((most, weight) => Math.max(most, weight), 0);
    if (greatest === 0) continue;
    return Int32Array.from([...weights.keys()].filter((i) => weights[i]! >= greatest / 2));
  }
  throw new NeckarError(
    `The loss ${where} finds no style patch in the region ${name}: it lies between the patches or at the border. Set styleStride to 1, choose a larger size, or merge the region with its neighbour.`,
  );
}

function denseWeights(region: Region, { height, width }: PatchGrid): Float32Array {
  const { positions, weights } = region.at(height, width);
  const dense = new Float32Array(height * width);
  for (const [i, position] of positions.entries()) dense[position] = weights[i]!;
  return dense;
}

function weightsUnderCenters(region: Region, grid: PatchGrid): Float32Array {
  const dense = denseWeights(region, grid);
  return Float32Array.from(patchCenters(grid), (position) => dense[position]!);
}

function meanWeights(region: Region, grid: PatchGrid): Float32Array {
  const dense = denseWeights(region, grid);
  const half = (grid.patch - 1) / 2;
  return Float32Array.from(patchCenters(grid), (center) => {
    let sum = 0;
    for (let down = -half; down <= half; down++) {
      for (let across = -half; across <= half; across++) sum += dense[center + down * grid.width + across]!;
    }
    return sum / grid.patch ** 2;
  });
}

/**
 * The nearest style patch of each of the picture's patches that lies in a region, counted over all style patches;
 * `none` for the others. Int32 [n].
 *
 * @param chunks - the style's patches in the region as unit columns
 * @param styleMembers - which of all style patches these are, int32
 */
export function guidedMatches(
  patches: tf.Tensor2D,
  chunks: readonly tf.Tensor2D[],
  { weights, members }: PatchGuide,
  styleMembers: tf.Tensor1D,
  none: number,
): tf.Tensor1D {
  const count = weights.length;
  if (members.length === 0) return tf.fill([count], none, 'int32') as tf.Tensor1D;
  const found = tf.gather(styleMembers, nearestColumns(rowsAt(patches, members), chunks));
  const places = new Int32Array(count).fill(members.length);
  for (const [i, member] of members.entries()) places[member] = i;
  const extended = tf.concat([found, tf.tensor1d([none], 'int32')]);
  return tf.gather(extended, tf.tensor1d(places, 'int32')) as tf.Tensor1D;
}
