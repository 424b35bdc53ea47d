/** The look all charts share: Okabe & Ito's colours, grey scaffolding, and nothing that moves. */
import type { Config } from 'vega-lite';

/**
 * Colours that people with any kind of colour vision can tell apart (Okabe & Ito 2008), without the yellow, which
 * is lost on white, and with the black as a grey, which text needs; in the order in which neighbours differ most.
 */
export const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#757575'] as const;

/** Dashes and shapes for the second thing that is told apart, in order. */
export const dashes: readonly (readonly number[])[] = [
  [1, 0],
  [5, 3],
  [1.5, 2.5],
  [8, 3, 2, 3],
];
export const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'cross'] as const;

/** The scaffolding's colours; the page replaces them by its own, so that they follow its light and dark. */
export const ink = '#1f1f1f';
export const faint = '#6f6f6f';
export const rule = '#d9d9d9';
export const ground = '#ffffff';

const font = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

export const config: Config = {
  font,
  background: ground,
  padding: 6,
  view: { stroke: null, continuousWidth: 290, continuousHeight: 190 },
  title: {
    color: ink,
    subtitleColor: faint,
    fontSize: 13,
    fontWeight: 600,
    subtitleFontSize: 11,
    anchor: 'start',
    frame: 'bounds',
    offset: 10,
  },
  axis: {
    domain: false,
    gridColor: rule,
    tickColor: rule,
    labelColor: faint,
    titleColor: faint,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    titlePadding: 8,
    labelLimit: 130,
  },
  axisY: { tickCount: 5 },
  axisX: { tickCount: 5, grid: false, domain: true, domainColor: rule },
  legend: {
    labelColor: ink,
    titleColor: faint,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    orient: 'bottom',
    columns: 3,
    labelLimit: 220,
    symbolSize: 70,
  },
};

/** The colour scale of some names in their order; more names than colours begin again. */
export function colorScale(names: readonly string[]) {
  return { domain: [...names], range: names.map((_, i) => palette[i % palette.length]!) };
}

export function dashScale(names: readonly string[]) {
  return { domain: [...names], range: names.map((_, i) => [...dashes[i % dashes.length]!]) };
}

export function shapeScale(names: readonly string[]) {
  return { domain: [...names], range: names.map((_, i) => shapes[i % shapes.length]!) };
}

/**
 * Tick values for a logarithmic axis over positive values: powers of ten, with 2 and 5 between them while they are
 * few.
 */
export function logTicks(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const decades = Math.log10(high / low);
  const steps = decades >= 2.5 ? [1] : decades >= 1 ? [1, 3] : [1, 1.5, 2, 3, 4, 5, 7];
  // Every k-th power only, where there are many.
  const stride = Math.ceil(decades / 6) || 1;
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    if (power % stride !== 0) continue;
    for (const step of steps) {
      const tick = Number(`${step}e${power}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}

/** The scale of a score: logarithmic where the values span so much that a linear one would show two heaps. */
export function scoreScale(values: readonly number[]): { type: 'log' | 'linear'; ticks?: number[] } {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low > 0 && high / low >= 30 ? { type: 'log', ticks: logTicks(values) } : { type: 'linear' };
}
