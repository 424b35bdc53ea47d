/** Links within the page: they open what is folded away, and the address keeps what it says of the page. */
import { addressed, onAddress, setAddress } from './address.ts';
import { addressOf, around } from './dom.ts';

/** The part of the page that an anchor names, opened where it is folded away. */
function reveal(id: string | null): void {
  const target = document.getElementById(id ?? '');
  if (target === null) return;
  let fold = target.closest('details');
  while (fold) {
    fold.open = true;
    fold = fold.parentElement!.closest('details');
  }
  if (!target.hasAttribute('tabindex')) target.tabIndex = -1;
  stayAt(target);
  target.focus({ preventScroll: true });
}

/** Ends the staying at what was revealed last. */
let leave = () => {};

/**
 * Scrolls to a part of the page and stays there until the reader does something: charts on the way are laid out only now
 * that they came near, and pictures above get their heights when they are there.
 */
function stayAt(target: Element): void {
  leave();
  const stop = new AbortController();
  const observer = new ResizeObserver(() => target.scrollIntoView());
  leave = () => {
    observer.disconnect();
    stop.abort();
  };
  for (const part of document.querySelectorAll('body, main, main > section')) observer.observe(part);
  for (const deed of ['wheel', 'pointerdown', 'touchstart', 'keydown', 'change', 'popstate'])
    addEventListener(deed, leave, { capture: true, passive: true, signal: stop.signal });
  target.scrollIntoView();
}

export function startReveal(): void {
  // Within the page the address keeps what it says of the page, and has the anchor beside it.
  document.addEventListener('click', (event) => {
    const link = around<Element>(event, 'a');
    const href = link && addressOf(link);
    if (event.defaultPrevented || !href?.startsWith('#') || event.ctrlKey || event.metaKey || event.shiftKey)
      return;
    event.preventDefault();
    const id = decodeURIComponent(href.slice(1));
    setAddress({ go: id }, addressed().get('go') !== id);
    reveal(id);
  });
  onAddress((address) => !address.has('view') && reveal(address.get('go')));
  if (!addressed().has('view')) reveal(addressed().get('go'));
}
