/** Which trial a mark leads to that stands for many. */
import { designOf, isFinished } from '../../metrics/statistics/analysis/design.ts';
import { groupBy, nearest } from '../group.ts';
import type { ReportedTrial } from '../input.ts';
import type { ScoreColumn } from '../metrics.ts';
import { linkTo } from './series.ts';

/** Said under every chart whose marks stand for several trials. */
export const leadsToNearest = 'A mark leads to the picture whose score is nearest to the mean it stands for.';

/** A link for each treatment of a factor: to the trial whose score is nearest to the mean of all of the treatment. */
export function treatmentLinks(
  trials: readonly ReportedTrial[],
  factor: string,
  column: ScoreColumn | undefined,
): Map<string, string> {
  const design = designOf(trials.filter(isFinished), factor);
  if (design === undefined || column === undefined) return new Map();
  const scored = design.placed.filter(({ trial }) => column.values.has(trial.id));
  return new Map(
    [...groupBy(scored, ({ treatment }) => treatment)].map(([treatment, own]) => [
      design.treatments[treatment]!,
      linkToMean(
        own.map(({ trial }) => trial),
        column,
      ),
    ]),
  );
}

/** A link to the trial whose score is nearest to the mean of all of these, which have one. */
export function linkToMean(trials: readonly { readonly id: string }[], { values }: ScoreColumn): string {
  const score = ({ id }: { readonly id: string }) => values.get(id)!;
  const mean = trials.reduce((sum, trial) => sum + score(trial), 0) / trials.length;
  return linkTo(nearest(trials, mean, score));
}
