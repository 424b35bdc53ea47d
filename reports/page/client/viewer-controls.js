/** How the comparison is worked: by its buttons and sliders, by dragging the wipe, and by keys. */

/** The ways to look, in the order of their keys 1 to 4. */
export const modes = ['one', 'side', 'wipe', 'difference'];

/**
 * @param part - finds a part of the view by name
 * @param does - what the controls do: `move(which, by)`, `movePair(by)`, `setMode(mode)`, `peek(which)` (undefined: no
 *   more), `togglePeek(which)`, `scrub(by)`, `setGain(gain)`, `setWipe(share)`, `toggleDetails()`, `zoom(factor)`, `fit()`,
 *   `toPixels()`, `close()`
 */
export function startControls(dialog, part, does) {
  const actions = {
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
    const button = event.target.closest('button');
    if (button?.dataset.modeButton) does.setMode(button.dataset.modeButton);
    else actions[button?.dataset.action]?.();
  });
  part('gain').addEventListener('input', (event) => does.setGain(Number(event.target.value)));
  part('wipe').addEventListener('input', (event) => does.setWipe(Number(event.target.value) / 100));
  const divider = part('divider');
  divider.addEventListener('pointerdown', (event) => {
    event.stopPropagation();
    divider.setPointerCapture(event.pointerId);
  });
  divider.addEventListener('pointermove', (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const { left, width } = part('stage').getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - left) / width));
    part('wipe').value = 100 * share;
    does.setWipe(share);
  });

  const keys = {
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
    if (event.key.startsWith('Arrow') && event.target.closest('input, [data-part="details"]')) return;
    const key = event.key.toLowerCase();
    if ((key === 'c' || key === 's') && !event.repeat) does.peek(key === 'c' ? 'content' : 'style');
    else if (keys[event.key]) {
      event.preventDefault();
      keys[event.key](event);
    }
  });
  dialog.addEventListener('keyup', (event) => {
    if (['c', 's'].includes(event.key.toLowerCase())) does.peek(undefined);
  });
}
