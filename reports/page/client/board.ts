/** What the page of a board does beyond being read: sorting, leaving methods out, laying pictures out and comparing them. */
import { make } from '../../../src/platform/browser/make.ts';
import type { ReportData } from '../data.ts';
import { partOf, readJson } from './dom.ts';
import { startGrid } from './grid.ts';
import { startPickers } from './pickers.ts';
import { startReveal } from './reveal.ts';
import { startTables } from './table.ts';
import { startTheme } from './theme.ts';
import { startViewer } from './viewer.ts';

document.documentElement.classList.add('scripted');
const data = readJson<ReportData>('report-data');
const figures = new Map<string, HTMLElement>();
for (const figure of document.querySelectorAll<HTMLElement>('figure[data-trial]'))
  figures.set(figure.dataset.trial!, figure);
const open = startViewer(data, figures);
startTheme();
startTables();
startGrid(data, figures, open);
startPickers();
startFilter();
startReveal();

/** A box for each method: what is not ticked is left out of the tables. */
function startFilter(): void {
  const host = partOf(document, '#board-filter');
  const names = data.axes.find(({ key }) => key === 'variant')!.values;
  const boxes = names.map((name) => {
    const box = make('input', { type: 'checkbox', checked: true, onchange: apply });
    host.append(make('label', {}, box, ` ${name}`));
    return { name, box };
  });
  const turn = (checked: boolean) => {
    for (const { box } of boxes) box.checked = checked;
    apply();
  };
  host.append(
    make('button', { type: 'button', onclick: () => turn(true) }, 'All'),
    make('button', { type: 'button', onclick: () => turn(false) }, 'None'),
  );

  function apply(): void {
    const hidden = new Set(boxes.flatMap(({ name, box }) => (box.checked ? [] : [name])));
    for (const part of document.querySelectorAll<HTMLElement>('[data-method]'))
      part.hidden = hidden.has(part.dataset.method!);
  }
}
