/** Rows of matrices, by index. */
import { tf } from '../tensor.ts';
import { differentiable } from './differentiable.ts';

/** Where the gradient of each row of a matrix lies among those of the rows that were read. */
interface Places {
  /** Rows of the matrix. */
  readonly count: number;
  /** Whether a row of zeros follows the gradients of the rows read, for rows that nothing reads. */
  readonly zeros: boolean;
  /** What is summed and follows: for each row that is read several times, where it is read first, where next, … */
  readonly sums: readonly Int32Array[];
  /** For each row of the matrix the place of its gradient, counted over all of these. */
  readonly from: Int32Array;
}

/** By the list of rows, which stays the same from evaluation to evaluation. */
const placesOf = new WeakMap<Int32Array, Places>();

function placesIn(rows: Int32Array, count: number): Places {
  const known = placesOf.get(rows);
  if (known?.count === count) return known;
  const none = rows.length;
  const from = new Int32Array(count).fill(none);
  const several = new Map<number, number[]>();
  for (const [i, row] of rows.entries()) {
    if (from[row] === none) from[row] = i;
    else several.set(row, [...(several.get(row) ?? [from[row]!]), i]);
  }
  const lists = [...several.values()];
  const depth = Math.max(0, ...lists.map((list) => list.length));
  const sums = Array.from({ length: depth }, (_, k) => Int32Array.from(lists, (list) => list[k] ?? none));
  const zeros = from.includes(none) || sums.some((places) => places.includes(none));
  for (const [j, row] of [...several.keys()].entries()) from[row] = none + (zeros ? 1 : 0) + j;
  const places = { count, zeros, sums, from };
  placesOf.set(rows, places);
  return places;
}

/**
 * Some rows of a matrix [M,c], [m,c].
 *
 * The gradient gathers too, where tfjs would add up into rows one by one: each row's from where it was read, those of
 * rows read several times added up beforehand.
 */
export function rowsAt(matrix: tf.Tensor2D, rows: Int32Array): tf.Tensor2D {
  const [count, channels] = matrix.shape;
  if (rows.length === count && rows.every((row, i) => row === i)) return matrix;
  return differentiable<tf.Tensor2D>(
    (matrix) => tf.gather(matrix, tf.tensor1d(rows, 'int32')),
    (dy) => {
      const { zeros, sums, from } = placesIn(rows, count);
      const gather = (of: tf.Tensor, places: Int32Array) => tf.gather(of, tf.tensor1d(places, 'int32'));
      const read = zeros ? tf.concat([dy, tf.zeros([1, channels])], 0) : dy;
      if (sums.length === 0) return gather(read, from);
      const added = sums.map((places) => gather(read, places)).reduce((sum, more) => tf.add(sum, more));
      return gather(tf.concat([read, added], 0), from);
    },
  )(matrix);
}

/** A matrix cut into parts of so many rows each, which are all of its rows. */
export function splitRows(matrix: tf.Tensor2D, counts: readonly number[]): tf.Tensor2D[] {
  // tfjs refuses the gradient of a split into one part.
  return counts.length === 1 ? [matrix] : (tf.split(matrix, [...counts], 0) as tf.Tensor2D[]);
}
