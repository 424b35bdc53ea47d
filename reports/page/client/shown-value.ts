/** What a mark of a chart is worth: what the drawing says of it, or what its place says on the chart's scales. */
import { number } from '../../../src/platform/format.ts';

/** A place in the window. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Three significant digits, as everywhere on the page. */
export function shortNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(size)));
  const text = size < 1e-3 || size >= 1e6 ? value.toExponential(2) : value.toFixed(Math.min(digits, 8));
  return text.replace('-', '−');
}

/**
 * @param drawing - the `.drawing`, whose `svg` carries its scales
 * @param link - the mark
 * @param point - where it is pointed at, in the window's coordinates
 */
export function markValue(drawing: HTMLElement, link: Element, point: Place): string {
  const said = link.querySelector<SVGElement>('[data-value]')?.dataset.value;
  if (said !== undefined) return said;
  const svg = drawing.querySelector('svg');
  if (svg?.dataset.x === undefined || svg.dataset.y === undefined) return '';
  const path = link.querySelector('path');
  const place = path && nearestVertex(path, point);
  if (!place) return '';
  // A drawing is rounded to a tenth of a unit, so its numbers are near, not exact.
  return `≈ ${number(inverted(svg.dataset.y, place.y))} at ${number(inverted(svg.dataset.x, place.x))}`;
}

/** The corner of a line that is nearest to a point of the window, in the coordinates of the plot. */
function nearestVertex(path: SVGPathElement, { x, y }: Place): Place | undefined {
  const matrix = path.getScreenCTM();
  if (matrix === null) return undefined;
  const at = new DOMPoint(x, y).matrixTransform(matrix.inverse());
  const numbers = (path.getAttribute('d')!.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);
  let best: (Place & { readonly distance: number }) | undefined;
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    const [px, py] = [numbers[i]!, numbers[i + 1]!];
    const distance = Math.hypot(px - at.x, py - at.y);
    if (best === undefined || distance < best.distance) best = { x: px, y: py, distance };
  }
  return best;
}

/** The place of a value on a scale written as `inverted` reads it. */
export function placed(scale: string, value: number): number {
  const [type, ...ends] = scale.split(' ');
  const [from, to, low, high] = ends.map(Number) as [number, number, number, number];
  const share = type === 'log' ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
  return low + share * (high - low);
}

/** The value at a place of a scale written as `type from to low high`: domain, then range. */
function inverted(scale: string, place: number): number {
  const [type, ...ends] = scale.split(' ');
  const [from, to, low, high] = ends.map(Number) as [number, number, number, number];
  const share = (place - low) / (high - low);
  return type === 'log' ? from * (to / from) ** share : from + share * (to - from);
}
