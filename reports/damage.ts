/** What of a report's trials cannot be trusted any more, for all who tell of it. */
import type { ReportedTrial, ReportInput } from './input.ts';

/**
 * One sentence for each trial with damaged or missing files, with the trial, the file, what is wrong and the command
 * that mends it; in the trials' order.
 */
export function damageSentences(trials: readonly ReportedTrial[]): string[] {
  return trials.flatMap(({ id, label, damage }) =>
    damage === undefined ? [] : [`${label} (${id.slice(0, 8)}): ${damage}`],
  );
}

/**
 * What a person who has a report made should know before reading it: what is damaged, what people said that cannot be
 * shown, what is left out, and what was not measured.
 */
export function remarksOn({
  trials,
  ratings = [],
  lacking,
  notes = [],
}: Pick<ReportInput, 'trials' | 'ratings' | 'lacking' | 'notes'>): string[] {
  const studies = ratings.flatMap((one) => ('problem' in one ? [`Study ${one.study}: ${one.problem}`] : []));
  return [...damageSentences(trials), ...notes, ...studies, ...(lacking === undefined ? [] : [lacking])];
}
