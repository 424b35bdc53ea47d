/** Every trial's exact configuration, what it cost, and the command that runs it again. */
import type { TrialResult } from '../../src/experiment/result.ts';
import { count, duration, number, percent } from '../../src/platform/format.ts';
import { type Html, html } from '../../src/platform/html.ts';
import type { ReportedTrial } from '../input.ts';
import { anchorOf, type Context } from './context.ts';

export function trialsSection(context: Context): Html {
  return html`<section id="trials" aria-labelledby="trials-title">
<h2 id="trials-title">How each is made</h2>
<p class="remark">The exact configuration of each picture, and the command that makes it again.</p>
<div class="trials-list">${context.input.trials.map(
    (
      trial,
    ) => html`<details class="trial"><summary>${trial.label}${trial.state === 'complete' ? '' : html` <strong class="state ${trial.state}">${trial.state}</strong>`}</summary>
${description(context, trial)}</details>`,
  )}</div>
</section>`;
}

function description({ columns }: Context, trial: ReportedTrial): Html {
  const { result } = trial;
  return html`<div class="trial-body" id="${anchorOf(trial)}">
<dl class="facts">
<dt>State</dt><dd>${trial.state}${trial.reason === '' ? '' : `: ${trial.reason}`}</dd>
${result === undefined ? '' : facts(trial)}
${columns
  .filter(({ values }) => values.has(trial.id))
  .map(
    ({ label, values, better }) =>
      html`<dt>${label} ${better === 'higher' ? '↑' : '↓'}</dt><dd>${number(values.get(trial.id)!)}</dd>`,
  )}
</dl>
<div class="command"><pre>${trial.command}</pre></div>
<pre class="config">${configText(trial)}</pre>
</div>`;
}

function facts({ result, config }: ReportedTrial): Html {
  const { final, images, inputs } = result!;
  const terms = Object.entries(final.terms).map(
    ([name, { value, weighted }]) => `${name} ${number(value)} (weighted ${number(weighted)})`,
  );
  return html`<dt>Picture</dt><dd>${images.width} × ${images.height} pixels, seed ${config.seed}</dd>
<dt>Cost</dt><dd>${costOf(result!)}</dd>
${evaluationFacts(result!)}${config.method === undefined ? html`<dt>Losses at the end</dt><dd>${terms.join(', ')}</dd>` : ''}
<dt>Inputs (SHA-256)</dt><dd>${Object.entries(inputs).map(([name, hash]) => html`<div>${name} <code>${hash.slice(0, 16)}…</code></div>`)}</dd>`;
}

function evaluationFacts({ timing: { parts } }: TrialResult): Html | string {
  if (parts === undefined) return '';
  if ('refused' in parts) return html`<dt>Of an evaluation</dt><dd>${parts.refused}</dd>`;
  const shares = [
    ['encoder', parts.encoder] as const,
    ...Object.entries(parts.losses),
    ['between operations', parts.rest] as const,
  ].map(([name, share]) => `${name} ${percent(share)}`);
  return html`<dt>Of an evaluation</dt><dd>${shares.join(', ')}</dd>`;
}

function costOf({ timing, cost, network }: TrialResult): string {
  const shared = timing.shared ? ', beside other trials' : '';
  if (network !== undefined) {
    return `${duration(network.pass)} a pass, ${duration(timing.total)} with loading the network${shared}`;
  }
  if (timing.known === 'nothing') return 'unknown: the picture was made elsewhere';
  if (timing.known === 'total') return `${duration(timing.total)}, the time its command ran${shared}`;
  const about = [
    ...(timing.perEvaluation > 0 ? [`${duration(timing.perEvaluation)} per evaluation`] : []),
    ...(timing.shared ? ['beside other trials'] : []),
  ].join(', ');
  return `${count(cost.evaluations, 'evaluation')}, ${count(cost.steps, 'step')}, ${duration(timing.total)}${about === '' ? '' : ` (${about})`}`;
}

/** JSON with short arrays and objects on one line. */
function configText({ config }: ReportedTrial): string {
  return JSON.stringify(config, null, 2).replace(/[[{]\s+[^[\]{}]*?\s+[\]}]/g, (block) => {
    const line = block.replace(/\s*\n\s*/g, ' ');
    return line.length <= 72 ? line : block;
  });
}
