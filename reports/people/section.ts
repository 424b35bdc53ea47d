/** The ratings as a section of the page: what people said, study by study. */

import { count, signed, twoDecimals, wholePercent } from '../../src/platform/format.ts';
import { type Html, html } from '../../src/platform/html.ts';
import type { Analysis } from '../../src/study/analysis/analyze.ts';
import type { OpinionScore } from '../../src/study/analysis/opinion.ts';
import type { Estimate } from '../../src/study/analysis/two-way.ts';
import { chartFigure, type DrawnChart } from '../page/charts-section.ts';
import { compositionNote, compositionTitle, shareOf } from './composition.ts';
import { populationTexts, populationTitle } from './population.ts';
import type { RatedStudy } from './rated.ts';
import {
  agreementSentences,
  answerSentences,
  asked,
  bounds,
  contentName,
  measuredScales,
  probability,
  refusals,
  scaleNotes,
  withBounds,
} from './words.ts';

/**
 * The section, or undefined without studies.
 * @param charts - of each study whose analysis is shown, by the study's name
 */
export function peopleSection(
  studies: readonly RatedStudy[] | undefined,
  charts: ReadonlyMap<string, readonly DrawnChart[]>,
): Html | undefined {
  if (studies === undefined || studies.length === 0) return undefined;
  return html`<section id="people" aria-labelledby="people-title">
<h2 id="people-title">What people said</h2>
${studies.map((one) => {
  const title = studies.length > 1 ? html`<h3 class="study">Study ${one.study}</h3>` : '';
  if ('problem' in one) return html`${title}<p class="remark">Study ${one.study}: ${one.problem}</p>`;
  return html`${title}${studyPart(one.analysis, one.remarks, charts.get(one.study) ?? [])}`;
})}
</section>`;
}

/** One study, without the section's own heading. */
export function studyPart(
  analysis: Analysis,
  remarks: readonly string[],
  charts: readonly DrawnChart[],
): Html {
  return html`${remarks.map((remark) => html`<p class="remark">${remark}</p>`)}
${answerSentences(analysis).map((sentence) => html`<p>${sentence}</p>`)}
${refusals(analysis).map((sentence) => html`<p class="remark">${sentence}</p>`)}
${charts.map((drawn) => chartFigure(drawn))}
${scoresTable(analysis)}
${opinionTable(analysis)}
${predictorTable(analysis)}
<h3>How sure people are</h3>
${agreementSentences(analysis).map((sentence) => html`<p>${sentence}</p>`)}
${compositionPart(analysis)}
${populationPart(analysis)}
${subGroups(analysis)}`;
}

/** Every score, without those whom the rules leave out and, where that makes a difference, with everyone. */
function scoresTable(analysis: Analysis): Html | undefined {
  const { screened, all, excluded, reference } = analysis;
  const scales = measuredScales(analysis);
  if (scales.length === 0) return undefined;
  const everyone = excluded.length === 0 ? [] : measuredScales(analysis, all);
  const both = excluded.length > 0;
  const head = both
    ? html`<th scope="col" data-kind="number">Without those left out (${count(screened.raters, 'rater')})</th><th scope="col" data-kind="number">JOD</th><th scope="col" data-kind="number">p (Holm)</th><th scope="col" data-kind="number">With everyone (${count(all.raters, 'rater')})</th>`
    : html`<th scope="col" data-kind="number">Score</th><th scope="col" data-kind="number">JOD</th><th scope="col" data-kind="number">p (Holm)</th>`;
  return scroll(
    'Scores by question',
    html`<caption>Log-odds of being chosen over ${reference} with 95 % intervals; JOD is Thurstone’s scale, on which 1 is a preference of 75 %. Only the declared question is tested.</caption>
<thead><tr><th scope="col">Question</th><th scope="col">Method</th>${head}</tr></thead>
<tbody>${scales.flatMap((scale) =>
      scale.methods.map(({ method, score, jod, pHolm }) => {
        const other = everyone
          .find(({ question }) => question === scale.question)
          ?.methods.find((one) => one.method === method);
        return html`<tr><td>${asked(analysis, scale.question)}</td><th scope="row">${method}</th><td class="number">${method === reference ? 'reference' : bounded(score)}</td><td class="number">${method === reference ? '' : signed(jod.value)}</td><td class="number">${pHolm === undefined ? '' : probability(pHolm).replace(/^p (= )?/, '')}</td>${both ? html`<td class="number">${other === undefined ? '–' : method === reference ? 'reference' : bounded(other.score)}</td>` : ''}</tr>`;
      }),
    )}</tbody>`,
    scaleNotes(analysis),
  );
}

function opinionTable({ screened: { opinions } }: Analysis): Html | undefined {
  if (opinions.length === 0) return undefined;
  return scroll(
    'Mean opinion',
    html`<caption>Mean opinion from 5 (excellent) to 1 (bad), with its 95 % interval over raters.</caption>
<thead><tr><th scope="col">Picture</th><th scope="col" data-kind="number">Mean</th><th scope="col" data-kind="number">Against the reference</th><th scope="col" data-kind="number">Raters</th></tr></thead>
<tbody>${opinions.map(
      ({ method, mean, low, high, difference, raters }) =>
        html`<tr><th scope="row">${contentName(method)}</th><td class="number">${bounded({ value: mean, low, high }, twoDecimals)}</td><td class="number">${differenceOf(difference)}</td><td class="number">${raters}</td></tr>`,
    )}</tbody>`,
  );
}

function differenceOf(difference: OpinionScore['difference']): Html | string {
  return difference === undefined ? '' : bounded({ ...difference, value: difference.mean });
}

function predictorTable(analysis: Analysis): Html | undefined {
  const { predictors, primary } = analysis;
  if (predictors.length === 0) return undefined;
  const rows = [...predictors].sort(
    (a, b) => Number(b.question === primary) - Number(a.question === primary),
  );
  return scroll(
    'Metrics against people’s choices',
    html`<caption>Which number predicts people? The share of choices that fell on the picture a metric finds better, and Kendall’s τ within pairs.</caption>
<thead><tr><th scope="col">Question</th><th scope="col">Metric</th><th scope="col" data-kind="number">Choices predicted</th><th scope="col" data-kind="number">Kendall’s τ</th><th scope="col" data-kind="number">Choices</th></tr></thead>
<tbody>${rows.map(
      ({ question, label, metric, agreement, tau, choices }) =>
        html`<tr><td>${asked(analysis, question)}</td><th scope="row" title="${metric}">${label}</th><td class="number">${bounded(agreement, wholePercent)}</td><td class="number">${signed(tau)}</td><td class="number">${choices}</td></tr>`,
    )}</tbody>`,
  );
}

/** Who took part, in cells of at least k; or why that is not told. */
function compositionPart({ composition }: Analysis): Html | undefined {
  if (composition === undefined) return undefined;
  const head = html`<h3>${compositionTitle}</h3>
<p class="remark">${compositionNote(composition)}</p>`;
  if (composition.parts.length === 0) return head;
  return html`${head}
${scroll(
  compositionTitle,
  html`<thead><tr><th scope="col">Question</th><th scope="col">Answer</th><th scope="col" data-kind="number">Raters</th><th scope="col" data-kind="number">Share</th></tr></thead>
<tbody>${composition.parts.flatMap(({ title, rows }) =>
    rows.map(
      ({ label, raters }, i) =>
        html`<tr><td>${i === 0 ? title : ''}</td><th scope="row">${label}</th><td class="number">${raters}</td><td class="number">${shareOf(composition, raters)}</td></tr>`,
    ),
  )}</tbody>`,
)}`;
}

/** Sought against reached, and the scores weighed to the population. */
function populationPart(analysis: Analysis): Html | undefined {
  const texts = populationTexts(analysis);
  if (texts === undefined) return undefined;
  const { sentence, groups, scores } = texts;
  const numbers = (cells: readonly string[]) => cells.map((cell) => html`<td class="number">${cell}</td>`);
  return html`<h3>${populationTitle}</h3>
<p class="remark">${sentence}</p>
${
  groups.length === 0
    ? undefined
    : scroll(
        'Sought against reached',
        html`<thead><tr><th scope="col">Question</th><th scope="col">Group</th><th scope="col" data-kind="number">Sought</th><th scope="col" data-kind="number">Reached</th></tr></thead>
<tbody>${groups.map(([title, label, ...cells]) => html`<tr><td>${title}</td><th scope="row">${label}</th>${numbers(cells)}</tr>`)}</tbody>`,
      )
}
${
  scores.length === 0
    ? undefined
    : scroll(
        'Scores weighed to the population',
        html`<thead><tr><th scope="col">Method</th><th scope="col" data-kind="number">Raters alike</th><th scope="col" data-kind="number">Weighed to the population</th></tr></thead>
<tbody>${scores.map(([method, ...cells]) => html`<tr><th scope="row">${method}</th>${numbers(cells)}</tr>`)}</tbody>`,
      )
}`;
}

function subGroups(analysis: Analysis): Html | undefined {
  const { subGroups: groups, primary } = analysis;
  if (groups.length === 0) return undefined;
  return html`<details><summary>Sub-groups: exploratory</summary>
<p class="remark">“${asked(analysis, primary)}” in groups of raters. Nothing is corrected for how many groups were looked at; a difference between two of them is a question for another study, not an answer.</p>
${scroll(
  'Sub-groups, exploratory',
  html`<thead><tr><th scope="col">Group</th><th scope="col" data-kind="number">Raters</th><th scope="col">Scores</th></tr></thead>
<tbody>${groups.map(
    ({ attribute, value, raters, scale }) =>
      html`<tr><th scope="row">${attribute}: ${value}</th><td class="number">${raters}</td><td class="words">${'refused' in scale ? scale.refused : [...scale.methods.map(({ method, score }) => `${method} ${withBounds(score)}`), ...(scale.untested === undefined ? [] : [scale.untested])].join('; ')}</td></tr>`,
  )}</tbody>`,
)}</details>`;
}

function bounded({ value, low, high }: Estimate, shown = signed): Html {
  return html`${shown(value)}<span class="interval">${bounds({ low, high }, shown)}</span>`;
}

function scroll(name: string, table: Html, notes: readonly string[] = []): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${name}"><table class="numbers">
${table}</table></div>
${notes.map((note) => html`<p class="remark">${note}</p>`)}`;
}
