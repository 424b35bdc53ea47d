/** How the comparison is worked: by its buttons and sliders, by dragging the wipe, and by keys. */
import type { Source } from '../../figure/layout.ts';
import { around, type FindPart } from './dom.ts';

/** The ways to look, in the order of their keys 1 to 4. */
export const modes = ['one', 'side', 'wipe', 'difference'] as const;
export type Mode = (typeof modes)[number];

/** What the controls do. */
export interface Deeds {
  move(which: 'a' | 'b', by: number): void;
  movePair(by: number): void;
  setMode(mode: Mode): void;
  /** Undefined: no more. */
  peek(which: Source | undefined): void;
  togglePeek(which: Source): void;
  scrub(by: number): void;
  setGain(gain: number): void;
  /** @param share - of the stage's width */
  setWipe(share: number): void;
  toggleDetails(): void;
  zoom(factor: number): void;
  fit(): void;
  toPixels(): void;
  close(): void;
}

export function startControls(dialog: HTMLElement, part: FindPart, does: Deeds): void {
  const actions: Readonly<Record<string, () => void>> = {
    close: () => does.close(),
    'zoom-in': () => does.zoom(1.5),
    'zoom-out': () => does.zoom(1 / 1.5),
    fit: () => does.fit(),
    pixels: () => does.toPixels(),
    info: () => does.toggleDetails(),
    'peek-content': () => does.togglePeek('content'),
    'peek-style': () => does.togglePeek('style'),
  };
  dialog.addEventListener('click', (event) => {
    const button = around(event, 'button');
    const mode = modes.find((one) => one === button?.dataset.modeButton);
    if (mode !== undefined) does.setMode(mode);
    else actions[button?.dataset.action ?? '']?.();
  });
  const [gain, wipe] = [part<HTMLInputElement>('gain'), part<HTMLInputElement>('wipe')];
  gain.addEventListener('input', () => does.setGain(Number(gain.value)));
  wipe.addEventListener('input', () => does.setWipe(Number(wipe.value) / 100));
  const divider = part('divider');
  divider.addEventListener('pointerdown', (event) => {
    event.stopPropagation();
    divider.setPointerCapture(event.pointerId);
  });
  divider.addEventListener('pointermove', (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const { left, width } = part('stage').getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - left) / width));
    wipe.value = String(100 * share);
    does.setWipe(share);
  });

  const keys: Readonly<Record<string, ((event: KeyboardEvent) => void) | undefined>> = {
    ArrowLeft: (event) => does.move(event.shiftKey ? 'b' : 'a', -1),
    ArrowRight: (event) => does.move(event.shiftKey ? 'b' : 'a', 1),
    ArrowUp: () => does.movePair(-1),
    ArrowDown: () => does.movePair(1),
    '[': () => does.scrub(-1),
    ']': () => does.scrub(1),
    '+': actions['zoom-in'],
    '=': actions['zoom-in'],
    '-': actions['zoom-out'],
    0: actions.fit,
    p: actions.pixels,
    i: actions.info,
    ...Object.fromEntries(modes.map((mode, i) => [i + 1, () => does.setMode(mode)])),
  };
  dialog.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Sliders and lists keep their own arrows.
    if (event.key.startsWith('Arrow') && around(event, 'input, [data-part="details"]')) return;
    const key = event.key.toLowerCase();
    if ((key === 'c' || key === 's') && !event.repeat) does.peek(key === 'c' ? 'content' : 'style');
    else if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]!(event);
    }
  });
  dialog.addEventListener('keyup', (event) => {
    if (['c', 's'].includes(event.key.toLowerCase())) does.peek(undefined);
  });
}
