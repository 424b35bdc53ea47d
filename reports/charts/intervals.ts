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
 * @param given - with `name` and `value`, and `low` and `high` where there is an interval; in the order of the rows
 */
export function intervals(given: readonly Row[], options: IntervalOptions): TopLevelSpec {
  const { title, reference, domain, format } = options;
  const rows = given.map((row) => ({ ...row, name: inTwoLines(String(row.name)) }));
  const folded = rows.some(({ name }) => name.includes('\n'));
  const y = {
    field: 'name',
    type: 'nominal' as const,
    title: null,
    scale: { domain: rows.map(({ name }) => name) },
    axis: {
      grid: false,
      ticks: false,
      labelPadding: 8,
      labelColor: ink,
      labelLimit: 240,
      ...(folded && { labelExpr: "split(datum.label, '\\n')" }),
    },
  };
  const x = {
    type: 'quantitative' as const,
    title,
    scale: domain === undefined ? { zero: false, padding: 8 } : { domain, nice: false, zero: false },
    axis: { grid: true, domain: false, ...(format !== undefined && { format }) },
  };
  const bounded = rows.filter((row) => 'low' in row);
  return {
    height: (folded ? 34 : 26) * rows.length,
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

/** Long names broken at the space nearest to their middle, so that the intervals keep their room. */
function inTwoLines(name: string): string {
  if (name.length <= 26) return name;
  const spaces = [...name.matchAll(/ /g)].map(({ index }) => index);
  const middle = name.length / 2;
  const [nearest] = spaces.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
  return nearest === undefined ? name : `${name.slice(0, nearest)}\n${name.slice(nearest + 1)}`;
}
