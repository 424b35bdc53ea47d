/** Do two metrics order the pictures alike? */
import { sampleCorrelation } from 'simple-statistics';
import { ranks } from './ranks.ts';

/** Spearman's ρ: the correlation of the (mid)ranks; NaN when either side does not vary or has fewer than 2 values. */
export function spearman(x: readonly number[], y: readonly number[]): number {
  if (x.length !== y.length) throw new RangeError(`samples of ${x.length} and ${y.length} values`);
  if (x.length < 2 || isConstant(x) || isConstant(y)) return Number.NaN;
  return sampleCorrelation(ranks(x), ranks(y));
}

/**
 * Kendall's τ_b = (C − D)/√((P − T_x)(P − T_y)), P all pairs, T the tied ones; NaN when either side does not vary.
 */
export function kendallTauB(x: readonly number[], y: readonly number[]): number {
  if (x.length !== y.length) throw new RangeError(`samples of ${x.length} and ${y.length} values`);
  let balance = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const dx = Math.sign(x[i]! - x[j]!);
      const dy = Math.sign(y[i]! - y[j]!);
      balance += dx * dy;
      untiedX += dx * dx;
      untiedY += dy * dy;
    }
  }
  return untiedX === 0 || untiedY === 0 ? Number.NaN : balance / Math.sqrt(untiedX * untiedY);
}

function isConstant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}
