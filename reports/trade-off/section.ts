/** The trade-off as a section of the page. */
import { type Html, html, jsonForScript } from '../../src/platform/html.ts';
import { chartFigure, type DrawnChart } from '../page/charts-section.ts';
import { type TradeOff, trainedHere } from './numbers.ts';
import { firstSpread, type Moving, spreads, type TradeOffData } from './pay-off.ts';
import {
  type Cell,
  type LabeledRow,
  payOffNote,
  payOffRows,
  secondsNote,
  sectionTitle,
  sentences,
  tableRows,
} from './words.ts';

/** More sentences than these are read one by one, when somebody wants to. */
const firstSentences = 3;

/** Files beside the page that hold the same. */
const files = [
  ['trade-off.csv', 'CSV'],
  ['trade-off.json', 'JSON'],
  ['trade-off.tex', 'LaTeX'],
] as const;

/**
 * @param drawn - the chart with its panels drawn, where there is one
 * @param moving - what its panels' marks move by
 */
export function tradeOffSection(
  tradeOff: TradeOff,
  drawn?: DrawnChart,
  moving: readonly (readonly Moving[])[] = [],
): Html {
  const said = sentences(tradeOff);
  // One more is not worth a fold.
  const shown = said.length > firstSentences + 1 ? firstSentences : said.length;
  const rest = said.slice(shown);
  const trained = tradeOff.ways.some((way) => trainedHere(way) !== undefined);
  return html`<section id="trade-off" aria-labelledby="trade-off-title">
<h2 id="trade-off-title">${sectionTitle}</h2>
${said.slice(0, shown).map((sentence) => html`<p>${sentence}</p>`)}
${rest.length === 0 ? '' : html`<details class="many"><summary>${rest.length} more remarks</summary>${rest.map((sentence) => html`<p>${sentence}</p>`)}</details>`}
${trained ? html`<div data-part="spread"></div>` : ''}
${drawn === undefined ? '' : html`<div class="charts">${chartFigure(drawn, { metric: tradeOff.metrics[0]?.label })}</div>`}
${mainTable(tradeOff)}
${payOffTable(tradeOff)}
<p class="files">${files.map(([path, label]) => html`<a href="${path}" aria-label="The trade-off as ${label}">${label}</a> `)}</p>
<script type="application/json" id="report-trade-off">${jsonForScript(clientData(tradeOff, moving))}</script>
</section>`;
}

/** What the slider changes: the marks of each panel, and one row of the table. */
function clientData({ ways }: TradeOff, moving: readonly (readonly Moving[])[]): TradeOffData {
  return {
    spreads: spreads.filter(Number.isFinite),
    first: firstSpread,
    panels: moving,
    ways: ways.map((way) => {
      if (way.seconds === undefined) return null;
      const { estimate: seconds, low, high, method } = way.seconds;
      return {
        seconds,
        ...(method !== 'alike' && { low, high }),
        training: trainedHere(way)?.seconds ?? 0,
        star: way.shared > 0 ? '*' : '',
      };
    }),
  };
}

function mainTable(tradeOff: TradeOff): Html {
  const { ways, level } = tradeOff;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Costs and quality of each way"><table class="numbers">
<caption>Means over ${ways[0]!.pairs} pairs with their ${Math.round(100 * level)} % intervals. ↑ higher is better, ↓ lower is better. ${secondsNote}</caption>
<thead><tr><th scope="col"></th>${ways.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${tableRows(tradeOff).map((row) => tableRow(row))}</tbody></table></div>`;
}

function tableRow({ key, label, better, cells }: LabeledRow): Html {
  const arrow =
    better === undefined
      ? ''
      : html` <span aria-label="${better} is better">${better === 'higher' ? '↑' : '↓'}</span>`;
  return html`<tr${key === 'spread' ? html` data-part="spread-row"` : key === 'class' ? html` class="words"` : ''}><th scope="row"><span>${label}</span>${arrow}</th>${cells.map(tableCell)}</tr>`;
}

function tableCell({ main, beside }: Cell): Html {
  return html`<td class="number">${main.replaceAll(' × ', '\u00a0×\u00a0')}${beside === undefined ? '' : html` <span class="interval">${beside}</span>`}</td>`;
}

function payOffTable(tradeOff: TradeOff): Html | string {
  const { against, rows } = payOffRows(tradeOff);
  if (rows.length === 0) return '';
  return html`<h3>After how many pictures a training has paid off</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Pictures until a training has paid off"><table class="numbers">
<caption>${payOffNote}</caption>
<thead><tr><th scope="col">Pictures of</th>${against.map((name) => html`<th scope="col">against ${name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => tableRow(row))}</tbody></table></div>`;
}
