/**
 * The slider of the trade-off: over how many pictures a training is spread. It moves the marks of every panel, and the
 * row of the table that says the same in numbers. Without it both are as for the first number.
 */

import { make } from '../../../src/platform/browser/make.ts';
import { duration } from '../../../src/platform/format.ts';
import { type Moving, spreadText, type TradeOffData, withShare } from '../../trade-off/pay-off.ts';
import { addressed, onAddress, setAddress } from './address.ts';
import { partOf, readJson } from './dom.ts';
import { placed, shortNumber } from './shown-value.ts';

/** In the address, for a training that does not count at all. */
const uncounted = 'any';

export function startTradeOff(): void {
  const host = document.querySelector<HTMLElement>('[data-part="spread"]');
  if (host === null) return;
  const { spreads, first, panels, ways } = readJson<TradeOffData>('report-trade-off');
  const moves = [...document.querySelectorAll<HTMLElement>('#chart-trade-off .panel')].map(movable);
  const row = partOf<HTMLTableRowElement>(document, '[data-part="spread-row"]');
  const heading = partOf(row, 'th > span');
  const range = make('input', { type: 'range', min: 0, max: spreads.length, step: 1, id: 'spread' });
  const said = make('output', { for: 'spread' });
  host.append(
    make('label', { for: 'spread' }, 'Each network’s training spread over '),
    make('span', { class: 'slide' }, range, said),
  );

  /** @param at - a place among `spreads`, or behind them */
  function show(at: number): void {
    const pictures = spreads[at] ?? Number.POSITIVE_INFINITY;
    const text = spreadText(pictures);
    range.value = String(at);
    range.setAttribute('aria-valuetext', text);
    said.textContent = text;
    for (const [i, move] of moves.entries()) move(panels[i] ?? [], pictures);
    heading.textContent = `… with its training spread over ${text} a network`;
    for (const [i, way] of ways.entries()) if (way !== null) fill(row.cells[i + 1]!, way, pictures);
  }

  function wanted(address: URLSearchParams): number {
    const asked = address.get('spread');
    if (asked === uncounted) return spreads.length;
    const pictures = asked === null ? first : Number(asked);
    const known = pictures >= 1 ? pictures : first;
    const distances = spreads.map((one) => Math.abs(Math.log(one / known)));
    return distances.indexOf(Math.min(...distances));
  }

  range.addEventListener('input', () => {
    const at = Number(range.value);
    const pictures = spreads[at];
    show(at);
    setAddress({ spread: pictures === first ? undefined : (pictures ?? uncounted) });
  });
  show(wanted(addressed()));
  onAddress((address) => show(wanted(address)));
}

function fill(
  cell: HTMLTableCellElement,
  { seconds, low, high, training, star }: NonNullable<TradeOffData['ways'][number]>,
  pictures: number,
): void {
  const shared = (value: number) => duration(withShare(value, training, pictures));
  const interval = cell.querySelector('.interval');
  cell.firstChild!.textContent = `${shared(seconds)}${star}${interval === null ? '' : ' '}`;
  if (interval !== null && low !== undefined && high !== undefined)
    interval.textContent = `[${shared(low)}, ${shared(high)}]`;
}

type Move = (ways: readonly Moving[], pictures: number) => void;

/** What moves the marks of a panel: each layer's marks are in the order of the panel's ways. */
function movable(panel: HTMLElement): Move {
  const drawing = panel.querySelector('.drawing');
  const svg = drawing?.querySelector('svg');
  const scale = svg?.dataset.x;
  if (drawing === null || !svg || scale === undefined) return () => {};
  const marks = (layer: string) => [
    ...svg.querySelectorAll<SVGPathElement | SVGLineElement>(`.${layer}_marks :is(path, line)`),
  ];
  const [across, upright, points] = [marks('across'), marks('upright'), marks('ways')];
  return (ways, pictures) => {
    for (const [i, { seconds, low = seconds, high = seconds, training }] of ways.entries()) {
      const at = (value: number) => placed(scale, withShare(value, training, pictures));
      moveTo(points[i], at(seconds));
      moveTo(upright[i], at(seconds));
      moveTo(across[i], at(low));
      across[i]?.setAttribute('x2', String(at(high) - at(low)));
      const value = points[i]?.dataset.value;
      if (value === undefined) continue;
      const [, quality] = value.split(', ');
      points[i]!.dataset.value = `${shortNumber(withShare(seconds, training, pictures))}, ${quality}`;
    }
    // Whoever goes from mark to mark finds them in another order.
    drawing.dispatchEvent(new Event('marksmoved'));
  };
}

function moveTo(mark: SVGElement | undefined, x: number): void {
  const transform = mark?.getAttribute('transform');
  if (mark && transform)
    mark.setAttribute('transform', transform.replace(/translate\([^,]*,/, `translate(${x},`));
}
