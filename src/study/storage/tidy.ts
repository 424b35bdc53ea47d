/**
 * The answers as one table for models of mixed effects, as lme4 and ordinal (R) or statsmodels (Python) read it: a row
 * for every answer, a column for every fact, empty where there is none. Practice is left out.
 */
import type { Question, StudyManifest, StudyTrial } from '../design/manifest.ts';
import type { Answer } from './answer.ts';
import type { ExportRow, Facts } from './export.ts';

/** A rater as the table names them. */
export interface TidyRater {
  readonly name: number;
  readonly session: readonly StudyTrial[];
  /** Whether the rules declared beforehand keep this rater. */
  readonly kept: boolean;
  /** Merged to groups of at least k. */
  readonly facts: Facts;
}

type GivenAnswer = Pick<Answer, 'trial' | 'question' | 'choice' | 'milliseconds' | 'zooms' | 'revision'> & {
  readonly rater: string;
  readonly late: boolean;
};

/**
 * The rows, by rater in their order.
 * @param raters - by the ids that the answers name
 */
export function tidyRows(
  study: StudyManifest,
  raters: ReadonlyMap<string, TidyRater>,
  answers: readonly GivenAnswer[],
): ExportRow[] {
  const others = comparedMethods(study);
  return answers
    .flatMap((answer) => {
      const rater = raters.get(answer.rater);
      const trial = rater?.session[answer.trial];
      if (rater === undefined || trial === undefined || trial.role === 'training') return [];
      const order = orderOf(rater.session, answer.trial, answer.question);
      const [left, right] = trial.kind === 'pair' ? [trial.left, trial.right] : [trial.shown, undefined];
      return [
        {
          rater: rater.name,
          kept: rater.kept,
          order,
          trial: answer.trial,
          kind: trial.kind === 'pair' ? 'comparison' : 'rating',
          role: trial.role,
          repeats: trial.kind === 'pair' ? (trial.repeats ?? '') : '',
          question: answer.question,
          pair: study.pairs[trial.pair]!.name,
          ...sourcesOf(study, trial.pair),
          left: nameOf(study, left),
          right: nameOf(study, right),
          ...outcomeOf(study, trial, answer.choice),
          expected: (trial.kind === 'pair' && trial.expected) || '',
          response_ms: answer.milliseconds,
          revisions: answer.revision,
          zooms: answer.zooms,
          late: answer.late,
          ...Object.fromEntries(others.map(({ column, index }) => [column, sign(trial, index)])),
          ...rater.facts,
        },
      ];
    })
    .sort((a, b) => a.rater - b.rater || a.order - b.order);
}

/** What each column of the table holds, in their order. */
export function tidyColumns(study: StudyManifest, attributes: readonly string[]): ExportRow[] {
  const reference = study.methods[study.reference]!.name;
  const about: [string, string, string][] = [
    [
      'rater',
      'integer',
      'a number drawn for this export, the same as in raters.csv; not the order in which raters came',
    ],
    ['kept', 'true/false', 'whether the exclusion rules declared beforehand keep this rater'],
    ['order', 'integer from 1', 'when in the session the question was asked, practice left out'],
    ['trial', 'integer', 'the set of pictures within the session; the questions about one set share it'],
    ['kind', 'text', 'comparison: two pictures, which one; rating: one picture, 5 excellent to 1 bad'],
    [
      'role',
      'text',
      'main: counts for the scales; repeat: an earlier comparison with its sides swapped; self: one picture against itself; anchor: the answer is known',
    ],
    ['repeats', 'integer', 'of a repeat: the trial that it repeats'],
    ['question', 'text', `what was asked; the declared one is ${study.primary}`],
    ['pair', 'text', 'the content and style picture'],
    ['content', 'text', 'the content picture'],
    ['style', 'text', 'the style picture'],
    [
      'left',
      'text',
      'the method on the left (A), or the only picture of a rating; anchors are the unmodified content and style',
    ],
    ['right', 'text', 'the method on the right (B); empty for ratings'],
    ['choice', 'text', 'the side that was chosen: left, right or tie ("can’t tell"); empty for ratings'],
    ['chosen', 'text', 'the method that was chosen; empty for ties and ratings'],
    ['left_chosen', '1/0', '1: left, 0: right, empty for ties and ratings; for logistic models'],
    ['left_order', '1 to 3', '1: right, 2: tie, 3: left, empty for ratings; for cumulative models'],
    ['rating', '1 to 5', 'of ratings: 5 excellent to 1 bad'],
    ['expected', 'text', 'of an anchor: the side of the right answer'],
    ['response_ms', 'milliseconds', 'from the question being shown with its pictures to the answer'],
    ['revisions', 'integer', 'how often the rater came back and changed the answer'],
    ['zooms', 'integer', 'how often the rater zoomed meanwhile'],
    ['late', 'true/false', 'whether the answer came after the session had ended'],
    ...comparedMethods(study).map(({ column, name }): [string, string, string] => [
      column,
      '1/0/-1',
      `${name}: 1 on the left, -1 on the right, else 0; beside a constant for the side, its coefficient in a logistic model of left_chosen is its log-odds of being chosen over ${reference} (Bradley and Terry)`,
    ]),
    ...attributes.map((name): [string, string, string] => [
      name,
      'text',
      'what the rater said, or how they took part; merged where fewer raters than the smallest group share all of it',
    ]),
  ];
  return about.map(([column, values, meaning]) => ({ column, values, meaning }));
}

/** The methods but the reference, each with the column that says on which side it was. */
function comparedMethods({ methods, reference }: Pick<StudyManifest, 'methods' | 'reference'>) {
  return methods.flatMap(({ name }, index) =>
    index === reference ? [] : [{ name, index, column: `method_${index + 1}` }],
  );
}

/** The place of a question in its session, from 1; practice is left out. */
function orderOf(session: readonly StudyTrial[], at: number, question: Question): number {
  const before = session.slice(0, at).filter(({ role }) => role !== 'training');
  return (
    before.reduce((sum, { questions }) => sum + questions.length, 0) +
    (session[at]!.questions as readonly string[]).indexOf(question) +
    1
  );
}

function outcomeOf(study: StudyManifest, trial: StudyTrial, choice: Answer['choice']) {
  if (trial.kind === 'rating') {
    return { choice: '', chosen: '', left_chosen: '', left_order: '', rating: Number(choice) };
  }
  return {
    choice,
    chosen: choice === 'left' || choice === 'right' ? nameOf(study, trial[choice]) : '',
    left_chosen: choice === 'tie' ? '' : Number(choice === 'left'),
    left_order: { right: 1, tie: 2, left: 3 }[choice as 'left' | 'right' | 'tie'],
    rating: '',
  };
}

function sign(trial: StudyTrial, method: number): number {
  if (trial.kind === 'rating') return 0;
  return Number(trial.left === method) - Number(trial.right === method);
}

function nameOf(study: StudyManifest, which: number | 'content' | 'style' | undefined): string {
  if (which === undefined) return '';
  return typeof which === 'number' ? study.methods[which]!.name : `anchor: ${which}`;
}

/** The names of a pair's pictures; where its name does not part in two, the beginnings of their hashes. */
function sourcesOf({ pairs }: StudyManifest, pair: number): { content: string; style: string } {
  const { name, content, style } = pairs[pair]!;
  const parts = name.split('×');
  return parts.length === 2
    ? { content: parts[0]!, style: parts[1]! }
    : { content: content.hash.slice(0, 8), style: style.hash.slice(0, 8) };
}
