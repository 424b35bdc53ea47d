/** Pieces of Markdown. */

/** The first row is the head; the first column is aligned to the left, all others to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const [head, ...body] = rows;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head!), line(head!.map((_, i) => (i === 0 ? '---' : '--:'))), ...body.map(line)];
}

/** Text that Markdown takes as it is. */
export function text(words: string): string {
  return words.replace(/[\\`*_[\]<>|#]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
}
