/** Estimates with their intervals, a row each, about a line that means "no difference". */
import type { TopLevelSpec } from 'vega-lite';
import type { Row } from './chart.ts';
import { faint, ink, palette } from './theme.ts';

export interface IntervalOptions {
  /** Of the horizontal axis. */
  readonly title: string;
  /** Where a line is drawn. */
  readonly reference?: number;
  /** Default: all that is shown, with the reference. */
  readonly domain?: readonly [number, number];
  /** Of the axis, in Vega's notation. */
  readonly format?: string;
}

/**
 * @param rows - with `name` and `value`, and `low` and `high` where there is an interval; in the order of the rows
 */
export function intervals(rows: readonly Row[], options: IntervalOptions): TopLevelSpec {
  const { title, reference, domain, format } = options;
  const y = {
    field: 'name',
    type: 'nominal' as const,
    title: null,
    scale: { domain: rows.map(({ name }) => String(name)) },
    axis: { grid: false, ticks: false, labelPadding: 8, labelColor: ink, labelLimit: 240 },
  };
  const x = {
    type: 'quantitative' as const,
    title,
    scale: domain === undefined ? { zero: false, padding: 8 } : { domain, nice: false, zero: false },
    axis: { grid: true, domain: false, ...(format !== undefined && { format }) },
  };
  const bounded = rows.filter(({ low }) => typeof low === 'number');
  return {
    height: 26 * rows.length,
    layer: [
      ...(reference === undefined
        ? []
        : [
            {
              data: { values: [{ reference }] },
              mark: { type: 'rule', strokeWidth: 1.5, color: faint },
              encoding: { x: { field: 'reference', ...x } },
            },
          ]),
      {
        data: { values: bounded as Row[] },
        mark: { type: 'rule', strokeWidth: 2.5, strokeCap: 'round', color: palette[0] },
        encoding: { y, x: { field: 'low', ...x }, x2: { field: 'high' } },
      },
      {
        data: { values: rows as Row[] },
        mark: { type: 'point', filled: true, size: 64, opacity: 1, color: palette[0] },
        encoding: { y, x: { field: 'value', ...x } },
      },
    ],
  } as TopLevelSpec;
}
