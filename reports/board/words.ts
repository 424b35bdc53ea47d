/** A board in sentences, and as a table for a paper. */
import { list, wholePercent, writerFor } from '../../src/platform/format.ts';
import { escapeLatex, slug } from '../words/latex.ts';
import { componentNames, planeMeasures } from './charts.ts';
import type { Board } from './input.ts';
import { type BoardNumbers, frontOf, level, type Measure, wins } from './numbers.ts';

/** `0.03`, `< 0.001`. */
export function pValueText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** What a reader is told first. */
export function answerSentences(numbers: BoardNumbers): string[] {
  const { measures } = numbers;
  const sentences: string[] = [];
  const plane = planeMeasures(numbers);
  for (const measure of plane ?? measures.slice(0, 1)) sentences.push(leaderSentence(measure));
  if (plane !== undefined) {
    sentences.push(frontSentence(frontOf(...plane)));
    const { components } = plane[1];
    if (components !== undefined) {
      const total = componentNames.reduce((sum, name) => sum + components[name], 0);
      const share = (name: keyof typeof components) => wholePercent(components[name] / total);
      if (total > 0)
        sentences.push(
          `Of the variance of ${lower(plane[1].label)}, ${share('method')} is the method’s, ${share('style')} the style’s, ${share('content')} the content’s and ${share('method × style')} of method with style.`,
        );
    }
  }
  return sentences;
}

/** Who is on the front, from most of the style to most of the content. */
export function frontSentence(front: readonly string[]): string {
  if (front.length <= 4) {
    const end = front.length === 1 ? '' : ', each at its place between content and style';
    return `No method is better at both than ${list(front)}${end}.`;
  }
  return `${front.length} methods lie on the front, where no other is better at both: from ${front[0]} at the style’s end to ${front.at(-1)} at the content’s.`;
}

function leaderSentence(measure: Measure): string {
  const [first, ...others] = measure.standings;
  if (first === undefined) return '';
  if (others.length === 0) return `${measure.label}: only ${first.method} was measured.`;
  const { over } = wins(measure, first.method);
  const decided =
    over === others.length
      ? 'which is decided against every other'
      : over === 0
        ? 'which is decided against none of the others'
        : `which is decided against ${over} of the ${others.length} others`;
  return `${measure.label}: ${first.method} has the best mean, ${decided}.`;
}

/** Labels begin with abbreviations as often as with words. */
function lower(label: string): string {
  return /^[A-Z][a-z]/.test(label) ? label[0]!.toLowerCase() + label.slice(1) : label;
}

/** A `table` environment (booktabs): a row for each method, means with their intervals by measure. */
export function boardLatex({ loaded, tier, part }: Board, numbers: BoardNumbers): string {
  const { measures, costs } = numbers;
  const { protocol, hash } = loaded;
  const lines = costs.map(({ method, seconds, shared }) => {
    const cells = measures.map((measure) => {
      const found = measure.standings.find((one) => one.method === method);
      if (found === undefined) return '--';
      const write = writerFor(measure.standings.map(({ mean }) => mean.estimate));
      const { estimate, low, high, error } = found.mean;
      const best =
        measure.standings.length > 1 && wins(measure, method).over === measure.standings.length - 1;
      const text = escapeLatex(write(estimate));
      const interval = error === 0 ? '' : escapeLatex(`[${write(low)}, ${write(high)}]`);
      return `\\cell{${best ? `\\textbf{${text}}` : text}}{${interval}}`;
    });
    return `    ${[escapeLatex(method), ...cells, seconds === undefined ? '--' : `${seconds.toPrecision(3)}${shared ? '*' : ''}`].join(' & ')} \\\\\\addlinespace[3pt]`;
  });
  const heads = measures.map(
    ({ label, better }) =>
      `\\rotatebox{70}{${escapeLatex(label)}~$\\${better === 'higher' ? 'uparrow' : 'downarrow'}$}`,
  );
  return `${[
    '% Needs \\usepackage{booktabs} and \\usepackage{graphicx}. Made by: neckar benchmark board',
    '\\begin{table}',
    '  \\centering\\small\\setlength{\\tabcolsep}{4pt}',
    '  \\def\\cell#1#2{\\begin{tabular}[t]{@{}c@{}}#1\\\\{\\scriptsize #2}\\end{tabular}}',
    `  \\caption{${escapeLatex(protocol.title)}, version ${protocol.version} (${hash.slice(0, 12)}), tier ${escapeLatex(tier)}${part === 'smoke' ? ', smoke part' : ''}: means over ${numbers.contents.length} contents $\\times$ ${numbers.styles.length} styles with ${Math.round(100 * level)}\\,\\% intervals, contents and styles random. Bold: decided to be better than every other method (Holm-adjusted within the measure). *: timed while other work ran beside.}`,
    `  \\label{tab:${slug(protocol.name)}-board}`,
    `  \\begin{tabular}{l${'c'.repeat(measures.length + 1)}}`,
    '    \\toprule',
    `    Method & ${heads.join(' & ')} & \\rotatebox{70}{seconds} \\\\`,
    '    \\midrule',
    ...lines,
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
  ].join('\n')}\n`;
}
