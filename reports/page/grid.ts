/**
 * The pictures as plain tables, one for each choice of the axes that are neither rows nor columns. A setting that some
 * variants alone have makes no table of its own: it stands with its variant in the header of a row.
 */

import { number } from '../../src/platform/format.ts';
import { type Html, html } from '../../src/platform/html.ts';
import { groupBy } from '../group.ts';
import type { ReportedTrial } from '../input.ts';
import { anchorOf, type Context, methodOf, sourceOf, valueAt } from './context.ts';

export function gridSection(context: Context): Html {
  const { input, model } = context;
  const isOwn = (key: string) => model.axes.find((axis) => axis.key === key)?.absent !== undefined;
  const own = model.others.filter(isOwn);
  const shared = model.others.filter((key) => !isOwn(key));
  const groups = groupBy(input.trials, (trial) =>
    shared.map((key) => `${axisLabel(context, key)}: ${valueAt(context, trial, key)}`).join(', '),
  );
  return html`<section id="pictures" aria-labelledby="pictures-title">
<h2 id="pictures-title" class="unseen">Pictures</h2>
<div id="grid">${[...groups].map(
    ([title, trials]) => html`<div class="grid-view">
${title === '' ? '' : html`<h3>${title}</h3>`}
${marginFigures(context, trials)}
<div class="scroll" tabindex="0" role="region" aria-label="${`Comparison grid ${title}`.trim()}">${table(context, trials, own)}</div></div>`,
  )}</div>
</section>`;
}

/** A row or a column: trials at one value of an axis, and at one choice of the settings that are their variant's own. */
interface Line {
  readonly key: string;
  readonly value: string;
  /** Such as `gram.weight 20`; empty where there are none. */
  readonly settings: string;
  readonly trials: ReadonlySet<ReportedTrial>;
}

function linesOf(
  context: Context,
  trials: readonly ReportedTrial[],
  key: string,
  own: readonly string[],
): Line[] {
  const at = (trial: ReportedTrial, axis: string) => context.model.positions.get(trial.id)?.[axis] ?? 0;
  const keys = [key, ...own];
  const inOrder = trials.toSorted(
    (a, b) => keys.map((axis) => at(a, axis) - at(b, axis)).find((difference) => difference !== 0) ?? 0,
  );
  const lines = groupBy(inOrder, (trial) => keys.map((axis) => at(trial, axis)).join(' '));
  return [...lines.values()].map((group) => {
    const [first] = group as [ReportedTrial];
    const settings = own.filter((axis) => at(first, axis) !== absentAt(context, axis));
    return {
      key,
      value: valueAt(context, first, key),
      settings: settings
        .map((axis) => `${axisLabel(context, axis)} ${valueAt(context, first, axis)}`)
        .join(', '),
      trials: new Set(group),
    };
  });
}

function table(context: Context, trials: readonly ReportedTrial[], own: readonly string[]): Html {
  const { rows, columns } = context.model;
  const [first, second] = [linesOf(context, trials, rows, []), linesOf(context, trials, columns, own)];
  // Variants with their settings are many: down the page there is room for them.
  const [down, across] = own.length > 0 ? [second, first] : [first, second];
  return html`<table class="grid"><thead><tr><td></td>${across.map((line) => header(context, line, 'col'))}</tr></thead>
<tbody>${down.map(
    (row) =>
      html`<tr>${header(context, row, 'row')}${across.map(
        (column) =>
          html`<td>${[...row.trials].filter((trial) => column.trials.has(trial)).map((trial) => trialFigure(context, trial))}</td>`,
      )}</tr>`,
  )}</tbody></table>`;
}

/** A trial's picture with its two leading scores, or the words for why there is none. */
export function trialFigure(context: Context, trial: ReportedTrial): Html {
  const picture = context.pictures.trials.get(trial.id)?.final;
  const badge =
    trial.state === 'complete' ? '' : html`<strong class="state ${trial.state}">${trial.state}</strong> `;
  if (picture === undefined || 'problem' in picture) {
    return html`<figure class="cell empty" data-trial="${trial.id}"><div class="missing">${badge}<span>${picture?.problem ?? trial.reason}</span></div></figure>`;
  }
  const href = picture.full ?? (picture.src.startsWith('data:') ? `#${anchorOf(trial)}` : picture.src);
  return html`<figure class="cell" data-trial="${trial.id}"><a class="picture" href="${href}"><img src="${picture.src}"${picture.full === undefined ? '' : html` data-full="${picture.full}"`} width="${picture.width}" height="${picture.height}" loading="lazy" decoding="async" alt="${altOf(context, trial)}"></a><figcaption>${badge}${caption(context, trial)}</figcaption></figure>`;
}

/** The first score of content and the first of style. */
function caption({ columns }: Context, trial: ReportedTrial): Html[] {
  return (['content', 'style'] as const).flatMap((purpose) => {
    const column = columns.find((one) => one.purpose === purpose && one.values.has(trial.id));
    if (column === undefined) return [];
    return [
      html`<span title="${column.label}"><abbr>${purpose}</abbr> ${number(column.values.get(trial.id)!)}</span> `,
    ];
  });
}

function altOf(context: Context, trial: ReportedTrial): string {
  return `${trial.names.content} in the style of ${trial.names.style}, by ${methodOf(context, trial)}`;
}

function header(context: Context, { key, value, settings, trials }: Line, scope: 'row' | 'col'): Html {
  const which = (['content', 'style'] as const).filter((one) => key === 'pair' || key === one);
  const [first] = trials;
  return html`<th scope="${scope}">${
    which.length === 0
      ? value
      : html`<div class="sources">${which.map((one) => sourceFigure(context, first!, one))}</div>`
  }${settings === '' ? '' : html` <small>${settings}</small>`}</th>`;
}

/** Content and style beside a table all of which has the same ones, when no header shows them. */
function marginFigures(context: Context, trials: readonly ReportedTrial[]): Html | undefined {
  const { rows, columns } = context.model;
  if ([rows, columns].includes('pair')) return undefined;
  const keys = (['content', 'style'] as const).filter((key) => ![rows, columns].includes(key));
  if (keys.length === 0) return undefined;
  return html`<div class="margin">${keys.map((key) => sourceFigure(context, trials[0]!, key))}</div>`;
}

function sourceFigure(context: Context, trial: ReportedTrial, which: 'content' | 'style'): Html {
  const picture = sourceOf(context, trial, which);
  const name = trial.names[which];
  const shown =
    'problem' in picture
      ? html`<span class="missing">${picture.problem}</span>`
      : html`<img src="${picture.src}" width="${picture.width}" height="${picture.height}" loading="lazy" decoding="async" alt="${which}: ${name}">`;
  return html`<figure class="source">${shown}<figcaption>${name}</figcaption></figure>`;
}

function absentAt({ model }: Context, key: string): number | undefined {
  return model.axes.find((axis) => axis.key === key)?.absent;
}

function axisLabel({ model }: Context, key: string): string {
  return model.axes.find((axis) => axis.key === key)?.label ?? key;
}
