/** What differs, and how surely: the answer first, then every number it rests on. */
import type { Analysis, Comparison, Finding } from '../../metrics/statistics/analysis/analyze.ts';
import type { Estimate } from '../../metrics/statistics/analysis/compare.ts';
import { number, percent, type Writer } from '../../src/platform/format.ts';
import { type Html, html } from '../../src/platform/html.ts';
import { worthShowing } from '../words/markdown.ts';
import {
  answer,
  comparedOf,
  designSentence,
  detectableText,
  differenceSentence,
  excludedSentences,
  factorName,
  inEveryPair,
  intervalText,
  probability,
  pValue,
  refusalSentences,
  titleOf,
  trendLine,
  writerOf,
} from '../words/sentences.ts';

/** A file beside the page, and what is in it. */
export interface Download {
  readonly path: string;
  readonly label: string;
}

/** More sentences than these are read one by one, when somebody wants to. */
const firstSentences = 3;

/** What the page says first: the answer in words, with what limits it. */
export function answerPart(analysis: Analysis): Html {
  const sentences = answer(analysis);
  const rest = sentences.slice(firstSentences);
  return html`${sentences.slice(0, firstSentences).map((sentence) => html`<p>${sentence}</p>`)}
${rest.length === 0 ? '' : html`<details class="many"><summary>${rest.length} more comparisons</summary>${rest.map((sentence) => html`<p>${sentence}</p>`)}</details>`}
${analysis.notes.map((note) => html`<p class="remark">${note}</p>`)}`;
}

/** The one table: every metric's mean by what the question compares, and the files that hold all the rest. */
export function meansSection(analysis: Analysis, downloads: readonly Download[] = []): Html | undefined {
  const [comparison] = analysis.comparisons;
  const measured = comparison === undefined ? [] : measuredOf(comparison);
  if (measured.length === 0 && downloads.length === 0) return undefined;
  return html`<section id="means" aria-labelledby="means-title">
<h2 id="means-title">The numbers</h2>
${measured.length === 0 ? '' : meansTable(comparison!, measured, analysis.level)}
${downloads.length === 0 ? '' : html`<p class="downloads">${downloads.map(({ path, label }) => html`<a href="${path}">${label}</a> `)}</p>`}
</section>`;
}

/**
 * The section of differences: the declared comparison, then its charts, then the others, folded.
 * @param charts - what is drawn of the differences
 */
export function evidenceSection(analysis: Analysis, charts?: Html): Html {
  const [first, ...others] = analysis.comparisons;
  return html`<section id="evidence" aria-labelledby="evidence-title">
<h2 id="evidence-title">Which differs?</h2>
${first === undefined ? '' : html`<div class="comparison">${comparisonPart(first, analysis.level)}</div>`}
${charts}
${others.map(
  (
    comparison,
  ) => html`<details class="many"><summary>By ${factorName(comparison.factor)} <small>(${comparison.role})</small></summary>
${comparisonPart(comparison, analysis.level, true)}</details>`,
)}
</section>`;
}

function measuredOf({ refused, findings }: Comparison): Finding[] {
  if (refused !== undefined) return [];
  return findings.filter((finding) => worthShowing(finding) && comparedOf(finding) !== undefined);
}

/** @param further - it is not the first, whose means and title stand elsewhere */
function comparisonPart(comparison: Comparison, level: number, further = false): Html {
  const { factor, role, refused, findings } = comparison;
  const title = further ? '' : html`<h3>By ${factorName(factor)} <small>(${role})</small></h3>`;
  // Why the declared one has no numbers is the answer above.
  if (refused !== undefined) return html`${title}<p class="remark">${refused}</p>`;
  const shown = findings.filter(worthShowing);
  const measured = measuredOf(comparison);
  const silent = refusalSentences(shown.filter((finding) => comparedOf(finding) === undefined));
  const decided = measured
    .filter((finding) => finding.role !== 'primary')
    .flatMap((finding) =>
      comparedOf(finding)!
        .differences.filter(({ favours }) => favours !== undefined)
        .map(
          (difference) =>
            html`<li><strong>${finding.label}</strong>: ${differenceSentence(finding, difference)}</li>`,
        ),
    );
  const percent = `${Math.round(100 * (1 - level))} %`;
  return html`${title}
<p class="remark">${designSentence(comparison)}</p>
${further && measured.length > 0 ? meansTable(comparison, measured, level) : ''}
${measured.filter((finding) => finding.role === 'primary').map((finding) => differencesTable(finding, level))}
${decided.length === 0 ? '' : exploratoryPart(decided, percent)}
${measured.flatMap(excludedSentences).map((sentence) => html`<p class="remark">${sentence}</p>`)}
${silent.length === 0 ? '' : html`<h4>Not compared</h4><ul class="refusals">${silent.map((sentence) => html`<li>${sentence}</li>`)}</ul>`}`;
}

/** More than a reader takes in at once is folded away. */
const mostUnfolded = 6;

function exploratoryPart(decided: readonly Html[], percent: string): Html {
  const title = `Exploratory differences at the ${percent} level`;
  const list = html`<p class="remark">Adjusted within each metric, not for the number of metrics.</p><ul class="findings">${decided}</ul>`;
  return decided.length <= mostUnfolded
    ? html`<h4>${title}</h4>${list}`
    : html`<details class="many"><summary>${title}: ${decided.length}</summary>${list}</details>`;
}

function meansTable({ factor, treatments }: Comparison, findings: readonly Finding[], level: number): Html {
  const name = `Means by ${factorName(factor)}`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${name}"><table class="numbers">
<caption>Means over pairs with their ${Math.round(100 * level)} % intervals, which keep within what a quantity can be. ↑ higher is better, ↓ lower is better.</caption>
<thead><tr><th scope="col">Metric</th>${treatments.map((treatment) => html`<th scope="col">${treatment}</th>`)}</tr></thead>
<tbody>${findings.map((finding) => {
    const compared = comparedOf(finding)!;
    const arrow = finding.better === 'higher' ? '↑' : '↓';
    const write = writerOf(compared.treatments);
    return html`<tr><th scope="row" title="${finding.id}">${titleOf(finding)} <span aria-label="${finding.better} is better">${arrow}</span>${finding.pairs === undefined ? '' : ` (on ${finding.pairs.length} pairs)`}${finding.role === 'primary' ? html` <strong>primary</strong>` : ''}</th>${treatments.map(
      (treatment) => {
        const found = compared.treatments.find((one) => one.name === treatment);
        return html`<td class="number">${found === undefined ? '–' : stacked(found, write)}</td>`;
      },
    )}</tr>`;
  })}</tbody></table></div>`;
}

/** The estimate over its interval: side by side they would make columns too wide for a phone. */
function stacked(estimate: Estimate, write: Writer): Html {
  // A power of ten stays beside its number where the interval is broken into two lines.
  const whole: Writer = (value) => write(value).replaceAll(' ', '\u00a0');
  const beside = estimate.method === 'alike' ? inEveryPair : intervalText(estimate, whole);
  return html`${whole(estimate.estimate)} <span class="interval">${beside}</span>`;
}

function differencesTable(finding: Finding, level: number): Html {
  const compared = comparedOf(finding)!;
  const name = (index: number) => compared.treatments[index]!.name;
  const { overall, trend, seeds } = compared;
  const write = writerOf(compared.differences);
  return html`<h4>${finding.label}: differences</h4>
<div class="scroll" tabindex="0" role="region" aria-label="Differences in ${finding.label}"><table class="numbers">
<caption>Paired over content and style. p by Wilcoxon’s signed-rank test, adjusted after Holm${overall === undefined ? '' : ', and never below Friedman’s'}; the adjusted p alone decides, while each interval holds by itself. g_z is the standardised mean difference; detectable is what would have been found four times out of five.</caption>
<thead><tr><th scope="col">Difference</th><th scope="col">Mean and ${Math.round(100 * level)} % interval</th><th scope="col">p</th><th scope="col">p adjusted</th><th scope="col">g_z</th><th scope="col">Rank-biserial r</th><th scope="col">Detectable</th><th scope="col">Better</th></tr></thead>
<tbody>${compared.differences.map((difference) => {
    const { a, b, p, adjusted, gz, rankBiserial, favours, role } = difference;
    return html`<tr><th scope="row">${name(a)} − ${name(b)}${role === finding.role ? '' : ' (exploratory)'}</th><td class="number">${stacked(difference, write)}</td><td class="number">${probability(p)}</td><td class="number">${probability(adjusted)}</td><td class="number">${gz === null ? '–' : number(gz)}</td><td class="number">${number(rankBiserial)}</td><td class="number">${detectableText(difference, write)}</td><td>${favours === undefined ? '–' : name(favours === 'a' ? a : b)}</td></tr>`;
  })}</tbody></table></div>
${trend === undefined ? '' : html`<p class="remark">${trendLine(trend)}</p>`}
${
  overall === undefined
    ? ''
    : html`<p class="remark">Friedman’s test of all together${overall.method === 'exact' ? ', exact' : ''}: χ²(${overall.df}) = ${number(overall.chiSquared)}, ${pValue(overall.p)}, Kendall’s W = ${number(overall.W)}.</p>`
}
${
  seeds === undefined
    ? ''
    : html`<p class="remark">Seeds of one cell deviate by ${number(seeds.deviation)}${seeds.share === null ? '' : `; they make up ${percent(seeds.share)} of the variance of single trials`}.</p>`
}`;
}
