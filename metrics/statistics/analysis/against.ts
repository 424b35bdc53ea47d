/** Two sets of trials against each other: two experiments, or two variants. */
import { NeckarError } from '../../../src/errors.ts';
import { type Analysis, analyze } from './analyze.ts';
import { type AnalyzedTrial, isFinished, pairKey } from './design.ts';

/** One side of a comparison. */
export interface Side {
  /** What it is called, unlike the other's. */
  readonly name: string;
  readonly trials: readonly AnalyzedTrial[];
  /** All its trials are of one variant, which is compared with whatever variant the other side is of. */
  readonly oneVariant?: boolean;
}

/**
 * Compares two sides over the pairs that both have, within the settings that both have.
 *
 * @param metric - the primary one, as a question names it; without it everything is exploratory
 * @throws NeckarError when one side is a variant and the other has several, when a side has no finished trial, and when
 *   the two have no pair in common
 */
export function analyzeAgainst(first: Side, second: Side, metric?: string): Analysis {
  const anyVariant = first.oneVariant === true || second.oneVariant === true;
  if (anyVariant) for (const side of [first, second]) refuseSeveral(side);
  for (const side of [first, second]) refuseUnfinished(side);
  refuseStrangers(first, second);
  const trials = [first, second].flatMap((side) =>
    side.trials.map(
      (trial): AnalyzedTrial => ({
        ...trial,
        // What is compared must not make a context of its own.
        ...(anyVariant && { config: { ...trial.config, variant: side.name } }),
        factors: { ...trial.factors, compared: side.name, ...(anyVariant && { variant: '' }) },
      }),
    ),
  );
  return analyze(trials, {
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

function refuseUnfinished({ name, trials }: Side): void {
  if (trials.some(isFinished)) return;
  const states = [...new Set(trials.map(({ state }) => state))].map(
    (state) => `${trials.filter((trial) => trial.state === state).length} ${state}`,
  );
  throw new NeckarError(
    `"${name}" has no finished trial to compare (${states.join(', ')}). Run it first: neckar run.`,
    { exitCode: 1 },
  );
}

/** Of two experiments on other pictures nothing is paired, whatever they measured. */
function refuseStrangers(first: Side, second: Side): void {
  const [own, other] = [first, second].map(
    ({ trials }) => new Map(trials.map((trial) => [pairKey(trial), trial.names])),
  ) as [Map<string, AnalyzedTrial['names']>, Map<string, AnalyzedTrial['names']>];
  if ([...own.keys()].some((key) => other.has(key))) return;
  const list = (pairs: typeof own) => {
    const names = [...pairs.values()].map(({ content, style }) => `${content} × ${style}`);
    return names.length > 4
      ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
      : names.join(', ');
  };
  throw new NeckarError(
    `"${first.name}" and "${second.name}" have no content/style pair in common, and only pictures of one pair compare: the first has ${list(own)}, the second ${list(other)}. A picture is the same where its file has the same bytes.`,
    { exitCode: 1 },
  );
}
