/** Looking closer: pictures that show the same place move together. */

const mostZoom = 8;

export interface Zoom {
  closer(): void;
  further(): void;
  whole(): void;
}

/**
 * @param images - the pictures that move together, each filling its frame at scale 1
 * @param onzoom - called when the scale has changed
 */
export function zoomTogether(images: readonly HTMLElement[], onzoom: () => void = () => {}): Zoom {
  let scale = 1;
  // Of the picture's own size, so that pictures of different sizes show the same place.
  let x = 0;
  let y = 0;
  const apply = () => {
    const most = (scale - 1) / 2;
    x = Math.min(most, Math.max(-most, x));
    y = Math.min(most, Math.max(-most, y));
    for (const image of images) {
      image.style.transform = scale === 1 ? '' : `translate(${x * 100}%, ${y * 100}%) scale(${scale})`;
      frameOf(image).classList.toggle('zoomed', scale > 1);
    }
  };
  /** Scales about a point, given in the picture's own size from its centre. */
  const zoomTo = (next: number, atX = 0, atY = 0) => {
    const before = scale;
    scale = Math.min(mostZoom, Math.max(1, next));
    x = atX - ((atX - x) * scale) / before;
    y = atY - ((atY - y) * scale) / before;
    apply();
    if (scale !== before) onzoom();
  };
  const place = (image: HTMLElement, event: MouseEvent): [x: number, y: number] => {
    const frame = frameOf(image).getBoundingClientRect();
    return [
      (event.clientX - frame.left - frame.width / 2) / image.offsetWidth,
      (event.clientY - frame.top - frame.height / 2) / image.offsetHeight,
    ];
  };
  for (const image of images) follow(image);

  function follow(image: HTMLElement): void {
    const frame = frameOf(image);
    const pointers = new Map<number, PointerEvent>();
    let apart = 0;
    let lastTap = 0;
    frame.addEventListener('pointerdown', (event) => {
      pointers.set(event.pointerId, event);
      if (scale > 1 || pointers.size > 1) frame.setPointerCapture(event.pointerId);
      apart = distance(pointers);
    });
    frame.addEventListener('pointermove', (event) => {
      const before = pointers.get(event.pointerId);
      if (before === undefined) return;
      pointers.set(event.pointerId, event);
      if (pointers.size === 2) {
        const now = distance(pointers);
        if (apart > 0) zoomTo((scale * now) / apart, ...place(image, event));
        apart = now;
      } else if (scale > 1) {
        x += (event.clientX - before.clientX) / image.offsetWidth;
        y += (event.clientY - before.clientY) / image.offsetHeight;
        apply();
      }
    });
    for (const type of ['pointerup', 'pointercancel', 'lostpointercapture'] as const) {
      frame.addEventListener(type, (event) => {
        pointers.delete(event.pointerId);
      });
    }
    frame.addEventListener('pointerup', (event) => {
      const now = event.timeStamp;
      if (now - lastTap < 350) {
        zoomTo(scale > 1 ? 1 : 2.5, ...place(image, event));
        lastTap = 0;
      } else lastTap = now;
    });
    frame.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault();
        zoomTo(scale * Math.exp(-event.deltaY / 300), ...place(image, event));
      },
      { passive: false },
    );
  }
  return {
    closer: () => zoomTo(scale * 1.5),
    further: () => zoomTo(scale / 1.5),
    whole: () => zoomTo(1),
  };
}

function frameOf(image: HTMLElement): HTMLElement {
  return image.parentElement!;
}

function distance(pointers: ReadonlyMap<number, PointerEvent>): number {
  const [a, b] = [...pointers.values()];
  if (a === undefined || b === undefined) return 0;
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
}
