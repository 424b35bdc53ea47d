/** Text for terminals: colours where they are wanted, columns. */
import { harmless } from '../harmless.ts';

/** Where a command writes; the process's own streams outside of tests. */
export interface Output {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

/** The colours of `palette`, the only sequences that a text of ours holds. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is kept
const ownColors = /(\u001b\[(?:1|2|22|31|32|33|39)m)/;

/** The text with its own colours and without anything else that a terminal would act on. */
function guarded(text: string): string {
  return text
    .split(ownColors)
    .map((part, i) => (i % 2 === 1 ? part : harmless(part)))
    .join('');
}

type Write = (text: string) => void;

/** The streams' own ways of writing, where `guardStream` has put itself before them. */
const unguarded = new WeakMap<object, Write>();

/**
 * From here on whatever is written to the stream passes `guarded`: names and words of others end up in many lines, and
 * one that is forgotten is enough. Bytes pass as they are.
 */
export function guardStream(stream: NodeJS.WritableStream): void {
  if (unguarded.has(stream)) return;
  const write = stream.write.bind(stream) as (...all: unknown[]) => boolean;
  unguarded.set(stream, write);
  stream.write = ((chunk: unknown, ...rest: unknown[]) =>
    write(typeof chunk === 'string' ? guarded(chunk) : chunk, ...rest)) as typeof stream.write;
}

/** Draws over lines that were written before: `control` moves the cursor and clears, and is ours. */
export function drawOver(stream: NodeJS.WritableStream, control: string, text = ''): void {
  const write = unguarded.get(stream) ?? ((whole: string) => stream.write(whole));
  write(control + guarded(text));
}

/** Whether to use colours on a stream: a terminal, and neither NO_COLOR (no-color.org) nor TERM=dumb. */
export function wantsColor(stream: { readonly isTTY?: boolean }, environment = process.env): boolean {
  if (environment.NO_COLOR !== undefined && environment.NO_COLOR !== '') return false;
  if (environment.FORCE_COLOR !== undefined && environment.FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

export interface Palette {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

/** Colours by meaning, or none. */
export function palette(colored: boolean): Palette {
  const paint = (code: number, end: number) => (text: string) =>
    colored ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  return {
    good: paint(32, 39),
    bad: paint(31, 39),
    warn: paint(33, 39),
    faint: paint(2, 22),
    strong: paint(1, 22),
  };
}

/** Rows as aligned columns; `right` lists the columns (from 0) that are aligned to the right. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, visibleLength(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const padding = ' '.repeat(widths[i]! - visibleLength(cell));
        if (right.includes(i)) return padding + cell;
        return i === row.length - 1 ? cell : cell + padding;
      })
      .join('  '),
  );
}

/** The text without colours. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
  return text.replace(/\u001b\[\d+m/g, '');
}

/** The first `width` columns of a text, ending in … when something was cut. */
export function cut(text: string, width: number): string {
  if (visibleLength(text) <= width) return text;
  return `${plain(text).slice(0, Math.max(0, width - 1))}…`;
}

function visibleLength(text: string): number {
  return plain(text).length;
}
