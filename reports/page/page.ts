/** The whole page as one HTML document. */
import { createHash } from 'node:crypto';
import type { Analysis } from '../../metrics/statistics/analysis/analyze.ts';
import { type Html, html, jsonForScript, trusted } from '../../src/platform/html.ts';
import { quoted } from '../../src/platform/shell.ts';
import { extremesOf } from '../extremes.ts';
import { outlinesOf } from '../figure/outlines.ts';
import { groupBy } from '../group.ts';
import { type Picture, sourceKey } from '../pictures.ts';
import { courseMetric } from '../words/analysis.ts';
import { escapeLatex } from '../words/latex.ts';
import { clientScript, styleSheet } from './assets.ts';
import { chartFigures, chartsOf, type DrawnChart, type Question, questions } from './charts-section.ts';
import { anchorOf, type Context } from './context.ts';
import type { FigureData, PicturesData, ReportData } from './data.ts';
import { answerPart, type Download, evidenceSection, meansSection } from './evidence-section.ts';
import { extremesData, extremesSection } from './extremes-section.ts';
import { gridSection, trialFigure } from './grid.ts';
import { scoresSection } from './scores-table.ts';
import { trialsSection } from './trials-section.ts';
import { viewer } from './viewer.ts';
import { closing, failures, opening } from './words.ts';

/** The document. Everything in it works from disk; with scripts off it is read as plain tables. */
export async function page(
  context: Context,
  charts: readonly DrawnChart[],
  analysis?: Analysis,
  downloads: readonly Download[] = [],
  people?: Html,
  networks: { readonly tradeOff?: Html; readonly trainings?: Html } = {},
): Promise<string> {
  const [script, style] = await Promise.all([clientScript(), styleSheet()]);
  const failed = failures(context, (trial) => failureFigure(context, trial));
  const scores = scoresSection(context);
  const { input } = context;
  const extremes = extremesOf(input.trials);
  const leading = courseMetric(input);
  const ranked = extremesSection(context, extremes, leading?.id);
  const data = clientData(context);
  const small: ReportData = { ...data.small, extremes: extremesData(context, extremes, leading?.id) };
  // Only this very script may run, whatever an experiment has written into its names.
  const policy = `default-src 'none'; img-src 'self' data: file:; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'; base-uri 'none'; form-action 'none'`;
  const figures = (question: Question) => chartFigures(chartsOf(question, charts), leading?.label);
  const evidence =
    analysis === undefined
      ? section(questions.differs, figures(questions.differs))
      : evidenceSection(analysis, figures(questions.differs));
  const means = analysis === undefined ? undefined : meansSection(analysis, downloads);
  const looks = section(questions.looks, ranked, figures(questions.looks));
  const [course, settings, cost] = [questions.course, questions.settings, questions.cost].map((question) =>
    section(question, figures(question)),
  );
  const parts: readonly (readonly [id: string, link: string, part: Html | undefined])[] = [
    ['pictures', 'Pictures', gridSection(context)],
    ['means', 'Numbers', means],
    [questions.looks.id, questions.looks.short, looks],
    [questions.differs.id, questions.differs.short, evidence],
    ['people', 'People', people],
    ['trade-off', 'Trade-off', networks.tradeOff],
    ['trainings', 'Trainings', networks.trainings],
    [questions.course.id, questions.course.short, course],
    [questions.settings.id, questions.settings.short, settings],
    [questions.cost.id, questions.cost.short, cost],
    ['failures', 'Unfinished', failed],
    ['scores', 'Trials', scores],
    ['trials', 'Configurations', trialsSection(context)],
    ['machine', 'Machine', closing(context)],
  ];
  const there = parts.filter(([, , part]) => part !== undefined);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="generator" content="Neckar">
<meta name="color-scheme" content="light dark">
<title>${input.title ?? input.name} – Neckar</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#pictures">Skip to the pictures</a>
<nav id="site-nav" aria-label="Sections">${there.map(([id, label]) => html`<a href="#${id}">${label}</a>`)}</nav>
<main>
${opening(context, analysis && answerPart(analysis))}
${there.map(([, , part]) => part)}
</main>
${viewer()}
<script type="application/json" id="report-data">${jsonForScript(small)}</script>
<script type="application/json" id="report-figure">${jsonForScript(figureData(context))}</script>
<script type="application/json" id="report-pictures">${jsonForScript(data.large)}</script>
<script>${trusted(script)}</script>
</body>
</html>
`.html;
}

/** A section of a question, or nothing where nothing answers it. */
function section({ id, title }: Question, ...parts: readonly (Html | undefined)[]): Html | undefined {
  if (parts.every((part) => part === undefined)) return undefined;
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${parts}
</section>`;
}

/** What the script needs: axes and trials at once, the large pictures when the comparison view is opened. */
function clientData({ input, model, pictures }: Context): {
  readonly small: Omit<ReportData, 'extremes'>;
  readonly large: PicturesData;
} {
  const files = groupBy(
    input.trials.flatMap((trial) => (['content', 'style'] as const).map((which) => ({ trial, which }))),
    ({ trial, which }) => sourceKey(trial, which),
  );
  const indexOf = new Map([...files.keys()].map((key, i) => [key, i]));
  const shown = [...files.keys()].map((key) => pictures.sources.get(key));
  return {
    small: {
      axes: model.axes,
      rows: model.rows,
      columns: model.columns,
      sources: [...files].map(([, [first]], i) => {
        const picture = shown[i];
        const { src, width, height } =
          picture !== undefined && 'src' in picture ? picture : ({} as Partial<Picture>);
        return { which: first!.which, name: first!.trial.names[first!.which], src, width, height };
      }),
      trials: input.trials.map((trial) => ({
        id: trial.id,
        anchor: anchorOf(trial),
        label: trial.label,
        at: model.positions.get(trial.id)!,
        content: indexOf.get(sourceKey(trial, 'content'))!,
        style: indexOf.get(sourceKey(trial, 'style'))!,
      })),
    },
    large: {
      sources: shown.map((picture) =>
        picture !== undefined && 'src' in picture ? (picture.full ?? picture.src) : null,
      ),
      snapshots: Object.fromEntries([...pictures.trials].map(([id, { snapshots }]) => [id, snapshots])),
    },
  };
}

/** Axes of more values than these make no figure of a paper; their names would be most of the page. */
const mostValues = 40;

/** What a figure for a paper is labelled with, drawn, and what makes it from the lossless pictures. */
function figureData({ input, model }: Context): FigureData {
  const values = model.axes.flatMap((axis) => (axis.values.length > mostValues ? [] : axis.values));
  const title = input.title ?? input.name;
  return {
    labels: Object.fromEntries(outlinesOf(['content', 'style', ...values])),
    title: escapeLatex(title),
    axes: Object.fromEntries(model.axes.map(({ key, label }) => [key, escapeLatex(label)])),
    command: `neckar figure ${quoted(input.name)}`,
  };
}

/** The last good picture beside a failure; not the grid's own figure, which there is only one of. */
function failureFigure(context: Context, trial: Context['input']['trials'][number]): Html {
  const picture = context.pictures.trials.get(trial.id)?.final;
  if (picture === undefined || 'problem' in picture) return html`<div class="no-picture"></div>`;
  const inner = trialFigure(context, trial)
    .html.replace(/^<figure[^>]*>/, '')
    .replace(/<figcaption>.*$/s, '');
  return html`<div class="thumb">${trusted(inner.replace(/href="[^"]*"/, `href="#${anchorOf(trial)}"`))}</div>`;
}
