import { harmless } from './harmless.ts';

/**
 * An error whose message is written for the person at the keyboard: it names the input, says what was expected
 * and how to mend it. The command line prints its message alone; every other error is a defect of Neckar.
 */
export class NeckarError extends Error {
  override readonly name: string = 'NeckarError';
  /** The process exit code a command ends with: 2 for wrong input, 1 for work that failed. */
  readonly exitCode: number;

  /**
   * @param message - one sentence or two: what is wrong with which input, what was expected, and the fix
   * @param options - `exitCode` (default 2) and the standard `cause`
   */
  constructor(message: string, options: { cause?: unknown; exitCode?: number } = {}) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? 2;
  }
}

/** The message of anything that was thrown, on one line, and without anything a terminal would act on. */
export function messageOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return harmless(message)
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

/**
 * The candidate closest to a misspelt word, or undefined when none is close.
 *
 * Closeness is the optimal string alignment distance (insertions, deletions, substitutions and swaps of
 * neighbours); a candidate qualifies at a distance of at most a third of its length, rounded up.
 */
function suggest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = alignmentDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance && distance <= Math.ceil(candidate.length / 3)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `Did you mean "x"? ` or an empty string: ready to be put into an error message. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const candidate = suggest(word, candidates);
  return candidate === undefined ? '' : `Did you mean "${candidate}"? `;
}

function alignmentDistance(a: string, b: string): number {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  for (let j = 1; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const substitution = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, rows[i - 2]![j - 2]! + 1);
      }
      rows[i]![j] = distance;
    }
  }
  return rows[a.length]![b.length]!;
}
