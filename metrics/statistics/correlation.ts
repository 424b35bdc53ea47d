/** Do two metrics order the pictures alike? */
import { sampleCorrelation } from 'simple-statistics';
import { ranks } from './ranks.ts';
import { isConstant, isRoundedEqual } from './rounding.ts';

/**
 * Spearman's ρ in [−1,1]: the correlation of the (mid)ranks, values that differ by rounding tied; NaN when either side does
 * not vary or has fewer than 2 values.
 */
export function spearman(x: readonly number[], y: readonly number[]): number {
  if (x.length !== y.length) throw new RangeError(`samples of ${x.length} and ${y.length} values`);
  if (x.length < 2 || isConstant(x) || isConstant(y)) return Number.NaN;
  // Rounding may carry it beyond 1.
  return Math.max(-1, Math.min(1, sampleCorrelation(ranks(x), ranks(y))));
}

/**
 * Kendall's τ_b = (C − D)/√((P − T_x)(P − T_y)) in [−1,1], P all pairs, T those tied but for rounding; NaN when either
 * side does not vary.
 */
export function kendallTauB(x: readonly number[], y: readonly number[]): number {
  if (x.length !== y.length) throw new RangeError(`samples of ${x.length} and ${y.length} values`);
  let balance = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const dx = isRoundedEqual(x[i]!, x[j]!) ? 0 : Math.sign(x[i]! - x[j]!);
      const dy = isRoundedEqual(y[i]!, y[j]!) ? 0 : Math.sign(y[i]! - y[j]!);
      balance += dx * dy;
      untiedX += dx * dx;
      untiedY += dy * dy;
    }
  }
  if (untiedX === 0 || untiedY === 0) return Number.NaN;
  return Math.max(-1, Math.min(1, balance / Math.sqrt(untiedX * untiedY)));
}
