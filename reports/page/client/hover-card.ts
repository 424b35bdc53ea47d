/** A card beside the mark of a chart that is pointed at: what it is worth, whose it is, and the picture. */
import { make } from '../../../src/platform/browser/make.ts';
import type { Figures } from './dom.ts';

export interface HoverCard {
  /** @param box - of the mark, in the window's coordinates; the card is shown beside it */
  show(box: Box, label: string, values: string, id: string): void;
  hide(): void;
}

type Box = Readonly<Record<'left' | 'right' | 'top' | 'bottom', number>>;

/** @param figures - whose pictures are shown again */
export function hoverCard(figures: Figures): HoverCard {
  // What it says is said in words beside the drawing, to those who do not see it.
  const card = make('div', { class: 'hover-card', 'aria-hidden': 'true', hidden: true });
  document.body.append(card);

  function show(box: Box, label: string, values: string, id: string): void {
    const picture = figures.get(id)?.querySelector('img');
    card.replaceChildren(
      picture
        ? make('img', { src: picture.dataset.small ?? picture.getAttribute('src') ?? undefined, alt: '' })
        : '',
      make('strong', {}, values),
      make('span', {}, label),
    );
    card.hidden = false;
    const { width, height } = card.getBoundingClientRect();
    const gap = 14;
    const right = box.right + gap;
    const left = right + width > innerWidth ? box.left - gap - width : right;
    const top = (box.top + box.bottom - height) / 2;
    card.style.left = `${Math.max(4, Math.min(left, innerWidth - width - 4))}px`;
    card.style.top = `${Math.max(4, Math.min(top, innerHeight - height - 4))}px`;
  }

  function hide() {
    card.hidden = true;
  }

  addEventListener('scroll', hide, { passive: true, capture: true });
  return { show, hide };
}
