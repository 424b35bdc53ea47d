/** Zooming by wheel, pinch and keys and moving by dragging, the same for both panes. */

/** How far a picture is enlarged at most, beyond what fits. */
const largest = 32;

/**
 * @param panes - the elements whose pictures move; positions are relative to a pane's centre
 * @param sizes - gives `{width, height, exact}`: what the picture of pane A fills where it fits, in CSS pixels, and how much
 *   that must be scaled for one of its pixels to be one pixel of the screen
 * @param changed - called after every change
 */
export function followPointer(stage, panes, sizes, changed) {
  /** `scale` 1 fits; `exact` stays at one pixel for each pixel, also in a window of another size. */
  const view = { scale: 1, exact: false, x: 0, y: 0, zoom, reset, toPixels, limit };
  const pointers = new Map();

  function limit() {
    const { width, height, exact } = sizes();
    if (view.exact) view.scale = exact;
    // A small picture is larger where it fits than pixel by pixel.
    view.scale = Math.max(Math.min(1, exact), Math.min(Math.max(largest, exact), view.scale));
    const pane = panes.a.getBoundingClientRect();
    const mx = Math.max(0, (view.scale * width - pane.width) / 2);
    const my = Math.max(0, (view.scale * height - pane.height) / 2);
    view.x = Math.max(-mx, Math.min(mx, view.x));
    view.y = Math.max(-my, Math.min(my, view.y));
  }

  /** By a factor, the point (x, y) staying where it is. */
  function zoom(factor, x = 0, y = 0) {
    const before = view.scale;
    view.exact = false;
    view.scale *= factor;
    limit();
    view.x = x - ((x - view.x) * view.scale) / before;
    view.y = y - ((y - view.y) * view.scale) / before;
    limit();
    changed();
  }

  /** One pixel of the picture on one of the screen. */
  function toPixels() {
    zoom(sizes().exact / view.scale);
    view.exact = true;
    limit();
    changed();
  }

  function reset() {
    Object.assign(view, { scale: 1, exact: false, x: 0, y: 0 });
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
    if (view.scale !== 1) reset();
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
