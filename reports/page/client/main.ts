/** What the page does beyond being read. Without it everything is there, in plain tables. */

import { make } from '../../../src/platform/browser/make.ts';
import type { ReportData } from '../data.ts';
import { addressed, onAddress, setAddress } from './address.ts';
import { startCharts } from './charts.ts';
import { addressOf, around, readJson } from './dom.ts';
import { startExtremes } from './extremes.ts';
import { startFigure } from './figure.ts';
import { startGrid } from './grid.ts';
import { startPickers } from './pickers.ts';
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

/** The part of the page that an anchor names, opened where it is folded away. */
function reveal(id: string | null): void {
  const target = document.getElementById(id ?? '');
  if (target === null) return;
  let fold = target.closest('details');
  while (fold) {
    fold.open = true;
    fold = fold.parentElement!.closest('details');
  }
  if (!target.hasAttribute('tabindex')) target.tabIndex = -1;
  stayAt(target);
  target.focus({ preventScroll: true });
}

/** Ends the staying at what was revealed last. */
let leave = () => {};

/**
 * Scrolls to a part of the page and stays there until the reader does something: charts on the way are laid out only now
 * that they came near, and pictures above get their heights when they are there.
 */
function stayAt(target: Element): void {
  leave();
  const stop = new AbortController();
  const observer = new ResizeObserver(() => target.scrollIntoView());
  leave = () => {
    observer.disconnect();
    stop.abort();
  };
  for (const part of document.querySelectorAll('body, main, main > section')) observer.observe(part);
  for (const deed of ['wheel', 'pointerdown', 'touchstart', 'keydown', 'change', 'popstate'])
    addEventListener(deed, leave, { capture: true, passive: true, signal: stop.signal });
  target.scrollIntoView();
}

// Within the page the address keeps what it says of the page, and has the anchor beside it.
document.addEventListener('click', (event) => {
  const link = around<Element>(event, 'a');
  const href = link && addressOf(link);
  if (event.defaultPrevented || !href?.startsWith('#') || event.ctrlKey || event.metaKey || event.shiftKey)
    return;
  event.preventDefault();
  const id = decodeURIComponent(href.slice(1));
  setAddress({ go: id }, addressed().get('go') !== id);
  reveal(id);
});
onAddress((address) => !address.has('view') && reveal(address.get('go')));
if (!addressed().has('view')) reveal(addressed().get('go'));
