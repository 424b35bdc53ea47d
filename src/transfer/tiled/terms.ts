/** Terms of an objective: the way of each, and the names of their targets and sums among all. */
import type { LossTerm, Reference } from '../../losses/loss.ts';
import { type NamedValues, type tf, withPrefix } from '../../tensor.ts';
import type { TilingPlan } from './plan.ts';
import type { TermStatistic } from './statistics.ts';

/** One term, and how it is computed. */
export interface PlannedTerm {
  readonly term: LossTerm;
  readonly index: number;
  /**
   * `pixels`: of the picture alone, beside stages in strips; `top`: of what the last stage sees; `sums`: of sums over
   * positions.
   */
  readonly way: 'pixels' | 'top' | 'sums';
}

/** The stages by which an objective is computed on an encoder, and the way of each term. */
export interface ObjectivePlan {
  readonly plan: TilingPlan;
  readonly terms: readonly PlannedTerm[];
  /** The plan for a picture of another size, cut alike. */
  readonly planFor: (height: number, width: number) => TilingPlan;
  /**
   * What terms see of what comes into the last stage. Layers are computed when features are first asked for: those of
   * the content never, where all losses are toward the style.
   */
  readonly reference: (map: tf.Tensor, layers: readonly string[]) => Reference;
  /**
   * Whether weights without a schedule are constants of the graph instead of inputs. The two round differently, and each
   * plan keeps to its own, so that results keep their bits.
   */
  readonly constantWeights: boolean;
}

export const targetName = (index: number, name: string): string => `target ${index}: ${name}`;

/** The targets of one term among all, by the names the term gave them. */
export function targetsOf<T>(index: number, all: Readonly<Record<string, T>>): Record<string, T> {
  return withPrefix(all, targetName(index, ''));
}

/** The targets of some terms, by `targetName`. */
export function targetConstants(terms: readonly PlannedTerm[], targets: NamedValues): NamedValues {
  return Object.fromEntries(
    terms.flatMap(({ index }) =>
      Object.entries(targetsOf(index, targets)).map(([name, value]) => [targetName(index, name), value]),
    ),
  );
}

/** The statistics of terms of sums; each may read all targets its term has so far. */
export function termStatistics(
  terms: readonly PlannedTerm[],
  known: Readonly<Record<string, unknown>>,
  of: (term: PlannedTerm) => readonly TermStatistic['statistic'][],
): TermStatistic[] {
  return terms.flatMap((term) => {
    const targets = Object.fromEntries(
      Object.keys(targetsOf(term.index, known)).map((name) => [name, targetName(term.index, name)]),
    );
    return of(term).map((statistic) => ({
      id: sumId(term.index, statistic.key),
      statistic,
      targets,
    }));
  });
}

/** The statistics of one term among sums by id, by their keys. */
export function sumsOf<T>(index: number, sums: Readonly<Record<string, T>>): Record<string, T> {
  return withPrefix(sums, sumId(index, ''));
}

const sumId = (index: number, key: string): string => `sum ${index}: ${key}`;
