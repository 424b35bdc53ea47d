/** What the page does beyond being read. Without it everything is there, in plain tables. */
import { startCharts } from './charts.js';
import { make, readJson } from './dom.js';
import { startExtremes } from './extremes.js';
import { startGrid } from './grid.js';
import { startTables } from './table.js';
import { startTheme } from './theme.js';
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
startGrid(data, figures, open);
startExtremes(data, figures);
startCharts(data);

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

function revealTarget() {
  document
    .getElementById(decodeURIComponent(location.hash.slice(1)))
    ?.closest('details')
    ?.setAttribute('open', '');
}
addEventListener('hashchange', revealTarget);
revealTarget();
