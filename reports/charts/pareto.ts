/** Content kept against style gained: which pictures no other one beats at both. */
import type { TopLevelSpec } from 'vega-lite';
import { groupBy } from '../group.ts';
import type { ReportedTrial } from '../input.ts';
import type { ScoreColumn } from '../metrics.ts';
import type { Model } from '../model.ts';
import { type Chart, fileName, type Panel, type Row, unique } from './chart.ts';
import { linkTo, seriesOf } from './series.ts';
import { colorScale, faint, scoreScale, shapeScale } from './theme.ts';

/** A panel for each content/style pair, or undefined without a metric of content and one of style. */
export function pareto(
  trials: readonly ReportedTrial[],
  model: Model,
  columns: readonly ScoreColumn[],
): Chart | undefined {
  const content = columns.find(({ purpose }) => purpose === 'content');
  const style = columns.find(({ purpose }) => purpose === 'style');
  if (content === undefined || style === undefined) return undefined;
  const scored = trials.filter(({ id }) => content.values.has(id) && style.values.has(id));
  if (scored.length < 2) return undefined;
  const series = seriesOf(scored, model);
  const axis = (field: 'x' | 'y', column: ScoreColumn) =>
    axisOf(
      field,
      column,
      scored.map(({ id }) => column.values.get(id)!),
    );

  const pairs = groupBy(scored, ({ names }) => `${names.content} × ${names.style}`);
  const panels = [...pairs].map(([pair, group]): Panel => {
    const onFront = new Set(front(group, content, style));
    const rows = group.map((trial): Row & { front: boolean } => ({
      ...series.columns(trial),
      x: content.values.get(trial.id)!,
      y: style.values.get(trial.id)!,
      front: onFront.has(trial),
      href: linkTo(trial),
    }));
    const position = { x: axis('x', content), y: axis('y', style) };
    const spec = {
      data: { values: rows },
      layer: [
        // The line joins pictures, and is none itself.
        {
          transform: [{ filter: 'datum.front' }],
          mark: { type: 'line', color: faint, strokeWidth: 1, strokeDash: [2, 2] },
          encoding: { ...position, order: { field: 'x', type: 'quantitative' } },
        },
        {
          mark: { type: 'point', filled: true, size: 64, opacity: 0.9 },
          encoding: {
            ...position,
            color: { field: 'variant', type: 'nominal', title: null, scale: colorScale(series.variants) },
            ...(series.optimizers.length > 1
              ? {
                  shape: {
                    field: 'optimizer',
                    type: 'nominal',
                    title: null,
                    scale: shapeScale(series.optimizers),
                  },
                }
              : {}),
            href: { field: 'href', type: 'nominal' },
          },
        },
      ],
    } as TopLevelSpec;
    const named = [...onFront].map((trial) => trial.label).join(', ');
    return {
      name: fileName('content-and-style', pair),
      title: pair,
      subtitle: `→ ${content.label} · ↑ ${style.label}`,
      description: `Scatter plot of ${content.label} and ${style.label} for ${pair}; better at both is up and to the right. On the front: ${named}.`,
      spec,
      rows: rows.map(
        ({ href: _, x, y, ...row }) => ({ ...row, [content.label]: x, [style.label]: y }) as Row,
      ),
    };
  });
  return {
    name: 'content-and-style',
    title: 'Content against style',
    note: `${content.label} to the right, ${style.label} upward, both turned so that better is up and to the right. The dotted line joins the pictures that no other picture of the same pair beats at both.`,
    panels: unique(panels),
    legend: series.legend(['color', 'shape']),
  };
}

/** The trials that no other is at least as good as at both scores and better at one. */
export function front(
  trials: readonly ReportedTrial[],
  first: ScoreColumn,
  second: ScoreColumn,
): ReportedTrial[] {
  const goodness = (trial: ReportedTrial, column: ScoreColumn) =>
    (column.better === 'higher' ? 1 : -1) * column.values.get(trial.id)!;
  return trials.filter((trial) => {
    const [a, b] = [goodness(trial, first), goodness(trial, second)];
    return !trials.some((other) => {
      const [c, d] = [goodness(other, first), goodness(other, second)];
      return c >= a && d >= b && (c > a || d > b);
    });
  });
}

/** An axis over all pairs' values, turned so that better is up or to the right. */
function axisOf(field: 'x' | 'y', { better }: ScoreColumn, values: readonly number[]) {
  const { type, ticks } = scoreScale(values);
  return {
    field,
    type: 'quantitative',
    // In the subtitle: Vega takes long titles for wider than they are, and would make room for them.
    title: null,
    scale: {
      type,
      domain: [Math.min(...values), Math.max(...values)],
      nice: type === 'linear',
      ...(type === 'linear' ? { zero: false } : {}),
      padding: 6,
      reverse: better === 'lower',
    },
    axis: {
      grid: true,
      domain: false,
      ...(ticks === undefined ? {} : { values: ticks, format: '~g' }),
    },
  };
}
