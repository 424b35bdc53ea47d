/** How each rater answered, and whom the rules declared beforehand leave out. */

import { alternatingProjection, screenBt500 } from '../../../metrics/statistics/screening.ts';
import { median } from '../../median.ts';
import { wholePercent } from '../../platform/format.ts';
import type { ExclusionRules } from '../design/manifest.ts';
import { gradeDeviation } from './opinion.ts';
import { type AnalyzedAnswer, type AnalyzedRater, ratingsOf, ratingTable, sidesExchanged } from './tables.ts';

export interface RaterQuality {
  readonly id: string;
  readonly answered: number;
  readonly asked: number;
  /** Share of the session's questions answered, training left out. */
  readonly answeredShare: number;
  readonly anchors: number;
  readonly missedAnchors: number;
  readonly repeats: number;
  /** Repeats answered as the first time. */
  readonly consistent: number;
  /** Answers that chose a side, and those that chose the left. */
  readonly sided: number;
  readonly left: number;
  readonly medianMilliseconds: number;
  readonly late: number;
  /** Of the 5-point ratings, by alternating projection; NaN where there are too few (see `projected`). */
  readonly bias: number;
  readonly inconsistency: number;
  /** Why the rules leave this rater out; empty: they do not. */
  readonly reasons: readonly string[];
}

/** Raters in their order. */
export function judgeRaters(
  raters: readonly AnalyzedRater[],
  answers: readonly AnalyzedAnswer[],
  rules: ExclusionRules,
): RaterQuality[] {
  const byRater = new Map<string, AnalyzedAnswer[]>(raters.map(({ id }) => [id, []]));
  for (const answer of answers) byRater.get(answer.rater)?.push(answer);
  const table = ratingTable(ratingsOf(raters, answers), raters.length);
  const rejected = new Set(rules.bt500 && table.length > 0 ? screenBt500(table) : []);
  const { biases, inconsistencies } = projected(table, raters.length);
  // Grades are whole: a deviation below that of rounding is no other than none.
  const typical = Math.max(gradeDeviation, median(inconsistencies.filter((value) => !Number.isNaN(value))));
  return raters.map((rater, i) => {
    const own = byRater.get(rater.id)!;
    const facts = factsOf(rater, own);
    const reasons: string[] = [];
    const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
    if (facts.answeredShare < rules.answered) {
      reasons.push(`answered ${wholePercent(facts.answeredShare)} of the session`);
    }
    if (share(facts.missedAnchors, facts.anchors) > rules.missedAnchors) {
      reasons.push(`missed ${facts.missedAnchors} of ${facts.anchors} anchors`);
    }
    const oneSide = Math.max(share(facts.left, facts.sided), 1 - share(facts.left, facts.sided));
    if (facts.sided >= 10 && oneSide > rules.oneSide)
      reasons.push(`chose one side ${wholePercent(oneSide)} of the time`);
    if (facts.medianMilliseconds < rules.medianMilliseconds) {
      reasons.push(`took ${Math.round(facts.medianMilliseconds)} ms for half of the answers`);
    }
    if (rejected.has(i)) reasons.push('rejected by the screening of BT.500');
    if (inconsistencies[i]! > rules.inconsistencyTimesMedian * typical) {
      reasons.push(`ratings ${(inconsistencies[i]! / typical).toFixed(1)} times as inconsistent as usual`);
    }
    return {
      id: rater.id,
      ...facts,
      bias: biases[i]!,
      inconsistency: inconsistencies[i]!,
      reasons,
    };
  });
}

/** Fewer ratings fit a bias of their own so well that they seem consistent. */
const fewestRatings = 4;

/** Of two raters neither can be told to be the odd one. */
const fewestRaters = 3;

/**
 * Biases and inconsistencies by alternating projection of the raters who gave at least four ratings of stimuli that
 * others of them rated too, NaN for the rest; all NaN when those are fewer than three.
 */
function projected(table: readonly (readonly number[])[], raters: number) {
  let columns = Array.from({ length: raters }, (_, i) => i);
  let rows = table;
  // Who is left out takes stimuli along that only one more has rated, and so on.
  for (;;) {
    rows = table.filter((row) => columns.filter((i) => !Number.isNaN(row[i]!)).length >= 2);
    const enough = columns.filter(
      (i) => rows.filter((row) => !Number.isNaN(row[i]!)).length >= fewestRatings,
    );
    if (enough.length === columns.length) break;
    columns = enough;
  }
  const nothing = new Array<number>(raters).fill(Number.NaN);
  const found = { biases: [...nothing], inconsistencies: [...nothing] };
  if (columns.length < fewestRaters) return found;
  const projection = alternatingProjection(rows.map((row) => columns.map((i) => row[i]!)));
  for (const [at, i] of columns.entries()) {
    found.biases[i] = projection.biases[at]!;
    found.inconsistencies[i] = projection.inconsistencies[at]!;
  }
  return found;
}

function factsOf(rater: AnalyzedRater, answers: readonly AnalyzedAnswer[]) {
  const { session } = rater;
  const asked = session
    .filter(({ role }) => role !== 'training')
    .reduce((sum, { questions }) => sum + questions.length, 0);
  const counted = answers.filter(({ trial }) => session[trial]?.role !== 'training');
  const chosen = new Map(counted.map((answer) => [`${answer.trial} ${answer.question}`, answer.choice]));
  let [anchors, missedAnchors, repeats, consistent, sided, left] = [0, 0, 0, 0, 0, 0];
  for (const { trial: at, question, choice } of counted) {
    const trial = session[at]!;
    if (trial.kind !== 'pair') continue;
    if (trial.role === 'anchor') {
      anchors++;
      if (choice !== trial.expected) missedAnchors++;
    }
    if (trial.role === 'main' || trial.role === 'repeat' || trial.role === 'self') {
      if (choice !== 'tie') sided++;
      if (choice === 'left') left++;
    }
    if (trial.role === 'repeat') {
      const first = chosen.get(`${trial.repeats} ${question}`);
      if (first === undefined) continue;
      repeats++;
      // The sides are swapped: the same picture is on the other one now.
      if (choice === sidesExchanged(first)) consistent++;
    }
  }
  return {
    answered: counted.length,
    asked,
    answeredShare: asked === 0 ? 0 : counted.length / asked,
    anchors,
    missedAnchors,
    repeats,
    consistent,
    sided,
    left,
    medianMilliseconds: median(counted.map(({ milliseconds }) => milliseconds)),
    late: answers.filter(({ late }) => late).length,
  };
}
