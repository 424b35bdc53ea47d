/** Two sets of trials against each other: two experiments, or two variants. */
import { NeckarError } from '../../../src/errors.ts';
import { type Analysis, analyse } from './analyse.ts';
import type { AnalysedTrial } from './design.ts';

/** One side of a comparison. */
export interface Side {
  /** What it is called, unlike the other's. */
  readonly name: string;
  readonly trials: readonly AnalysedTrial[];
  /** All its trials are of one variant, which is compared with whatever variant the other side is of. */
  readonly oneVariant?: boolean;
}

/**
 * Compares two sides over the pairs that both have, within the settings that both have.
 *
 * @param metric - the primary one, as a question names it; without it everything is exploratory
 * @throws NeckarError when one side is a variant and the other has several
 */
export function analyseAgainst(first: Side, second: Side, metric?: string): Analysis {
  const anyVariant = first.oneVariant === true || second.oneVariant === true;
  if (anyVariant) for (const side of [first, second]) refuseSeveral(side);
  const trials = [first, second].flatMap((side) =>
    side.trials.map(
      (trial): AnalysedTrial => ({
        ...trial,
        // What is compared must not make a context of its own.
        ...(anyVariant && { config: { ...trial.config, variant: side.name } }),
        factors: { ...trial.factors, compared: side.name, ...(anyVariant && { variant: '' }) },
      }),
    ),
  );
  return analyse(trials, {
    primary: { factor: 'compared', ...(metric !== undefined && { metric }) },
    gaps: 'common',
    only: 'primary',
  });
}

function refuseSeveral({ name, trials }: Side): void {
  const variants = [...new Set(trials.map(({ config }) => config.variant))];
  if (variants.length < 2) return;
  throw new NeckarError(
    `"${name}" has ${variants.length} variants, of which only one can be compared with one. Name it, as in "${name}:${variants[0]}".`,
  );
}
