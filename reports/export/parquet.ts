/** Tables as Parquet files, for pandas, DuckDB, R and whatever else reads them. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { neckarVersion } from '../../src/platform/modules.ts';

/** A row by the names of its columns; what is missing, undefined or no number is null. */
export type TableRow = Readonly<Record<string, string | number | boolean | undefined>>;

type Cell = string | number | boolean | null;

/**
 * A table as Parquet, compressed by Snappy. A column holds booleans where all its values are, else 64-bit floats, or 32-bit
 * integers where all are whole and small, else texts; every column may hold nulls.
 *
 * @param columns - what there is besides the rows' own keys, in their order: a table without rows still has columns
 */
export function parquetOf(rows: readonly TableRow[], columns: readonly string[] = []): Uint8Array {
  const names = [...new Set([...columns, ...rows.flatMap((row) => Object.keys(row))])];
  const bytes = parquetWriteBuffer({
    columnData: names.map((name) => columnOf(name, rows)),
    createdBy: `neckar version ${neckarVersion()}`,
  });
  return new Uint8Array(bytes);
}

function columnOf(name: string, rows: readonly TableRow[]) {
  const cells = rows.map((row): Cell => {
    const cell = row[name];
    // As in the CSV: what is no number is no value.
    return cell === undefined || (typeof cell === 'number' && !Number.isFinite(cell)) ? null : cell;
  });
  const given = cells.filter((cell) => cell !== null);
  const all = (kind: string) => given.length > 0 && given.every((cell) => typeof cell === kind);
  if (all('boolean')) return { name, data: cells, type: 'BOOLEAN' as const };
  if (all('number')) {
    const whole = given.every((cell) => Number.isInteger(cell) && Math.abs(cell as number) < 2 ** 31);
    return { name, data: cells, type: whole ? ('INT32' as const) : ('DOUBLE' as const) };
  }
  const texts = cells.map((cell) => (cell === null ? null : String(cell)));
  return { name, data: texts, type: 'STRING' as const };
}
