/** Comma-separated values, as every table that leaves Neckar is written. */

/** A row by the names of its columns. */
export type CsvRow = Readonly<Record<string, string | number | boolean | undefined>>;

/** A spreadsheet takes a text that begins so for a formula, and computes it. */
const formula = /^[=+\-@\t\r]/;

/** Numbers in a text are what they are, negative ones too. */
const plainNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * RFC 4180: a header of all rows' keys in order of appearance, cells quoted where they must be, lines ended by CRLF.
 * Texts that a spreadsheet would take for a formula get an apostrophe before them; missing values are empty.
 */
export function toCsv(rows: readonly CsvRow[]): string {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [keys, ...rows.map((row) => keys.map((key) => row[key] ?? ''))];
  return lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number | boolean): string {
  // What is no number is no value: spreadsheets would take its name for text.
  const text = typeof value === 'number' && !Number.isFinite(value) ? '' : String(value);
  const risky = typeof value === 'string' && formula.test(text) && !plainNumber.test(text);
  const harmless = risky ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
