/** Balanced incomplete block designs: which methods are compared together when a rater cannot compare all. */

export interface BlockDesign {
  /** Items. */
  readonly v: number;
  /** Blocks. */
  readonly b: number;
  /** Blocks each item is in. */
  readonly r: number;
  /** Items in each block. */
  readonly k: number;
  /** Blocks in which any two items meet. */
  readonly lambda: number;
  readonly blocks: readonly (readonly number[])[];
}

/** More blocks than this are too many for any number of raters. */
const mostBlocks = 300;

/**
 * A balanced incomplete block design of v items in blocks of k: a cyclic one where a difference family is found,
 * else all subsets of k items. Undefined when that would take more than 300 blocks.
 *
 * Parameters satisfy bk = vr and λ(v−1) = r(k−1).
 *
 * @param v - at least 2
 * @param k - from 2 to v; k = v is the one complete block
 */
export function balancedBlocks(v: number, k: number): BlockDesign | undefined {
  if (!Number.isInteger(v) || !Number.isInteger(k) || k < 2 || k > v) {
    throw new RangeError(`blocks of ${k} among ${v} items: expected 2 ≤ k ≤ v`);
  }
  const subsets = binomial(v, k);
  // A perfect difference set needs λ(v−1) = k(k−1); a family of m base blocks λ(v−1) = m k(k−1).
  for (let m = 1; m <= 3 && m * v < subsets; m++) {
    const lambda = (m * k * (k - 1)) / (v - 1);
    if (!Number.isInteger(lambda) || m * v > mostBlocks) continue;
    const bases = differenceFamily(v, k, m, lambda);
    if (bases !== undefined) {
      const shifts = Array.from({ length: v }, (_, shift) => shift);
      return describe(
        v,
        bases.flatMap((base) =>
          shifts.map((shift) => base.map((item) => (item + shift) % v).sort((a, c) => a - c)),
        ),
      );
    }
  }
  if (subsets > mostBlocks) return undefined;
  return describe(v, [...subsetsOf(v, k)]);
}

/**
 * The parameters of a list of blocks.
 * @throws RangeError when it is not balanced: sizes, replications or meetings differ
 */
export function describe(v: number, blocks: readonly (readonly number[])[]): BlockDesign {
  const k = blocks[0]?.length ?? 0;
  const replications = new Array<number>(v).fill(0);
  const meetings = new Map<number, number>();
  for (const block of blocks) {
    if (block.length !== k || new Set(block).size !== k) throw new RangeError('blocks of different sizes');
    for (const i of block) {
      replications[i]!++;
      for (const j of block) if (i < j) meetings.set(i * v + j, (meetings.get(i * v + j) ?? 0) + 1);
    }
  }
  const r = replications[0]!;
  const lambda = meetings.get(1) ?? 0;
  const pairs = (v * (v - 1)) / 2;
  if (replications.some((count) => count !== r)) throw new RangeError('items in different numbers of blocks');
  if (meetings.size !== pairs || [...meetings.values()].some((count) => count !== lambda)) {
    throw new RangeError('pairs of items in different numbers of blocks');
  }
  return { v, b: blocks.length, r, k, lambda, blocks };
}

/** Base blocks, each holding 0, whose differences cover every residue but 0 exactly λ times; by depth-first search. */
function differenceFamily(v: number, k: number, m: number, lambda: number): number[][] | undefined {
  const covered = new Array<number>(v).fill(0);
  const family: number[][] = [];
  let steps = 0;
  const cover = (block: readonly number[], item: number, sign: 1 | -1): boolean => {
    let fits = true;
    for (const other of block) {
      for (const difference of [(item - other + v) % v, (other - item + v) % v]) {
        covered[difference]! += sign;
        if (covered[difference]! > lambda) fits = false;
      }
    }
    return fits;
  };
  const extend = (block: number[]): boolean => {
    // Small designs are found at once; a search that goes on and on is given up for the design of all subsets.
    if (++steps > 200_000) return false;
    if (block.length === k) {
      family.push(block);
      if (family.length === m || extend([0])) return true;
      family.pop();
      return false;
    }
    for (let item = block.at(-1)! + 1; item < v; item++) {
      if (cover(block, item, 1) && extend([...block, item])) return true;
      cover(block, item, -1);
    }
    return false;
  };
  return extend([0]) ? family : undefined;
}

function* subsetsOf(v: number, k: number, from = 0): Generator<number[]> {
  if (k === 0) {
    yield [];
    return;
  }
  for (let item = from; item <= v - k; item++) {
    for (const rest of subsetsOf(v, k - 1, item + 1)) yield [item, ...rest];
  }
}

function binomial(n: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i;
  return Math.round(value);
}
