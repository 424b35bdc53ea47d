/** What the page does beyond being read. Without it everything is there, in plain tables. */

import { make } from '../../../src/platform/browser/make.ts';
import type { ReportData } from '../data.ts';
import { startCharts } from './charts.ts';
import { addressOf, around, readJson } from './dom.ts';
import { startExtremes } from './extremes.ts';
import { startFigure } from './figure.ts';
import { startGrid } from './grid.ts';
import { startPickers } from './pickers.ts';
import { startReveal } from './reveal.ts';
import { startTables } from './table.ts';
import { startTheme } from './theme.ts';
import { startTradeOff } from './trade-off.ts';
import { startViewer } from './viewer.ts';

document.documentElement.classList.add('scripted');
const data = readJson<ReportData>('report-data');
// Each trial has one figure, which the grid moves about: it is in the document only while it is shown.
const figures = new Map<string, HTMLElement>();
for (const figure of document.querySelectorAll<HTMLElement>('figure[data-trial]'))
  figures.set(figure.dataset.trial!, figure);
const open = startViewer(data, figures);
startTheme();
startTables();
startFigure(data, figures, startGrid(data, figures, open));
startExtremes(data, figures, startPickers());
startCharts(data, figures);
startTradeOff();

// Marks in charts and rows of tables lead to their picture; the plain link leads to the configuration.
const byAnchor = new Map(data.trials.map((trial) => [`#${trial.anchor}`, trial.id]));
document.addEventListener('click', (event) => {
  const link = around<Element>(event, 'a');
  const id = link === null ? undefined : byAnchor.get(addressOf(link) ?? '');
  if (link !== null && id !== undefined && !link.closest('#trials') && open(id)) event.preventDefault();
});

for (const line of document.querySelectorAll('div.command')) {
  line.append(make('button', { type: 'button', class: 'copy' }, 'Copy'));
}
document.addEventListener('click', async (event) => {
  const copy = around(event, 'button.copy');
  if (copy === null) return;
  await navigator.clipboard?.writeText(copy.previousElementSibling!.textContent);
  copy.textContent = 'Copied';
  setTimeout(() => {
    copy.textContent = 'Copy';
  }, 1500);
});

startReveal();
