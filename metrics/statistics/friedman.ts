/** Several variants over the same blocks: is there any difference, and between which? */
import { chiSquaredUpper, studentizedRangeQuantile } from './distributions.ts';
import { ranks, tieSum } from './ranks.ts';

export interface FriedmanResult {
  readonly chiSquared: number;
  readonly df: number;
  readonly p: number;
  /** Kendall's coefficient of concordance, in [0,1]. */
  readonly W: number;
  /** Mean rank of each treatment, 1 for the smallest values. */
  readonly meanRanks: readonly number[];
}

/**
 * Friedman's test on a blocks × treatments table (≥ 2 of each), with the correction for ties:
 * χ² = 12 Σ_j (R_j − b(k+1)/2)² / (b k (k+1) − Σ(t³−t)/(k−1)); W = χ²/(b(k−1)).
 *
 * @param table - one row per block (content/style pair), one column per treatment (variant)
 * @returns p = 1 and W = 0 when every block is entirely tied
 */
export function friedman(table: readonly (readonly number[])[]): FriedmanResult {
  const b = table.length;
  const k = table[0]?.length ?? 0;
  if (b < 2 || k < 2 || table.some((row) => row.length !== k)) {
    throw new RangeError('Friedman needs a full table of at least two blocks and two treatments');
  }
  const sums = new Array<number>(k).fill(0);
  let ties = 0;
  for (const row of table) {
    for (const [j, rank] of ranks(row).entries()) sums[j]! += rank;
    ties += tieSum(row);
  }
  const centre = (b * (k + 1)) / 2;
  const spread = sums.reduce((sum, R) => sum + (R - centre) ** 2, 0);
  const denominator = b * k * (k + 1) - ties / (k - 1);
  const chiSquared = denominator === 0 ? 0 : (12 * spread) / denominator;
  return {
    chiSquared,
    df: k - 1,
    p: chiSquaredUpper(chiSquared, k - 1),
    W: chiSquared / (b * (k - 1)),
    meanRanks: sums.map((sum) => sum / b),
  };
}

/**
 * Nemenyi's critical difference of mean ranks at level α: q_α/√2 · √(k(k+1)/(6b)), q from the studentised range
 * with infinite degrees of freedom (Demšar 2006).
 */
export function criticalDifference(treatments: number, blocks: number, alpha = 0.05): number {
  const q = studentizedRangeQuantile(1 - alpha, treatments) / Math.SQRT2;
  return q * Math.sqrt((treatments * (treatments + 1)) / (6 * blocks));
}

/**
 * The maximal groups of treatments whose mean ranks all lie within the critical difference: the bars of a
 * critical-difference diagram. Groups of one are left out; indices are in the order of the mean ranks.
 */
export function indistinctGroups(meanRanks: readonly number[], difference: number): number[][] {
  const order = meanRanks.map((_, index) => index).sort((a, b) => meanRanks[a]! - meanRanks[b]!);
  const groups: number[][] = [];
  let lastEnd = -1;
  for (let start = 0; start < order.length; start++) {
    let end = start;
    while (end + 1 < order.length && meanRanks[order[end + 1]!]! - meanRanks[order[start]!]! <= difference) {
      end++;
    }
    if (end > start && end > lastEnd) groups.push(order.slice(start, end + 1));
    lastEnd = Math.max(lastEnd, end);
  }
  return groups;
}
