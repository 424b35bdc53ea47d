/** A card beside the mark of a chart that is pointed at: what it is worth, whose it is, and the picture. */
import { make } from './dom.js';

/**
 * @param figures - trial id -> its figure in the grid, whose picture is shown again
 * @returns `show(box, label, values, id)`, with `box` in the window's coordinates, and `hide()`
 */
export function hoverCard(figures) {
  // What it says is said in words beside the drawing, to those who do not see it.
  const card = make('div', { class: 'hover-card', 'aria-hidden': 'true', hidden: true });
  document.body.append(card);

  function show(box, label, values, id) {
    const picture = figures.get(id)?.querySelector('img');
    card.replaceChildren(
      picture ? make('img', { src: picture.dataset.small ?? picture.getAttribute('src'), alt: '' }) : '',
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
