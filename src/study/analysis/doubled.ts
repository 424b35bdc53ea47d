/** What answers given together or twice say of each other: agreement of doubled comparisons, and what the whole follows. */
import { cohenKappa } from '../../../metrics/statistics/agreement.ts';
import { normalQuantile } from '../../../metrics/statistics/distributions.ts';
import type { PairQuestion } from '../design/manifest.ts';
import { type AnalyzedAnswer, type AnalyzedRater, sidesExchanged } from './tables.ts';
import { type Estimate, type Influence, twoWayShare } from './two-way.ts';

export interface RepeatAgreement {
  readonly question: PairQuestion;
  readonly repeats: number;
  /** Cohen's κ of the first and the second answer; NaN where all answers are one. */
  readonly kappa: Estimate;
}

/** By question: the answers of raters to comparisons that came back with their sides swapped. */
export function repeatAgreement(
  raters: readonly AnalyzedRater[],
  answers: readonly AnalyzedAnswer[],
  questions: readonly PairQuestion[],
  level = 0.95,
): RepeatAgreement[] {
  const sessions = new Map(raters.map(({ id, session }) => [id, session]));
  const given = new Map(answers.map((one) => [`${one.rater} ${one.trial} ${one.question}`, one.choice]));
  return questions.flatMap((question) => {
    const pairs = answers.flatMap(({ rater, trial: at, question: asked, choice }) => {
      const trial = sessions.get(rater)?.[at];
      if (asked !== question || trial?.kind !== 'pair' || trial.role !== 'repeat') return [];
      const first = given.get(`${rater} ${trial.repeats} ${question}`);
      // Told by the sides of the first time.
      return first === undefined ? [] : [[first, sidesExchanged(choice)] as const];
    });
    if (pairs.length === 0) return [];
    const { kappa, error } = cohenKappa(pairs);
    const reach = normalQuantile((1 + level) / 2) * error;
    return [
      {
        question,
        repeats: pairs.length,
        kappa: { value: kappa, low: Math.max(-1, kappa - reach), high: Math.min(1, kappa + reach) },
      },
    ];
  });
}

export interface Followed {
  /** Comparisons in which one rater gave content and style to different pictures, and the whole to one of them. */
  readonly disagreements: number;
  /** The share of them in which the whole went with the style. */
  readonly style: Estimate;
}

/**
 * Where a rater finds the content better kept in one picture and the style better taken on in the other, which of the two
 * does the answer on the whole go with? Ties count in none of the three.
 *
 * @returns undefined where not all three are asked, or nobody's answers disagree
 */
export function followed(
  raters: readonly AnalyzedRater[],
  answers: readonly AnalyzedAnswer[],
  primary: PairQuestion,
  level = 0.95,
): Followed | undefined {
  if (primary === 'content' || primary === 'style') return undefined;
  const index = new Map(raters.map(({ id }, i) => [id, i]));
  const given = new Map(answers.map((one) => [`${one.rater} ${one.trial} ${one.question}`, one.choice]));
  const cases = answers.flatMap(({ rater, trial: at, question, choice }): Influence[] => {
    const trial = index.has(rater) ? raters[index.get(rater)!]!.session[at] : undefined;
    if (question !== primary || trial?.kind !== 'pair' || trial.role !== 'main') return [];
    const of = (asked: string) => given.get(`${rater} ${at} ${asked}`);
    const [content, style] = [of('content'), of('style')];
    const sided = [choice, content, style].every((one) => one === 'left' || one === 'right');
    if (!sided || content === style) return [];
    return [{ rater: index.get(rater)!, pair: trial.pair, value: choice === style ? 1 : 0 }];
  });
  if (cases.length === 0) return undefined;
  return { disagreements: cases.length, style: twoWayShare(cases, level) };
}
