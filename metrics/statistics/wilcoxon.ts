/** The paired comparison of two variants over the same content/style pairs. */
import { normalUpper } from './distributions.ts';
import { ranks, tieSum } from './ranks.ts';
import { pairedDifferences } from './rounding.ts';

export interface WilcoxonResult {
  /** Sum of the ranks of the positive differences. */
  readonly V: number;
  readonly p: number;
  /** Non-zero differences: what the test rests on. */
  readonly n: number;
  readonly method: 'exact' | 'normal';
  /** Matched-pairs rank-biserial correlation in [−1,1]: (V⁺ − V⁻)/(V⁺ + V⁻) (Kerby 2014). */
  readonly rankBiserial: number;
}

/** Up to this many non-zero differences the null distribution is enumerated. */
const exactLimit = 200;

/**
 * Wilcoxon's signed-rank test, two-sided, of a[i] against b[i]. Zero differences are dropped (Wilcoxon 1945); differences
 * that are nothing but rounding are zero, and magnitudes that differ by rounding alone are tied (`rounding.ts`).
 *
 * Up to 200 differences the p value is exact, ties included: the distribution of V given the (mid)ranks, counted by
 * dynamic programming over doubled ranks. Above, the normal approximation with tie and continuity corrections.
 *
 * @returns p = 1 when no difference is left
 */
export function wilcoxonSignedRank(a: readonly number[], b: readonly number[]): WilcoxonResult {
  if (a.length !== b.length) throw new RangeError(`paired samples of ${a.length} and ${b.length} values`);
  const differences = pairedDifferences(a, b).filter((difference) => difference !== 0);
  const n = differences.length;
  if (n === 0) return { V: 0, p: 1, n, method: 'exact', rankBiserial: 0 };
  const magnitudes = differences.map(Math.abs);
  const rank = ranks(magnitudes);
  const V = rank.reduce((sum, value, index) => sum + (differences[index]! > 0 ? value : 0), 0);
  const all = (n * (n + 1)) / 2;
  const rankBiserial = (2 * V - all) / all;
  if (n <= exactLimit) return { V, p: exactP(rank, V), n, method: 'exact', rankBiserial };
  const mean = all / 2;
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - tieSum(rank) / 48;
  const z = Math.max(0, Math.abs(V - mean) - 0.5) / Math.sqrt(variance);
  return { V, p: Math.min(1, 2 * normalUpper(z)), n, method: 'normal', rankBiserial };
}

function exactP(rank: readonly number[], V: number): number {
  // Doubled ranks are whole numbers even with ties.
  const doubled = rank.map((value) => Math.round(2 * value));
  const total = doubled.reduce((sum, value) => sum + value, 0);
  let probability = new Float64Array(total + 1);
  probability[0] = 1;
  let reached = 0;
  for (const step of doubled) {
    const next = new Float64Array(total + 1);
    for (let sum = 0; sum <= reached; sum++) {
      next[sum]! += probability[sum]! / 2;
      next[sum + step]! += probability[sum]! / 2;
    }
    reached += step;
    probability = next;
  }
  const observed = Math.round(2 * V);
  const extreme = Math.min(observed, total - observed);
  let tail = 0;
  for (let sum = 0; sum <= extreme; sum++) tail += probability[sum]!;
  return Math.min(1, 2 * tail);
}
