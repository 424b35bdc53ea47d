/** Who took part: in words, as CSV, and as a table for the paper. */

import { toCsv } from '../../src/platform/csv.ts';
import { count } from '../../src/platform/format.ts';
import { type Composition, mergedRow } from '../../src/study/storage/composition.ts';
import { escapeLatex } from '../words/latex.ts';

export const compositionTitle = 'Who took part';

/** Whom the table counts, and what is merged in it; or why there is none. */
export function compositionNote({ raters, smallest, parts }: Composition): string {
  if (parts.length === 0) {
    return `Of ${count(raters, 'rater')} whose answers count, nothing is told: it takes at least ${smallest}.`;
  }
  return `The ${count(raters, 'rater')} whose answers count. No row stands for fewer than ${smallest}: smaller ones are merged, and where a number could still be worked out from the total, the next smallest with them.`;
}

/** `25 %`, of all raters of the table. */
export function shareOf({ raters }: Composition, part: number): string {
  return `${Math.round((100 * part) / raters)} %`;
}

/** One row for each answer: attribute, question, answer (`merged` where several are), label, raters and share in percent. */
export function compositionCsv(composition: Composition): string {
  const rows = composition.parts.flatMap(({ attribute, title, rows }) =>
    rows.map(({ value, label, raters }) => ({
      attribute,
      title,
      answer: value,
      label,
      raters,
      percent: Number(((100 * raters) / composition.raters).toFixed(1)),
    })),
  );
  return rows.length === 0 ? 'attribute,title,answer,label,raters,percent\r\n' : toCsv(rows);
}

/** A `table` environment (package booktabs); a comment where there is nothing to show. */
export function compositionLatex(composition: Composition, study: string): string {
  const note = compositionNote(composition);
  if (composition.parts.length === 0) return `% No table. ${note}\n`;
  const rows = composition.parts.flatMap(({ title, rows }, p) => [
    ...(p === 0 ? [] : ['    \\addlinespace[2pt]']),
    ...rows.map(
      ({ value, label, raters }, i) =>
        `    ${i === 0 ? escapeLatex(title) : ''} & ${value === mergedRow ? `\\emph{${escapeLatex(label)}}` : escapeLatex(label)} & ${raters} & ${shareOf(composition, raters).replace(' %', '\\,\\%')} \\\\`,
    ),
  ]);
  return `${[
    '% Needs \\usepackage{booktabs}.',
    '\\begin{table}',
    '  \\centering\\small',
    `  \\caption{${escapeLatex(note)}}`,
    `  \\label{tab:raters-${study.replaceAll(/[^A-Za-z0-9]+/g, '-')}}`,
    '  \\begin{tabular}{llrr}',
    '    \\toprule',
    '    Question & Answer & Raters & Share \\\\',
    '    \\midrule',
    ...rows,
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
  ].join('\n')}\n`;
}
