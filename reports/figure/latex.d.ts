import type { PaperFigure } from './layout.js';

/** Sources beside each other in a `tabular` of a `figure*`, as wide as the text. */
export function figureLatex(options: {
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
}): string;
