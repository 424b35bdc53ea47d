/** What the page does beyond being read. Without it everything is there, in plain tables. */
import { addressed, onAddress, setAddress } from './address.js';
import { startCharts } from './charts.js';
import { make, readJson } from './dom.js';
import { startExtremes } from './extremes.js';
import { startFigure } from './figure.js';
import { startGrid } from './grid.js';
import { startPickers } from './pickers.js';
import { startTables } from './table.js';
import { startTheme } from './theme.js';
import { startTradeOff } from './trade-off.js';
import { startViewer } from './viewer.js';

document.documentElement.classList.add('scripted');
const data = readJson('report-data');
// Each trial has one figure, which the grid moves about: it is in the document only while it is shown.
const figures = new Map();
for (const figure of document.querySelectorAll('figure[data-trial]'))
  figures.set(figure.dataset.trial, figure);
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
  const link = event.target.closest('a');
  const href = link?.getAttribute('href') ?? link?.getAttribute('xlink:href');
  const id = byAnchor.get(href);
  if (id !== undefined && !link.closest('#trials') && open(id)) event.preventDefault();
});

for (const line of document.querySelectorAll('div.command')) {
  line.append(make('button', { type: 'button', class: 'copy' }, 'Copy'));
}
document.addEventListener('click', async (event) => {
  const copy = event.target.closest('button.copy');
  if (copy === null) return;
  await navigator.clipboard?.writeText(copy.previousElementSibling.textContent);
  copy.textContent = 'Copied';
  setTimeout(() => {
    copy.textContent = 'Copy';
  }, 1500);
});

/** The part of the page that an anchor names, opened where it is folded away. */
function reveal(id) {
  const target = document.getElementById(id ?? '');
  if (target === null || target === undefined) return;
  for (let fold = target.closest('details'); fold; fold = fold.parentElement.closest('details'))
    fold.open = true;
  if (!target.hasAttribute('tabindex')) target.tabIndex = -1;
  target.scrollIntoView();
  // Charts on the way are laid out only now that they came near.
  requestAnimationFrame(() => target.scrollIntoView());
  target.focus({ preventScroll: true });
}

// Within the page the address keeps what it says of the page, and has the anchor beside it.
document.addEventListener('click', (event) => {
  const link = event.target.closest('a');
  const href = link?.getAttribute('href') ?? link?.getAttribute('xlink:href');
  if (event.defaultPrevented || !href?.startsWith('#') || event.ctrlKey || event.metaKey || event.shiftKey)
    return;
  event.preventDefault();
  const id = decodeURIComponent(href.slice(1));
  setAddress({ go: id }, addressed().get('go') !== id);
  reveal(id);
});
onAddress((address) => !address.has('view') && reveal(address.get('go')));
if (!addressed().has('view')) {
  reveal(addressed().get('go'));
  // Pictures above it have their heights by then.
  addEventListener('load', () => document.getElementById(addressed().get('go') ?? '')?.scrollIntoView());
}
