/** What a session holds, in words for who plans it. */
import { count } from '../../platform/format.ts';
import { budgetOf, contentsOf, longestSession, minutesFor, minutesOf } from './budget.ts';
import type { StudyManifest } from './manifest.ts';

/** How long a session is and what it holds; and where that is little, what a longer one would. */
export function sessionLines(study: StudyManifest): string[] {
  return [`Each session: ${sessionWords(study)}.`, ...tooFew(study)];
}

/** Comparisons of two methods in a session, the checks and those shown again left out. */
export function comparisonsOf({ design, sessions }: StudyManifest): number {
  return design.kind === 'active' ? design.comparisons : contentsOf(sessions[0]!).comparisons;
}

function sessionWords(study: StudyManifest): string {
  const compared = `${count(comparisonsOf(study), 'comparison')} of two methods`;
  const session = study.sessions[0];
  if (session === undefined) {
    return `up to ${study.minutes} minutes: ${compared}, chosen as answers come in`;
  }
  const { repeats, checks, ratings } = contentsOf(session);
  return `about ${Math.round(minutesOf(session))} minutes: ${compared}, ${repeats} shown again, ${count(checks, 'check')}, ${count(ratings, 'rating')}`;
}

/** What longer sessions would hold, where one does not compare all methods even on one pair of pictures. */
function tooFew(study: StudyManifest): string[] {
  const { questions, methods, pairs } = study;
  const there = comparisonsOf(study);
  const all = (methods.length * (methods.length - 1)) / 2;
  if (there >= all) return [];
  const shape = [questions.length, methods.length, pairs.length] as const;
  const minutes = minutesFor(all, ...shape);
  const most = budgetOf(longestSession, ...shape).comparisons;
  const advice =
    minutes === undefined
      ? `--minutes ${longestSession}, the longest, holds ${most}; fewer --questions leave time for more`
      : `--minutes ${minutes} would hold ${budgetOf(minutes, ...shape).comparisons}, --minutes ${longestSession} ${most}`;
  return [
    `That is little: ${methods.length} methods make ${all} comparisons on one content/style pair alone, so each rater compares few of them; ${advice}.`,
  ];
}
