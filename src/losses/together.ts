/**
 * Reading for several regions at once. Each region's part of a loss reads the same maps at positions of its own, next
 * to those of its neighbours; gathered for all in one go, and their gradients put back in one go, this costs what
 * reading the whole map once does, where one by one it costs as much for every region.
 *
 * Who reads beside whom is known where the parts are put together (`combined.ts`), and needed far below, where a statistic
 * or a loss of patches reads rows of a map. It is not handed down: every loss and every statistic would have to take it and
 * pass it on, also those of a researcher's own, which name one region and know of no others.
 */
import type { NamedTensors, tf } from '../tensor.ts';
import type { Region, RegionPair } from './region.ts';
import { rowsAt, splitRows } from './rows.ts';

/** Regions that read the same maps. */
export type Readers = readonly Region[];

/** What is held for each region's own part of a loss. */
export type HeldByRegion = ReadonlyMap<RegionPair, NamedTensors>;

interface Sharing {
  readonly groups: readonly Readers[];
  readonly held: HeldByRegion | undefined;
  readonly made: Map<tf.Tensor, Map<string, unknown>>;
}

let sharing: Sharing | undefined;

/**
 * Runs `compute`, within which `rowsWithin` reads for all of a group when it is asked for the first of it, and `once`
 * keeps what it made. What is known of a group is kept as long as the group's array is.
 *
 * @param held - told to `heldBeside`
 */
export function together<Result>(
  groups: readonly Readers[],
  compute: () => Result,
  held?: HeldByRegion,
): Result {
  const outer = sharing;
  sharing = { groups, held, made: new Map() };
  try {
    return compute();
  } finally {
    sharing = outer;
  }
}

/** What `make` makes of a tensor, made once within `together` and at every call elsewhere. */
export function once<Result>(tensor: tf.Tensor, what: string, make: () => Result): Result {
  if (sharing === undefined) return make();
  let made = sharing.made.get(tensor);
  if (made === undefined) {
    made = new Map();
    sharing.made.set(tensor, made);
  }
  if (!made.has(what)) made.set(what, make());
  return made.get(what) as Result;
}

/** What is held for a region and for those that read beside it; undefined where it reads alone. */
export function heldBeside(region: RegionPair | undefined): HeldByRegion | undefined {
  return region !== undefined && sharing?.held?.has(region) ? sharing.held : undefined;
}

/** Which rows of a matrix a region reads; the same for the same region. */
export type RowsOf = (region: Region) => Int32Array;

/**
 * The rows of a matrix [M,c] that a region reads, [m,c].
 *
 * @param what - names the choice that `rowsOf` makes, among all choices for matrices of M rows
 */
export function rowsWithin(matrix: tf.Tensor2D, region: Region, what: string, rowsOf: RowsOf): tf.Tensor2D {
  const group = sharing?.groups.find((regions) => regions.length > 1 && regions.includes(region));
  if (group === undefined) return rowsAt(matrix, rowsOf(region));
  const parts = once(matrix, `rows ${what}`, () => {
    const { readers, counts, rows } = joined(group, `${what} of ${matrix.shape[0]}`, rowsOf);
    const read = splitRows(rowsAt(matrix, rows), counts);
    return new Map(readers.map((reader, i) => [reader, read[i]!]));
  });
  return parts.get(region)!;
}

interface Joined {
  /** The regions that read any row at all. */
  readonly readers: readonly Region[];
  readonly counts: readonly number[];
  /** What they read, one after the other. */
  readonly rows: Int32Array;
}

const joinedFor = new WeakMap<Readers, Map<string, Joined>>();

function joined(group: Readers, key: string, rowsOf: RowsOf): Joined {
  let known = joinedFor.get(group);
  if (known === undefined) {
    known = new Map();
    joinedFor.set(group, known);
  }
  let found = known.get(key);
  if (found === undefined) {
    const readers = group.filter((region) => rowsOf(region).length > 0);
    const lists = readers.map(rowsOf);
    const counts = lists.map((list) => list.length);
    const rows = new Int32Array(counts.reduce((sum, count) => sum + count, 0));
    let begin = 0;
    for (const list of lists) {
      rows.set(list, begin);
      begin += list.length;
    }
    found = { readers, counts, rows };
    known.set(key, found);
  }
  return found;
}
