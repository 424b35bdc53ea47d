/** Several variants over the same blocks: is there any difference? */
import { chiSquaredUpper, studentizedRangeQuantile } from './distributions.ts';
import { ranks, tieSum } from './ranks.ts';

export interface FriedmanResult {
  readonly chiSquared: number;
  readonly df: number;
  readonly p: number;
  /** `exact`: all orders of all blocks are counted; `chi-squared`: the approximation for many blocks. */
  readonly method: 'exact' | 'chi-squared';
  /** Kendall's coefficient of concordance, in [0,1]. */
  readonly W: number;
  /** Mean rank of each treatment, 1 for the smallest values. */
  readonly meanRanks: readonly number[];
}

/**
 * Up to how many blocks of k treatments the orders are counted: where the χ² approximation is worst (with three blocks of
 * four it says .029 where the truth is .0017), and counting is quick.
 */
const exactBlocks: Readonly<Record<number, number>> = { 2: 100, 3: 30, 4: 12, 5: 6, 6: 3 };

/**
 * Friedman's test on a blocks × treatments table (≥ 2 of each), with the correction for ties:
 * χ² = 12 Σ_j (R_j − b(k+1)/2)² / (b k (k+1) − Σ(t³−t)/(k−1)); W = χ²/(b(k−1)). Values that differ by rounding are tied.
 *
 * @param table - one row per block (content/style pair), one column per treatment (variant)
 * @returns p = 1 and W = 0 when every block is entirely tied
 * @throws RangeError for a table with gaps, or too small
 */
export function friedman(table: readonly (readonly number[])[]): FriedmanResult {
  const b = table.length;
  const k = table[0]?.length ?? 0;
  if (b < 2 || k < 2 || table.some((row) => row.length !== k)) {
    throw new RangeError('Friedman needs a full table of at least two blocks and two treatments');
  }
  const ranked = table.map(ranks);
  const sums = new Array<number>(k).fill(0);
  for (const row of ranked) for (const [j, rank] of row.entries()) sums[j]! += rank;
  const ties = ranked.reduce((sum, row) => sum + tieSum(row), 0);
  const center = (b * (k + 1)) / 2;
  const spread = sums.reduce((sum, R) => sum + (R - center) ** 2, 0);
  const denominator = b * k * (k + 1) - ties / (k - 1);
  const chiSquared = denominator === 0 ? 0 : (12 * spread) / denominator;
  const isExact = b <= (exactBlocks[k] ?? 0);
  return {
    chiSquared,
    df: k - 1,
    p: isExact ? exactUpper(ranked, sums) : chiSquaredUpper(chiSquared, k - 1),
    method: isExact ? 'exact' : 'chi-squared',
    W: chiSquared / (b * (k - 1)),
    meanRanks: sums.map((sum) => sum / b),
  };
}

/** Sum of squared doubled rank sums -> its probability when every block's ranks lie in any order. */
type Squares = ReadonlyMap<number, number>;

/** Of tables with the same ties in their blocks, of which a report has many. */
const known = new Map<string, Squares>();
const mostKnown = 200;

/** The probability of rank sums at least as uneven as those observed. */
function exactUpper(ranked: readonly (readonly number[])[], sums: readonly number[]): number {
  // Doubled ranks are whole numbers even with ties; the least varied blocks first, which keeps the states few.
  const blocks = ranked
    .map((row) => row.map((rank) => Math.round(2 * rank)).sort((x, y) => x - y))
    .map((row) => ({ row, key: row.join() }))
    .sort((x, y) => (x.key < y.key ? -1 : 1));
  const key = blocks.map((block) => block.key).join(';');
  let squares = known.get(key);
  if (squares === undefined) {
    if (known.size >= mostKnown) known.clear();
    squares = distributionOfSquares(blocks.map(({ row }) => row));
    known.set(key, squares);
  }
  const observed = sums.reduce((sum, R) => sum + Math.round(2 * R) ** 2, 0);
  let tail = 0;
  for (const [square, probability] of squares) if (square >= observed) tail += probability;
  return Math.min(1, tail);
}

/**
 * Block by block over all orders. Treatments are exchangeable, so that rank sums are kept sorted, as one number to the
 * base of more than their largest.
 */
function distributionOfSquares(blocks: readonly (readonly number[])[]): Squares {
  const k = blocks[0]!.length;
  const base = 2 * k * blocks.length + 1;
  const packed = (sums: readonly number[]) => sums.reduce((number, sum) => number * base + sum, 0);
  const unpacked = (number: number) => {
    const sums = new Array<number>(k);
    for (let j = k - 1; j >= 0; j--) {
      sums[j] = number % base;
      number = Math.floor(number / base);
    }
    return sums;
  };
  let states = new Map<number, number>([[packed(blocks[0]!), 1]]);
  for (const block of blocks.slice(1)) {
    const orders = permutations(block);
    const next = new Map<number, number>();
    for (const [state, probability] of states) {
      const sums = unpacked(state);
      for (const order of orders) {
        const moved = packed(sums.map((sum, j) => sum + order[j]!).sort((x, y) => x - y));
        next.set(moved, (next.get(moved) ?? 0) + probability / orders.length);
      }
    }
    states = next;
  }
  const squares = new Map<number, number>();
  for (const [state, probability] of states) {
    const square = unpacked(state).reduce((sum, R) => sum + R * R, 0);
    squares.set(square, (squares.get(square) ?? 0) + probability);
  }
  return squares;
}

/** All orders, equal values told apart, so that each is equally likely. */
function permutations(values: readonly number[]): number[][] {
  if (values.length <= 1) return [[...values]];
  return values.flatMap((value, i) =>
    permutations([...values.slice(0, i), ...values.slice(i + 1)]).map((rest) => [value, ...rest]),
  );
}

/**
 * Nemenyi's critical difference of mean ranks at level α: q_α/√2 · √(k(k+1)/(6b)), q from the studentised range
 * with infinite degrees of freedom (Demšar 2006). For comparison with published diagrams: what a report calls different,
 * its pairwise tests decide.
 */
export function criticalDifference(treatments: number, blocks: number, alpha = 0.05): number {
  const q = studentizedRangeQuantile(1 - alpha, treatments) / Math.SQRT2;
  return q * Math.sqrt((treatments * (treatments + 1)) / (6 * blocks));
}
