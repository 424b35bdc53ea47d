/** The population that a study declared, in words and rows that the page and the Markdown share. */
import { wholePercent } from '../../src/platform/format.ts';
import type { Analysis } from '../../src/study/analysis/analyze.ts';
import { populationSentence } from '../../src/study/analysis/words.ts';
import { withBounds } from './words.ts';

export const populationTitle = 'Whom it speaks for';

export interface PopulationTexts {
  readonly sentence: string;
  /** Question, group, sought, reached. */
  readonly groups: readonly (readonly string[])[];
  /** Method, score of everyone alike, score weighed to the population; none where nothing could be weighed. */
  readonly scores: readonly (readonly string[])[];
}

/** Sought beside reached, and scores as they are beside those weighed; undefined where no population was declared. */
export function populationTexts({ population, screened, primary }: Analysis): PopulationTexts | undefined {
  if (population === undefined) return undefined;
  const { parts, raked } = population;
  const groups = parts.flatMap(({ title, rows }) =>
    rows.map(({ label, sought, reached }, i) => [
      i === 0 ? title : '',
      label,
      sought === undefined ? '–' : wholePercent(sought),
      reached === undefined ? '–' : wholePercent(reached),
    ]),
  );
  const plain = screened.scales.find(({ question }) => question === primary);
  const weighed = 'scale' in raked ? raked.scale : undefined;
  const scores =
    weighed === undefined || 'refused' in weighed || plain === undefined || 'refused' in plain
      ? []
      : plain.methods.map(({ method, score }) => [
          method,
          withBounds(score),
          withBounds(weighed.methods.find((one) => one.method === method)!.score),
        ]);
  return { sentence: populationSentence(population), groups, scores };
}
