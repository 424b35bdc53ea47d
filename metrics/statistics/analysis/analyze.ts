/** From the trials of an experiment to what differs, by how much and with what certainty: plain data. */
import { type MetricCorrelations, metricCorrelations } from './correlations.ts';
import { type AnalyzedTrial, designOf, factorsOf, oneTreatment, withSettings } from './design.ts';
import { type Comparison, compareFactor } from './factor.ts';
import { designNotes } from './notes.ts';
import { type PrimaryMetric, primaryMetric } from './primary-metric.ts';
import { costQuantities, type Quantity, scoreQuantities } from './quantities.ts';
import type { PrimaryComparison } from './question.ts';

export type { Comparison } from './factor.ts';
export type { Finding } from './finding.ts';

export interface Analysis {
  readonly question?: string;
  readonly primary?: PrimaryComparison;
  /** Coverage of every interval; 1 − level is the error of every family of tests. */
  readonly level: number;
  readonly trials: Readonly<Record<string, number>>;
  /** The declared factor first. */
  readonly comparisons: readonly Comparison[];
  readonly correlations: MetricCorrelations | { readonly refused: string };
  /** What a reader must know to read the numbers rightly. */
  readonly notes: readonly string[];
}

export interface AnalyzeOptions {
  readonly question?: string;
  readonly primary?: PrimaryComparison;
  /** Default 0.95. */
  readonly level?: number;
  /** `refuse` (default): a design with gaps has no numbers. `common`: compare what all treatments have. */
  readonly gaps?: 'refuse' | 'common';
  /** Compare the declared factor alone. */
  readonly only?: 'primary';
  /** Quantities beside scores and costs, such as evaluations to a level. */
  readonly further?: readonly Quantity[];
}

/**
 * Compares the trials of an experiment factor by factor.
 *
 * The unit is the content/style pair. Differences are taken within a pair and within every combination of the other
 * factors, seeds averaged first; intervals resample pairs, tests are over pairs. The declared metric on the declared
 * factor is primary; everything else is exploratory.
 *
 * @param trials - all that were planned, finished or not: gaps are found by them
 */
export function analyze(trials: readonly AnalyzedTrial[], options: AnalyzeOptions = {}): Analysis {
  const { question, primary, level = 0.95 } = options;
  const quantities = [...scoreQuantities(trials), ...costQuantities, ...(options.further ?? [])];
  const notes: string[] = [];
  const { id: metric, note } = decides(primary, quantities, trials);
  if (note !== undefined) notes.push(note);
  const factors = [...factorsOf(trials).keys()];
  const declared = declaredFactor(trials, factors, primary);
  const comparisons: Comparison[] = [];
  const covered = new Set<string>();
  const pending = [declared, ...factors.filter((one) => one !== declared)];
  for (const factor of pending) {
    if (options.only === 'primary' && factor !== declared) break;
    if (covered.has(factor)) continue;
    const isDeclared = factor === declared;
    const role = isDeclared && primary !== undefined ? 'primary' : 'exploratory';
    const comparison = compareFactor(trials, factor, quantities, {
      role,
      metric: isDeclared ? metric : undefined,
      reference: isDeclared ? primary?.reference : undefined,
      trend: isDeclared ? primary?.trend : undefined,
      level,
      gaps: options.gaps ?? 'refuse',
    });
    comparisons.push(comparison);
    for (const nested of comparison.nested) covered.add(nested);
    // What a treatment was averaged over is told apart beside it.
    if (comparison.averaged.length > 0 && !pending.includes(withSettings(factor)))
      pending.splice(pending.indexOf(factor) + 1, 0, withSettings(factor));
  }
  const design = designOf(trials, declared) ?? oneTreatment(trials);
  return {
    ...(question !== undefined && { question }),
    ...(primary !== undefined && { primary }),
    level,
    trials: tally(trials),
    comparisons,
    correlations: metricCorrelations(design, scored(quantities, trials)),
    notes: [...notes, ...designNotes(comparisons[0]!, design, level)],
  };
}

/** What the question compares; with settings apart where its reference is one of them. */
export function declaredFactor(
  trials: readonly AnalyzedTrial[],
  factors: readonly string[],
  primary: PrimaryComparison | undefined,
): string {
  const named = primary?.factor ?? (factors.includes('variant') ? 'variant' : (factors[0] ?? 'variant'));
  const { reference } = primary ?? {};
  if (reference === undefined || designOf(trials, named)?.treatments.includes(reference)) return named;
  return designOf(trials, withSettings(named))?.treatments.includes(reference) ? withSettings(named) : named;
}

function decides(
  primary: PrimaryComparison | undefined,
  quantities: readonly Quantity[],
  trials: readonly AnalyzedTrial[],
): PrimaryMetric {
  if (primary?.metric === undefined) {
    return { note: 'No primary metric is declared: every comparison is exploratory.' };
  }
  return primaryMetric(primary.metric, quantities, trials);
}

function scored(quantities: readonly Quantity[], trials: readonly AnalyzedTrial[]): Quantity[] {
  return quantities.filter(
    (quantity) =>
      quantity.purpose !== 'cost' && trials.some((trial) => typeof quantity.value(trial) === 'number'),
  );
}

function tally(trials: readonly AnalyzedTrial[]): Record<string, number> {
  const counts: Record<string, number> = { planned: trials.length };
  for (const { state } of trials) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
