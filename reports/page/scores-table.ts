/** All scores and costs, trial by trial. */
import { type KnownCost, knownCost } from '../../metrics/cost.ts';
import { count, number } from '../../src/platform/format.ts';
import { type Html, html } from '../../src/platform/html.ts';
import { judgeSentence } from '../judge.ts';
import { refusals } from '../metrics.ts';
import { anchorOf, type Context, valueAt } from './context.ts';

export function scoresSection(context: Context): Html | undefined {
  const { input, model, columns } = context;
  const trials = input.trials.filter(({ result }) => result !== undefined);
  if (trials.length === 0) return undefined;
  const keys = model.axes.filter(
    ({ key, values }) =>
      key !== 'pair' && (values.length > 1 || ['content', 'style', 'variant'].includes(key)),
  );
  const costs = [
    ['Evaluations', ({ evaluations }: KnownCost) => evaluations],
    ['Seconds', ({ seconds }: KnownCost) => seconds],
    [
      'ms per evaluation',
      ({ perEvaluation }: KnownCost) => (perEvaluation === undefined ? undefined : 1000 * perEvaluation),
    ],
  ] as const;
  const refused = refusals(input.trials);
  const judge = judgeSentence(input.trials);
  return html`<section id="scores" aria-labelledby="scores-title">
<h2 id="scores-title">Trial by trial</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Scores of all trials"><table class="numbers" data-sortable>
<caption>${columns.length > 0 ? '↑ higher is better, ↓ lower is better. ' : ''}Seconds marked * were measured while other trials ran beside.</caption>
<thead><tr><th scope="col">Trial</th>${keys.map(({ label }) => html`<th scope="col">${label}</th>`)}${columns.map(
    ({ label, better, id }) =>
      html`<th scope="col" data-kind="number" data-better="${better}" title="${id}">${label} <span aria-label="${better} is better">${better === 'higher' ? '↑' : '↓'}</span></th>`,
  )}${costs.map(([label]) => html`<th scope="col" data-kind="number">${label}</th>`)}</tr></thead>
<tbody>${trials.map((trial) => {
    const known = knownCost(trial.result!);
    const star = trial.result!.timing.shared ? '*' : '';
    return html`<tr><th scope="row"><a href="#${anchorOf(trial)}">${trial.id.slice(0, 8)}</a>${trial.state === 'complete' ? '' : html` <strong class="state ${trial.state}">${trial.state}</strong>`}</th>${keys.map(
      ({ key }) => html`<td>${valueAt(context, trial, key)}</td>`,
    )}${columns.map(({ values }) => {
      const value = values.get(trial.id);
      return value === undefined
        ? html`<td class="number"></td>`
        : html`<td class="number" data-value="${value}">${number(value)}</td>`;
    })}${costs.map(([label, of]) => {
      const value = of(known);
      return value === undefined
        ? html`<td class="number">unknown</td>`
        : html`<td class="number" data-value="${value}">${number(value)}${label === 'Evaluations' ? '' : star}</td>`;
    })}</tr>`;
  })}</tbody></table></div>
${judge === undefined ? '' : html`<p class="remark">${judge}</p>`}
${[...(input.notes ?? []), input.lacking].map((remark) => (remark === undefined ? '' : html`<p class="remark">${remark}</p>`))}
${refused.length === 0 ? '' : html`<h3>Not measured</h3><ul class="refusals">${refused.map(({ label, sentence, trials: n }) => html`<li><strong>${label}</strong> (${count(n, 'trial')}): ${sentence}</li>`)}</ul>`}
</section>`;
}
