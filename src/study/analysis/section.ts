/** The ratings as a section of a report, and as a page of their own. */
import { escapeHtml, type Html, html, trusted } from '../../../reports/page/html.ts';
import type { Analysis, ScaleOrRefusal } from './analyse.ts';
import type { Predictor } from './predictors.ts';
import type { QuestionScale } from './scale.ts';

const asked: Readonly<Record<string, string>> = {
  content: 'Which keeps the content better?',
  style: 'Which looks more like the style?',
  artefacts: 'Which has fewer flaws?',
  preference: 'Which do you prefer?',
};

/** What people said, for the report's page: its style sheet's colours are used. */
export function ratingsSection(analysis: Analysis): Html {
  const { screened, all, excluded, primary, reference } = analysis;
  const left =
    excluded.length === 0 ? 'None was left out' : `${excluded.length} of ${all.raters} were left out`;
  return html`<section id="ratings" aria-labelledby="ratings-title">
<h2 id="ratings-title">What people said</h2>
<p>${screened.raters} raters, ${screened.answers} answers. ${left} by rules that were hashed beforehand (<code>${analysis.rulesHash.slice(0, 12)}…</code>). Scores are log-odds of being chosen over <strong>${reference}</strong>; the bars hold 95 % over other raters and other pictures.</p>
<div class="rating-scales">${[...screened.scales]
    .sort((a, b) => Number(b.question === primary) - Number(a.question === primary))
    .map((scale) => scaleFigure(scale, reach(screened.scales)))}</div>
${excluded.length === 0 ? '' : html`<details><summary>With everyone</summary><div class="rating-scales">${all.scales.map((scale) => scaleFigure(scale, reach(all.scales)))}</div></details>`}
${opinionTable(analysis)}
${predictorTable(analysis.predictors.filter(({ question }) => question === primary))}
${agreement(analysis)}
${subGroups(analysis)}
</section>`;
}

/** The section as a document. */
export function ratingsPage(analysis: Analysis): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${analysis.study}: what people said</title>
<style>${trusted(pageStyle)}${trusted(ratingsStyle)}</style>
</head>
<body><main>${ratingsSection(analysis)}</main></body>
</html>
`.html;
}

/** To be put beside the report's own style. */
export const ratingsStyle = `
.rating-scales { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.5rem 2.5rem; }
.rating-scales figcaption { font-weight: 600; }
.rating-scales svg { display: block; width: 100%; height: auto; }
.rating-scales text { fill: var(--ink); font-size: 13px; }
.rating-scales .faint { fill: var(--faint); }
#ratings table { border-collapse: collapse; margin-block: 0.5rem; font-variant-numeric: tabular-nums; }
#ratings .wide { overflow-x: auto; }
#ratings th, #ratings td { padding: 0.25rem 1rem 0.25rem 0; text-align: left; border-bottom: 1px solid var(--rule); white-space: nowrap; }
#ratings h3 { margin-top: 1.75rem; }
`;

const pageStyle = `
:root { --paper: #fafafa; --ink: #1f1f1f; --faint: #616161; --rule: #d6d6d6; --series-0: #0072b2; color-scheme: light; }
@media (prefers-color-scheme: dark) { :root { --paper: #171717; --ink: #e8e8e8; --faint: #a6a6a6; --rule: #3d3d3d; --series-0: #3d9bd9; color-scheme: dark; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 100%/1.5 system-ui, "Segoe UI", Roboto, Arial, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: clamp(1rem, 4vw, 3rem); }
figure { margin: 0; }
`;

/** The largest bound of all figures: they share one axis. */
function reach(scales: readonly ScaleOrRefusal[]): number {
  const bounds = scales.flatMap((scale) =>
    'refused' in scale
      ? []
      : scale.methods.flatMap(({ score }) => [Math.abs(score.low), Math.abs(score.high)]),
  );
  return Math.max(0.5, ...bounds);
}

function scaleFigure(scale: ScaleOrRefusal, most: number): Html {
  const title = asked[scale.question] ?? scale.question;
  if ('refused' in scale)
    return html`<figure><figcaption>${title}</figcaption><p>${scale.refused}</p></figure>`;
  const note = [
    scale.primary ? 'the declared question' : '',
    `${scale.comparisons} comparisons`,
    scale.tieShare > 0 ? `${percent(scale.tieShare)} could not tell` : '',
    scale.finite ? '' : 'a method won or lost everything: its score is only bounded',
  ];
  return html`<figure><figcaption>${title}</figcaption>
${trusted(intervals(scale, title, most))}
<p><small>${note.filter(Boolean).join(', ')}. Left side ${signed(scale.side.value)}.</small></p></figure>`;
}

/** One row per method: a point and its interval about the reference's zero. */
function intervals({ methods, primary }: QuestionScale, title: string, most: number): string {
  const [left, right, row] = [150, 410, 26];
  const width = 520;
  const x = (value: number) => left + ((value + most) / (2 * most)) * (right - left);
  const height = row * methods.length + 34;
  const rows = methods.map(({ method, score, pHolm, wins }, i) => {
    const y = row * i + 16;
    const name = method.length > 22 ? `${method.slice(0, 21)}…` : method;
    const said =
      pHolm === undefined ? `${percent(wins)} won` : `p ${pHolm < 0.001 ? '< .001' : pHolm.toFixed(3)}`;
    return `<text x="${left - 12}" y="${y + 4}" text-anchor="end">${escapeHtml(name)}</text>
<line x1="${x(score.low).toFixed(1)}" x2="${x(score.high).toFixed(1)}" y1="${y}" y2="${y}" stroke="var(--series-0)" stroke-width="3" stroke-linecap="round"/>
<circle cx="${x(score.value).toFixed(1)}" cy="${y}" r="5" fill="var(--series-0)"><title>${escapeHtml(`${method}: ${signed(score.value)} [${signed(score.low)}, ${signed(score.high)}]`)}</title></circle>
<text class="faint" x="${right + 14}" y="${y + 4}">${said}</text>`;
  });
  const ticks = [-most, 0, most].map(
    (value) =>
      `<text class="faint" x="${x(value).toFixed(1)}" y="${height - 6}" text-anchor="middle">${value === 0 ? 'reference' : signed(Number(value.toPrecision(2)))}</text>`,
  );
  const summary = methods.map(({ method, score }) => `${method} ${signed(score.value)}`).join(', ');
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(`${title} ${summary}${primary ? ' (declared question)' : ''}`)}">
<line x1="${x(0)}" x2="${x(0)}" y1="2" y2="${height - 22}" stroke="var(--rule)" stroke-width="2"/>
${rows.join('\n')}
${ticks.join('\n')}
</svg>`;
}

function opinionTable({ screened }: Analysis): Html | string {
  if (screened.opinions.length === 0) return '';
  return html`<h3>Mean opinion, 5 excellent to 1 bad</h3>
<div class="wide"><table><thead><tr><th scope="col">Method</th><th scope="col">Mean</th><th scope="col">Against the reference</th><th scope="col">Raters</th></tr></thead>
<tbody>${screened.opinions.map(
    ({ method, mean, half, difference, raters }) =>
      html`<tr><th scope="row">${method === 'content' ? 'the unmodified content' : method}</th><td>${mean.toFixed(2)} ± ${half.toFixed(2)}</td><td>${difference === undefined ? '' : `${signed(difference.mean)} ± ${difference.half.toFixed(2)}`}</td><td>${raters}</td></tr>`,
  )}</tbody></table></div>`;
}

function predictorTable(rows: readonly Predictor[]): Html | string {
  if (rows.length === 0) return '';
  return html`<h3>Which number predicts people?</h3>
<p>The share of choices on the declared question that fell on the picture a metric finds better; one half is chance.</p>
<div class="wide"><table><thead><tr><th scope="col">Metric</th><th scope="col">Choices predicted</th><th scope="col">95 %</th><th scope="col">Kendall’s τ within pairs</th></tr></thead>
<tbody>${rows.map(
    ({ label, metric, agreement: { value, low, high }, tau }) =>
      html`<tr><th scope="row" title="${metric}">${label}</th><td>${percent(value)}</td><td>${percent(low)} to ${percent(high)}</td><td>${signed(tau)}</td></tr>`,
  )}</tbody></table></div>`;
}

function agreement(analysis: Analysis): Html {
  const { consistency, anchors, ratingAgreement, choiceAgreement } = analysis;
  return html`<h3>How sure people are</h3>
<p>Shown again with sides swapped, ${consistency.same} of ${consistency.repeats} answers were the same (${percent(consistency.low)} to ${percent(consistency.high)}); ${anchors.right} of ${anchors.asked} anchors were seen. Krippendorff’s α of the choices: ${choiceAgreement.map(({ question, alpha }) => `${question} ${shown(alpha)}`).join(', ')}; of the ratings ${shown(ratingAgreement.alpha)}, ICC(2,1) ${shown(ratingAgreement.icc)}.${analysis.withdrawals > 0 ? ` ${analysis.withdrawals} raters have withdrawn.` : ''}</p>`;
}

function subGroups({ subGroups: groups }: Analysis): Html | string {
  if (groups.length === 0) return '';
  return html`<details><summary>Sub-groups: exploratory, not corrected for how many were looked at</summary>
<div class="wide"><table><tbody>${groups.map(
    ({ attribute, value, raters, scale }) =>
      html`<tr><th scope="row">${attribute}: ${value}</th><td>${raters} raters</td><td>${'refused' in scale ? scale.refused : scale.methods.map(({ method, score }) => `${method} ${signed(score.value)}`).join(', ')}</td></tr>`,
  )}</tbody></table></div></details>`;
}

function signed(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}

function shown(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2).replace('-', '−') : '–';
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : '–';
}
