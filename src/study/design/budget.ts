/** How much a rater can be asked in the time there is. */

/** Seconds people take, on the generous side, so that nearly everyone ends in time. */
const pace = {
  /** Consent, background, conditions, training and debrief. */
  around: 270,
  /** Taking in a new set of pictures. */
  pictures: 5,
  /** One question about two results. */
  question: 5,
  /** Rating one result. */
  rating: 7,
} as const;

export interface Budget {
  /** Comparisons of two results that count for the scales. */
  readonly comparisons: number;
  /** Comparisons shown a second time, sides swapped. */
  readonly repeats: number;
  /** Anchors: one for the content, one for the style, and the reference against itself. */
  readonly checks: number;
  /** Pairs of pictures of which all results are rated. */
  readonly ratedPairs: number;
}

/** Share of the time that goes to 5-point ratings. */
const ratingShare = 0.2;

/**
 * What fits into a session.
 * @param minutes - the session's limit
 * @param questions - asked about each comparison
 * @param methods - rated together, with one anchor
 * @param pairs - content/style pairs there are
 */
export function budgetOf(minutes: number, questions: number, methods: number, pairs: number): Budget {
  const seconds = Math.max(0, minutes * 60 - pace.around);
  const perComparison = pace.pictures + pace.question * questions;
  const perRatedPair = (methods + 1) * pace.rating;
  const ratedPairs = Math.min(pairs, Math.max(1, Math.floor((seconds * ratingShare) / perRatedPair)));
  const left = seconds - ratedPairs * perRatedPair;
  const shown = Math.floor(left / perComparison);
  const checks = 3;
  const repeats = Math.max(2, Math.round(shown * 0.1));
  return { comparisons: Math.max(0, shown - checks - repeats), repeats, checks, ratedPairs };
}

/** Minutes a session takes at this pace. */
export function minutesOf(trials: readonly { kind: string; questions: readonly string[] }[]): number {
  let seconds = pace.around;
  for (const { kind, questions } of trials) {
    seconds += kind === 'rating' ? pace.rating : pace.pictures + pace.question * questions.length;
  }
  return seconds / 60;
}

/** The longest session, in minutes. */
export const longestSession = 30;

/** The fewest whole minutes that fit this many comparisons; undefined when the longest session does not. */
export function minutesFor(
  comparisons: number,
  questions: number,
  methods: number,
  pairs: number,
): number | undefined {
  for (let minutes = 1; minutes <= longestSession; minutes++) {
    if (budgetOf(minutes, questions, methods, pairs).comparisons >= comparisons) return minutes;
  }
  return undefined;
}

/** How many trials of each kind a session has, training left out. */
export function contentsOf(trials: readonly { readonly kind: string; readonly role: string }[]) {
  const number = (of: (trial: { readonly kind: string; readonly role: string }) => boolean) =>
    trials.filter(of).length;
  return {
    comparisons: number(({ kind, role }) => kind === 'pair' && role === 'main'),
    repeats: number(({ role }) => role === 'repeat'),
    checks: number(({ kind, role }) => kind === 'pair' && (role === 'anchor' || role === 'self')),
    ratings: number(({ kind }) => kind === 'rating'),
  };
}
