/** The report in words: what was asked, how much was run, what failed, and on what. */
import { machineOf } from '../../metrics/cost.ts';
import { bytes, count, duration, list } from '../../src/platform/format.ts';
import { type Html, html } from '../../src/platform/html.ts';
import { damageSentences } from '../damage.ts';
import { groupBy } from '../group.ts';
import type { ReportedTrial, TrialState } from '../input.ts';
import { valueCount } from '../model.ts';
import type { Context } from './context.ts';

/** @param answer - what was found, in a few sentences */
export function opening({ input, model }: Context, answer?: Html): Html {
  const size = (key: string) => model.axes.find((axis) => axis.key === key)?.values.length ?? 1;
  const swept = model.axes.filter(
    (axis) => valueCount(axis) > 1 && !['pair', 'content', 'style', 'variant'].includes(axis.key),
  );
  const parts = [
    count(size('variant'), 'variant'),
    ...swept.map((axis) =>
      ['optimizer', 'experiment'].includes(axis.key)
        ? count(valueCount(axis), axis.label)
        : `${valueCount(axis)} values of ${axis.label}`,
    ),
    count(size('pair'), 'content/style pair'),
  ];
  return html`<header class="opening">
<div>
<p class="overline">Neckar · ${input.name}</p>
<h1>${input.title ?? input.name}</h1>
${input.question === undefined ? '' : html`<p class="question">${input.question}</p>`}
<p class="extent">${count(input.trials.length, 'trial')} (${list(parts)}): ${tally(input.trials)}. ${machines(input.trials)}</p>
${damageRemark(input.trials)}
</div>
${answer === undefined ? '' : html`<div id="answer">${answer}</div>`}
</header>`;
}

/** At the page's head, where nobody can miss that trials were left out. */
function damageRemark(trials: readonly ReportedTrial[]): Html | string {
  const damaged = damageSentences(trials).length;
  if (damaged === 0) return '';
  return html`<p><strong class="state damaged">Stored files of ${count(damaged, 'trial')} are damaged or missing</strong>: <a href="#failures">which, and what mends them</a>.</p>`;
}

function damageList(sentences: readonly string[]): Html | string {
  if (sentences.length === 0) return '';
  return html`<h3>Damaged or missing files</h3><ul class="refusals">${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>`;
}

/** `30 complete, 1 diverged and 1 failed`. */
function tally(trials: readonly ReportedTrial[]): string {
  const order: TrialState[] = [
    'complete',
    'pruned',
    'diverged',
    'failed',
    'damaged',
    'stale',
    'running',
    'waiting',
  ];
  const groups = groupBy(trials, ({ state }) => state);
  return list(
    order.filter((state) => groups.has(state)).map((state) => `${groups.get(state)!.length} ${state}`),
  );
}

function machines(trials: readonly ReportedTrial[]): Html {
  const results = trials.flatMap(({ result }) => result ?? []);
  const groups = groupBy(results, machineOf);
  const seconds = results.reduce((sum, { timing }) => sum + timing.total, 0);
  const peak = Math.max(0, ...results.map(({ timing }) => timing.peakMemory));
  const cost = `${duration(seconds)} of work in all${peak > 0 ? `, ${bytes(peak)} of memory at most` : ''}.`;
  if (groups.size === 1) return html`Run by ${[...groups.keys()][0]!}: ${cost}`;
  const each = [...groups].map(([machine, group]) => `${machine} (${count(group.length, 'trial')})`);
  return html`Run on different machines or engines, whose timings must not be compared: ${each.join('; ')}. In all: ${cost}`;
}

/** Trials without a finished picture, each with its reason; nothing when there are none. */
export function failures(context: Context, figure: (trial: ReportedTrial) => Html): Html | undefined {
  const { input } = context;
  const ended = input.trials.filter(({ state }) => ['failed', 'diverged', 'pruned', 'stale'].includes(state));
  const damage = damageSentences(input.trials);
  const pending = input.trials.filter(({ state }) => ['waiting', 'running'].includes(state)).length;
  if (ended.length === 0 && pending === 0 && damage.length === 0) return undefined;
  return html`<section id="failures" aria-labelledby="failures-title">
<h2 id="failures-title">${ended.length + damage.length > 0 ? 'What did not work out' : 'What is still to come'}</h2>
${damageList(damage)}
${pending === 0 ? '' : html`<p>${count(pending, 'trial')} ${pending === 1 ? 'has' : 'have'} not finished yet. <code>${input.command}</code> goes on with what is missing.</p>`}
<ul class="failures">${ended.map(
    (trial) =>
      html`<li>${figure(trial)}<div><h3>${trial.label}</h3><p class="remark"><strong class="state ${trial.state}">${trial.state}</strong> ${trial.reason}</p><div class="command"><pre>${trial.command}</pre></div></div></li>`,
  )}</ul>
</section>`;
}

export function closing({ input }: Context): Html {
  const results = input.trials.flatMap(({ result }) => result ?? []);
  const versions = new Map<string, Set<string>>();
  for (const { identity } of results) {
    const all = { neckar: identity.neckar, node: identity.node, ...identity.versions };
    for (const [name, version] of Object.entries(all)) {
      versions.set(name, (versions.get(name) ?? new Set()).add(version));
    }
  }
  const encoders = groupBy(results, ({ config, inputs }) => `${config.encoder.name} ${inputs.encoder ?? ''}`);
  const machines = groupBy(results, machineOf);
  return html`<section id="machine" aria-labelledby="machine-title">
<h2 id="machine-title">How it was made</h2>
<dl class="facts">
<dt>Command</dt><dd><div class="command"><pre>${input.command}</pre></div></dd>
<dt>Machine</dt><dd>${[...machines].map(([machine, group]) => html`<div>${machine}: ${count(group.length, 'trial')}</div>`)}</dd>
<dt>Encoder</dt><dd>${[...encoders.keys()].map((encoder) => html`<div><code>${encoder}</code></div>`)}</dd>
<dt>Versions</dt><dd>${[...versions].map(([name, found]) => `${name} ${[...found].join(', ')}`).join(' · ')}</dd>
<dt>Report made</dt><dd><time datetime="${input.madeAt}">${input.madeAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time></dd>
</dl>
<p class="remark">Pictures are shown as WebP of quality 90, style and content at most 1024 pixels long; the lossless ones are in the run’s folder.</p>
</section>`;
}
