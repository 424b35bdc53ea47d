/** A table for the paper: means with intervals, metric by metric, in booktabs. */
import type { Analysis, Comparison, Finding } from '../../metrics/statistics/analysis/analyze.ts';
import type { Compared, Treatment } from '../../metrics/statistics/analysis/compare.ts';
import { count, type Writer } from '../../src/platform/format.ts';
import type { ReportInput } from '../input.ts';
import { worthShowing } from './markdown.ts';
import { comparedOf, factorName, inEveryPair, intervalText, titleOf, writerOf } from './sentences.ts';

/**
 * A `table` environment (packages booktabs and amsmath) of the declared factor's treatments: one row for each metric,
 * in each cell the mean and its interval below it. Bold is what the tests found better than every other treatment; a dagger marks
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
    ...engineNote(input, comparison),
    '\\begin{table}',
    '  \\centering\\small\\setlength{\\tabcolsep}{4pt}',
    // The interval below its mean, so that several treatments fit into a column.
    '  \\def\\cell#1#2{\\begin{tabular}[t]{@{}c@{}}$#1$\\\\{\\scriptsize$#2$}\\end{tabular}}',
    `  \\caption{${caption(input, comparison, findings, analysis.level)}}`,
    `  \\label{tab:${slug(input.name)}}`,
    `  \\begin{tabular}{p{0.3\\linewidth}${'c'.repeat(treatments.length)}}`,
    '    \\toprule',
    `    Metric & ${treatments.map(escapeLatex).join(' & ')} \\\\`,
    '    \\midrule',
    ...findings.map((finding) => `    ${row(comparison, finding)} \\\\\\addlinespace[3pt]`),
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
  ];
  return `${lines.join('\n')}\n`;
}

/** A metric's means with their intervals; beside a label that folds they begin at its first line. */
function row(comparison: Comparison, finding: Finding): string {
  const compared = comparedOf(finding)!;
  const arrow = finding.better === 'higher' ? '\\uparrow' : '\\downarrow';
  const dagger = finding.role === 'primary' ? '^\\dagger' : '';
  const write = writerOf(compared.treatments);
  const cells = comparison.treatments.map((name) => {
    const index = compared.treatments.findIndex((one) => one.name === name);
    return index < 0 ? '--' : cell(compared.treatments[index]!, beatsAll(compared, index), write);
  });
  const label = `\\raggedright\\hangindent1em ${escapeLatex(titleOf(finding))}~$${arrow}${dagger}$`;
  return [label, ...cells].join(' & ');
}

function cell(treatment: Treatment, best: boolean, write: Writer): string {
  const shown = (text: string) =>
    text.replaceAll('−', '-').replaceAll('∞', '\\infty ').replace(powerOfTen, texPower);
  const mean = shown(write(treatment.estimate));
  const beside =
    treatment.method === 'alike' ? `\\text{${inEveryPair}}` : shown(intervalText(treatment, write));
  return `\\cell{${best ? `\\mathbf{${mean}}` : mean}}{${beside}}`;
}

const powerOfTen = / × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g;

function texPower(_: string, exponent: string): string {
  const digits = [...exponent].map((char) => (char === '⁻' ? '-' : '⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(char)));
  return `\\cdot 10^{${digits.join('')}}`;
}

/** What pdfLaTeX cannot set (letters of other scripts than Latin and Greek) needs a newer engine. */
function engineNote({ question, title, name }: ReportInput, { treatments, factor }: Comparison): string[] {
  const written = [question ?? title ?? name, factorName(factor), ...treatments].map(escapeLatex).join('');
  return /[^\p{ASCII}\p{Script=Latin}‘’“”–—…·µ½§©°²³±«»¡¿]/u.test(written)
    ? ['% Some characters need LuaLaTeX or XeLaTeX, and a font that has them.']
    : [];
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

/** What a label of LaTeX can be. */
export function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

const special: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '’': "'",
  µ: '$\\mu$',
  '·': '$\\cdot$',
  '²': '$^2$',
  '³': '$^3$',
  ...Object.fromEntries(
    Object.entries({
      '×': 'times',
      '±': 'pm',
      '≤': 'le',
      '≥': 'ge',
      '≠': 'ne',
      '≈': 'approx',
      '∞': 'infty',
      '→': 'rightarrow',
      '←': 'leftarrow',
      '↑': 'uparrow',
      '↓': 'downarrow',
      '‖': '|',
      α: 'alpha',
      β: 'beta',
      γ: 'gamma',
      δ: 'delta',
      ε: 'varepsilon',
      η: 'eta',
      θ: 'theta',
      κ: 'kappa',
      λ: 'lambda',
      μ: 'mu',
      ν: 'nu',
      π: 'pi',
      ρ: 'rho',
      σ: 'sigma',
      τ: 'tau',
      φ: 'varphi',
      χ: 'chi',
      ψ: 'psi',
      ω: 'omega',
      Γ: 'Gamma',
      Δ: 'Delta',
      Λ: 'Lambda',
      Σ: 'Sigma',
      Φ: 'Phi',
      Ψ: 'Psi',
      Ω: 'Omega',
    }).map(([char, name]) => [char, `$\\${name}$`]),
  ),
  '−': '$-$',
};

/** Text that TeX prints as it is: signs and Greek letters as mathematics, which pdfLaTeX knows no other way. */
export function escapeLatex(text: string): string {
  return [...text].map((char) => special[char] ?? (/[#$%&_{}]/.test(char) ? `\\${char}` : char)).join('');
}
