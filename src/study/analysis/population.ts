/** The population that a study declared: sought against reached, and the scale raked to it. */
import { rake } from '../../../metrics/statistics/raking.ts';
import type { StudyManifest } from '../design/manifest.ts';
import type { Population } from '../design/population.ts';
import { undisclosed } from '../form/schema.ts';
import { type Composition, mergedRow } from '../storage/composition.ts';
import type { AnalyzedStudyRater, ScaleOrRefusal } from './analyze.ts';

export interface ReachedRow {
  readonly label: string;
  /** The share of the population; absent for what the population does not list, such as declined answers. */
  readonly sought?: number;
  /** The share of those who answered the question. */
  readonly reached?: number;
  readonly raters: number;
}

export interface ReachedPart {
  readonly attribute: string;
  readonly title: string;
  readonly rows: readonly ReachedRow[];
}

export interface PopulationAnalysis {
  readonly source: string;
  /** The table of the sample beside the shares sought, merged where that is; empty below its smallest cell. */
  readonly parts: readonly ReachedPart[];
  readonly raked:
    | {
        readonly designEffect: number;
        readonly effective: number;
        /** Of the primary question. */
        readonly scale: ScaleOrRefusal;
      }
    | { readonly refused: string };
}

/**
 * Sought against reached, and the primary question's scale with raters weighed so that their margins are the
 * population's.
 *
 * @param raters - those who count
 * @param weighted - the primary question's scale under weights of these raters, in their order
 */
export function populationAnalysis(
  study: StudyManifest & { readonly population: Population },
  raters: readonly AnalyzedStudyRater[],
  composition: Composition,
  weighted: (weights: readonly number[]) => ScaleOrRefusal,
): PopulationAnalysis {
  const { source, margins } = study.population;
  const parts = composition.parts.flatMap(({ attribute, title, rows }): ReachedPart[] => {
    const shares = margins[attribute];
    if (shares === undefined) return [];
    const named = new Set(rows.map(({ value }) => value));
    const others = Object.entries(shares).filter(([answer]) => !named.has(answer));
    const rest = others.reduce((sum, [, share]) => sum + share, 0);
    const answered = rows.reduce((sum, row) => (row.value === undisclosed ? sum : sum + row.raters), 0);
    return [
      {
        attribute,
        title,
        rows: rows.map(({ value, label, raters: count }) => {
          const sought = value === mergedRow ? rest : shares[value];
          return {
            label,
            raters: count,
            ...(value !== undisclosed && { reached: count / answered }),
            ...(value !== undisclosed && { sought: sought ?? 0 }),
          };
        }),
      },
    ];
  });
  return { source, parts, raked: raked(study, raters, weighted) };
}

function raked(
  { population: { margins } }: { readonly population: Population },
  raters: readonly AnalyzedStudyRater[],
  weighted: (weights: readonly number[]) => ScaleOrRefusal,
): PopulationAnalysis['raked'] {
  if (raters.length === 0) return { refused: 'Not weighed: the rules leave out everyone.' };
  const told = raters.map(({ background = {} }) =>
    Object.fromEntries(Object.entries(background).filter(([, answer]) => answer !== undisclosed)),
  );
  const outcome = rake(
    told,
    Object.entries(margins).map(([attribute, shares]) => ({ attribute, shares })),
  );
  if ('unmet' in outcome) {
    const { attribute, answer } = outcome.unmet;
    return {
      refused: `Not weighed: of the group "${answer}" of ${attribute}, which is ${(100 * margins[attribute]![answer]!).toFixed(0)} % of the population, there is nobody, or only people whose other groups cannot make up for it. Ask more of them, or take such groups together.`,
    };
  }
  const { weights, designEffect, effective } = outcome;
  return { designEffect, effective, scale: weighted(weights) };
}
