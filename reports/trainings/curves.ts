/** How the total fell in each training, step by step. */
import type { TopLevelSpec } from 'vega-lite';
import type { TraceRecord } from '../../src/experiment/trial.ts';
import { list, number } from '../../src/platform/format.ts';
import { type Chart, fileName, type LegendEntry, type Panel, type Row, unique } from '../charts/chart.ts';
import { colorScale, dashScale, logTicks } from '../charts/theme.ts';
import { groupBy } from '../group.ts';
import type { Model } from '../model.ts';
import type { LabeledTraining } from './labels.ts';

/** Points of a line: each is the mean of as many steps. */
const pointsPerLine = 60;

/**
 * The chart, or undefined where no training has a trace: a panel for every objective, as totals of different ones are not
 * one measure.
 * @param traces - training id -> its trace, a record for each step
 */
export function trainingCurves(
  trainings: readonly LabeledTraining[],
  model: Model,
  traces: ReadonlyMap<string, readonly TraceRecord[]>,
): Chart | undefined {
  const traced = trainings.flatMap((one) => {
    const points = meansOfSteps(traces.get(one.training.id) ?? [], pointsPerLine);
    return points.length > 1 ? [{ ...one, points }] : [];
  });
  if (traced.length === 0) return undefined;
  const all = model.axes.find(({ key }) => key === 'variant')?.values ?? [];
  const variants = traced.every(({ variant }) => all.includes(variant))
    ? all
    : [...new Set(traced.map(({ variant }) => variant))];
  const styles = [...new Set(traced.map(({ style }) => style))];
  const groups = groupBy(traced, ({ training: { result } }) => {
    const { losses, encoder, size } = result.config;
    return JSON.stringify([losses, encoder, size]);
  });
  const panels = [...groups.values()].map((group): Panel => {
    const rows = group.flatMap(({ label, variant, style, points, training }) =>
      points.map(
        (point): Row => ({ training: label, variant, style, ...point, id: training.id.slice(0, 12) }),
      ),
    );
    const totals = rows.map(({ total }) => Number(total)).filter(Number.isFinite);
    const isPositive = Math.min(...totals) > 0;
    const spec = {
      data: { values: rows as Row[] },
      mark: { type: 'line', strokeWidth: 1.8, strokeCap: 'round' },
      encoding: {
        x: { field: 'step', type: 'quantitative', title: 'step', axis: { format: 'd', tickMinStep: 1 } },
        y: {
          field: 'total',
          type: 'quantitative',
          title: null,
          scale: isPositive ? { type: 'log', nice: false } : { zero: false },
          axis: {
            grid: true,
            domain: false,
            ...(isPositive && { values: logTicks(totals), format: '~g' }),
          },
        },
        detail: { field: 'training', type: 'nominal' },
        color: { field: 'variant', type: 'nominal', title: null, scale: colorScale(variants) },
        ...(styles.length > 1 && {
          strokeDash: { field: 'style', type: 'nominal', title: null, scale: dashScale(styles) },
        }),
      },
    } as TopLevelSpec;
    const names = list([...new Set(group.map(({ variant }) => variant))]);
    const ends = group.map(({ label, points }) => `${label} ${number(points.at(-1)!.total)}`);
    return {
      name: fileName('training', names),
      title: 'Total',
      ...(groups.size > 1 && { subtitle: names }),
      description: `Line chart of the total over the steps of the training. At the end: ${ends.join(', ')}.`,
      spec,
      rows,
    };
  });
  const used = new Set(traced.map(({ variant }) => variant));
  return {
    name: 'training-curves',
    title: 'The total over the steps',
    note: `Each point is the mean of as many steps as make ${pointsPerLine} points of a line; each step sees other crops.${groups.size > 1 ? ' Totals of other losses, encoders or sizes are other measures, and have panels of their own.' : ''}`,
    panels: unique(panels),
    legend: [
      ...variants.flatMap((label, index): LegendEntry[] =>
        used.has(label) ? [{ kind: 'color', label, index }] : [],
      ),
      ...(styles.length > 1
        ? styles.map((label, index): LegendEntry => ({ kind: 'dash', label, index }))
        : []),
    ],
  };
}

/** Means of the total over runs of equally many consecutive records, at the last step of each; at most `most` of them. */
export function meansOfSteps(
  trace: readonly TraceRecord[],
  most: number,
): { readonly step: number; readonly total: number }[] {
  const length = Math.max(1, Math.ceil(trace.length / most));
  const points: { step: number; total: number }[] = [];
  for (let from = 0; from < trace.length; from += length) {
    const run = trace.slice(from, from + length);
    const total = run.reduce((sum, record) => sum + record.total, 0) / run.length;
    if (Number.isFinite(total)) points.push({ step: run.at(-1)!.evaluation, total });
  }
  return points;
}
