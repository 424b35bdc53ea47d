/**
 * Who took part, as a table that can be published: how many raters gave each answer about themselves, in cells of at
 * least k. Smaller cells are merged into one row, and where a single cell could be computed back from the total, or
 * from what the merged row can hold at most, the next smallest goes with them (secondary suppression, as in statistical
 * disclosure control: Hundepool et al., Statistical Disclosure Control, Wiley 2012, ch. 4).
 */

import type { StudyManifest } from '../design/manifest.ts';
import { nameInList } from '../form/lists.ts';
import { type BackgroundQuestion, undisclosed } from '../form/schema.ts';
import { formOf } from '../form/shipped.ts';
import { conditionBands, offeredAnswers } from './answer.ts';

export interface CompositionRow {
  /** The answer as data; `merged` for those that are not shown one by one. */
  readonly value: string;
  /** The answer as raters read it. */
  readonly label: string;
  readonly raters: number;
}

export interface CompositionPart {
  readonly attribute: string;
  readonly title: string;
  /** In the order of the question; the merged ones last. */
  readonly rows: readonly CompositionRow[];
}

export interface Composition {
  readonly raters: number;
  /** k: no row stands for fewer raters. */
  readonly smallest: number;
  /** Empty where there are fewer than k raters. */
  readonly parts: readonly CompositionPart[];
}

/** What the table needs of a rater; what a store gives has more. */
export interface ComposedRater {
  readonly background?: Readonly<Record<string, string>>;
  readonly conditions?: { readonly device: string };
  readonly language?: string;
  readonly origin?: string;
}

/** The row of what is not shown one by one. */
export const mergedRow = 'merged';

/**
 * The composition of a sample.
 *
 * @param raters - those whose answers count; publish one such table of a study, since the difference of two (with and
 *   without those left out) tells of single people
 * @param k - the smallest cell, at least 2; default 5
 */
export function compositionOf(study: StudyManifest, raters: readonly ComposedRater[], k = 5): Composition {
  if (raters.length < k) return { raters: raters.length, smallest: k, parts: [] };
  const form = formOf(study);
  const parts = [
    ...form.background.map((question) =>
      partOf(question.id, question.title, offeredAnswers(question), labelsOf(question, form.languages[0]!), {
        values: raters.map(({ background }) => background?.[question.id]),
        k,
      }),
    ),
    partOf('device', 'Device', conditionBands.device, titled, {
      values: raters.map(({ conditions }) => conditions?.device),
      k,
    }),
    partOf('language', 'Language of the form', form.languages, (tag) => tag, {
      values: raters.map(({ language }) => language),
      k,
    }),
    partOf('origin', 'Form', ['web', 'file'], (origin) => (origin === 'web' ? 'On the web' : 'As a file'), {
      values: raters.map(({ origin }) => origin),
      k,
    }),
  ];
  return { raters: raters.length, smallest: k, parts: parts.filter((part) => part !== undefined) };
}

/** One attribute's rows; undefined where it is not known of every rater. */
function partOf(
  attribute: string,
  title: string,
  options: readonly string[],
  label: (value: string) => string,
  { values, k }: { values: readonly (string | undefined)[]; k: number },
): CompositionPart | undefined {
  const counts = options.map((option) => values.filter((value) => value === option).length);
  if (counts.reduce((sum, count) => sum + count, 0) < values.length) return undefined;
  const { shown, merged } = suppress(counts, k);
  return {
    attribute,
    title,
    rows: [
      ...shown.map((i) => ({ value: options[i]!, label: label(options[i]!), raters: counts[i]! })),
      ...(merged === 0
        ? []
        : [
            {
              value: mergedRow,
              label: shown.length === 0 ? 'All answers, merged' : 'Other answers, merged',
              raters: merged,
            },
          ]),
    ],
  };
}

/**
 * Which cells of a list of counts can be shown, and how many raters the others hold together.
 *
 * Cells below k are merged. They stay alone together only where their sum is at least k and each of them may still hold
 * anything from 0 to k − 1: nobody is told more than that. Else the smallest of the shown cells goes with them, and all
 * that are as large: every merged cell is then smaller than every shown one, so that exchanging the counts of any two
 * merged cells gives the same table, and no count can be told from it.
 *
 * @param counts - of every answer that could be given; their sum is at least k
 * @returns `shown`: indices, in their order, of cells that are shown; `merged`: 0 where nothing had to be merged
 */
export function suppress(counts: readonly number[], k: number): { shown: number[]; merged: number } {
  const bySize = counts.map((count, i) => ({ count, i })).sort((a, b) => a.count - b.count || a.i - b.i);
  const empty = bySize.filter(({ count }) => count === 0).length;
  const small = bySize.filter(({ count }) => count > 0 && count < k);
  const large = bySize.filter(({ count }) => count >= k);
  let merged = small.reduce((sum, { count }) => sum + count, 0);
  const open = merged >= k && merged <= (small.length + empty - 1) * (k - 1);
  if (small.length > 0 && !open) {
    const least = large[0]?.count;
    while (large[0]?.count === least && large.length > 0) merged += large.shift()!.count;
  }
  return { shown: large.map(({ i }) => i).sort((a, b) => a - b), merged };
}

function labelsOf({ answers }: BackgroundQuestion, language: string): (value: string) => string {
  return (value) => {
    if (value === undisclosed) return titled(undisclosed);
    if (typeof answers === 'string') return nameInList(answers, value);
    return answers.find(({ id }) => id === value)?.label[language] ?? value;
  };
}

function titled(word: string): string {
  if (word === undisclosed) return 'Preferred not to say';
  return word[0]!.toUpperCase() + word.slice(1);
}
