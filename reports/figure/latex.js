/** The figure as LaTeX: a table of the cut pictures, set in the paper's own type. */

/** The source of the figure, and which picture is which file of it; see latex.d.ts. */
export function figureLatex({ figure, tex, name, caption, picture, command }) {
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
