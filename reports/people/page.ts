/** What people said as a page of its own, for a study's folder. */

import { html, trusted } from '../../src/platform/html.ts';
import type { Analysis } from '../../src/study/analysis/analyze.ts';
import { inlineSvg } from '../charts/render.ts';
import { styleSheet } from '../page/assets.ts';
import type { DrawnChart } from '../page/charts-section.ts';
import { peopleCharts } from './charts.ts';
import { studyPart } from './section.ts';

/** The page as one document without scripts; its charts are drawn into it. */
export async function peoplePage(analysis: Analysis): Promise<string> {
  const drawn: DrawnChart[] = [];
  for (const chart of peopleCharts(analysis)) {
    const drawings = [];
    for (const panel of chart.panels) drawings.push({ svg: await inlineSvg(panel) });
    drawn.push({ chart, drawings, files: false });
  }
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${analysis.study}: what people said</title>
<style>${trusted(await styleSheet())}</style>
</head>
<body><main><section id="people" aria-labelledby="people-title">
<h1 id="people-title">${analysis.study}: what people said</h1>
${studyPart(analysis, [], drawn)}
</section></main></body>
</html>
`.html;
}
