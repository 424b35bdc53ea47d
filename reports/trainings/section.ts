/** How the networks were trained: curves and pictures on the way, folded away. */

import { count, duration, number } from '../../src/platform/format.ts';
import { type Html, html } from '../../src/platform/html.ts';
import { chartFigure, type DrawnChart } from '../page/charts-section.ts';
import type { LabeledTraining } from './labels.ts';
import { moments, type SampleRow } from './samples.ts';

/**
 * The section, or undefined where nothing was trained.
 * @param curves - the chart of totals, drawn
 */
export function trainingsSection(
  trainings: readonly LabeledTraining[],
  rows: readonly SampleRow[],
  curves?: DrawnChart,
): Html | undefined {
  if (trainings.length === 0) return undefined;
  return html`<section id="trainings" aria-labelledby="trainings-title">
<h2 id="trainings-title">How were the networks trained?</h2>
<details class="many"><summary>${count(trainings.length, 'training')}</summary>
${factsTable(trainings)}
${curves === undefined ? '' : html`<div class="charts">${chartFigure(curves)}</div>`}
${rows.length === 0 ? '' : samplesTable(rows)}
</details>
</section>`;
}

function factsTable(trainings: readonly LabeledTraining[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Trainings"><table class="numbers">
<caption>Time is of the whole training, with its preparation and its samples. Times marked * were measured while other work ran beside.</caption>
<thead><tr><th scope="col">Training</th>${['Time', 'Steps', 'ms per step', 'Crops', 'Files', 'Parameters', 'Total at the end'].map((name) => html`<th scope="col" data-kind="number">${name}</th>`)}<th scope="col">Ended by</th></tr></thead>
<tbody>${trainings.map(({ label, training: { result } }) => {
    const star = result.timing.shared ? '*' : '';
    const cells = [
      `${duration(result.timing.total)}${star}`,
      String(result.cost.steps),
      `${number(1000 * result.timing.perStep)}${star}`,
      String(result.cost.pictures),
      String(result.config.pictures.length),
      String(result.weights.parameters),
      number(result.final.total),
    ];
    return html`<tr><th scope="row">${label}</th>${cells.map((cell) => html`<td class="number">${cell}</td>`)}<td class="words">${result.state === 'complete' ? '' : `${result.state}: `}${result.reason}</td></tr>`;
  })}</tbody></table></div>`;
}

/** Contents that no training was shown, as each network painted them on the way. */
function samplesTable(rows: readonly SampleRow[]): Html {
  return html`<h3>On the way</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Pictures on the way through the trainings"><table class="extremes">
<thead><tr><td></td>${moments.map((moment) => html`<th scope="col">${moment}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ label, content, style, pictures }) =>
      html`<tr><th scope="row">${label} <small>${content} × ${style}</small></th>${moments.map((moment) => {
        const found = pictures.find((one) => one.moment === moment);
        if (found === undefined) return html`<td></td>`;
        const { step, picture } = found;
        const by = `${content} in the style of ${style} by ${label}, after ${count(step, 'step')}`;
        return html`<td><figure class="extreme">${
          'problem' in picture
            ? html`<span class="missing">${picture.problem}</span>`
            : html`<img src="${picture.src}" width="${picture.width}" height="${picture.height}" loading="lazy" decoding="async" alt="${by}">`
        }<figcaption>${count(step, 'step')}</figcaption></figure></td>`;
      })}</tr>`,
  )}</tbody></table></div>`;
}
