/**
 * Bradley and Terry's model with Davidson's ties and a side term as the log-linear model it is: its likelihood, its
 * information, and Jeffreys' prior, which keeps it finite where the likelihood is not.
 */
import { solveSymmetric } from './linear.ts';
import type { PairedCounts } from './pair-scale.ts';

/** The outcomes of a comparison in the order used throughout. */
export const pairOutcomes = ['left', 'right', 'tie'] as const;

/** The comparisons of two items on given sides. */
interface Row {
  /** The parameters its log-odds depend on. */
  readonly involved: readonly number[];
  /** By outcome, the derivatives of its log-odds with respect to those. */
  readonly directions: readonly (readonly number[])[];
  readonly observed: readonly number[];
  readonly total: number;
}

export interface PairModel {
  /** How many parameters: the scores of all items but the reference, then the side, then the logarithm of Davidson's ν. */
  readonly size: number;
  /** Where an item's score is among the parameters; -1 for the reference, whose score is 0. */
  readonly scoreAt: readonly number[];
  /** Where the side term is; -1 without. */
  readonly sideAt: number;
  /** Where log ν is; -1 without ties. */
  readonly tieAt: number;
  readonly rows: readonly Row[];
  /** A comparison that need not have been counted, as a row without outcomes. */
  rowOf(first: number, second: number): Row;
}

/**
 * The odds of first : second : neither are e^{s_a+δ} : e^{s_b} : ν e^{(s_a+δ+s_b)/2} (Davidson 1970).
 *
 * @param options - `side`: with a term δ for the first position; `reference`: the item whose score is 0; ties are
 *   modelled when any occur
 */
export function pairModel(
  items: number,
  counts: readonly PairedCounts[],
  { side, reference = 0 }: { side: boolean; reference?: number },
): PairModel {
  const withTies = counts.some(({ ties = 0 }) => ties > 0);
  const scoreAt = Array.from({ length: items }, (_, item) =>
    item === reference ? -1 : item - (item > reference ? 1 : 0),
  );
  const sideAt = side ? items - 1 : -1;
  const tieAt = withTies ? items - 1 + (side ? 1 : 0) : -1;
  const rowOf = (first: number, second: number): Row => {
    // The log-odds of a comparison depend on few parameters, and only those are gone through: of many items nearly all
    // of the time would go to zeros.
    const parts: [number, number, number, number][] = [
      [scoreAt[first]!, 1, 0, 0.5],
      [scoreAt[second]!, 0, 1, 0.5],
      [sideAt, 1, 0, 0.5],
      [tieAt, 0, 0, 1],
    ];
    const used = parts.filter(([at]) => at >= 0);
    return {
      involved: used.map(([at]) => at),
      directions: [1, 2, 3].slice(0, withTies ? 3 : 2).map((k) => used.map((part) => part[k]!)),
      observed: withTies ? [0, 0, 0] : [0, 0],
      total: 0,
    };
  };
  const rows = counts
    .map(
      ({ first, second, firstWins, secondWins, ties = 0 }): Row => ({
        ...rowOf(first, second),
        observed: withTies ? [firstWins, secondWins, ties] : [firstWins, secondWins],
        total: firstWins + secondWins + ties,
      }),
    )
    .filter(({ total }) => total > 0);
  return { size: items - 1 + (side ? 1 : 0) + (withTies ? 1 : 0), scoreAt, sideAt, tieAt, rows, rowOf };
}

/** Probabilities of a row's outcomes, and the mean of its directions under them. */
export function outcomesOf({ involved, directions }: Row, parameters: Float64Array) {
  const probabilities = directions.map((direction) => {
    let logOdds = 0;
    for (let i = 0; i < involved.length; i++) logOdds += direction[i]! * parameters[involved[i]!]!;
    return logOdds;
  });
  const highest = Math.max(...probabilities);
  let sum = 0;
  for (let k = 0; k < probabilities.length; k++) {
    probabilities[k] = Math.exp(probabilities[k]! - highest);
    sum += probabilities[k]!;
  }
  const expected = new Array<number>(involved.length).fill(0);
  for (let k = 0; k < probabilities.length; k++) {
    probabilities[k]! /= sum;
    for (let i = 0; i < involved.length; i++) expected[i]! += probabilities[k]! * directions[k]![i]!;
  }
  return { probabilities, expected };
}

interface Evaluation {
  /** What is maximised: the log-likelihood, with half of the information's log-determinant where penalised. */
  readonly value: number;
  readonly logLikelihood: number;
  readonly gradient: Float64Array;
  /** Of the answers alone. */
  readonly information: Float64Array[];
  /** The same with the weight that the prior is worth: what a step is divided by. */
  readonly curvature: Float64Array[];
}

function evaluate({ size, rows }: PairModel, parameters: Float64Array, penalized: boolean): Evaluation {
  const gradient = new Float64Array(size);
  const information = Array.from({ length: size }, () => new Float64Array(size));
  let logLikelihood = 0;
  const outcomes = rows.map((row) => outcomesOf(row, parameters));
  for (const [at, row] of rows.entries()) {
    const { involved, directions, observed, total } = row;
    const { probabilities } = outcomes[at]!;
    for (let k = 0; k < directions.length; k++) {
      const direction = directions[k]!;
      if (observed[k]! > 0) logLikelihood += observed[k]! * Math.log(probabilities[k]!);
      for (let i = 0; i < involved.length; i++) {
        gradient[involved[i]!]! += (observed[k]! - total * probabilities[k]!) * direction[i]!;
      }
    }
    addCovariance(information, row, outcomes[at]!, total);
  }
  if (!penalized)
    return { value: logLikelihood, logLikelihood, gradient, information, curvature: information };
  const inverse = inverseOf(information);
  if (inverse === undefined) {
    return { value: Number.NEGATIVE_INFINITY, logLikelihood, gradient, information, curvature: information };
  }
  const curvature = information.map((row) => Float64Array.from(row));
  for (const [at, row] of rows.entries()) {
    const { involved, directions, total } = row;
    const { probabilities, expected } = outcomes[at]!;
    // The information's derivative is the third central moment of the directions: they belong to natural parameters.
    let leverage = 0;
    for (let k = 0; k < directions.length; k++) {
      const away = directions[k]!.map((value, i) => value - expected[i]!);
      let form = 0;
      for (let i = 0; i < away.length; i++) {
        for (let j = 0; j < away.length; j++) {
          form += away[i]! * away[j]! * inverse.matrix[involved[i]!]![involved[j]!]!;
        }
      }
      const weight = total * probabilities[k]! * form;
      leverage += weight;
      for (let i = 0; i < away.length; i++) gradient[involved[i]!]! += (weight * away[i]!) / 2;
    }
    addCovariance(curvature, row, outcomes[at]!, leverage);
  }
  return {
    value: logLikelihood + inverse.logDeterminant / 2,
    logLikelihood,
    gradient,
    information,
    curvature,
  };
}

/** Adds `weight` times the covariance of a row's directions. */
function addCovariance(
  to: Float64Array[],
  { involved, directions }: Row,
  { probabilities, expected }: ReturnType<typeof outcomesOf>,
  weight: number,
): void {
  for (let k = 0; k < directions.length; k++) {
    const direction = directions[k]!;
    for (let i = 0; i < involved.length; i++) {
      const away = weight * probabilities[k]! * (direction[i]! - expected[i]!);
      const row = to[involved[i]!]!;
      // Σ p (d − d̄)(d' − d̄') = Σ p (d − d̄) d'.
      for (let j = 0; j < involved.length; j++) row[involved[j]!]! += away * direction[j]!;
    }
  }
}

/** Inverse and log-determinant of a positive definite matrix, by Cholesky's decomposition; undefined of any other. */
export function inverseOf(
  matrix: readonly Float64Array[],
): { matrix: Float64Array[]; logDeterminant: number } | undefined {
  const n = matrix.length;
  const lower = Array.from({ length: n }, () => new Float64Array(n));
  let logDeterminant = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i]![j]!;
      for (let k = 0; k < j; k++) sum -= lower[i]![k]! * lower[j]![k]!;
      if (i !== j) lower[i]![j] = sum / lower[j]![j]!;
      else {
        // What is left of a diagonal element after rounding is no information.
        if (!(sum > 1e-13 * matrix[i]![i]!)) return undefined;
        lower[i]![i] = Math.sqrt(sum);
        logDeterminant += Math.log(sum);
      }
    }
  }
  const half = Array.from({ length: n }, () => new Float64Array(n));
  for (let column = 0; column < n; column++) {
    for (let i = column; i < n; i++) {
      let sum = i === column ? 1 : 0;
      for (let k = column; k < i; k++) sum -= lower[i]![k]! * half[k]![column]!;
      half[i]![column] = sum / lower[i]![i]!;
    }
  }
  const inverse = Array.from({ length: n }, () => new Float64Array(n));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += half[k]![i]! * half[k]![j]!;
      inverse[i]![j] = sum;
      inverse[j]![i] = sum;
    }
  }
  return { matrix: inverse, logDeterminant };
}

export interface PairFit extends Evaluation {
  readonly parameters: Float64Array;
  readonly iterations: number;
}

export interface MaximizeOptions {
  /**
   * Adds half of the information's log-determinant: Jeffreys' prior, which takes the first-order bias off (Firth, Bias
   * reduction of maximum likelihood estimates, 1993) and keeps every estimate finite where votes are unanimous (Heinze
   * & Schemper, A solution to the problem of separation in logistic regression, 2002; Kosmidis & Firth, Jeffreys-prior
   * penalty, finiteness and shrinkage in binomial-response generalized linear models, 2021).
   */
  readonly penalized: boolean;
  /** Holds one parameter: the profile likelihood. The penalty stays that of the whole model (Heinze & Schemper 2002). */
  readonly held?: { readonly at: number; readonly value: number };
  readonly start?: Float64Array;
}

/** The parameters of the highest likelihood, by Fisher's scoring with step halving; at most 100 steps. */
export function maximize(model: PairModel, { penalized, held, start }: MaximizeOptions): PairFit {
  let parameters = start === undefined ? new Float64Array(model.size) : Float64Array.from(start);
  if (held !== undefined) parameters[held.at] = held.value;
  let here = evaluate(model, parameters, penalized);
  let iterations = 0;
  for (; iterations < 100; iterations++) {
    const gradient = Float64Array.from(here.gradient);
    let curvature: readonly Float64Array[] = here.curvature;
    if (held !== undefined) {
      gradient[held.at] = 0;
      curvature = here.curvature.map((row, i) =>
        row.map((value, j) => (i === held.at || j === held.at ? Number(i === j) : value)),
      );
    }
    const step = solveSymmetric(curvature, gradient);
    const longest = step.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    // Of a profile only the value is wanted, which is this far from its maximum.
    if (held !== undefined && step.reduce((sum, value, i) => sum + value * gradient[i]!, 0) < 1e-8) break;
    let fraction = Math.min(1, 5 / Math.max(longest, 1e-300));
    let next = here;
    let candidate = parameters;
    for (; fraction * longest > 1e-12; fraction /= 2) {
      candidate = parameters.map((value, i) => value + fraction * step[i]!);
      next = evaluate(model, candidate, penalized);
      if (next.value >= here.value - 1e-13 * Math.abs(here.value)) break;
    }
    if (fraction * longest <= 1e-12) break;
    parameters = candidate;
    here = next;
    if (fraction * longest < 1e-10) break;
  }
  return { ...here, parameters, iterations };
}

/**
 * Whether a fit without penalty is the maximum, which then exists and is finite.
 *
 * By Stiemke's lemma the likelihood has a finite maximum exactly when positive weights balance the differences between
 * each outcome that was observed and each that could have been. Where the gradient vanishes, the products of observed
 * counts and the other outcomes' probabilities are such weights; of separated data a gradient that has become small is
 * no smaller than they are. (Albert & Anderson, On the existence of maximum likelihood estimates in logistic regression
 * models, 1984, for what separation is.)
 */
export function isMaximum({ rows, size }: PairModel, { parameters, gradient }: PairFit): boolean {
  let least = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const { probabilities } = outcomesOf(row, parameters);
    for (let k = 0; k < probabilities.length; k++) {
      if (row.observed[k]! <= 0) continue;
      for (let other = 0; other < probabilities.length; other++) {
        if (other !== k) least = Math.min(least, row.observed[k]! * probabilities[other]!);
      }
    }
  }
  const left = gradient.reduce((sum, value) => sum + Math.abs(value), 0);
  // What was counted is known to the last digit, and so far a gradient may be off.
  const rounding = 1e-15 * rows.reduce((sum, { total }) => sum + total, 0);
  return (left + rounding) * 20 * size < least;
}
