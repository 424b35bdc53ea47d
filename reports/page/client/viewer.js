/**
 * The full-screen comparison: one picture, two side by side, a wipe between them, or their difference, zoomed and
 * moved together; content and style one key away; a scrubber over the snapshots.
 */
import { make, readJson } from './dom.js';
import { followPointer } from './pan-zoom.js';

const modes = ['one', 'side', 'wipe', 'difference'];

/**
 * @param figures - trial id -> its figure, in the document or not
 * @returns a function that opens the view at a trial of that id, and gives false when it has no picture
 */
export function startViewer(data, figures) {
  const dialog = document.getElementById('viewer');
  const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
  const stage = part('stage');
  const panes = { a: part('a'), b: part('b') };
  const trials = new Map(data.trials.map((trial) => [trial.id, trial]));
  // Large and many: read only when the view is first opened.
  let large;
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

  /** Content, style and every trial of the same pair: what the strip offers. */
  function strip() {
    const { at, content, style } = trials.get(anchor());
    const same = data.trials.filter(
      (trial) => trial.at.pair === at.pair && pictureOf(trial.id) !== undefined,
    );
    return [sourceItem(content), sourceItem(style), ...same.map(({ id }) => ({ kind: 'trial', id }))];
  }

  /** The trial that is looked at: A, or B while A is content or style, or the last one when both are. */
  function anchor() {
    const shown = state.mode === 'one' ? [state.a] : [state.a, state.b];
    return shown.find((item) => item?.kind === 'trial')?.id ?? state.anchor;
  }

  function sourceItem(index) {
    return { kind: 'source', index };
  }

  function pictureOf(id) {
    return figures.get(id)?.querySelector('img') ?? undefined;
  }

  function titleOf(item) {
    if (item.kind === 'source') return `${data.sources[item.index].which}: ${data.sources[item.index].name}`;
    return trials.get(item.id).label;
  }

  /** The source of an item's picture, at the scrubber's evaluation where it has one. */
  function srcOf(item, step) {
    if (item.kind === 'source') return large.sources[item.index] ?? data.sources[item.index].src;
    const snapshots = large.snapshots[item.id] ?? [];
    const at = snapshots.filter(({ evaluation }) => step !== undefined && evaluation <= step).at(-1);
    if (at !== undefined) return at.src;
    const image = pictureOf(item.id);
    return image.dataset.full ?? image.getAttribute('src');
  }

  function same(one, other) {
    return one?.kind === other?.kind && one?.id === other?.id && one?.index === other?.index;
  }

  function show() {
    const items = strip();
    if (state.mode !== 'one' && same(state.a, state.b)) state.b = items.find((item) => !same(item, state.a));
    const a = state.peek ?? state.a;
    setPane('a', a);
    setPane('b', state.b);
    dialog.dataset.mode = state.mode;
    part('title').textContent = state.mode === 'one' ? titleOf(a) : `${titleOf(a)}  ·  ${titleOf(state.b)}`;
    for (const button of dialog.querySelectorAll('[data-mode-button]')) {
      button.setAttribute('aria-pressed', String(button.dataset.modeButton === state.mode));
    }
    for (const which of ['content', 'style']) {
      const shown = state.peek?.index === trials.get(anchor())[which];
      part(`peek-${which}`).setAttribute('aria-pressed', String(state.peek !== undefined && shown));
    }
    part('strip').replaceChildren(...items.map(stripButton));
    part('strip').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    showSteps();
    showDetails();
    apply();
  }

  function setPane(name, item) {
    const image = panes[name].querySelector('img');
    const src = srcOf(item, state.step);
    if (image.getAttribute('src') !== src) image.src = src;
    image.alt = titleOf(item);
    panes[name].querySelector('figcaption').textContent = titleOf(item);
  }

  function stripButton(item) {
    const isA = same(item, state.a);
    const isB = state.mode !== 'one' && same(item, state.b);
    const src =
      item.kind === 'source' ? data.sources[item.index].src : pictureOf(item.id).getAttribute('src');
    return make(
      'button',
      {
        type: 'button',
        title: `${titleOf(item)} (with Shift: as B)`,
        'aria-current': isA ? 'true' : undefined,
        onclick: (event) => choose(item, event.shiftKey ? 'b' : 'a'),
      },
      src ? make('img', { src, alt: '', loading: 'lazy' }) : undefined,
      make(
        'span',
        { class: 'name' },
        item.kind === 'source' ? data.sources[item.index].which : shortName(item.id),
      ),
      isA && state.mode !== 'one' ? make('b', {}, 'A') : undefined,
      isB ? make('b', {}, 'B') : undefined,
    );
  }

  /** A trial's name within its pair. */
  function shortName(id) {
    const { at } = trials.get(id);
    return data.axes
      .filter(
        ({ key, values }) =>
          !['pair', 'content', 'style'].includes(key) && (values.length > 1 || key === 'variant'),
      )
      .map(({ key, values }) => values[at[key]])
      .join(' ');
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
    const items = strip().filter(
      (item) => same(item, state[which]) || (which === 'a' && state.mode === 'one') || !same(item, other),
    );
    const at = items.findIndex((item) => same(item, state[which]));
    choose(items[(at + by + items.length) % items.length], which);
  }

  /** The same method on the next pair. */
  function movePair(by) {
    const here = trials.get(anchor());
    const keys = Object.keys(here.at).filter((key) => !['pair', 'content', 'style'].includes(key));
    const alike = data.trials.filter(
      (trial) => pictureOf(trial.id) !== undefined && keys.every((key) => trial.at[key] === here.at[key]),
    );
    const at = alike.findIndex(({ id }) => id === here.id);
    const next = alike[(at + by + alike.length) % alike.length];
    const partner = (item) => {
      if (item.kind === 'source') {
        return sourceItem(
          item.index === here.content ? next.content : item.index === here.style ? next.style : item.index,
        );
      }
      const other = trials.get(item.id);
      const found = data.trials.find(
        (trial) => trial.at.pair === next.at.pair && keys.every((key) => trial.at[key] === other.at[key]),
      );
      return found !== undefined && pictureOf(found.id)
        ? { kind: 'trial', id: found.id }
        : { kind: 'trial', id: next.id };
    };
    [state.a, state.b] = [partner(state.a), partner(state.b)];
    state.anchor = next.id;
    state.peek = undefined;
    show();
  }

  function setMode(mode) {
    state.mode = mode;
    state.peek = undefined;
    show();
  }

  function peek(which) {
    state.peek = which === undefined ? undefined : sourceItem(trials.get(anchor())[which]);
    show();
  }

  // The scrubber: evaluations of A's snapshots, the last position being the finished picture.
  function steps() {
    const of = (item) => (item?.kind === 'trial' ? (large.snapshots[item.id] ?? []) : []);
    const all = [...of(state.a), ...(state.mode === 'one' ? [] : of(state.b))].map(
      ({ evaluation }) => evaluation,
    );
    return [...new Set(all)].sort((x, y) => x - y);
  }

  function showSteps() {
    const all = steps();
    const range = part('scrubber');
    part('scrub').hidden = all.length === 0;
    range.max = all.length;
    const at = state.step === undefined ? all.length : all.findIndex((step) => step >= state.step);
    range.value = at < 0 ? all.length : at;
    const text = Number(range.value) === all.length ? 'finished' : `evaluation ${all[range.value]}`;
    part('scrub-label').textContent = text;
    range.setAttribute('aria-valuetext', text);
  }

  function scrubTo(index) {
    const all = steps();
    state.step = all[Math.max(0, Math.min(index, all.length))];
    show();
  }

  function showDetails() {
    const body = document.getElementById(trials.get(anchor()).anchor);
    const copy = body.cloneNode(true);
    copy.removeAttribute('id');
    part('details').replaceChildren(make('h3', {}, trials.get(anchor()).label), copy);
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

  const actions = {
    close: () => dialog.close(),
    'zoom-in': () => view.zoom(1.5),
    'zoom-out': () => view.zoom(1 / 1.5),
    fit: () => view.reset(),
    info: () => {
      const panel = part('details');
      panel.hidden = !panel.hidden;
      part('info').setAttribute('aria-expanded', String(!panel.hidden));
      apply();
    },
    'peek-content': () =>
      peek(part('peek-content').getAttribute('aria-pressed') === 'true' ? undefined : 'content'),
    'peek-style': () =>
      peek(part('peek-style').getAttribute('aria-pressed') === 'true' ? undefined : 'style'),
  };
  dialog.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button?.dataset.modeButton) setMode(button.dataset.modeButton);
    else actions[button?.dataset.action]?.();
  });
  part('scrubber').addEventListener('input', (event) => scrubTo(Number(event.target.value)));
  part('gain').addEventListener('input', (event) => {
    state.gain = Number(event.target.value);
    apply();
  });
  part('wipe').addEventListener('input', (event) => {
    state.wipe = Number(event.target.value) / 100;
    apply();
  });
  const divider = part('divider');
  divider.addEventListener('pointerdown', (event) => {
    event.stopPropagation();
    divider.setPointerCapture(event.pointerId);
  });
  divider.addEventListener('pointermove', (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const { left, width } = stage.getBoundingClientRect();
    state.wipe = Math.max(0, Math.min(1, (event.clientX - left) / width));
    part('wipe').value = 100 * state.wipe;
    apply();
  });

  const keys = {
    ArrowLeft: (event) => move(event.shiftKey ? 'b' : 'a', -1),
    ArrowRight: (event) => move(event.shiftKey ? 'b' : 'a', 1),
    ArrowUp: () => movePair(-1),
    ArrowDown: () => movePair(1),
    '[': () => scrubTo(Number(part('scrubber').value) - 1),
    ']': () => scrubTo(Number(part('scrubber').value) + 1),
    '+': actions['zoom-in'],
    '=': actions['zoom-in'],
    '-': actions['zoom-out'],
    0: actions.fit,
    i: actions.info,
    ...Object.fromEntries(modes.map((mode, i) => [i + 1, () => setMode(mode)])),
  };
  dialog.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Sliders and lists keep their own arrows.
    if (event.key.startsWith('Arrow') && event.target.closest('input, [data-part="details"]')) return;
    const key = event.key.toLowerCase();
    if ((key === 'c' || key === 's') && !event.repeat) peek(key === 'c' ? 'content' : 'style');
    else if (keys[event.key]) {
      event.preventDefault();
      keys[event.key](event);
    }
  });
  dialog.addEventListener('keyup', (event) => {
    if (['c', 's'].includes(event.key.toLowerCase())) peek(undefined);
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
    if (!trials.has(id) || pictureOf(id) === undefined) return false;
    large ??= readJson('report-pictures');
    const { content } = trials.get(id);
    Object.assign(state, {
      a: { kind: 'trial', id },
      b: sourceItem(content),
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
