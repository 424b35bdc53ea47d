/**
 * The full-screen comparison: one picture, two side by side, a wipe between them, or their difference, zoomed and
 * moved together; content and style one key away; a scrubber over the snapshots.
 */
import { make } from './dom.js';
import { followPointer } from './pan-zoom.js';
import { startScrubber } from './scrubber.js';
import { startControls } from './viewer-controls.js';
import { viewerItems } from './viewer-items.js';

/**
 * @param figures - trial id -> its figure, in the document or not
 * @returns a function that opens the view at a trial of that id, and gives false when it has no picture
 */
export function startViewer(data, figures) {
  const dialog = document.getElementById('viewer');
  const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
  const stage = part('stage');
  const panes = { a: part('a'), b: part('b') };
  const items = viewerItems(data, figures);
  /** What had the focus when the view was opened. */
  let origin;

  const state = {
    a: undefined,
    b: undefined,
    mode: 'one',
    peek: undefined,
    step: undefined,
    gain: 4,
    wipe: 0.5,
  };
  const view = followPointer(stage, panes, apply);
  const scrubber = startScrubber(part, (step) => {
    state.step = step;
    show();
  });

  /** The trial that is looked at: A, or B while A is content or style, or the last one when both are. */
  function anchor() {
    return visible().find((item) => item?.kind === 'trial')?.id ?? state.anchor;
  }

  function visible() {
    return state.mode === 'one' ? [state.a] : [state.a, state.b];
  }

  function show() {
    const strip = items.ofPair(anchor());
    if (state.mode !== 'one' && items.same(state.a, state.b)) {
      state.b = strip.find((item) => !items.same(item, state.a));
    }
    const a = state.peek ?? state.a;
    setPane('a', a);
    setPane('b', state.b);
    dialog.dataset.mode = state.mode;
    const titles = state.mode === 'one' ? [a] : [a, state.b];
    part('title').textContent = titles.map(items.titleOf).join('  ·  ');
    for (const button of dialog.querySelectorAll('[data-mode-button]')) {
      button.setAttribute('aria-pressed', String(button.dataset.modeButton === state.mode));
    }
    for (const which of ['content', 'style']) {
      const shown = state.peek?.index === items.trial(anchor())[which];
      part(`peek-${which}`).setAttribute('aria-pressed', String(state.peek !== undefined && shown));
    }
    part('strip').replaceChildren(...strip.map(stripButton));
    part('strip').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    scrubber.show(visible().flatMap(items.snapshotsOf), state.step);
    showDetails();
    apply();
  }

  function setPane(name, item) {
    const image = panes[name].querySelector('img');
    const src = items.srcOf(item, state.step);
    if (image.getAttribute('src') !== src) image.src = src;
    image.alt = items.titleOf(item);
    panes[name].querySelector('figcaption').textContent = items.titleOf(item);
  }

  function stripButton(item) {
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

  function choose(item, which) {
    state[which] = item;
    state.peek = undefined;
    if (item.kind === 'trial') state.anchor = item.id;
    if (which === 'b' && state.mode === 'one') state.mode = 'side';
    show();
  }

  function move(which, by) {
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
    choose(offered[(at + by + offered.length) % offered.length], which);
  }

  /** The same method on the next pair. */
  function movePair(by) {
    const { id, partner } = items.onAnotherPair(anchor(), by);
    [state.a, state.b] = [partner(state.a), partner(state.b)];
    state.anchor = id;
    state.peek = undefined;
    show();
  }

  function setMode(mode) {
    state.mode = mode;
    state.peek = undefined;
    show();
  }

  function peek(which) {
    state.peek = which === undefined ? undefined : items.sourceItem(items.trial(anchor())[which]);
    show();
  }

  function togglePeek(which) {
    peek(part(`peek-${which}`).getAttribute('aria-pressed') === 'true' ? undefined : which);
  }

  function showDetails() {
    const trial = items.trial(anchor());
    const copy = document.getElementById(trial.anchor).cloneNode(true);
    copy.removeAttribute('id');
    part('details').replaceChildren(make('h3', {}, trial.label), copy);
  }

  function toggleDetails() {
    const panel = part('details');
    panel.hidden = !panel.hidden;
    part('info').setAttribute('aria-expanded', String(!panel.hidden));
    apply();
  }

  function apply() {
    const transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
    for (const pane of Object.values(panes)) pane.querySelector('.sheet').style.transform = transform;
    stage.style.setProperty('--wipe', `${100 * state.wipe}%`);
    stage.style.setProperty('--gain', state.gain);
    part('zoom').textContent = `${Math.round(100 * view.scale)} %`;
    const image = panes.a.querySelector('img');
    const { clientWidth, clientHeight } = panes.a;
    const fit = Math.min(clientWidth / image.naturalWidth, clientHeight / image.naturalHeight);
    // So large that what is looked at are the pixels themselves.
    const enlarged = image.naturalWidth > 0 && fit * view.scale > 6;
    stage.classList.toggle('pixels', enlarged);
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
    setGain: (gain) => {
      state.gain = gain;
      apply();
    },
    setWipe: (share) => {
      state.wipe = share;
      apply();
    },
  });
  dialog.addEventListener('close', () => {
    document.documentElement.classList.remove('viewing');
    // Back to where one was: a chart or a table, or else the picture that was looked at last.
    const outside = origin?.isConnected && origin !== document.body && !origin.closest('figure[data-trial]');
    if (outside) origin.focus({ preventScroll: true });
    else figures.get(anchor())?.querySelector('a')?.focus();
  });
  addEventListener('resize', () => dialog.open && apply());

  return (id) => {
    if (items.trial(id) === undefined || items.pictureOf(id) === undefined) return false;
    items.load();
    Object.assign(state, {
      a: items.trialItem(id),
      b: items.sourceItem(items.trial(id).content),
      anchor: id,
      peek: undefined,
      step: undefined,
    });
    view.reset();
    document.documentElement.classList.add('viewing');
    if (!dialog.open) {
      origin = document.activeElement;
      dialog.showModal();
    }
    show();
    stage.focus();
    return true;
  };
}
