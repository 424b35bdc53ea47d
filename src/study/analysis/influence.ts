/** What each answer does to a fitted scale, to first order. */
import { solveSymmetric } from '../../../metrics/statistics/linear.ts';
import type { PairedCounts } from '../../../metrics/statistics/pair-scale.ts';
import type { Comparison } from './tables.ts';
import type { Influence } from './two-way.ts';

/** A fit of Bradley and Terry's scale with Davidson's ties and a side term. */
export interface FittedScale {
  /** Against the reference, which is 0. */
  readonly scores: readonly number[];
  readonly side: number;
  readonly tie: number;
}

/**
 * Influences of the answers on every score and, last, on the side term: the inverse of the information times each
 * answer's gradient of the log-likelihood (Huber, The behavior of maximum likelihood estimates under nonstandard
 * conditions, 1967). That of the reference's score is all zero.
 *
 * @param counts - what was fitted, faint votes that keep it finite among them
 */
export function influencesOn(
  { scores, side, tie }: FittedScale,
  reference: number,
  counts: readonly PairedCounts[],
  comparisons: readonly Comparison[],
): Influence[][] {
  const n = scores.length;
  const withTies = tie > 0;
  // The reference's place is taken by the side term: its score does not move.
  const sideAt = reference;
  const size = n + (withTies ? 1 : 0);
  const model = (left: number, right: number) => {
    const a = new Float64Array(size);
    const b = new Float64Array(size);
    if (left !== reference) a[left] = 1;
    if (right !== reference) b[right] = 1;
    a[sideAt] = 1;
    const directions = [a, b];
    const weights = [Math.exp(scores[left]! + side), Math.exp(scores[right]!)];
    if (withTies) {
      const c = a.map((value, i) => (value + b[i]!) / 2);
      c[n] = 1;
      directions.push(c);
      weights.push(tie * Math.sqrt(weights[0]! * weights[1]!));
    }
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const probabilities = weights.map((weight) => weight / sum);
    const expected = new Float64Array(size);
    for (const [k, direction] of directions.entries()) {
      for (let i = 0; i < size; i++) expected[i]! += probabilities[k]! * direction[i]!;
    }
    return { directions, probabilities, expected };
  };
  const information = Array.from({ length: size }, () => new Float64Array(size));
  for (const { first, second, firstWins, secondWins, ties = 0 } of counts) {
    const total = firstWins + secondWins + ties;
    const { directions, probabilities, expected } = model(first, second);
    for (const [k, direction] of directions.entries()) {
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          information[i]![j]! +=
            total * probabilities[k]! * (direction[i]! - expected[i]!) * (direction[j]! - expected[j]!);
        }
      }
    }
  }
  const inverse = Array.from({ length: size }, (_, i) => {
    const unit = new Float64Array(size);
    unit[i] = 1;
    return solveSymmetric(
      information.map((row) => Float64Array.from(row)),
      unit,
    );
  });
  const places = { left: 0, right: 1, tie: 2 } as const;
  const known = new Map<string, Float64Array>();
  const of = ({ left, right, choice }: Comparison): Float64Array => {
    const key = `${left} ${right} ${choice}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const { directions, expected } = model(left, right);
    const gradient = directions[places[choice]]!.map((value, i) => value - expected[i]!);
    const moved = Float64Array.from(inverse, (row) =>
      row.reduce((sum, value, i) => sum + value * gradient[i]!, 0),
    );
    known.set(key, moved);
    return moved;
  };
  return Array.from({ length: n + 1 }, (_, i) => {
    const at = i === n ? sideAt : i;
    return comparisons.map((one) => ({
      rater: one.rater,
      pair: one.pair,
      value: i === reference ? 0 : of(one)[at]!,
    }));
  });
}
