/** Column headers that sort their table. */
import { make } from './dom.js';

export function startTables() {
  for (const table of document.querySelectorAll('table[data-sortable]')) {
    for (const [column, header] of [...table.tHead.rows[0].cells].entries()) {
      const button = make('button', { type: 'button', onclick: () => sort(table, column, header) });
      button.append(...header.childNodes);
      header.append(button);
    }
  }
}

function sort(table, column, header) {
  const numeric = header.dataset.kind === 'number';
  const wasAscending = header.getAttribute('aria-sort') === 'ascending';
  // The first click puts the best on top, where a column has a better end.
  const first = header.dataset.better === 'higher' ? 'descending' : 'ascending';
  const direction = header.hasAttribute('aria-sort') ? (wasAscending ? 'descending' : 'ascending') : first;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
  header.setAttribute('aria-sort', direction);
  const sign = direction === 'ascending' ? 1 : -1;
  const keyed = [...table.tBodies[0].rows].map((row) => ({ row, key: keyOf(row.cells[column], numeric) }));
  keyed.sort((a, b) => {
    // Cells without a value stay at the end, whichever way the others go.
    if (a.key === undefined || b.key === undefined)
      return Number(a.key === undefined) - Number(b.key === undefined);
    if (numeric) return sign * (a.key - b.key);
    return sign * a.key.localeCompare(b.key, undefined, { numeric: true });
  });
  table.tBodies[0].append(...keyed.map(({ row }) => row));
}

function keyOf(cell, numeric) {
  const text = cell.dataset.value ?? cell.textContent.trim();
  if (text === '') return undefined;
  return numeric ? Number(text) : text;
}
