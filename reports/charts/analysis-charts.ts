/** The charts of what was inferred, beside those of what was measured. */

import { machineOf } from '../../metrics/cost.ts';
import { aboutScore } from '../../metrics/registry.ts';
import type { Score } from '../../metrics/score.ts';
import type { Analysis } from '../../metrics/statistics/analysis/analyze.ts';
import { qualityCurves } from '../../metrics/statistics/analysis/courses.ts';
import { designOf, isFinished } from '../../metrics/statistics/analysis/design.ts';
import type { ReportInput } from '../input.ts';
import { type ScoreColumn, scoreColumns } from '../metrics.ts';
import type { Model } from '../model.ts';
import { courseMetric, courseMetrics, coursesIn, type Sources, withoutLpips } from '../words/analysis.ts';
import type { Chart } from './chart.ts';
import { criticalDifferences } from './critical-difference.ts';
import { evaluationSplit } from './evaluation-split.ts';
import { heatMaps } from './heat-maps.ts';
import { metricCorrelationChart } from './metric-correlations.ts';
import { inAllMetrics, qualityOver } from './quality-over.ts';
import { treatmentLinks } from './representatives.ts';
import { timingSplit } from './timing-split.ts';

/** The charts for which there is data. */
export function analysisCharts(
  input: ReportInput,
  model: Model,
  analysis: Analysis,
  sources: Sources = {},
): Chart[] {
  const trials = input.trials.filter(({ result }) => result !== undefined);
  const columns = scoreColumns(input);
  return [
    criticalDifferences(analysis, (metric, factor) =>
      treatmentLinks(
        trials,
        factor,
        columns.find(({ id }) => id === metric),
      ),
    ),
    ...qualityCharts(input, model, analysis, sources),
    heatMaps(trials, heatMapMetrics(columns, courseMetric(input)?.id)),
    metricCorrelationChart(analysis),
    timingSplit(trials, model),
    evaluationSplit(trials, model),
  ].filter((chart) => chart !== undefined);
}

/** The question's metric and the first of each purpose. */
function heatMapMetrics(columns: readonly ScoreColumn[], primary: string | undefined): ScoreColumn[] {
  const firsts = (['content', 'style', 'colour'] as const).flatMap(
    (purpose) => columns.find((column) => column.purpose === purpose) ?? [],
  );
  const asked = columns.filter(({ id }) => id === primary);
  return [...new Set([...asked, ...firsts])];
}

function qualityCharts(
  input: ReportInput,
  model: Model,
  analysis: Analysis,
  { snapshots }: Sources,
): (Chart | undefined)[] {
  const [comparison] = analysis.comparisons;
  if (comparison === undefined || snapshots === undefined) return [];
  const design = designOf(input.trials.filter(isFinished), comparison.factor);
  if (design === undefined) return [];
  const columns = scoreColumns(input);
  const series =
    comparison.factor === 'variant' ? model.axes.find(({ key }) => key === 'variant')?.values : undefined;
  const known = series !== undefined && design.treatments.every((name) => series.includes(name));
  const metrics = courseMetrics(input).map((metric) => ({
    metric,
    courses: coursesIn(metric.id, snapshots),
    links: treatmentLinks(
      input.trials,
      comparison.factor,
      columns.find(({ id }) => id === metric.id),
    ),
  }));
  return (['evaluations', 'seconds'] as const).map((over) => {
    const charts = metrics.map(({ metric, courses, links }) => {
      const curves = qualityCurves(design, courses, over, {
        level: analysis.level,
        range: aboutScore(metric.id, scoreIn(input, metric.id))?.range,
      });
      if ('refused' in curves) return undefined;
      return qualityOver(curves, metric, over, {
        ...(known && { series }),
        level: analysis.level,
        pairs: design.pairs.length,
        links,
        ...(over === 'seconds' && { machine: machineOf(design.placed[0]!.trial.result!) }),
      });
    });
    return inAllMetrics(
      charts.filter((chart) => chart !== undefined),
      withoutLpips(input, snapshots),
    );
  });
}

/** Some trial's score on a metric. */
function scoreIn({ trials }: ReportInput, id: string): Score | undefined {
  return trials.find(({ result }) => result?.scores[id] !== undefined)?.result?.scores[id];
}
