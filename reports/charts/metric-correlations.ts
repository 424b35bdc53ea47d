/** Which metrics prefer the same pictures. */
import type { TopLevelSpec } from 'vega-lite';
import type { Analysis } from '../../metrics/statistics/analysis/analyze.ts';
import { number } from '../../src/platform/format.ts';
import type { Chart, Row } from './chart.ts';
import { ink } from './theme.ts';

/** The chart, or undefined with fewer than two metrics that ever vary. */
export function metricCorrelationChart({ correlations }: Analysis): Chart | undefined {
  if ('refused' in correlations || correlations.correlations.length === 0) return undefined;
  const taking = new Set(correlations.correlations.flatMap(({ a, b }) => [a, b]));
  const metrics = correlations.metrics
    .map((metric, i) => ({ ...metric, i }))
    .filter(({ i }) => taking.has(i));
  const place = new Map(metrics.map(({ i }, at) => [i, at]));
  const nameOf = (i: number) => `${place.get(i)! + 1}. ${correlations.metrics[i]!.label}`;
  const rows = correlations.correlations.map(
    ({ a, b, rho, pairs }): Row => ({
      first: nameOf(a),
      second: nameOf(b),
      column: String(place.get(b)! + 1),
      rho: rho.estimate,
      ...(rho.method === 'alike' ? {} : { low: rho.low, high: rho.high }),
      pairs,
      // A correlation is of all trials: it leads to their scores.
      href: '#scores',
    }),
  );
  const side = 30;
  const encoding = {
    x: {
      field: 'column',
      type: 'nominal',
      title: null,
      scale: { domain: metrics.map((_, at) => String(at + 1)) },
      axis: { orient: 'bottom', labelAngle: 0, grid: false, ticks: false, domain: false },
    },
    y: {
      field: 'first',
      type: 'nominal',
      title: null,
      scale: { domain: metrics.map(({ i }) => nameOf(i)) },
      axis: { labelLimit: 440, labelColor: ink, grid: false, ticks: false },
    },
  };
  const spec = {
    data: { values: rows as Row[] },
    width: side * metrics.length,
    height: (side - 4) * metrics.length,
    layer: [
      {
        mark: { type: 'rect' },
        encoding: {
          ...encoding,
          href: { field: 'href', type: 'nominal' },
          color: {
            field: 'rho',
            type: 'quantitative',
            title: 'ρ',
            scale: { scheme: 'blueorange', domain: [-1, 1], domainMid: 0, reverse: true },
          },
        },
      },
      {
        mark: { type: 'text', fontSize: 10 },
        encoding: {
          ...encoding,
          text: { field: 'rho', type: 'quantitative', format: '.1f' },
          href: { field: 'href', type: 'nominal' },
          // Not the page's ink: the cells have the same colours by day and by night.
          color: { condition: { test: 'abs(datum.rho) > 0.7', value: '#fefefe' }, value: '#111111' },
        },
      },
    ],
  } as TopLevelSpec;
  const ordered = [...correlations.correlations].sort((p, q) => q.rho.estimate - p.rho.estimate);
  const say = (one: (typeof ordered)[number]) =>
    `${correlations.metrics[one.a]!.label} and ${correlations.metrics[one.b]!.label} (${number(one.rho.estimate)})`;
  return {
    name: 'metric-correlations',
    title: 'Do the metrics agree?',
    note: 'Spearman’s rank correlation over the pictures of one content/style pair, averaged over pairs, all metrics turned so that more is better: 1 when both prefer the same pictures, −1 when one prefers what the other rejects.',
    panels: [
      {
        name: 'metric-correlations',
        title: 'Rank correlation of metrics',
        description: `Heat map of rank correlations between ${metrics.length} metrics. Most alike: ${say(ordered[0]!)}; least: ${say(ordered.at(-1)!)}.`,
        spec,
        rows: rows.map(({ column: _, href: __, ...row }) => row),
      },
    ],
    legend: [],
  };
}
