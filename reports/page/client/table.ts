/** Column headers that sort their table. */
import { make } from '../../../src/platform/browser/make.ts';

export function startTables(): void {
  for (const table of document.querySelectorAll<HTMLTableElement>('table[data-sortable]')) {
    for (const [column, header] of [...headersOf(table)].entries()) {
      const button = make('button', { type: 'button', onclick: () => sort(table, column, header) });
      button.append(...header.childNodes);
      header.append(button);
    }
  }
}

function headersOf(table: HTMLTableElement): HTMLCollectionOf<HTMLTableCellElement> {
  return table.tHead!.rows[0]!.cells;
}

function sort(table: HTMLTableElement, column: number, header: HTMLElement): void {
  const numeric = header.dataset.kind === 'number';
  const wasAscending = header.getAttribute('aria-sort') === 'ascending';
  // The first click puts the best on top, where a column has a better end.
  const first = header.dataset.better === 'higher' ? 'descending' : 'ascending';
  const direction = header.hasAttribute('aria-sort') ? (wasAscending ? 'descending' : 'ascending') : first;
  for (const other of headersOf(table)) other.removeAttribute('aria-sort');
  header.setAttribute('aria-sort', direction);
  const sign = direction === 'ascending' ? 1 : -1;
  const body = table.tBodies[0]!;
  const keyed = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[column]!) }));
  keyed.sort((a, b) => {
    // Cells without a value stay at the end, whichever way the others go.
    if (a.key === undefined || b.key === undefined)
      return Number(a.key === undefined) - Number(b.key === undefined);
    if (numeric) return sign * (Number(a.key) - Number(b.key));
    return sign * a.key.localeCompare(b.key, undefined, { numeric: true });
  });
  body.append(...keyed.map(({ row }) => row));
}

/** What a row is sorted by; undefined where the cell is empty. */
function keyOf(cell: HTMLElement): string | undefined {
  return (cell.dataset.value ?? cell.textContent.trim()) || undefined;
}
