/** Losses as they grow, drawn. */
import { number } from '../../../src/platform/format.ts';
import type { LiveCurve } from '../state.ts';

const [width, height, edge] = [320, 96, 4];

/**
 * Curves over evaluations, on a logarithmic scale where every value is positive; the total is the heavy line. In words for
 * those who do not see it.
 */
export function curveDrawing(curves: readonly LiveCurve[], of: number): SVGElement {
  const values = curves.flatMap(({ points }) => points.map(([, value]) => value));
  const scale = values.every((value) => value > 0) ? Math.log : (value: number) => value;
  const [least, most] = [Math.min(...values.map(scale)), Math.max(...values.map(scale))];
  const span = most - least || 1;
  const drawing = shape('svg', { viewBox: `0 0 ${width} ${height}`, class: 'curve', role: 'img' });
  const [first, last] = [curves[0]?.points[0], curves[0]?.points.at(-1)];
  drawing.setAttribute(
    'aria-label',
    first === undefined || last === undefined
      ? 'No losses yet'
      : `The total went from ${number(first[1])} to ${number(last[1])}`,
  );
  for (const [i, { points }] of [...curves.entries()].reverse()) {
    const path = points
      .map(([at, value]) => {
        const x = edge + (at / Math.max(1, of)) * (width - 2 * edge);
        const y = height - edge - ((scale(value) - least) / span) * (height - 2 * edge);
        return `${x.toFixed(1)},${y.toFixed(1)}`;
      })
      .join(' ');
    drawing.append(shape('polyline', { points: path, class: `line line-${i}` }));
  }
  return drawing;
}

/** Squares for every trial, in the plan's order, as many in a row as fit. */
export function mapDrawing(map: string, available: number): SVGElement {
  const size = map.length > 2000 ? 5 : map.length > 300 ? 8 : 12;
  const columns = Math.max(1, Math.min(map.length, Math.floor(available / size)));
  const rows = Math.ceil(map.length / columns);
  const drawing = shape('svg', {
    width: columns * size,
    height: rows * size,
    class: 'map',
    role: 'img',
    'aria-label': 'Every trial in the order of the plan, coloured by its state',
  });
  for (const state of new Set(map)) {
    let path = '';
    for (let i = 0; i < map.length; i++) {
      if (map[i] !== state) continue;
      path += `M${(i % columns) * size} ${Math.floor(i / columns) * size}h${size - 1}v${size - 1}h${1 - size}z`;
    }
    drawing.append(shape('path', { d: path, class: `state-${state}` }));
  }
  return drawing;
}

function shape(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
