/** Trials as dots on a line for each variant, with the median: what scores and timings share. */
import type { TopLevelSpec } from 'vega-lite';
import type { Row } from './chart.ts';
import type { Series } from './series.ts';
import { colorScale, ink, scoreScale, shapeScale } from './theme.ts';

/**
 * @param rows - with `variant`, `optimizer`, `value`, `href`, and `measured`: false draws the dot hollow
 */
export function strips(
  rows: readonly Row[],
  series: Series,
  options: { readonly title: string; readonly zero: boolean },
): TopLevelSpec {
  const variants = series.variants.filter((name) => rows.some((row) => row.variant === name));
  const several = series.optimizers.length > 1;
  const y = {
    y: {
      field: 'variant',
      type: 'nominal' as const,
      title: null,
      sort: variants,
      axis: { grid: false, ticks: false, labelPadding: 8, labelColor: ink },
      scale: { paddingInner: 0.3, paddingOuter: 0.15 },
    },
    ...(several
      ? {
          yOffset: {
            field: 'optimizer',
            type: 'nominal' as const,
            scale: { domain: [...series.optimizers] },
          },
        }
      : {}),
  };
  const scale = options.zero ? { type: 'linear' } : scoreScale(rows.map((row) => Number(row.value)));
  const x = {
    field: 'value',
    type: 'quantitative' as const,
    title: options.title,
    scale: options.zero
      ? { zero: true }
      : { type: scale.type, ...(scale.type === 'linear' ? { zero: false } : {}), padding: 6 },
    axis: { grid: true, domain: false, ...('ticks' in scale ? { values: scale.ticks, format: '~g' } : {}) },
  };
  return {
    data: { values: rows as Row[] },
    height: Math.max(60, variants.length * (several ? 14 * series.optimizers.length + 10 : 26)),
    layer: [
      {
        mark: { type: 'tick', thickness: 1.5, size: several ? 12 : 16, opacity: 0.7, color: ink },
        encoding: { ...y, x: { ...x, aggregate: 'median' } },
      },
      {
        mark: { type: 'point', size: 46, opacity: 0.8, strokeWidth: 1.5 },
        encoding: {
          ...y,
          x,
          color: {
            field: 'variant',
            type: 'nominal',
            title: null,
            scale: colorScale(series.variants),
            legend: null,
          },
          fill: {
            condition: {
              test: 'datum.measured',
              field: 'variant',
              type: 'nominal',
              scale: colorScale(series.variants),
              legend: null,
            },
            value: 'transparent',
          },
          ...(several
            ? {
                shape: {
                  field: 'optimizer',
                  type: 'nominal' as const,
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
}
