/**
 * The slider of the trade-off: over how many pictures a training is spread. It moves the marks of every panel, and the
 * row of the table that says the same in numbers. Without it both are as for the first number.
 */
import { addressed, onAddress, setAddress } from './address.js';
import { make, readJson } from './dom.js';
import { placed, shortNumber } from './shown-value.js';

/** In the address, for a training that does not count at all. */
const uncounted = 'any';

export function startTradeOff() {
  const host = document.querySelector('[data-part="spread"]');
  if (host === null) return;
  const { spreads, first, panels, ways } = readJson('report-trade-off');
  const drawings = [...document.querySelectorAll('#chart-trade-off .panel')].map(movable);
  const row = document.querySelector('[data-part="spread-row"]');
  const heading = row?.querySelector('th > span');
  const range = make('input', { type: 'range', min: 0, max: spreads.length, step: 1, id: 'spread' });
  const said = make('output', { for: 'spread' });
  host.append(
    make('label', { for: 'spread' }, 'Each network’s training spread over '),
    make('span', { class: 'slide' }, range, said),
  );

  /** @param at - a place among `spreads`, or behind them */
  function show(at) {
    const pictures = spreads[at] ?? Number.POSITIVE_INFINITY;
    range.value = at;
    const text = spreadWords(pictures);
    range.setAttribute('aria-valuetext', text);
    said.textContent = text;
    for (const [i, move] of drawings.entries()) move(panels[i] ?? [], pictures);
    if (!row) return;
    heading.textContent = `… with its training spread over ${text} a network`;
    for (const [i, way] of ways.entries()) if (way) fill(row.cells[i + 1], way, pictures);
  }

  function wanted(address) {
    const asked = address.get('spread');
    if (asked === uncounted) return spreads.length;
    const pictures = asked === null ? first : Number(asked);
    const known = pictures >= 1 ? pictures : first;
    const distances = spreads.map((one) => Math.abs(Math.log(one / known)));
    return distances.indexOf(Math.min(...distances));
  }

  range.addEventListener('input', () => {
    const pictures = spreads[range.value];
    show(Number(range.value));
    setAddress({ spread: pictures === first ? undefined : (pictures ?? uncounted) });
  });
  show(wanted(addressed()));
  onAddress((address) => show(wanted(address)));
}

function fill(cell, { seconds, low, high, training, star }, pictures) {
  const added = training / pictures;
  const interval = cell.querySelector('.interval');
  cell.firstChild.textContent = `${seconds === undefined ? '' : shortDuration(seconds + added)}${star}${interval ? ' ' : ''}`;
  if (interval && low !== undefined)
    interval.textContent = `[${shortDuration(low + added)}, ${shortDuration(high + added)}]`;
}

/** What moves the marks of a panel: each layer's marks are in the order of the panel's ways. */
function movable(panel) {
  const drawing = panel.querySelector('.drawing');
  const svg = drawing?.querySelector('svg');
  if (!svg?.dataset.x) return () => {};
  const marks = (layer) => [...svg.querySelectorAll(`.${layer}_marks :is(path, line)`)];
  const [across, upright, points] = ['across', 'upright', 'ways'].map(marks);
  return (ways, pictures) => {
    for (const [i, { seconds, low, high, training }] of ways.entries()) {
      const at = (value) => placed(svg.dataset.x, value + training / pictures);
      moveTo(points[i], at(seconds));
      moveTo(upright[i], at(seconds));
      moveTo(across[i], at(low));
      across[i]?.setAttribute('x2', at(high) - at(low));
      const point = points[i];
      if (point?.dataset.value !== undefined) {
        const [, quality] = point.dataset.value.split(', ');
        point.dataset.value = `${shortNumber(seconds + training / pictures)}, ${quality}`;
      }
    }
    drawing.dispatchEvent(new Event('marksmoved'));
  };
}

function moveTo(mark, x) {
  mark?.setAttribute(
    'transform',
    mark.getAttribute('transform').replace(/translate\([^,]*,/, `translate(${x},`),
  );
}

function spreadWords(pictures) {
  if (!Number.isFinite(pictures)) return 'any number of pictures';
  const digits = String(pictures).replace(/\B(?=(\d{3})+$)/g, '\u202f');
  return `${digits} ${pictures === 1 ? 'picture' : 'pictures'}`;
}

/** As the page’s other durations are written. */
function shortDuration(seconds) {
  if (seconds < 1) return `${shortNumber(1000 * seconds)} ms`;
  if (seconds < 60) return `${seconds.toPrecision(3)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
