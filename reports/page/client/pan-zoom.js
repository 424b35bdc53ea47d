/** Zooming by wheel, pinch and keys and moving by dragging, the same for both panes. */

/**
 * @param panes - the elements whose contents move; positions are relative to a pane's centre
 * @param changed - called after every change
 */
export function followPointer(stage, panes, changed) {
  const view = { scale: 1, x: 0, y: 0, zoom, reset };
  const pointers = new Map();

  function limit() {
    view.scale = Math.max(1, Math.min(32, view.scale));
    const { width, height } = panes.a.getBoundingClientRect();
    const [mx, my] = [((view.scale - 1) * width) / 2, ((view.scale - 1) * height) / 2];
    view.x = Math.max(-mx, Math.min(mx, view.x));
    view.y = Math.max(-my, Math.min(my, view.y));
  }

  /** By a factor, the point (x, y) staying where it is. */
  function zoom(factor, x = 0, y = 0) {
    const scale = Math.max(1, Math.min(32, view.scale * factor));
    view.x = x - ((x - view.x) * scale) / view.scale;
    view.y = y - ((y - view.y) * scale) / view.scale;
    view.scale = scale;
    limit();
    changed();
  }

  function reset() {
    Object.assign(view, { scale: 1, x: 0, y: 0 });
    changed();
  }

  /** The pointer's place relative to the centre of the pane it is over. */
  function place(clientX, clientY) {
    const boxes = Object.values(panes).map((pane) => pane.getBoundingClientRect());
    const box =
      boxes.find((b) => clientX >= b.left && clientX <= b.right && clientY >= b.top && clientY <= b.bottom) ??
      boxes[0];
    return [clientX - box.left - box.width / 2, clientY - box.top - box.height / 2];
  }

  stage.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * 0.002), ...place(event.clientX, event.clientY));
    },
    { passive: false },
  );
  stage.addEventListener('dblclick', (event) => {
    if (view.scale > 1) reset();
    else zoom(3, ...place(event.clientX, event.clientY));
  });
  stage.addEventListener('pointerdown', (event) => {
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
  });
  stage.addEventListener('pointermove', (event) => {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    const [other] = [...pointers.values()].filter(({ pointerId }) => pointerId !== event.pointerId);
    pointers.set(event.pointerId, event);
    if (other === undefined) {
      view.x += event.clientX - before.clientX;
      view.y += event.clientY - before.clientY;
      limit();
      changed();
    } else {
      const distance = (p) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY);
      const middle = place((event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2);
      zoom(distance(event) / Math.max(1, distance(before)), ...middle);
    }
  });
  for (const end of ['pointerup', 'pointercancel']) {
    stage.addEventListener(end, (event) => pointers.delete(event.pointerId));
  }
  return view;
}
