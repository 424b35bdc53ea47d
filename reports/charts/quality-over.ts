/** Quality at equal budgets: against evaluations and against seconds, with intervals. */
import type { TopLevelSpec } from 'vega-lite';
import type { Over, QualityCurve } from '../../metrics/statistics/analysis/courses.ts';
import { list, number } from '../../src/platform/format.ts';
import { type Chart, fileName, type Row, unique } from './chart.ts';
import { leadsToNearest } from './representatives.ts';
import { colorScale, logTicks } from './theme.ts';

export interface QualityMetric {
  readonly id: string;
  readonly label: string;
  readonly better: 'higher' | 'lower';
}

/**
 * @param curves - one for each treatment; without points there is no chart
 * @param series - all names that have a colour, in order, where the treatments are variants
 */
export function qualityOver(
  curves: readonly QualityCurve[],
  metric: QualityMetric,
  over: Over,
  options: {
    readonly series?: readonly string[];
    readonly level: number;
    readonly pairs: number;
    readonly links?: ReadonlyMap<string, string>;
    /** What all trials ran on, where the budget is seconds. */
    readonly machine?: string;
  },
): Chart | undefined {
  const rows = curves.flatMap(({ treatment, points }) =>
    points.map(
      ({ x, estimate, low, high, method }): Row => ({
        treatment,
        x,
        value: estimate,
        low,
        high,
        interval: method,
        ...(options.links?.has(treatment) && { href: options.links.get(treatment)! }),
      }),
    ),
  );
  const treatments = curves.map(({ treatment }) => treatment);
  if (rows.length <= treatments.length) return undefined;
  const names = options.series ?? treatments;
  const values = rows.map(({ value }) => Number(value));
  // The axis follows the means: an interval of few pairs may reach far beyond all of them.
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const logarithmic = lowest > 0 && highest / lowest >= 30;
  const room = 0.25 * (highest - lowest || Math.abs(highest) || 1);
  const x = {
    field: 'x',
    type: 'quantitative',
    title: over,
    scale: { type: 'log', nice: false },
    axis: { values: logTicks(rows.map((row) => Number(row.x))), format: '~g', labelOverlap: 'greedy' },
  };
  const y = {
    type: 'quantitative',
    // In the panel's title: Vega takes long titles for wider than they are.
    title: null,
    scale: logarithmic
      ? { type: 'log', nice: false, domain: [lowest / 1.5, highest * 1.5], clamp: true }
      : { zero: false, nice: true, domain: [lowest - room, highest + room], clamp: true },
    axis: {
      grid: true,
      domain: false,
      ...(logarithmic ? { values: logTicks(values), format: '~g' } : {}),
    },
  };
  const href = options.links?.size ? { href: { field: 'href', type: 'nominal' } } : {};
  const color = {
    field: 'treatment',
    type: 'nominal',
    title: null,
    scale: colorScale(names),
    legend: { values: treatments, symbolOpacity: 1 },
  };
  const spec = {
    data: { values: rows as Row[] },
    layer: [
      {
        mark: {
          type: 'area',
          opacity: 0.14,
          clip: true,
          interpolate: over === 'seconds' ? 'step-after' : 'linear',
        },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
      },
      {
        mark: {
          type: 'line',
          strokeWidth: 1.8,
          strokeCap: 'round',
          interpolate: over === 'seconds' ? 'step-after' : 'linear',
        },
        encoding: { x, y: { ...y, field: 'value' }, color, ...href },
      },
      ...(over === 'seconds'
        ? []
        : [
            {
              mark: { type: 'point', filled: true, size: 26, opacity: 1 },
              encoding: { x, y: { ...y, field: 'value' }, color, ...href },
            },
          ]),
    ],
  } as TopLevelSpec;
  const ends = curves.flatMap(({ treatment, points }) => {
    const last = points.at(-1);
    return last === undefined ? [] : [`${treatment} ${number(last.estimate)}`];
  });
  return {
    name: `quality-over-${over}`,
    title: `Quality over ${over}`,
    note: [
      `Mean over ${options.pairs} pairs and its ${Math.round(100 * options.level)} % interval, of the picture one would have had by then: at equal ${over}, not at equal progress.`,
      over === 'seconds' ? 'Seconds count from the first evaluation.' : '',
      options.links?.size ? leadsToNearest : '',
    ]
      .filter(Boolean)
      .join(' '),
    panels: [
      {
        name: fileName('quality-over', over),
        title: metric.label,
        subtitle: `${metric.better} is better`,
        description: `Line chart of ${metric.label} over ${over} for ${list(treatments)}, with intervals. At the end: ${ends.join(', ')}.`,
        spec,
        rows: rows.map(
          ({ x: at, href: _, ...row }) =>
            ({
              [over]: at!,
              ...row,
              metric: metric.id,
              ...(options.machine !== undefined && { machine: options.machine }),
            }) as Row,
        ),
      },
    ],
    legend: treatments.map((label) => ({ kind: 'color', label, index: Math.max(0, names.indexOf(label)) })),
  };
}

/**
 * The same in several metrics as one chart, a panel for each.
 * @param remark - what else is to be known, in a sentence
 */
export function inAllMetrics(charts: readonly Chart[], remark = ''): Chart | undefined {
  const [first] = charts;
  return (
    first && {
      ...first,
      note: [first.note, remark].filter(Boolean).join(' '),
      panels: unique(charts.flatMap(({ panels }) => panels)),
    }
  );
}
