/** A table for the paper: means with intervals, metric by metric, in booktabs. */
import type { Analysis, Comparison, Finding } from '../../metrics/statistics/analysis/analyse.ts';
import type { Compared, Treatment } from '../../metrics/statistics/analysis/compare.ts';
import { count } from '../format.ts';
import type { ReportInput } from '../input.ts';
import { worthShowing } from './markdown.ts';
import { comparedOf, factorName, titleOf } from './sentences.ts';

/**
 * A `table` environment (packages booktabs and amsmath) of the declared factor's treatments: one row for each metric,
 * mean and interval in each cell. Bold is what the tests found better than every other treatment; a dagger marks
 * the primary metric. A comparison that was refused becomes a comment with the reason.
 */
export function latexTable(input: ReportInput, analysis: Analysis): string {
  const [comparison] = analysis.comparisons;
  if (comparison === undefined || comparison.refused !== undefined) {
    return `% No table: ${(comparison?.refused ?? 'there are no trials.').replaceAll('\n', ' ')}\n`;
  }
  const findings = comparison.findings.filter(
    (finding) => comparedOf(finding) !== undefined && worthShowing(finding),
  );
  const { treatments } = comparison;
  const lines = [
    `% Needs \\usepackage{booktabs} and \\usepackage{amsmath}. Made by: ${input.command.replaceAll('\n', ' ')}`,
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${caption(input, comparison, findings, analysis.level)}}`,
    `  \\label{tab:${slug(input.name)}}`,
    `  \\begin{tabular}{l${'c'.repeat(treatments.length)}}`,
    '    \\toprule',
    `    Metric & ${treatments.map(escapeLatex).join(' & ')} \\\\`,
    '    \\midrule',
    ...findings.map((finding) => `    ${row(comparison, finding)} \\\\`),
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
  ];
  return `${lines.join('\n')}\n`;
}

function row(comparison: Comparison, finding: Finding): string {
  const compared = comparedOf(finding)!;
  const arrow = finding.better === 'higher' ? '\\uparrow' : '\\downarrow';
  const dagger = finding.role === 'primary' ? '^\\dagger' : '';
  const cells = comparison.treatments.map((name) => {
    const index = compared.treatments.findIndex((one) => one.name === name);
    if (index < 0) return '--';
    return cell(compared.treatments[index]!, beatsAll(compared, index));
  });
  return [`${escapeLatex(titleOf(finding))} $${arrow}${dagger}$`, ...cells].join(' & ');
}

function cell({ estimate, low, high }: Treatment, best: boolean): string {
  // As many digits as the interval is wide.
  const width = high - low;
  const decimals = Math.min(
    6,
    Math.max(0, 1 - Math.floor(Math.log10(width > 0 ? width : Math.abs(estimate) || 1))),
  );
  const shown = (value: number) => value.toFixed(decimals).replace(/^-(0\.?0*)$/, '$1');
  const mean = best ? `\\mathbf{${shown(estimate)}}` : shown(estimate);
  return `$${mean}\\ [${shown(low)}, ${shown(high)}]$`;
}

function beatsAll({ treatments, differences }: Compared, index: number): boolean {
  const won = differences.filter(
    ({ a, b, favours }) => (favours === 'a' && a === index) || (favours === 'b' && b === index),
  );
  return won.length === treatments.length - 1;
}

function caption(
  input: ReportInput,
  comparison: Comparison,
  findings: readonly Finding[],
  level: number,
): string {
  const primary = findings.some(({ role }) => role === 'primary');
  const bold = findings.some((finding) => {
    const compared = comparedOf(finding)!;
    return compared.treatments.some((_, i) => beatsAll(compared, i));
  });
  return [
    `${escapeLatex(input.question ?? input.title ?? input.name)}`,
    `Means over ${count(comparison.pairs.length, 'content/style pair')} by ${escapeLatex(factorName(comparison.factor))}, with ${Math.round(100 * level)}\\,\\% intervals.`,
    ...(bold
      ? ['Bold: better than all others (paired Wilcoxon tests, Holm-adjusted within the metric).']
      : []),
    primary
      ? '$\\dagger$: the declared primary metric; all others are exploratory.'
      : 'All comparisons are exploratory.',
  ].join(' ');
}

function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

const special: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '’': "'",
  '×': '$\\times$',
  '−': '$-$',
  Δ: '$\\Delta$',
  χ: '$\\chi$',
  '→': '$\\rightarrow$',
};

/** Text that TeX prints as it is. */
export function escapeLatex(text: string): string {
  return text.replace(/[\\~^’×−Δχ→]|[#$%&_{}]/g, (char) => special[char] ?? `\\${char}`);
}
