/**
 * Which comparison tells most: for many methods, where comparing all of them would take too long. A Gaussian belief
 * about the scores is kept, and the pair is asked whose answer narrows it most (in the spirit of Mikhailiuk et al.,
 * Active sampling for pairwise comparisons via approximate message passing and information gain maximization, 2020).
 */
import { bradleyTerry, type PairedCounts } from '../../../metrics/statistics/pair-scale.ts';
import type { Random } from '../../random.ts';

/** Before any answer the scores are believed to deviate by this much, in log-odds. */
const priorDeviation = 1.5;

/**
 * Pairs of methods to ask about, the most informative first, each choice taking those before it into account.
 *
 * The information of a comparison with win probability p and variance of the difference d is the gain
 * ½ log(1 + p(1−p)·d) (D-optimality, one logistic observation); the belief's covariance then shrinks by the
 * rank-one update of one observation. Equal gains are drawn at random.
 *
 * @param methods - how many
 * @param answers - comparisons so far; `pending` ones are asked and not answered: they narrow the belief and do not move it
 * @param wanted - how many to choose
 */
export function informativePairs(
  methods: number,
  answers: readonly (PairedCounts & { readonly pending?: number })[],
  wanted: number,
  random: Random,
): [number, number][] {
  // A faint win each way keeps the scale finite while some method has only won or only lost.
  const faint: PairedCounts[] = [];
  for (let i = 0; i < methods; i++) {
    for (let j = i + 1; j < methods; j++) {
      faint.push({ first: i, second: j, firstWins: 0.05, secondWins: 0.05 });
    }
  }
  const { scores } = bradleyTerry(methods, [...withoutTies(answers), ...faint]);
  const covariance = Array.from({ length: methods }, (_, i) =>
    Float64Array.from({ length: methods }, (_, j) => (i === j ? priorDeviation ** 2 : 0)),
  );
  const weight = (i: number, j: number) => {
    const p = 1 / (1 + Math.exp(scores[j]! - scores[i]!));
    return p * (1 - p);
  };
  for (const { first, second, firstWins, secondWins, ties = 0, pending = 0 } of answers) {
    observe(covariance, first, second, (firstWins + secondWins + ties + pending) * weight(first, second));
  }
  const chosen: [number, number][] = [];
  while (chosen.length < wanted) {
    let best: [number, number][] = [];
    let most = -1;
    for (let i = 0; i < methods; i++) {
      for (let j = i + 1; j < methods; j++) {
        const gain = weight(i, j) * varianceOfDifference(covariance, i, j);
        if (gain > most + 1e-9) {
          most = gain;
          best = [];
        }
        if (gain >= most - 1e-9) best.push([i, j]);
      }
    }
    const pair = best[random.integer(best.length)]!;
    observe(covariance, pair[0], pair[1], weight(pair[0], pair[1]));
    chosen.push(pair);
  }
  return chosen;
}

/** Var(s_i − s_j). */
function varianceOfDifference(covariance: readonly Float64Array[], i: number, j: number): number {
  return covariance[i]![i]! + covariance[j]![j]! - 2 * covariance[i]![j]!;
}

/** Σ ← Σ − w Σd dᵀΣ / (1 + w dᵀΣd) with d = e_i − e_j (Sherman & Morrison 1950). */
function observe(covariance: Float64Array[], i: number, j: number, weight: number): void {
  if (weight === 0) return;
  const n = covariance.length;
  const direction = Float64Array.from({ length: n }, (_, a) => covariance[a]![i]! - covariance[a]![j]!);
  const factor = weight / (1 + weight * (direction[i]! - direction[j]!));
  for (let a = 0; a < n; a++) {
    for (let c = 0; c < n; c++) covariance[a]![c]! -= factor * direction[a]! * direction[c]!;
  }
}

function withoutTies(answers: readonly PairedCounts[]): PairedCounts[] {
  return answers.map(({ first, second, firstWins, secondWins, ties = 0 }) => ({
    first,
    second,
    firstWins: firstWins + ties / 2,
    secondWins: secondWins + ties / 2,
  }));
}
