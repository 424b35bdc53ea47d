/**
 * Marks of charts: their value, trial and picture as the pointer comes near, a click beside a thin line, and arrows from
 * mark to mark. Without it a mark is still a link, and every trial is in the tables.
 */
import { make } from '../../../src/platform/browser/make.ts';
import type { ReportData, TrialData } from '../data.ts';
import { addressOf, around, type Figures, partOf } from './dom.ts';
import { type HoverCard, hoverCard } from './hover-card.ts';
import { markValue, type Place } from './shown-value.ts';

/** Pixels around the pointer in which a mark is looked for, ring by ring. */
const rings: Readonly<Record<string, readonly number[]>> = { mouse: [0, 3, 6, 9], touch: [0, 5, 10, 16] };
const directions = Array.from({ length: 8 }, (_, i): [number, number] => [
  Math.cos((i * Math.PI) / 4),
  Math.sin((i * Math.PI) / 4),
]);

/** @param figures - whose pictures are shown beside marks */
export function startCharts(data: ReportData, figures: Figures): void {
  const trials = new Map(data.trials.map((trial) => [`#${trial.anchor}`, trial]));
  const card = hoverCard(figures);
  for (const drawing of document.querySelectorAll<HTMLElement>('.drawing')) {
    if (drawing.querySelector('a') !== null) startDrawing(drawing, trials, card);
  }
}

function startDrawing(drawing: HTMLElement, trials: ReadonlyMap<string, TrialData>, card: HoverCard): void {
  const name = make('p', { class: 'mark-name', 'aria-live': 'polite' });
  drawing.after(name);
  drawing.tabIndex = 0;
  drawing.setAttribute('role', 'group');
  const title = partOf(drawing.closest('figure')!, 'h4').textContent;
  drawing.setAttribute('aria-label', `${title}: arrow keys go from mark to mark, Enter opens one`);
  let current: SVGAElement | undefined;
  let ordered: SVGAElement[] | undefined;

  /** @param at - where the pointer is, in the window's coordinates; default: the mark's middle */
  function point(link: SVGAElement | undefined, at?: Place): void {
    if (link === undefined) card.hide();
    if (link === current && (link === undefined || at === undefined)) return;
    if (link !== current) current?.removeAttribute('data-current');
    current = link;
    if (link === undefined) {
      name.textContent = '';
      return;
    }
    link.setAttribute('data-current', '');
    const box = link.getBoundingClientRect();
    const place = at ?? { x: middle(box, 'x'), y: middle(box, 'y') };
    const value = markValue(drawing, link, place);
    const trial = trials.get(addressOf(link) ?? '');
    const said = [value, trial?.label ?? 'All scores'].filter(Boolean).join(' · ');
    if (name.textContent !== said) name.textContent = said;
    const near = at ? { left: at.x, right: at.x, top: at.y, bottom: at.y } : box;
    if (trial) card.show(near, trial.label, value, trial.id);
    else card.hide();
  }

  /** Marks from left to right; of one trial several may be the same mark in two layers, of which one is enough. */
  function marks(): SVGAElement[] {
    ordered ??= [...drawing.querySelectorAll<SVGAElement>('a')]
      .map((link) => ({ link, box: link.getBoundingClientRect() }))
      .sort((p, q) => middle(p.box, 'x') - middle(q.box, 'x') || middle(p.box, 'y') - middle(q.box, 'y'))
      .filter(({ link, box }, i, all) => {
        const before = all[i - 1];
        return (
          before === undefined ||
          addressOf(before.link) !== addressOf(link) ||
          Math.abs(middle(before.box, 'x') - middle(box, 'x')) > 2
        );
      })
      .map(({ link }) => link);
    return ordered;
  }

  function near(event: MouseEvent): SVGAElement | undefined {
    for (const radius of rings[event instanceof PointerEvent ? event.pointerType : 'mouse'] ?? rings.mouse!) {
      for (const [x, y] of radius === 0 ? [[0, 0] as const] : directions) {
        const hit = document.elementFromPoint(event.clientX + radius * x, event.clientY + radius * y);
        const link = hit?.closest<SVGAElement>('a');
        if (link && drawing.contains(link)) return link;
      }
    }
    return undefined;
  }

  // A slider may move marks past each other.
  drawing.addEventListener('marksmoved', () => {
    ordered = undefined;
  });
  drawing.addEventListener('pointermove', (event) => {
    point(near(event), { x: event.clientX, y: event.clientY });
    drawing.classList.toggle('at-mark', current !== undefined);
  });
  drawing.addEventListener('pointerleave', () => point(undefined));
  drawing.addEventListener('blur', () => point(undefined));
  drawing.addEventListener('click', (event) => {
    if (around(event, 'a') !== null) return;
    const link = near(event);
    if (link !== undefined) follow(link);
  });
  drawing.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = marks();
    const at = current === undefined ? -1 : all.indexOf(current);
    const places: Readonly<Record<string, number>> = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at < 0 ? all.length - 1 : at - 1,
      ArrowUp: at < 0 ? all.length - 1 : at - 1,
      Home: 0,
      End: all.length - 1,
    };
    const to = places[event.key];
    if (to !== undefined) point(all[(to + all.length) % all.length]);
    else if (event.key === 'Enter' && current !== undefined) follow(current);
    else return;
    event.preventDefault();
  });
}

function middle(box: DOMRect, axis: 'x' | 'y'): number {
  return axis === 'x' ? box.x + box.width / 2 : box.y + box.height / 2;
}

/** As if it had been clicked. */
function follow(link: SVGAElement): void {
  link.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
}
