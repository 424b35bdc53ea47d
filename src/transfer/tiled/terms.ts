/** Terms of an objective in strips: the way of each, and the names of their targets and sums among all. */
import type { LossTerm } from '../../losses/loss.ts';
import type { TermStatistic } from './statistics.ts';

/** One term, and how it is computed. */
export interface TiledTerm {
  readonly term: LossTerm;
  readonly index: number;
  /** `pixels`: of the picture alone; `top`: of the last stage's layers; `sums`: of sums over positions. */
  readonly way: 'pixels' | 'top' | 'sums';
}

export const targetName = (index: number, name: string): string => `target ${index}: ${name}`;

/** The targets of one term among all, by the names the term gave them. */
export function targetsOf<T>(index: number, all: Readonly<Record<string, T>>): Record<string, T> {
  const prefix = targetName(index, '');
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}

/** The statistics of terms of sums; each may read all targets its term has so far. */
export function termStatistics(
  terms: readonly TiledTerm[],
  known: Readonly<Record<string, unknown>>,
  of: (term: TiledTerm) => readonly TermStatistic['statistic'][],
): TermStatistic[] {
  return terms.flatMap((term) => {
    const targets = Object.fromEntries(
      Object.keys(targetsOf(term.index, known)).map((name) => [name, targetName(term.index, name)]),
    );
    return of(term).map((statistic) => ({
      id: `sum ${term.index}: ${statistic.key}`,
      statistic,
      targets,
    }));
  });
}

/** The statistics of one term among sums by id, by their keys. */
export function sumsOf<T>(index: number, sums: Readonly<Record<string, T>>): Record<string, T> {
  const prefix = `sum ${index}: `;
  return Object.fromEntries(
    Object.entries(sums).flatMap(([id, value]) =>
      id.startsWith(prefix) ? [[id.slice(prefix.length), value]] : [],
    ),
  );
}
