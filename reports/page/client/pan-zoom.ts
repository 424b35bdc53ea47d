/** Zooming by wheel, pinch and keys and moving by dragging, the same for both panes. */

/** How far a picture is enlarged at most, beyond what fits. */
const largest = 32;

/** The two panes of the view. */
export type Panes = Readonly<Record<'a' | 'b', HTMLElement>>;

/** Of the picture of pane A. */
export interface Sizes {
  /** What it fills where it fits, in CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** How much that must be scaled for one of its pixels to be one pixel of the screen. */
  readonly exact: number;
}

/** Where in the pictures one is. */
export interface View {
  /** 1 fits. */
  scale: number;
  /** Stays at one pixel for each pixel, also in a window of another size. */
  exact: boolean;
  x: number;
  y: number;
  /** By a factor, the point (x, y) staying where it is. */
  zoom(factor: number, x?: number, y?: number): void;
  reset(): void;
  /** One pixel of the picture on one of the screen. */
  toPixels(): void;
  /** Keeps the picture where it can be seen. */
  limit(): void;
}

/**
 * @param panes - whose pictures move; positions are relative to a pane's centre
 * @param changed - called after every change
 */
export function followPointer(
  stage: HTMLElement,
  panes: Panes,
  sizes: () => Sizes,
  changed: () => void,
): View {
  const view: View = { scale: 1, exact: false, x: 0, y: 0, zoom, reset, toPixels, limit };
  const pointers = new Map<number, PointerEvent>();

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

  function zoom(factor: number, x = 0, y = 0): void {
    const before = view.scale;
    view.exact = false;
    view.scale *= factor;
    limit();
    view.x = x - ((x - view.x) * view.scale) / before;
    view.y = y - ((y - view.y) * view.scale) / before;
    limit();
    changed();
  }

  function toPixels(): void {
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
  function place(clientX: number, clientY: number): [x: number, y: number] {
    const boxes = [panes.a, panes.b].map((pane) => pane.getBoundingClientRect());
    const box =
      boxes.find((b) => clientX >= b.left && clientX <= b.right && clientY >= b.top && clientY <= b.bottom) ??
      boxes[0]!;
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
      const distance = (p: PointerEvent) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY);
      const middle = place((event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2);
      zoom(distance(event) / Math.max(1, distance(before)), ...middle);
    }
  });
  for (const end of ['pointerup', 'pointercancel'] as const) {
    stage.addEventListener(end, (event) => pointers.delete(event.pointerId));
  }
  return view;
}
