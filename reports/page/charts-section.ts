/** Charts as figures: a title and legend in the page's own type, the drawing as SVG, and its files. */

import { type Html, html, trusted } from '../../src/platform/html.ts';
import { type Chart, dataName, type LegendEntry, type Panel, type Table } from '../charts/chart.ts';
import { dashes, shapes } from '../charts/theme.ts';

/** A chart with its panels drawn for the page. */
export interface DrawnChart {
  readonly chart: Chart;
  /** Panel by panel; undefined where drawing failed, with the reason in `problem`. */
  readonly drawings: readonly { readonly svg?: string; readonly problem?: string }[];
  /** Whether its files lie beside the page; default true. */
  readonly files?: boolean;
}

/** A section of the page: one question of a reader's, with the charts that answer it. */
export interface Question {
  /** The section's id. */
  readonly id: string;
  readonly title: string;
  /** In the navigation. */
  readonly short: string;
  /** Names of charts; those of one inner list are one figure, of which one is chosen. */
  readonly charts: readonly (readonly string[])[];
}

/** What a reader asks, in the order in which it is asked. */
export const questions = {
  looks: {
    id: 'looks',
    title: 'Does it look right?',
    short: 'Looks',
    charts: [['content-and-style']],
  },
  differs: {
    id: 'evidence',
    title: 'Which differs?',
    short: 'Differences',
    charts: [['scores'], ['critical-difference'], ['metric-correlations']],
  },
  course: {
    id: 'course',
    title: 'How does the loss go?',
    short: 'Losses',
    charts: [
      ['losses-over-evaluations', 'losses-over-seconds'],
      ['quality-over-evaluations', 'quality-over-seconds'],
    ],
  },
  settings: {
    id: 'settings',
    title: 'What do the settings do?',
    short: 'Settings',
    charts: [['heat-maps']],
  },
  cost: {
    id: 'cost',
    title: 'What does it cost?',
    short: 'Cost',
    charts: [['time-per-evaluation'], ['timing-split'], ['evaluation-split']],
  },
} as const satisfies Record<string, Question>;

/** What the panels of a chart are told apart by, for the label of their picker; charts of one word share the choice. */
const panelsDifferBy: Readonly<Record<string, string>> = {
  scores: 'Metric',
  'content-and-style': 'Pair',
  'critical-difference': 'Metric',
  'losses-over-evaluations': 'Term',
  'losses-over-seconds': 'Term',
  'quality-over-evaluations': 'Metric',
  'quality-over-seconds': 'Metric',
  'heat-maps': 'Score',
  'time-per-evaluation': 'Machine',
  'timing-split': 'Machine',
  'evaluation-split': 'Machine',
  'trade-off': 'Quality',
  'training-curves': 'Of',
  plane: 'Pairs',
  'board-ranks': 'Measure',
};

/** Charts that no question names: they stand with the differences rather than nowhere. */
export function chartsOf(question: Question, charts: readonly DrawnChart[]): DrawnChart[][] {
  const find = (name: string) => charts.filter(({ chart }) => chart.name === name);
  const named = new Set(Object.values(questions).flatMap(({ charts: all }) => all.flat() as string[]));
  const others =
    question.id === questions.differs.id ? charts.filter(({ chart }) => !named.has(chart.name)) : [];
  return [...question.charts.map((names) => names.flatMap(find)), ...others.map((one) => [one])].filter(
    (group) => group.length > 0,
  );
}

/**
 * The figures of a section beside each other; the script leaves one panel of each to be seen, and a picker.
 * @param metric - label of the metric that is seen first where a chart has a panel of it
 */
export function chartFigures(groups: readonly (readonly DrawnChart[])[], metric?: string): Html | undefined {
  if (groups.length === 0) return undefined;
  return html`<div class="charts">${groups.map((group) => {
    const [first] = group as [DrawnChart];
    if (group.length === 1) return chartFigure(first, { metric });
    // Such as “over evaluations” and “over seconds”: what their names do not share is the choice.
    return html`<div class="alternatives" data-picks="Over">${group.map((one) =>
      chartFigure(one, { metric, choice: one.chart.name.slice(one.chart.name.lastIndexOf('-') + 1) }),
    )}</div>`;
  })}</div>`;
}

/**
 * A chart under a heading of the third level.
 * @param options - `choice`: what it is called among its alternatives; `metric`: whose panel is seen first
 */
export function chartFigure(
  { chart, drawings, files = true }: DrawnChart,
  { choice, metric }: { readonly choice?: string; readonly metric?: string } = {},
): Html {
  const labels = panelLabels(chart.panels);
  const by = panelsDifferBy[chart.name] ?? 'Shown';
  return html`<div class="chart" id="chart-${chart.name}"${choice === undefined ? '' : html` data-choice="${choice}"`}>
<h3>${chart.title}</h3>
<div class="panels"${chart.panels.length > 1 ? html` data-picks="${by}" data-first="${labels[firstPanel(chart.panels, metric)]!}"` : ''}>${chart.panels.map((panel, i) => panelFigure(panel, labels[i]!, drawings[i]!, files))}</div>
${chart.legend.length === 0 ? '' : html`<ul class="legend">${chart.legend.map(legendEntry)}</ul>`}
<p class="note">${chart.note}</p>
${chart.table === undefined ? '' : numbers(chart.title, chart.table)}
</div>`;
}

/** The panel of the metric that is asked for, or else the first in which most variants can be compared. */
function firstPanel(panels: readonly Panel[], metric: string | undefined): number {
  const asked = panels.findIndex(({ title }) => title === metric);
  const shown = panels.map((panel) => variantsIn(panel).length);
  return asked >= 0 ? asked : shown.indexOf(Math.max(...shown));
}

/** The variants whose marks a panel has, where it tells variants apart. */
function variantsIn({ spec }: Panel): string[] {
  const { values } = (spec as { data?: { values?: readonly { variant?: unknown }[] } }).data ?? {};
  return [
    ...new Set((values ?? []).flatMap(({ variant }) => (variant === undefined ? [] : [String(variant)]))),
  ];
}

/** What each panel is called in a list: its title, its subtitle where all titles are one, both where some are. */
function panelLabels(panels: readonly Panel[]): string[] {
  const titles = new Set(panels.map(({ title }) => title));
  return panels.map(({ title, subtitle }, i) => {
    if (titles.size === panels.length || subtitle === undefined) return title;
    if (titles.size === 1) return subtitle;
    const repeated = panels.some((other, k) => k !== i && other.title === title);
    return repeated ? `${title} (${subtitle})` : title;
  });
}

function panelFigure(
  panel: Panel,
  label: string,
  drawing: { svg?: string; problem?: string },
  files: boolean,
): Html {
  const variants = variantsIn(panel);
  return html`<figure class="panel" data-choice="${label}"${variants.length === 0 ? '' : html` data-variants="${JSON.stringify(variants)}"`}>
<figcaption><h4>${panel.title}</h4>${panel.subtitle === undefined ? '' : html`<p>${panel.subtitle}</p>`}</figcaption>
${
  drawing.svg === undefined
    ? html`<p class="missing">${drawing.problem}</p>`
    : // Drawn by Vega, which escapes the text it is given.
      html`<p class="unseen">${panel.description}</p><div class="drawing">${trusted(drawing.svg)}</div>
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
  return html`<li${kind === 'color' ? html` data-color="${label}"` : ''}><svg viewBox="0 0 22 16" width="22" height="16" aria-hidden="true">${key}</svg> ${label}</li>`;
}

const outlines = {
  circle: 'M7 8a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z',
  square: 'M7.5 4.5h7v7h-7Z',
  'triangle-up': 'M11 3.5l4.5 8h-9Z',
  diamond: 'M11 2.5l4 5.5l-4 5.5l-4-5.5Z',
  cross: 'M9.5 3.5h3v3h3v3h-3v3h-3v-3h-3v-3h3Z',
};
