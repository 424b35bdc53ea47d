/** The figure as LaTeX: a table of the cut pictures, set in the paper's own type. */
import type { PaperFigure } from './layout.ts';

/** What the source is made of. */
export interface LatexFigure {
  readonly figure: PaperFigure;
  /** A label as TeX prints it. */
  readonly tex: (label: string) => string;
  /** Of the label `fig:…`. */
  readonly name: string;
  /** In TeX. */
  readonly caption: string;
  /** The file of a row's and column's picture, as `\includegraphics` takes it. */
  readonly picture: (row: number, column: number) => string;
  /** The command that makes the figure. */
  readonly command: string;
}

/** The source of the figure: its pictures beside each other in a `tabular` of a `figure*`, as wide as the text. */
export function figureLatex({ figure, tex, name, caption, picture, command }: LatexFigure): string {
  const side = figure.rowLabels ? 1 : 0;
  // The gaps between columns are 2 pt; the rest of the line is the pictures'.
  const count = figure.columns.length;
  const share = `(\\linewidth-${2 * (count - 1 + side)}pt${side ? '-1.2em' : ''})/${count}`;
  const head = [...(side ? [''] : []), ...figure.columns.map((text) => `\\small ${tex(text)}`)];
  const rows = figure.rows.map(({ label, cells }, r) => {
    const pictures = cells.map((cell, c) =>
      cell === undefined
        ? ''
        : `\\raisebox{-0.5\\height}{\\includegraphics[width=\\picturewidth]{${picture(r, c)}}}`,
    );
    return [...(side ? [`\\rotatebox[origin=c]{90}{\\small ${tex(label)}}`] : []), ...pictures];
  });
  return `${[
    '% Needs \\usepackage{graphicx}.',
    `% Made by: ${command.replaceAll('\n', ' ')}`,
    '\\begin{figure*}',
    '  \\centering',
    `  \\def\\picturewidth{\\dimexpr ${share}\\relax}`,
    '  \\setlength{\\tabcolsep}{1pt}',
    `  \\begin{tabular}{@{}${'c'.repeat(count + side)}@{}}`,
    `    ${head.join(' & ')} \\\\`,
    ...rows.map((cells) => `    ${cells.join(' & ')} \\\\[1pt]`),
    '  \\end{tabular}',
    `  \\caption{${caption}}`,
    `  \\label{fig:${name}}`,
    '\\end{figure*}',
  ].join('\n')}\n`;
}
