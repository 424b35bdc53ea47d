/** The page of a board. */
import { createHash } from 'node:crypto';
import type { Submission } from '../../src/benchmark/submission-schema.ts';
import { bytes, count, duration, wholePercent, writerFor } from '../../src/platform/format.ts';
import { type Html, html, jsonForScript, trusted } from '../../src/platform/html.ts';
import { clientScript, styleSheet } from '../page/assets.ts';
import { chartFigure, type DrawnChart } from '../page/charts-section.ts';
import type { Context } from '../page/context.ts';
import type { PicturesData, ReportData } from '../page/data.ts';
import { gridSection } from '../page/grid.ts';
import { viewer } from '../page/viewer.ts';
import { componentNames } from './charts.ts';
import type { Board } from './input.ts';
import { type BoardNumbers, type Cost, level, type Measure, wins } from './numbers.ts';
import { answerSentences, pValueText } from './words.ts';

const arrow = (better: 'higher' | 'lower') =>
  html`<span aria-label="${better} is better">${better === 'higher' ? '↑' : '↓'}</span>`;

/** The document: everything in it works from disk, beside the pictures' folder; with scripts off it is read as tables. */
export async function boardPage(
  board: Board,
  numbers: BoardNumbers,
  charts: readonly DrawnChart[],
  context: Context,
  data: { readonly small: ReportData; readonly large: PicturesData },
): Promise<string> {
  const [script, style] = await Promise.all([clientScript('board'), styleSheet()]);
  const policy = `default-src 'none'; img-src 'self' data: file:; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'; base-uri 'none'; form-action 'none'`;
  const chart = (name: string) => {
    const found = charts.find((one) => one.chart.name === name);
    return found && chartFigure(found);
  };
  const parts: readonly (readonly [id: string, link: string, part: Html | undefined])[] = [
    ['means', 'Ranking', rankingSection(numbers)],
    ['evidence', 'Differences', decisionsSection(numbers)],
    ['plane', 'Content and style', section('plane', 'Content against style', chart('plane'))],
    ['ranks', 'Ranks', section('ranks', 'Where each method stands', chart('board-ranks'))],
    ['variance', 'Variance', varianceSection(numbers, chart('board-variance'))],
    ['parts', 'Styles and contents', partsSection(numbers)],
    ['pictures', 'Pictures', gridSection(context)],
    ['submissions', 'Submissions', submissionsSection(board)],
  ];
  const there = parts.filter(([, , part]) => part !== undefined);
  const { protocol, hash } = board.loaded;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="generator" content="Neckar">
<meta name="color-scheme" content="light dark">
<title>${protocol.title} – board – Neckar</title>
<style>${trusted(style)}</style>
</head>
<body class="board">
<a class="skip" href="#means">Skip to the ranking</a>
<nav id="site-nav" aria-label="Sections">${there.map(([id, label]) => html`<a href="#${id}">${label}</a>`)}</nav>
<main>
<header class="opening"><div>
<p class="overline">Neckar · benchmark ${protocol.name}, version ${protocol.version}</p>
<h1>${protocol.title}: ${count(board.submissions.length, 'method')}</h1>
<p class="question">${protocol.description}</p>
<p class="extent">${count(numbers.contents.length, 'content')} × ${count(numbers.styles.length, 'style')}${board.part === 'smoke' ? ', the smoke part alone' : ''}, tier ${board.tier}, longest side ${protocol.size} pixels. Protocol ${hash.slice(0, 12)}. ${protocol.source}.</p>
</div><div id="answer">${answerSentences(numbers).map((sentence) => html`<p>${sentence}</p>`)}</div></header>
${there.map(([, , part]) => part)}
</main>
${viewer()}
<script type="application/json" id="report-data">${jsonForScript(data.small)}</script>
<script type="application/json" id="report-pictures">${jsonForScript(data.large)}</script>
<script>${trusted(script)}</script>
</body>
</html>
`.html;
}

function section(id: string, title: string, part: Html | undefined): Html | undefined {
  if (part === undefined) return undefined;
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
<div class="charts">${part}</div></section>`;
}

/** Every method by every measure, with intervals, ranks and costs. */
function rankingSection({ measures, costs }: BoardNumbers): Html {
  const write = measures.map(({ standings }) => writerFor(standings.map(({ mean }) => mean.estimate)));
  const inOrder = orderOf(measures, costs);
  return html`<section id="means" aria-labelledby="means-title"><h2 id="means-title">Ranking</h2>
<p>Means over contents and styles with ${wholePercent(level)} intervals for other contents and styles than these (both are samples; Clark 1973), below them the rank with its interval. Bold: decided to be better than every other method. A click on a head sorts.</p>
<div id="board-filter" class="board-filter" role="group" aria-label="Methods that the tables show"></div>
<div class="scroll" tabindex="0" role="region" aria-label="Methods by measures"><table class="numbers" data-sortable>
<caption>↑ higher is better, ↓ lower is better. Seconds marked * were measured while other work ran beside.</caption>
<thead><tr><th scope="col">Method</th>${measures.map(
    ({ label, better, id }) =>
      html`<th scope="col" data-kind="number" data-better="${better}" title="${id}">${label} ${arrow(better)}</th>`,
  )}<th scope="col" data-kind="number" data-better="lower">Seconds a picture ↓</th><th scope="col" data-kind="number" data-better="lower">Memory ↓</th><th scope="col" data-kind="number" data-better="lower">Training ↓</th></tr></thead>
<tbody>${inOrder.map((cost) => {
    const { method } = cost;
    return html`<tr data-method="${method}"><th scope="row"><a href="#submission-${anchor(method)}">${method}</a></th>${measures.map((measure, i) => cell(measure, method, write[i]!))}${costCells(cost)}</tr>`;
  })}</tbody></table></div>
<p class="downloads files"><a href="board.json">All numbers as JSON</a> <a href="board.tex">LaTeX table</a></p></section>`;
}

function cell(measure: Measure, method: string, write: (value: number) => string): Html {
  const found = measure.standings.find((one) => one.method === method);
  if (found === undefined) return html`<td class="number" title="${measure.without[method] ?? ''}">–</td>`;
  const { mean, rank } = found;
  const best = measure.standings.length > 1 && wins(measure, method).over === measure.standings.length - 1;
  const ranks = rank.low === rank.high ? `rank ${rank.rank}` : `rank ${rank.rank} (${rank.low}–${rank.high})`;
  const interval =
    mean.error === 0 ? '' : html` <span class="interval">[${write(mean.low)}, ${write(mean.high)}]</span>`;
  return html`<td class="number${best ? ' best' : ''}" data-value="${mean.estimate}">${write(mean.estimate)}${interval}<span class="rank">${ranks}</span></td>`;
}

function costCells({ seconds, shared, memory, training }: Cost): Html[] {
  const unknown = html`<td class="number">unknown</td>`;
  return [
    seconds === undefined
      ? unknown
      : html`<td class="number" data-value="${seconds}">${duration(seconds)}${shared ? '*' : ''}</td>`,
    memory === undefined ? unknown : html`<td class="number" data-value="${memory}">${bytes(memory)}</td>`,
    training === undefined
      ? html`<td class="number" data-value="0">none told</td>`
      : html`<td class="number" data-value="${training.seconds}">${duration(training.seconds)}</td>`,
  ];
}

/** Methods by their mean rank over the measures. */
function orderOf(measures: readonly Measure[], costs: readonly Cost[]): Cost[] {
  const meanRank = (method: string) => {
    const own = measures.flatMap(
      ({ standings }) => standings.find((one) => one.method === method)?.rank.rank ?? [],
    );
    return own.length === 0
      ? Number.POSITIVE_INFINITY
      : own.reduce((sum, rank) => sum + rank, 0) / own.length;
  };
  return costs.toSorted((a, b) => meanRank(a.method) - meanRank(b.method));
}

/** Which differences are decided, measure by measure. */
function decisionsSection({ measures }: BoardNumbers): Html | undefined {
  const several = measures.filter(({ decisions }) => decisions.length > 0);
  if (several.length === 0) return undefined;
  return html`<section id="evidence" aria-labelledby="evidence-title"><h2 id="evidence-title">Which differences are decided?</h2>
<p>Two methods are told apart where the mean difference over the same contents and styles is not 0 by a quasi-F test with both ways random (Clark 1973, Satterthwaite 1946), p adjusted after Holm over all pairs of methods of the measure, at ${wholePercent(1 - level)}.</p>
${several.map((measure) => {
  const decided = measure.decisions.filter(({ better }) => better !== undefined).length;
  const names = measure.standings.map(({ method }) => method);
  const found = new Map(
    measure.decisions.flatMap((one) => [
      [`${one.a}\n${one.b}`, one],
      [`${one.b}\n${one.a}`, one],
    ]),
  );
  return html`<details class="measure"><summary>${measure.label} ${arrow(measure.better)}: ${decided} of ${count(measure.decisions.length, 'difference')} decided</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Decisions on ${measure.label}"><table class="numbers decisions">
<caption>+ the row is better than the column, − worse, · not decided; p in the title.</caption>
<thead><tr><th scope="col">Method</th>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${names.map(
    (row) =>
      html`<tr data-method="${row}"><th scope="row">${row}</th>${names.map((column) => {
        const one = found.get(`${row}\n${column}`);
        if (one === undefined) return html`<td class="own"></td>`;
        const sign = one.better === undefined ? '·' : one.better === row ? '+' : '−';
        return html`<td title="p ${pValueText(one.p)}">${sign}</td>`;
      })}</tr>`,
  )}</tbody></table></div></details>`;
})}</section>`;
}

function varianceSection({ measures }: BoardNumbers, chart: Html | undefined): Html | undefined {
  const known = measures.filter(({ components }) => components !== undefined);
  if (known.length === 0) return undefined;
  return html`<section id="variance" aria-labelledby="variance-title"><h2 id="variance-title">Whose is the variance?</h2>
${chart === undefined ? '' : html`<div class="charts">${chart}</div>`}
<div class="scroll" tabindex="0" role="region" aria-label="Shares of variance"><table class="numbers">
<caption>Shares of each measure’s variance: analysis of variance of methods × contents × styles (Searle, Casella & McCulloch 1992).</caption>
<thead><tr><th scope="col">Measure</th>${componentNames.map((name) => html`<th scope="col" data-kind="number">${name}</th>`)}</tr></thead>
<tbody>${known.map(({ label, components }) => {
    const total = componentNames.reduce((sum, name) => sum + components![name], 0);
    return html`<tr><th scope="row">${label}</th>${componentNames.map((name) => html`<td class="number">${total === 0 ? '–' : wholePercent(components![name] / total)}</td>`)}</tr>`;
  })}</tbody></table></div></section>`;
}

/** Means style by style and content by content. */
function partsSection({ measures, contents, styles }: BoardNumbers): Html {
  return html`<section id="parts" aria-labelledby="parts-title"><h2 id="parts-title">Style by style, content by content</h2>
${measures.map((measure) => {
  const { label, better, standings } = measure;
  const write = writerFor(standings.flatMap((one) => [...one.styles, ...one.contents]));
  return html`<details class="measure"><summary>${label} ${arrow(better)}</summary>
<div class="scroll" tabindex="0" role="region" aria-label="${label} by style and content"><table class="numbers" data-sortable>
<caption>Means over contents for each style, then over styles for each content.</caption>
<thead><tr><th scope="col">Method</th>${[...styles, ...contents].map((name) => html`<th scope="col" data-kind="number" data-better="${better}">${name}</th>`)}</tr></thead>
<tbody>${standings.map(
    (one) =>
      html`<tr data-method="${one.method}"><th scope="row">${one.method}</th>${[...one.styles, ...one.contents].map((value) => html`<td class="number" data-value="${value}">${write(value)}</td>`)}</tr>`,
  )}</tbody></table></div></details>`;
})}</section>`;
}

/** What each submission says of itself; the comparison shows it beside the pictures. */
function submissionsSection({ submissions }: Board): Html {
  return html`<section id="submissions" aria-labelledby="submissions-title"><h2 id="submissions-title">Submissions</h2>
${submissions.map((one) => submissionPart(one))}</section>`;
}

function submissionPart({
  method,
  software,
  machine,
  madeAt,
  checksum,
  training,
  results,
}: Submission): Html {
  const facts: readonly (readonly [string, string])[] = [
    ['What', method.title],
    ['Source', method.citation],
    ['Kind', method.kind],
    ['Pictures', String(results.length)],
    ...(training
      ? [
          [
            'Training',
            `${duration(training.seconds)}${training.device === undefined ? '' : ` on ${training.device}`}, ${count(training.networks, 'network')}`,
          ] as const,
        ]
      : []),
    [
      'Computed by',
      `Neckar ${software.neckar}, Node ${software.node}, ${software.engine} ${software.provider}, ${software.device}`,
    ],
    [
      'Submitted from',
      `${machine.platform}, ${machine.processor}, ${count(machine.processors, 'processor')}, ${bytes(machine.memory)}`,
    ],
    ['Made', madeAt],
    ['Checksum', checksum],
  ];
  return html`<article class="submission" data-method="${method.name}"><h3>${method.name}</h3>
<div id="submission-${anchor(method.name)}"><dl class="facts">${facts.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>`)}</dl>
<details><summary>Settings</summary><pre class="config">${JSON.stringify(method.settings, undefined, 2)}</pre></details></div></article>`;
}

/** What an id may hold of a method's name. */
export function anchor(method: string): string {
  return method.replace(/[^\w-]/g, '_');
}
