/** Answers as tables: comparisons counted, ratings by stimulus and rater. */
import type { PairedCounts } from '../../../metrics/statistics/pair-scale.ts';
import type { PairQuestion, StudyManifest, StudyTrial } from '../design/manifest.ts';
import type { Answer } from '../storage/answer.ts';

/** The least the analysis needs of a rater; what a store gives has more. */
export interface AnalyzedRater {
  readonly id: string;
  readonly session: readonly StudyTrial[];
}

export interface AnalyzedAnswer extends Pick<Answer, 'trial' | 'question' | 'choice' | 'milliseconds'> {
  readonly rater: string;
  readonly late: boolean;
}

/** One answered comparison of two methods. */
export interface Comparison {
  /** Index in the list of raters. */
  readonly rater: number;
  readonly pair: number;
  readonly left: number;
  readonly right: number;
  readonly choice: 'left' | 'right' | 'tie';
}

/** An answer as it would be with the sides exchanged: what was on the left lies on the right then. */
export function sidesExchanged(choice: Answer['choice']): Answer['choice'] {
  return choice === 'left' ? 'right' : choice === 'right' ? 'left' : choice;
}

/** The comparisons of a question that count for the scales. */
export function comparisonsOf(
  raters: readonly AnalyzedRater[],
  answers: readonly AnalyzedAnswer[],
  question: PairQuestion,
): Comparison[] {
  const indices = new Map(raters.map(({ id }, i) => [id, i]));
  const found: Comparison[] = [];
  for (const { rater, trial: at, question: asked, choice } of answers) {
    const index = indices.get(rater);
    if (index === undefined || asked !== question) continue;
    const trial = raters[index]!.session[at];
    if (trial?.kind !== 'pair' || trial.role !== 'main') continue;
    const { pair, left, right } = trial;
    found.push({
      rater: index,
      pair,
      left: Number(left),
      right: Number(right),
      choice: choice as Comparison['choice'],
    });
  }
  return found;
}

/** Comparisons counted by methods and sides, each with a weight. */
export function countComparisons(
  methods: number,
  comparisons: readonly Comparison[],
  weight: (comparison: Comparison) => number = () => 1,
): PairedCounts[] {
  const table = new Map<
    number,
    { first: number; second: number; firstWins: number; secondWins: number; ties: number }
  >();
  for (const comparison of comparisons) {
    const { left, right, choice } = comparison;
    const key = left * methods + right;
    let row = table.get(key);
    if (row === undefined) {
      row = { first: left, second: right, firstWins: 0, secondWins: 0, ties: 0 };
      table.set(key, row);
    }
    row[choice === 'left' ? 'firstWins' : choice === 'right' ? 'secondWins' : 'ties'] += weight(comparison);
  }
  return [...table.values()];
}

/** All comparisons of a question, counted. */
export function pairCounts(
  study: StudyManifest,
  raters: readonly AnalyzedRater[],
  answers: readonly AnalyzedAnswer[],
  question: PairQuestion,
): PairedCounts[] {
  return countComparisons(study.methods.length, comparisonsOf(raters, answers, question));
}

/** One rated result. */
export interface Rating {
  readonly rater: number;
  readonly pair: number;
  /** The method, or -1 for the unmodified content. */
  readonly method: number;
  readonly score: number;
}

export function ratingsOf(raters: readonly AnalyzedRater[], answers: readonly AnalyzedAnswer[]): Rating[] {
  const indices = new Map(raters.map(({ id }, i) => [id, i]));
  const found: Rating[] = [];
  for (const { rater, trial: at, choice } of answers) {
    const index = indices.get(rater);
    const trial = index === undefined ? undefined : raters[index]!.session[at];
    if (trial?.kind !== 'rating' || trial.role === 'training') continue;
    const method = trial.shown === 'content' ? -1 : Number(trial.shown);
    found.push({ rater: index!, pair: trial.pair, method, score: Number(choice) });
  }
  return found;
}

/** Ratings as a table of stimuli (rows) and raters (columns), NaN where not rated; stimuli nobody rated are left out. */
export function ratingTable(ratings: readonly Rating[], raters: number): number[][] {
  const rows = new Map<string, number[]>();
  for (const { rater, pair, method, score } of ratings) {
    const key = `${pair} ${method}`;
    let row = rows.get(key);
    if (row === undefined) {
      row = new Array<number>(raters).fill(Number.NaN);
      rows.set(key, row);
    }
    row[rater] = score;
  }
  return [...rows.values()];
}
