/** Several treatments in an order foretold: do values rise along it? */
import { normalUpper } from './distributions.ts';
import { ranks } from './ranks.ts';

export interface TrendResult {
  /** Σ over blocks and treatments j = 1..k of j times the treatment's rank in the block. */
  readonly L: number;
  /** One-sided: of an L as large as this when no treatment differs from another. */
  readonly p: number;
  readonly method: 'exact' | 'normal';
  /** Mean over blocks of Spearman's correlation between the foretold order and the ranks, in [−1,1]; ties as they lie. */
  readonly concordance: number;
}

/** Up to this many treatments the orders of a block are counted, not approximated. */
const exactTreatments = 10;
/** Up to this many blocks their sums are. */
const exactBlocks = 100;

/**
 * Page's test for ordered alternatives (Page, Ordered hypotheses for multiple treatments, JASA 58, 1963): are the
 * treatments of a blocks × treatments table equal, or m₁ ≤ m₂ ≤ … ≤ m_k with at least one step up?
 *
 * Values that differ by rounding are tied. Exact up to 10 treatments and 100 blocks, ties included: all orders of each block's own (mid)ranks are counted, over
 * subsets of them instead of one by one. Beyond, the normal approximation with the permutation variance,
 * Σ over blocks of (Σ_j (j − j̄)²)(Σ_j (r_j − r̄)²)/(k − 1).
 *
 * @param table - one row per block (content/style pair), one column per treatment in the order foretold; ≥ 1 block,
 *   ≥ 2 treatments, no NaN
 * @returns p = 1 when every block is entirely tied
 * @throws RangeError for a table with gaps or too few treatments
 */
export function pageTrend(table: readonly (readonly number[])[]): TrendResult {
  const k = table[0]?.length ?? 0;
  if (k < 2 || table.some((row) => row.length !== k)) {
    throw new RangeError('a trend needs a full table of at least two treatments');
  }
  // Doubled ranks are whole numbers even with ties.
  const doubled = table.map((row) => ranks(row).map((rank) => Math.round(2 * rank)));
  const sumOf = (row: readonly number[]) => row.reduce((sum, rank, j) => sum + (j + 1) * rank, 0);
  const observed = doubled.reduce((sum, row) => sum + sumOf(row), 0);
  const places = (k * (k * k - 1)) / 12;
  const center = (table.length * k * (k + 1) ** 2) / 4;
  const L = observed / 2;
  const about = { L, concordance: (L - center) / (table.length * places) };
  if (k <= exactTreatments && table.length <= exactBlocks) {
    return { ...about, p: exactUpper(doubled, observed), method: 'exact' };
  }
  const variance = doubled.reduce((sum, row) => {
    const spread = row.reduce((squares, rank) => squares + (rank / 2 - (k + 1) / 2) ** 2, 0);
    return sum + (places * spread) / (k - 1);
  }, 0);
  if (variance === 0) return { ...about, p: 1, method: 'normal' };
  return { ...about, p: normalUpper((L - center) / Math.sqrt(variance)), method: 'normal' };
}

/** The least p that a table of this size can have: one order of k! in every block. */
export function leastTrendP(treatments: number, blocks: number): number {
  let orders = 1;
  for (let j = 2; j <= treatments; j++) orders *= j;
  return orders ** -blocks;
}

/** The probability of a sum of at least `observed` when each block's ranks lie in any order. */
function exactUpper(doubled: readonly (readonly number[])[], observed: number): number {
  let sums: Float64Array = Float64Array.of(1);
  const known = new Map<string, Float64Array>();
  for (const row of doubled) {
    const sorted = [...row].sort((a, b) => a - b);
    const key = sorted.join();
    const block = known.get(key) ?? orderSums(sorted);
    known.set(key, block);
    sums = convolved(sums, block);
  }
  let tail = 0;
  for (let sum = sums.length - 1; sum >= observed; sum--) tail += sums[sum]!;
  return Math.min(1, tail);
}

/** P(Σ_j j·r_σ(j) = s) over all orders σ of the ranks: by which of them the first j places have taken. */
function orderSums(sorted: readonly number[]): Float64Array {
  const k = sorted.length;
  const largest = sorted.reduce((sum, rank, j) => sum + (j + 1) * rank, 0);
  const bySubset: (Float64Array | undefined)[] = [
    Float64Array.from({ length: largest + 1 }, (_, s) => (s === 0 ? 1 : 0)),
  ];
  for (let subset = 0; subset < 2 ** k; subset++) {
    const here = bySubset[subset]!;
    const place = bits(subset) + 1;
    for (let i = 0; i < k; i++) {
      if (subset & (1 << i)) continue;
      const next = subset | (1 << i);
      const there = bySubset[next] ?? new Float64Array(largest + 1);
      bySubset[next] = there;
      const step = place * sorted[i]!;
      for (let s = 0; s + step <= largest; s++) there[s + step]! += here[s]! / (k - place + 1);
    }
    if (subset < 2 ** k - 1) bySubset[subset] = undefined;
  }
  return bySubset[2 ** k - 1]!;
}

function convolved(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length + b.length - 1);
  for (const [i, x] of a.entries()) {
    if (x === 0) continue;
    for (let j = 0; j < b.length; j++) result[i + j]! += x * b[j]!;
  }
  return result;
}

function bits(value: number): number {
  let count = 0;
  for (let rest = value; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}
