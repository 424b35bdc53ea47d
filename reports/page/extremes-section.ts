/** For each variant its worst, its median and its best picture: what a mean hides. */

import { count, number } from '../../src/platform/format.ts';
import { type Html, html } from '../../src/platform/html.ts';
import type { MetricExtremes, Ranked, VariantExtremes } from '../extremes.ts';
import { anchorOf, type Context, methodOf, valuesAt } from './context.ts';
import type { ExtremesData } from './data.ts';

const places = ['worst', 'median', 'best'] as const;

/**
 * The part, which shows one metric; the script lets the reader choose another.
 * @param leading - spec id of the metric that is shown first; another is when it has no extremes
 */
export function extremesSection(
  context: Context,
  extremes: readonly MetricExtremes[],
  leading: string | undefined,
): Html | undefined {
  const shown = leadingOf(extremes, leading);
  if (shown === undefined) return undefined;
  return html`<div id="extremes">
<h3>Worst, median and best</h3>
<p class="remark">Chosen by rule: each variant’s complete trials in order of the metric, equal values by trial id; of an even number, the median is the worse of the two in the middle.</p>
<p class="by" data-metric="${shown.id}">By ${shown.label} (${shown.better} is better)</p>
<div class="scroll" tabindex="0" role="region" aria-label="Pictures by their rank"><table class="extremes">
<thead><tr><td></td>${places.map((place) => html`<th scope="col">${place}</th>`)}</tr></thead>
<tbody>${shown.variants.map((one) => row(context, one))}</tbody></table></div>
</div>`;
}

function leadingOf(extremes: readonly MetricExtremes[], leading: string | undefined) {
  return extremes.find(({ id }) => id === leading) ?? extremes[0];
}

function row(context: Context, one: VariantExtremes): Html {
  return html`<tr><th scope="row">${one.variant} <small>${trialsOf(one)}</small></th>${places.map(
    (place) => html`<td>${figure(context, one[place])}</td>`,
  )}</tr>`;
}

function trialsOf({ trials, left }: VariantExtremes): string {
  return `${count(trials, 'trial')}${left === 0 ? '' : `, ${left} left out`}`;
}

function figure(context: Context, { trial, value }: Ranked): Html {
  const picture = context.pictures.trials.get(trial.id)?.final;
  const { content, style } = trial.names;
  const by = `${content} in the style of ${style}, by ${methodOf(context, trial)}`;
  return html`<figure class="extreme"><a class="picture" href="#${anchorOf(trial)}">${
    picture === undefined || 'problem' in picture
      ? html`<span class="missing">${picture?.problem ?? trial.reason}</span>`
      : html`<img src="${picture.src}" width="${picture.width}" height="${picture.height}" loading="lazy" decoding="async" alt="${by}">`
  }</a><figcaption><strong>${number(value)}</strong> ${captionOf(context, trial)}</figcaption></figure>`;
}

/** The variant is said once for its row. */
function captionOf(context: Context, trial: Ranked['trial']): string {
  const { content, style } = trial.names;
  const keys = context.model.axes
    .filter(({ key, values }) => values.length > 1 && !['pair', 'content', 'style', 'variant'].includes(key))
    .map(({ key }) => key);
  return [`${content} × ${style}`, ...valuesAt(context, trial, keys)].join(' · ');
}

/** What the script needs to show another metric: the pictures themselves are on the page already. */
export function extremesData(
  context: Context,
  extremes: readonly MetricExtremes[],
  leading: string | undefined,
): ExtremesData {
  const cell = ({ trial, value }: Ranked) => ({
    id: trial.id,
    value: number(value),
    caption: captionOf(context, trial),
  });
  return {
    shown: leadingOf(extremes, leading)?.id,
    metrics: extremes.map(({ id, label, better, variants }) => ({
      id,
      name: label,
      label: `${label} (${better} is better)`,
      variants: variants.map((one) => ({
        variant: one.variant,
        trials: trialsOf(one),
        cells: places.map((place) => cell(one[place])),
      })),
    })),
  };
}
