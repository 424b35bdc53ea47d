/** Every score, metric by metric: a dot for each picture. */
import { isHeldBack } from '../../metrics/registry.ts';
import type { ReportedTrial } from '../input.ts';
import type { ScoreColumn } from '../metrics.ts';
import type { Model } from '../model.ts';
import { type Chart, fileName, type Panel, unique } from './chart.ts';
import { linkTo, seriesOf } from './series.ts';
import { strips } from './strips.ts';

/** The chart, or undefined when nothing was measured. */
export function scores(
  trials: readonly ReportedTrial[],
  model: Model,
  columns: readonly ScoreColumn[],
): Chart | undefined {
  const scored = trials.filter(({ id }) => columns.some(({ values }) => values.has(id)));
  if (scored.length === 0) return undefined;
  const series = seriesOf(scored, model);
  const panels = columns.map((column): Panel => {
    const rows = scored
      .filter(({ id }) => column.values.has(id))
      .map((trial) => ({
        ...series.columns(trial),
        value: column.values.get(trial.id)!,
        measured: true,
        href: linkTo(trial),
      }));
    return {
      name: fileName('score', column.label),
      title: column.label,
      subtitle: `${column.purpose}; ${column.better} is better`,
      description: `Dot plot of “${column.label}” for each variant, one dot for each picture; ${column.better} is better.`,
      spec: strips(rows, series, {
        title:
          column.better === 'higher' ? `${column.unit} better →`.trim() : `← better ${column.unit}`.trim(),
        zero: false,
      }),
      rows: rows.map(({ href: _, measured: __, ...row }) => ({ ...row, metric: column.id })),
    };
  });
  return {
    name: 'scores',
    title: 'Scores by variant',
    note: `A dot for each picture, a tick at the median over pairs. Each metric has an axis of its own; none of them was optimised by a variant shown in it.${columns.some(({ id }) => isHeldBack(id)) ? ' Held-back layers are others of the encoder that made the pictures; a held-out encoder made none.' : ''}`,
    panels: unique(panels),
    legend: series.legend(['color', 'shape']),
  };
}
