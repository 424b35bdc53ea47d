/**
 * Square patches of feature maps: where they lie, how the most similar style patch is found, and how patches are
 * put back onto the map. Patches lie wholly inside the map ('valid'); patch i begins at stride·(i mod columns)
 * across and stride·⌊i/columns⌋ down. All of this is known from shapes alone, so it is computed as plain numbers.
 */
import { tf } from '../tensor.ts';
import { rowsAt } from './rows.ts';
import { asMatrix } from './statistics.ts';

/** The patches of a map of height × width positions. */
export interface PatchGrid {
  readonly height: number;
  readonly width: number;
  readonly patch: number;
  readonly stride: number;
  readonly rows: number;
  readonly columns: number;
  /** rows·columns; 0 when the map is smaller than a patch. */
  readonly count: number;
}

export function patchGrid(height: number, width: number, patch: number, stride: number): PatchGrid {
  const along = (extent: number) => Math.max(0, Math.floor((extent - patch) / stride) + 1);
  const rows = along(height);
  const columns = along(width);
  return { height, width, patch, stride, rows, columns, count: rows * columns };
}

/**
 * All patches of a map as the rows of a matrix [count, patch²·c], offsets down slowest, then across, then channels.
 */
export function extractPatches(features: tf.Tensor4D, grid: PatchGrid): tf.Tensor2D {
  const channels = features.shape[3];
  const { patch, stride, rows, columns } = grid;
  const shifted: tf.Tensor4D[] = [];
  for (let down = 0; down < patch; down++) {
    for (let across = 0; across < patch; across++) {
      const height = (rows - 1) * stride + 1;
      const width = (columns - 1) * stride + 1;
      shifted.push(
        stride === 1
          ? tf.slice(features, [0, down, across, 0], [1, height, width, channels])
          : (tf.stridedSlice(
              features,
              [0, down, across, 0],
              [1, down + height, across + width, channels],
              [1, stride, stride, 1],
            ) as tf.Tensor4D),
      );
    }
  }
  return tf.reshape(tf.concat(shifted, 3), [grid.count, patch * patch * channels]);
}

/**
 * The patches of several style maps as unit columns [patch²·c, K], map after map; a zero patch stays zero.
 *
 * @param members - only these of them, counted over all maps
 */
export function unitPatches(
  maps: readonly tf.Tensor4D[],
  grids: readonly PatchGrid[],
  members?: Int32Array,
): tf.Tensor2D {
  const all = tf.concat(
    maps.map((map, index) => extractPatches(map, grids[index]!)),
    0,
  ) as tf.Tensor2D;
  const rows = members === undefined ? all : rowsAt(all, members);
  const lengths = tf.sqrt(tf.sum(tf.mul(rows, rows), 1, true));
  return tf.transpose(tf.div(rows, tf.maximum(lengths, 1e-12))) as tf.Tensor2D;
}

/**
 * For each row of `patches` [n, D] the index of the column with the largest product, over all `chunks` [D, K_i]
 * counted through; the first of equals. Int32 [n]. One chunk's products exist at a time.
 */
export function nearestColumns(patches: tf.Tensor2D, chunks: readonly tf.Tensor2D[]): tf.Tensor1D {
  let begin = 0;
  let best: { score: tf.Tensor; index: tf.Tensor1D } | undefined;
  for (const chunk of chunks) {
    const scores = tf.matMul(patches, chunk);
    const local = tf.argMax(scores, 1) as tf.Tensor1D;
    const index = begin === 0 ? local : (tf.add(local, tf.scalar(begin, 'int32')) as tf.Tensor1D);
    if (chunks.length === 1) return index;
    const score = tf.max(scores, 1);
    if (best === undefined) best = { score, index };
    else {
      const better = tf.greater(score, best.score);
      best = {
        score: tf.maximum(score, best.score),
        index: tf.where(better, index, best.index) as tf.Tensor1D,
      };
    }
    begin += chunk.shape[1];
  }
  return best!.index;
}

/** How many of the grid's patches cover each position, [height·width], or the sum of those patches' weights. */
export function coverage(grid: PatchGrid, weights?: Float32Array): Float32Array {
  const counts = new Float32Array(grid.height * grid.width);
  for (const patchAt of coveringPatches(grid)) {
    for (const [position, patch] of patchAt.entries()) {
      if (patch < grid.count) counts[position]! += weights?.[patch] ?? 1;
    }
  }
  return counts;
}

/** The position under the centre of each patch, for patches of an odd side. */
export function patchCenters({ patch, stride, rows, columns, width, count }: PatchGrid): Int32Array {
  const half = (patch - 1) / 2;
  return Int32Array.from({ length: rows === 0 ? 0 : count }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return (row * stride + half) * width + column * stride + half;
  });
}

/**
 * Puts matched patches onto the map.
 *
 * @param matches - for each patch of `grid` the index of its style patch, int32 [n], counted over all of `maps`
 *   A patch of weight 0 may have `patchTotal(grids)`, which is none.
 * @param weights - of each patch of `grid`; default 1
 * @returns `mean` [M,c], the weighted mean over the patches covering a position (0 where none does), and `residual`, a
 *   scalar: Σ over patches and their positions of weight·(style patch − mean)². With n the coverage, the squared
 *   distance of a map F's patches from their matches is then Σ n·(F − mean)² + residual, for every F.
 */
export function foldPatches(
  matches: tf.Tensor1D,
  maps: readonly tf.Tensor4D[],
  grids: readonly PatchGrid[],
  grid: PatchGrid,
  weights?: Float32Array,
): { mean: tf.Tensor2D; residual: tf.Scalar } {
  // All positions of the style, and a row of zeros for positions that a patch does not cover.
  const positions = tf.concat([...maps.map(asMatrix), tf.zeros([1, maps[0]!.shape[3]])], 0);
  const zeroRow = positions.shape[0]! - 1;
  const extended = tf.concat([matches, tf.tensor1d([patchTotal(grids)], 'int32')]);
  const covering = coveringPatches(grid);
  const copies = covering.map((patchAt, offset) => {
    const rowOfPatch = tf.tensor1d(positionsOfPatches(grids, offset, zeroRow), 'int32');
    const patch = tf.gather(extended, tf.tensor1d(patchAt, 'int32'));
    return tf.gather(positions, tf.gather(rowOfPatch, patch));
  });
  const columnAt = (patchAt: Int32Array): tf.Tensor2D => {
    const values = Float32Array.from(patchAt, (patch) => (patch < grid.count ? (weights?.[patch] ?? 1) : 0));
    return tf.tensor2d(values, [values.length, 1]);
  };
  const weighted =
    weights === undefined ? copies : copies.map((copy, offset) => tf.mul(copy, columnAt(covering[offset]!)));
  const inverse = coverage(grid, weights).map((count) => (count === 0 ? 0 : 1 / count));
  const mean = tf.mul(
    weighted.reduce((sum, copy) => tf.add(sum, copy)),
    tf.tensor2d(inverse, [inverse.length, 1]),
  ) as tf.Tensor2D;
  const spreads = copies.map((copy, offset) => {
    const difference = tf.sub(copy, mean);
    return tf.sum(tf.mul(tf.mul(difference, difference), columnAt(covering[offset]!)));
  });
  return { mean, residual: spreads.reduce((sum, spread) => tf.add(sum, spread)) as tf.Scalar };
}

/** Mean over all patches of the style's maps, or some of them, of their squared length, a scalar. */
export function meanPatchEnergy(
  maps: readonly tf.Tensor4D[],
  grids: readonly PatchGrid[],
  members?: Int32Array,
): tf.Scalar {
  const counted = members && new Float32Array(patchTotal(grids));
  for (const member of members ?? []) counted![member] = 1;
  const begins = grids.map((_, index) => patchTotal(grids.slice(0, index)));
  const energies = maps.map((map, index) => {
    const perPosition = tf.sum(tf.mul(asMatrix(map), asMatrix(map)), 1);
    const own = counted?.subarray(begins[index]!, begins[index]! + grids[index]!.count);
    return tf.sum(tf.mul(perPosition, tf.tensor1d(coverage(grids[index]!, own))));
  });
  return tf.mul(
    energies.reduce((sum, energy) => tf.add(sum, energy)),
    1 / (members?.length ?? patchTotal(grids)),
  ) as tf.Scalar;
}

/** Patches in all the maps together. */
export function patchTotal(grids: readonly PatchGrid[]): number {
  return grids.reduce((sum, { count }) => sum + count, 0);
}

/**
 * For each offset within a patch, and each position of the map: the index of the patch that covers the position
 * with that offset, or `grid.count` where there is none.
 */
function coveringPatches(grid: PatchGrid): Int32Array[] {
  const { height, width, patch, stride, rows, columns, count } = grid;
  const offsets = Array.from(
    { length: patch * patch },
    (_, i) => [Math.floor(i / patch), i % patch] as const,
  );
  return offsets.map(([down, across]) =>
    Int32Array.from({ length: height * width }, (_, position) => {
      const row = (Math.floor(position / width) - down) / stride;
      const column = ((position % width) - across) / stride;
      const covered =
        Number.isInteger(row) &&
        Number.isInteger(column) &&
        row >= 0 &&
        row < rows &&
        column >= 0 &&
        column < columns;
      return covered ? row * columns + column : count;
    }),
  );
}

/** For each patch of all maps the row of its position at `offset` in the stacked positions, and `zeroRow` at the end. */
function positionsOfPatches(grids: readonly PatchGrid[], offset: number, zeroRow: number): Int32Array {
  const rows = new Int32Array(patchTotal(grids) + 1);
  let index = 0;
  let mapBegin = 0;
  for (const { height, width, patch, stride, columns, count } of grids) {
    for (let i = 0; i < count; i++) {
      const y = Math.floor(i / columns) * stride + Math.floor(offset / patch);
      const x = (i % columns) * stride + (offset % patch);
      rows[index++] = mapBegin + y * width + x;
    }
    mapBegin += height * width;
  }
  rows[index] = zeroRow;
  return rows;
}

/** A matrix [D,K] in pieces of at most `size` columns. */
export function columnChunks(matrix: tf.Tensor2D, size: number): tf.Tensor2D[] {
  const [depth, columns] = matrix.shape;
  if (columns <= size) return [matrix];
  return Array.from({ length: Math.ceil(columns / size) }, (_, i) =>
    tf.slice(matrix, [0, i * size], [depth, Math.min(size, columns - i * size)]),
  );
}
