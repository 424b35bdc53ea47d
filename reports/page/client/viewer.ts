/**
 * The full-screen comparison: one picture, two side by side, a wipe between them, or their difference, zoomed and
 * moved together; content and style one key away; a scrubber over the snapshots.
 */

import { make } from '../../../src/platform/browser/make.ts';
import type { Source } from '../../figure/layout.ts';
import type { ReportData } from '../data.ts';
import { onAddress } from './address.ts';
import { type Figures, type FindPart, partOf } from './dom.ts';
import { followPointer, type Sizes } from './pan-zoom.ts';
import { startScrubber } from './scrubber.ts';
import { viewerAddress, type Wanted, type Written } from './viewer-address.ts';
import { type Mode, modes, startControls } from './viewer-controls.ts';
import { type Item, viewerItems } from './viewer-items.ts';

interface State {
  /** The trial whose pair is looked at while A and B are content and style. */
  anchor: string;
  a: Item | undefined;
  b: Item | undefined;
  mode: Mode;
  /** Content or style, shown in place of A while a key is held. */
  peek: Item | undefined;
  /** The evaluation that is shown; undefined: finished pictures. */
  step: number | undefined;
  gain: number;
  wipe: number;
}

/** @returns a function that opens the view at a trial of that id, and gives false when it has no picture */
export function startViewer(data: ReportData, figures: Figures): (id: string) => boolean {
  const dialog = partOf<HTMLDialogElement>(document, '#viewer');
  const part: FindPart = (name) => partOf(dialog, `[data-part="${name}"]`);
  const stage = part('stage');
  const panes = { a: part('a'), b: part('b') };
  const items = viewerItems(data, figures);
  /** What had the focus when the view was opened. */
  let origin: Element | null = null;

  const state: State = {
    anchor: '',
    a: undefined,
    b: undefined,
    mode: 'one',
    peek: undefined,
    step: undefined,
    gain: 4,
    wipe: 0.5,
  };
  const address = viewerAddress();
  const view = followPointer(stage, panes, sizes, apply);
  /** Where a link said one was, until its picture is there to be placed. */
  let arriving: { readonly zoom?: number; readonly x?: number; readonly y?: number } | undefined;
  const scrubber = startScrubber(part, (step) => {
    state.step = step;
    show();
  });

  /** The trial that is looked at: A, or B while A is content or style, or the last one when both are. */
  function anchor(): string {
    return visible().find((item) => item?.kind === 'trial')?.id ?? state.anchor;
  }

  function visible(): (Item | undefined)[] {
    return state.mode === 'one' ? [state.a] : [state.a, state.b];
  }

  function show() {
    const strip = items.ofPair(anchor());
    if (state.mode !== 'one' && items.same(state.a, state.b)) {
      state.b = strip.find((item) => !items.same(item, state.a));
    }
    const a = (state.peek ?? state.a)!;
    setPane('a', a);
    setPane('b', state.b!);
    dialog.dataset.mode = state.mode;
    const titles = state.mode === 'one' ? [a] : [a, state.b!];
    part('title').textContent = titles.map(items.titleOf).join('  ·  ');
    for (const button of dialog.querySelectorAll<HTMLElement>('[data-mode-button]')) {
      button.setAttribute('aria-pressed', String(button.dataset.modeButton === state.mode));
    }
    for (const which of ['content', 'style'] as const) {
      const shown = items.same(state.peek, items.sourceItem(items.trial(anchor())[which]));
      part(`peek-${which}`).setAttribute('aria-pressed', String(shown));
    }
    part('strip').replaceChildren(...strip.map(stripButton));
    part('strip').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    scrubber.show(visible().flatMap(items.snapshotsOf), state.step);
    showDetails();
    apply();
  }

  function setPane(name: 'a' | 'b', item: Item): void {
    const image = imageIn(panes[name]);
    const src = items.srcOf(item, state.step) ?? '';
    if (image.getAttribute('src') !== src) image.src = src;
    image.alt = items.titleOf(item);
    partOf(panes[name], 'figcaption').textContent = items.titleOf(item);
  }

  function stripButton(item: Item): HTMLElement {
    const isA = items.same(item, state.a);
    const isB = state.mode !== 'one' && items.same(item, state.b);
    const src = items.thumbnailOf(item);
    return make(
      'button',
      {
        type: 'button',
        title: `${items.titleOf(item)} (with Shift: as B)`,
        'aria-current': isA ? 'true' : undefined,
        onclick: (event) => choose(item, event.shiftKey ? 'b' : 'a'),
      },
      src ? make('img', { src, alt: '', loading: 'lazy' }) : undefined,
      make('span', { class: 'name' }, items.shortTitleOf(item)),
      isA && state.mode !== 'one' ? make('b', {}, 'A') : undefined,
      isB ? make('b', {}, 'B') : undefined,
    );
  }

  function choose(item: Item, which: 'a' | 'b'): void {
    state[which] = item;
    state.peek = undefined;
    if (item.kind === 'trial') state.anchor = item.id;
    if (which === 'b' && state.mode === 'one') state.mode = 'side';
    show();
  }

  function move(which: 'a' | 'b', by: number): void {
    const other = state[which === 'a' ? 'b' : 'a'];
    // Nothing is compared with itself.
    const offered = items
      .ofPair(anchor())
      .filter(
        (item) =>
          items.same(item, state[which]) ||
          (which === 'a' && state.mode === 'one') ||
          !items.same(item, other),
      );
    const at = offered.findIndex((item) => items.same(item, state[which]));
    choose(offered[(at + by + offered.length) % offered.length]!, which);
  }

  /** The same method on the next pair. */
  function movePair(by: number): void {
    const { id, partner } = items.onAnotherPair(anchor(), by);
    [state.a, state.b] = [partner(state.a!), partner(state.b!)];
    state.anchor = id;
    state.peek = undefined;
    show();
  }

  function setMode(mode: Mode): void {
    state.mode = mode;
    state.peek = undefined;
    show();
  }

  function peek(which: Source | undefined): void {
    state.peek = which === undefined ? undefined : items.sourceItem(items.trial(anchor())[which]);
    show();
  }

  function togglePeek(which: Source): void {
    peek(part(`peek-${which}`).getAttribute('aria-pressed') === 'true' ? undefined : which);
  }

  function showDetails() {
    const trial = items.trial(anchor());
    const copy = document.getElementById(trial.anchor)!.cloneNode(true) as HTMLElement;
    copy.removeAttribute('id');
    part('details').replaceChildren(make('h3', {}, trial.label), copy);
  }

  function toggleDetails() {
    const panel = part('details');
    panel.hidden = !panel.hidden;
    part('info').setAttribute('aria-expanded', String(!panel.hidden));
    apply();
  }

  /** What the picture of A fills where it fits, and the scale at which one of its pixels is one of the screen's. */
  function sizes(): Sizes {
    const { naturalWidth, naturalHeight } = imageIn(panes.a);
    if (naturalWidth === 0) return { width: panes.a.clientWidth, height: panes.a.clientHeight, exact: 1 };
    const fit = Math.min(panes.a.clientWidth / naturalWidth, panes.a.clientHeight / naturalHeight);
    return { width: fit * naturalWidth, height: fit * naturalHeight, exact: 1 / (fit * devicePixelRatio) };
  }

  function apply() {
    arrive();
    view.limit();
    const { width, height, exact } = sizes();
    for (const pane of Object.values(panes)) place(pane, view.scale * width, view.scale * height);
    stage.style.setProperty('--wipe', `${100 * state.wipe}%`);
    stage.style.setProperty('--gain', String(state.gain));
    part('zoom').textContent = `${Math.round((100 * view.scale) / exact)} %`;
    part('fit').setAttribute('aria-pressed', String(view.scale === 1));
    part('pixels').setAttribute('aria-pressed', String(view.exact));
    // So large that what is looked at are the pixels themselves; and at their own size nothing may soften them.
    stage.classList.toggle('pixels', view.exact || view.scale / exact > 6);
    if (dialog.open && arriving === undefined && state.a !== undefined) address.write(written());
  }

  /** On whole pixels of the screen: half a pixel beside them every pixel would be a mixture of two. */
  function place(pane: HTMLElement, width: number, height: number): void {
    const onPixels = (length: number) => Math.round(length * devicePixelRatio) / devicePixelRatio;
    const box = pane.getBoundingClientRect();
    const left = onPixels(box.left + (box.width - width) / 2 + view.x) - box.left;
    const top = onPixels(box.top + (box.height - height) / 2 + view.y) - box.top;
    Object.assign(partOf(pane, '.sheet').style, {
      left: `${left}px`,
      top: `${top}px`,
      width: `${width}px`,
      height: `${height}px`,
    });
  }

  /** Takes the place in a picture that a link names, once the picture's size is known. */
  function arrive() {
    const image = imageIn(panes.a);
    if (arriving === undefined || !image.complete || image.naturalWidth === 0) return;
    const { zoom, x = 0, y = 0 } = arriving;
    arriving = undefined;
    const { width, height, exact } = sizes();
    view.exact = zoom === 100;
    view.scale = zoom === undefined ? 1 : (zoom / 100) * exact;
    view.x = x * view.scale * width;
    view.y = y * view.scale * height;
  }

  /** What the address says of it; what is as it is at first, is left out. */
  function written(): Wanted {
    const { width, height, exact } = sizes();
    const share = (offset: number, length: number) =>
      offset === 0 ? undefined : (offset / (view.scale * length)).toFixed(4);
    const id = anchor();
    const a = items.nameOf(state.a!, id);
    return {
      view: id,
      a: a === id ? undefined : a,
      b: state.mode === 'one' ? undefined : items.nameOf(state.b!, id),
      mode: state.mode === 'one' ? undefined : state.mode,
      step: state.step,
      wipe: state.mode === 'wipe' && state.wipe !== 0.5 ? state.wipe.toFixed(3) : undefined,
      gain: state.mode === 'difference' && state.gain !== 4 ? state.gain : undefined,
      zoom: view.scale === 1 && !view.exact ? undefined : Number(((100 * view.scale) / exact).toFixed(2)),
      x: share(view.x, width),
      y: share(view.y, height),
      details: part('details').hidden ? undefined : 'yes',
    };
  }

  startControls(dialog, part, {
    move,
    movePair,
    setMode,
    peek,
    togglePeek,
    toggleDetails,
    scrub: scrubber.move,
    zoom: (factor) => view.zoom(factor),
    fit: () => view.reset(),
    toPixels: () => view.toPixels(),
    close: () => dialog.close(),
    setGain: (gain) => {
      state.gain = gain;
      apply();
    },
    setWipe: (share) => {
      state.wipe = share;
      apply();
    },
  });
  for (const pane of Object.values(panes)) imageIn(pane).addEventListener('load', apply);
  dialog.addEventListener('close', () => {
    // Opened again before the event came.
    if (dialog.open) return;
    document.documentElement.classList.remove('viewing');
    arriving = undefined;
    // Closed by going back, the address says so already.
    if (address.read().view !== undefined) address.leave();
    else address.drop();
    // Back to where one was: a chart or a table, or else the picture that was looked at last.
    const outside =
      origin?.isConnected === true && origin !== document.body && !origin.closest('figure[data-trial]');
    if (outside && origin instanceof HTMLElement) origin.focus({ preventScroll: true });
    else if (outside && origin instanceof SVGElement) origin.focus({ preventScroll: true });
    else figures.get(anchor())?.querySelector('a')?.focus();
  });
  addEventListener('resize', () => dialog.open && apply());

  function isThere(id: string): boolean {
    return items.isTrial(id) && items.pictureOf(id) !== undefined;
  }

  /**
   * @param wanted - as the address has it
   * @param kept - what it does not say stays as it was
   */
  function openAt(id: string, wanted: Written, kept = false): void {
    items.load();
    const isNumber = (text: string | undefined) => text !== undefined && Number.isFinite(Number(text));
    const number = (text: string | undefined) => (isNumber(text) ? Number(text) : undefined);
    Object.assign(state, {
      anchor: id,
      a: items.named(wanted.a ?? id, id) ?? items.trialItem(id),
      b: items.named(wanted.b ?? 'content', id),
      mode: kept ? state.mode : (modes.find((mode) => mode === wanted.mode) ?? 'one'),
      peek: undefined,
      step: number(wanted.step),
      ...(!kept && { wipe: number(wanted.wipe) ?? 0.5, gain: number(wanted.gain) ?? 4 }),
    });
    part<HTMLInputElement>('wipe').value = String(100 * state.wipe);
    part<HTMLInputElement>('gain').value = String(state.gain);
    if (!kept && part('details').hidden === (wanted.details !== undefined)) toggleDetails();
    view.reset();
    const [zoom, x, y] = [number(wanted.zoom), number(wanted.x), number(wanted.y)];
    arriving = {
      ...(zoom !== undefined && { zoom }),
      ...(x !== undefined && { x }),
      ...(y !== undefined && { y }),
    };
    document.documentElement.classList.add('viewing');
    if (!dialog.open) {
      origin = document.activeElement;
      dialog.showModal();
    }
    show();
    stage.focus();
  }

  function open(id: string): boolean {
    if (!isThere(id)) return false;
    const wasOpen = dialog.open;
    openAt(id, {}, true);
    if (!wasOpen) address.enter(written());
    return true;
  }

  /** As the address says, on arriving by a link and on going back and forward. */
  function follow() {
    const wanted = address.read();
    const skip = address.wasSpent();
    address.drop();
    if (wanted.view !== undefined && isThere(wanted.view)) openAt(wanted.view, wanted);
    else if (dialog.open) dialog.close();
    // The page looks here as it did a step ago.
    else if (skip) history.back();
  }
  onAddress(follow);
  const linked = address.read();
  if (linked.view !== undefined) {
    // The page itself comes before the comparison, so that Back leads to it and not out of it.
    address.leave();
    address.wasSpent();
    if (isThere(linked.view)) {
      openAt(linked.view, linked);
      address.enter(linked);
    }
  }
  return open;
}

function imageIn(pane: HTMLElement): HTMLImageElement {
  return partOf(pane, 'img');
}
