/** Charts as figures: a title and legend in the page's own type, the drawing as SVG, and its files. */
import { type Chart, dataName, type LegendEntry, type Panel, type Table } from '../charts/chart.ts';
import { dashes, shapes } from '../charts/theme.ts';
import { type Html, html, trusted } from './html.ts';

/** A chart with its panels drawn for the page. */
export interface DrawnChart {
  readonly chart: Chart;
  /** Panel by panel; undefined where drawing failed, with the reason in `problem`. */
  readonly drawings: readonly { readonly svg?: string; readonly problem?: string }[];
  /** Whether its files lie beside the page; default true. */
  readonly files?: boolean;
}

export function chartsSection(charts: readonly DrawnChart[]): Html | undefined {
  if (charts.length === 0) return undefined;
  return html`<section id="charts" aria-labelledby="charts-title">
<h2 id="charts-title">Charts</h2>
${charts.map(chartFigure)}
</section>`;
}

/** A chart under a heading of the third level. */
export function chartFigure({ chart, drawings, files = true }: DrawnChart): Html {
  return html`<div class="chart" id="chart-${chart.name}">
<h3>${chart.title}</h3>
<p class="note">${chart.note}</p>
${chart.legend.length === 0 ? '' : html`<ul class="legend">${chart.legend.map(legendEntry)}</ul>`}
<div class="panels">${chart.panels.map((panel, i) => panelFigure(panel, drawings[i]!, files))}</div>
${chart.table === undefined ? '' : numbers(chart.title, chart.table)}
</div>`;
}

function panelFigure(panel: Panel, drawing: { svg?: string; problem?: string }, files: boolean): Html {
  return html`<figure class="panel">
<figcaption><h4>${panel.title}</h4>${panel.subtitle === undefined ? '' : html`<p>${panel.subtitle}</p>`}</figcaption>
${
  drawing.svg === undefined
    ? html`<p class="missing">${drawing.problem}</p>`
    : // Drawn by Vega, which escapes the text it is given.
      html`<p class="visually-hidden">${panel.description}</p><div class="drawing">${trusted(drawing.svg)}</div>
${files ? fileLinks(panel) : ''}`
}
</figure>`;
}

function fileLinks(panel: Panel): Html {
  return html`<p class="files"><a href="charts/${panel.name}.svg" aria-label="${panel.title} as SVG">SVG</a> <a href="charts/${panel.name}.png" aria-label="${panel.title} as PNG">PNG</a> <a href="charts/${dataName(panel)}.csv" aria-label="${panel.title} as CSV">CSV</a></p>`;
}

function numbers(title: string, { caption, head, rows }: Table): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${title}, as a table"><table class="numbers">
<caption>${caption}</caption>
<thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(([name, ...cells]) => html`<tr><th scope="row">${name!}</th>${cells.map((cell) => html`<td class="number">${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

function legendEntry({ kind, label, index }: LegendEntry): Html {
  const key = {
    color: () => html`<circle cx="11" cy="8" r="5" fill="var(--series-${index % 7})"/>`,
    dash: () =>
      html`<line x1="0" y1="8" x2="22" y2="8" stroke="var(--ink)" stroke-width="1.8" stroke-dasharray="${dashes[index % dashes.length]!.join(' ')}"/>`,
    shape: () =>
      html`<path d="${outlines[shapes[index % shapes.length]!]}" fill="none" stroke="var(--ink)" stroke-width="1.5"/>`,
  }[kind]();
  return html`<li><svg viewBox="0 0 22 16" width="22" height="16" aria-hidden="true">${key}</svg> ${label}</li>`;
}

const outlines = {
  circle: 'M7 8a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z',
  square: 'M7.5 4.5h7v7h-7Z',
  'triangle-up': 'M11 3.5l4.5 8h-9Z',
  diamond: 'M11 2.5l4 5.5l-4 5.5l-4-5.5Z',
  cross: 'M9.5 3.5h3v3h3v3h-3v3h-3v-3h-3v-3h3Z',
};
