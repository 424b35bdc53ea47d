/** The comparison grid: any two axes as rows and columns, the rest as selectors. */

import { make } from '../../../src/platform/browser/make.ts';
import type { FigureAxis } from '../../figure/layout.ts';
import type { ReportData, TrialData } from '../data.ts';
import { addressed, onAddress, setAddress } from './address.ts';
import { around, type Figures, partOf, remember, remembered } from './dom.ts';

/** Pixels of the pictures that the tables begin with; where they are shown larger, the whole picture is taken. */
const thumbnail = 384;

/** An axis that is neither rows nor columns, and which of its values is shown. */
export type FixedAxis = readonly [axis: FigureAxis, value: number];

/** What the grid shows. */
export interface GridLayout {
  readonly rows: FigureAxis;
  readonly columns: FigureAxis;
  readonly shown: readonly TrialData[];
  readonly fixed: readonly FixedAxis[];
}

export interface Grid {
  /** What is shown now. */
  layout(): GridLayout;
  /** Calls back whenever that changes. */
  changed(call: () => void): void;
}

interface State {
  rows: string;
  columns: string;
  /** FigureAxis key -> index of the value that is shown. */
  chosen: Record<string, number>;
}

type Side = 'rows' | 'columns';
const sources = ['content', 'style'] as const;

/**
 * Takes the figures out of the plain tables and lays them out as the reader chooses.
 * @param open - opens the comparison view at a trial
 */
export function startGrid(data: ReportData, figures: Figures, open: (id: string) => boolean): Grid {
  const host = partOf(document, '#grid');

  const axes = new Map(data.axes.map((axis) => [axis.key, axis]));
  const state: State = { rows: data.rows, columns: data.columns, chosen: {} };
  const listeners: (() => void)[] = [];
  let layout: GridLayout;
  const toolbar = make('div', { class: 'toolbar', role: 'group', 'aria-label': 'What the grid shows' });
  const view = make('div', { class: 'grid-view' });
  host.replaceChildren(toolbar, view);
  host.addEventListener('click', (event) => {
    const link = around(event, 'a.picture');
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link.closest('figure')!.dataset.trial!);
  });

  function others(): FigureAxis[] {
    const shown = new Set([state.rows, state.columns]);
    const hidden = shown.has('pair') ? ['content', 'style'] : ['pair'];
    return data.axes.filter(
      (axis) => choices(axis).length > 1 && !shown.has(axis.key) && !hidden.includes(axis.key),
    );
  }

  /** What can be chosen: a weight that another variant sweeps is no choice, and its trials are always shown. */
  function choices({ values, absent }: FigureAxis): number[] {
    return [...values.keys()].filter((i) => i !== absent);
  }

  function axisPicker(which: Side, label: string): HTMLElement {
    const select: HTMLSelectElement = make(
      'select',
      {
        onchange: () => {
          const other = which === 'rows' ? 'columns' : 'rows';
          if (conflicts(select.value, state[other])) state[other] = alternative(select.value, state[which]);
          state[which] = select.value;
          draw();
          write();
          partOf(toolbar, `[data-axis="${which}"]`).focus();
        },
        'data-axis': which,
      },
      ...data.axes.map(({ key, label: name }) =>
        make('option', { value: key, selected: key === state[which] }, name),
      ),
    );
    return make('label', {}, make('span', {}, label), select);
  }

  /** Whether two axes cannot be shown at once: the same one, or a pair and its part. */
  function conflicts(a: string, b: string): boolean {
    const parts: readonly string[] = sources;
    return a === b || (a === 'pair' && parts.includes(b)) || (b === 'pair' && parts.includes(a));
  }

  function alternative(taken: string, preferred: string): string {
    const free = data.axes.filter(({ key }) => !conflicts(key, taken));
    return (
      free.find(({ key }) => key === preferred) ??
      free.find(({ values }) => values.length > 1) ??
      free[0]!
    ).key;
  }

  function selector(axis: FigureAxis): HTMLElement {
    const { key, label, values } = axis;
    const current = state.chosen[key] ?? 0;
    if (values.length > 6) {
      const select: HTMLSelectElement = make(
        'select',
        {
          onchange: () => {
            state.chosen[key] = Number(select.value);
            drawTable();
            write();
          },
        },
        ...choices(axis).map((i) => make('option', { value: i, selected: i === current }, values[i]!)),
      );
      return make('label', {}, make('span', {}, label), select);
    }
    const chips = choices(axis).map((i) =>
      make(
        'label',
        { class: 'chip' },
        make('input', {
          type: 'radio',
          name: `axis-${key}`,
          checked: i === current,
          onchange: () => {
            state.chosen[key] = i;
            drawTable();
            write();
          },
        }),
        make('span', {}, thumb(key, i), values[i]!),
      ),
    );
    return make('fieldset', {}, make('legend', {}, label), ...chips);
  }

  function thumb(key: string, index: number): HTMLElement | undefined {
    if (key !== 'content' && key !== 'style') return undefined;
    const trial = data.trials.find(({ at }) => at[key] === index);
    const source = trial && data.sources[trial[key]];
    return source?.src ? make('img', { src: source.src, alt: '', loading: 'lazy' }) : undefined;
  }

  function draw(): void {
    const size: HTMLInputElement = make('input', {
      type: 'range',
      min: 96,
      max: 1024,
      step: 1,
      value: remembered('cell') ?? fitting(),
      oninput: () => {
        view.style.setProperty('--chosen', `${size.value}px`);
        remember('cell', size.value);
        sharpen();
      },
    });
    view.style.setProperty('--chosen', `${size.value}px`);
    const swap = make(
      'button',
      {
        type: 'button',
        title: 'Swap rows and columns',
        'aria-label': 'Swap rows and columns',
        onclick: () => {
          [state.rows, state.columns] = [state.columns, state.rows];
          draw();
          write();
        },
      },
      '⇄',
    );
    toolbar.replaceChildren(
      axisPicker('rows', 'Rows'),
      swap,
      axisPicker('columns', 'Columns'),
      ...others().map(selector),
      make('label', { class: 'size' }, make('span', {}, 'Size'), size),
    );
    drawTable();
  }

  /** The axes and choices in the address, by their names: a report made anew may have them in another order. */
  function write() {
    const changes: Record<string, string | undefined> = {
      rows: state.rows === data.rows ? undefined : state.rows,
      columns: state.columns === data.columns ? undefined : state.columns,
    };
    for (const { key, values } of data.axes) {
      const chosen = state.chosen[key];
      changes[`at:${key}`] = chosen === undefined || chosen === 0 ? undefined : values[chosen];
    }
    setAddress(changes);
  }

  /** As the address says; what it does not know is as it was at first. */
  function read(address: URLSearchParams): void {
    const known = (key: string | null, otherwise: string) =>
      key !== null && axes.has(key) ? key : otherwise;
    state.rows = known(address.get('rows'), data.rows);
    state.columns = known(address.get('columns'), data.columns);
    if (conflicts(state.rows, state.columns)) [state.rows, state.columns] = [data.rows, data.columns];
    state.chosen = {};
    for (const axis of data.axes) {
      const at = axis.values.indexOf(address.get(`at:${axis.key}`) ?? '');
      if (choices(axis).includes(at)) state.chosen[axis.key] = at;
    }
  }

  /** The size at which the columns fill the width, and a picture still fits into the window. */
  function fitting(): number {
    const columns = axes.get(state.columns)!.values.length;
    const around = host.parentElement!;
    const { paddingLeft, paddingRight } = getComputedStyle(around);
    const width = around.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    // Content and style in a row's header take about the width of one column together, to a limit.
    const header = state.rows === 'pair' ? Math.min(312, width / (columns + 1)) : 156;
    const free = (width - header) / columns - 12;
    const highest = Math.max(384, Math.min(1024, innerHeight - 220));
    return Math.max(132, Math.min(highest, Math.floor(free)));
  }

  function drawTable() {
    const [rows, columns] = [axes.get(state.rows)!, axes.get(state.columns)!];
    const fixed = others().map(({ key, absent }) => [key, [state.chosen[key] ?? 0, absent]] as const);
    const shown = data.trials.filter(({ at }) => fixed.every(([key, wanted]) => wanted.includes(at[key])));
    layout = { rows, columns, shown, fixed: others().map((axis) => [axis, state.chosen[axis.key] ?? 0]) };
    const present = (axis: FigureAxis) =>
      axis.values.map((_, i) => i).filter((i) => shown.some(({ at }) => at[axis.key] === i));
    const across = present(columns);
    const table = make(
      'table',
      { class: 'grid' },
      make(
        'thead',
        {},
        make('tr', {}, make('td', {}), ...across.map((i) => header(columns, i, 'col', shown))),
      ),
      make(
        'tbody',
        {},
        ...present(rows).map((r) =>
          make(
            'tr',
            {},
            header(rows, r, 'row', shown),
            ...across.map((c) => {
              const here = shown.filter(({ at }) => at[rows.key] === r && at[columns.key] === c);
              return make('td', {}, ...here.map(({ id }) => figures.get(id)));
            }),
          ),
        ),
      ),
    );
    const empty = make('p', { class: 'empty' }, 'No trial has this combination.');
    const pictures = make(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Comparison grid' },
      table,
    );
    view.replaceChildren(chosenText(), margin(shown) ?? '', shown.length > 0 ? pictures : empty);
    sharpen();
    for (const call of listeners) call();
  }

  /** Whole pictures where thumbnails would be blurred. */
  function sharpen() {
    const wide = parseFloat(view.style.getPropertyValue('--chosen')) * devicePixelRatio > thumbnail;
    for (const image of view.querySelectorAll<HTMLImageElement>('.cell img[data-full]')) {
      image.dataset.small ??= image.getAttribute('src') ?? '';
      const src = wide ? image.dataset.full! : image.dataset.small;
      if (image.getAttribute('src') !== src) image.src = src;
    }
  }

  /** What the selectors say, for paper, on which they are not. */
  function chosenText(): HTMLElement {
    const choices = others().map(({ key, label, values }) => `${label}: ${values[state.chosen[key] ?? 0]}`);
    return make('p', { class: 'chosen' }, choices.join(', '));
  }

  /** Content and style beside the grid, where all of it has the same ones and no header shows them. */
  function margin(shown: readonly TrialData[]): HTMLElement | undefined {
    const keys = sources.filter(
      (key) => ![state.rows, state.columns].includes(key) && ![state.rows, state.columns].includes('pair'),
    );
    const [first] = shown;
    if (first === undefined || keys.length === 0) return undefined;
    return make('div', { class: 'margin' }, ...keys.map((key) => sourceFigure(first[key])));
  }

  function sourceFigure(index: number): HTMLElement {
    const source = data.sources[index]!;
    const picture = source.src
      ? make('img', {
          src: source.src,
          alt: `${source.which}: ${source.name}`,
          width: source.width,
          height: source.height,
          loading: 'lazy',
        })
      : make('span', { class: 'missing' }, 'not readable');
    return make('figure', { class: 'source' }, picture, make('figcaption', {}, `${source.name}`));
  }

  function header(
    axis: FigureAxis,
    index: number,
    scope: 'row' | 'col',
    shown: readonly TrialData[],
  ): HTMLElement {
    const trial = shown.find(({ at }) => at[axis.key] === index);
    const keys = sources.filter((key) => axis.key === 'pair' || axis.key === key);
    if (trial === undefined || keys.length === 0) return make('th', { scope }, axis.values[index]!);
    return make(
      'th',
      { scope },
      make('div', { class: 'sources' }, ...keys.map((key) => sourceFigure(trial[key]))),
    );
  }

  read(addressed());
  draw();
  onAddress((address) => {
    const before = JSON.stringify(state);
    read(address);
    if (JSON.stringify(state) !== before) draw();
  });
  return { layout: () => layout, changed: (call) => listeners.push(call) };
}
