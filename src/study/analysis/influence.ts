/** What each answer does to a fitted scale, to first order. */
import {
  inverseOf,
  outcomesOf,
  type PairFit,
  type PairModel,
  pairOutcomes,
} from '../../../metrics/statistics/pair-model.ts';
import type { Comparison } from './tables.ts';
import type { Influence } from './two-way.ts';

export interface Influences {
  /** By parameter of the model, the answers' influences in their order. */
  readonly of: readonly (readonly Influence[])[];
  /** By parameter, the variance it has when answers are independent: the inverse of the information. */
  readonly independent: readonly number[];
}

/**
 * Influences of the answers on every parameter: the inverse of the information times each answer's gradient of the
 * log-likelihood (Huber, The behavior of maximum likelihood estimates under nonstandard conditions, 1967).
 *
 * @param weight - how much an answer counts in the likelihood that was maximised
 * @returns undefined when the comparisons do not determine all parameters
 */
export function influencesOn(
  model: PairModel,
  { parameters, information }: Pick<PairFit, 'parameters' | 'information'>,
  comparisons: readonly Comparison[],
  weight: (comparison: Comparison) => number = () => 1,
): Influences | undefined {
  const inverse = inverseOf(information)?.matrix;
  if (inverse === undefined) return undefined;
  const known = new Map<string, readonly number[]>();
  const moved = ({ left, right, choice }: Comparison): readonly number[] => {
    const key = `${left} ${right} ${choice}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const row = model.rowOf(left, right);
    const { expected } = outcomesOf(row, parameters);
    const gradient = row.directions[pairOutcomes.indexOf(choice)]!.map((value, i) => value - expected[i]!);
    const by = inverse.map((line) =>
      gradient.reduce((sum, value, i) => sum + value * line[row.involved[i]!]!, 0),
    );
    known.set(key, by);
    return by;
  };
  const answers = comparisons.map((one) => ({
    rater: one.rater,
    pair: one.pair,
    weight: weight(one),
    by: moved(one),
  }));
  return {
    of: Array.from({ length: model.size }, (_, at) =>
      answers.map(({ rater, pair, weight, by }) => ({ rater, pair, value: weight * by[at]! })),
    ),
    independent: inverse.map((line, at) => line[at]!),
  };
}
