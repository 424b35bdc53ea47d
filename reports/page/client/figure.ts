/** A figure for a paper, of chosen rows and columns of the grid: to be downloaded, or made by the command that is shown. */

import { make } from '../../../src/platform/browser/make.ts';
import { quoted } from '../../../src/platform/shell.ts';
import { type FigureAxis, paperFigure } from '../../figure/layout.ts';
import type { FigureData, ReportData } from '../data.ts';
import { addressed, onAddress, setAddress } from './address.ts';
import { type Figures, partOf, readJson } from './dom.ts';
import { type FigureFiles, figureFiles } from './figure-files.ts';
import type { FixedAxis, Grid } from './grid.ts';
import { viewerItems } from './viewer-items.ts';

const kinds: readonly (readonly [kind: keyof FigureFiles, label: string, ending: string])[] = [
  ['png', 'PNG', 'png'],
  ['pdf', 'PDF', 'pdf'],
  ['latex', 'LaTeX', 'zip'],
];

type Side = 'rows' | 'columns';
const sides: readonly Side[] = ['rows', 'columns'];

/** @param grid - whose rows and columns it has to begin with */
export function startFigure(data: ReportData, figures: Figures, grid: Grid): void {
  const words = readJson<FigureData>('report-figure');
  const items = viewerItems(data, figures);
  const lists = {
    rows: make('fieldset', {}),
    columns: make('fieldset', {}),
  };
  const sources = make('input', { type: 'checkbox', checked: true, onchange: changed });
  const width = make('input', { type: 'number', min: 20, max: 2000, value: 174, onchange: changed });
  const command = make('pre', {});
  const said = make('p', { class: 'remark', role: 'status' });
  const panel = make(
    'details',
    { id: 'figure', class: 'many' },
    make('summary', {}, 'Figure for a paper'),
    make('div', { class: 'choices' }, lists.rows, lists.columns),
    make(
      'div',
      { class: 'choices' },
      make('label', {}, sources, ' content and style'),
      make('label', {}, 'Width in mm ', width),
      ...kinds.map(([kind, label, ending]) =>
        make('button', { type: 'button', 'data-kind': kind, onclick: () => download(kind, ending) }, label),
      ),
    ),
    said,
    make(
      'p',
      { class: 'remark' },
      'Made from the pictures of this page. From the lossless ones the same figure is made by:',
    ),
    make('div', { class: 'command' }, command),
  );
  partOf(document, '#grid').after(panel);
  panel.addEventListener('toggle', () => {
    if (panel.open !== addressed().has('figure')) setAddress({ figure: panel.open ? 'yes' : undefined });
  });

  /** The values of an axis that the grid shows, in order. */
  function offered(side: Side): number[] {
    const { [side]: axis, shown } = grid.layout();
    return [...axis.values.keys()].filter((value) => shown.some(({ at }) => at[axis.key] === value));
  }

  function chosen(side: Side): number[] {
    return [...lists[side].querySelectorAll<HTMLInputElement>('input:checked')].map(({ value }) =>
      Number(value),
    );
  }

  function left(side: Side): string[] {
    const out = [...lists[side].querySelectorAll<HTMLInputElement>('input:not(:checked)')];
    return out.map(({ value }) => grid.layout()[side].values[Number(value)]!);
  }

  /** As the grid is, without what the address leaves out. */
  function draw() {
    const address = addressed();
    for (const side of sides) {
      const axis = grid.layout()[side];
      const without = new Set<string>(JSON.parse(address.get(`figure:no-${side}`) ?? '[]'));
      lists[side].replaceChildren(
        make('legend', {}, axis.label),
        ...offered(side).map((value) =>
          make(
            'label',
            {},
            make('input', {
              type: 'checkbox',
              value,
              checked: !without.has(axis.values[value]!),
              onchange: changed,
            }),
            ` ${axis.values[value]}`,
          ),
        ),
      );
    }
    sources.checked = address.get('figure:sources') !== 'no';
    width.value = address.get('figure:width') ?? '174';
    panel.open = address.has('figure');
    say();
  }

  function changed() {
    const without = (side: Side) => (left(side).length === 0 ? undefined : JSON.stringify(left(side)));
    setAddress({
      'figure:no-rows': without('rows'),
      'figure:no-columns': without('columns'),
      'figure:sources': sources.checked ? undefined : 'no',
      'figure:width': width.value === '174' ? undefined : width.value,
    });
    say();
  }

  function say() {
    const { rows, columns, fixed } = grid.layout();
    const line = (side: Side, axis: FigureAxis) => {
      const names = chosen(side).map((value) => axis.values[value]);
      return `--${side} ${quoted(left(side).length === 0 ? axis.key : `${axis.key}=${names.join(',')}`)}`;
    };
    command.textContent = [
      words.command,
      line('rows', rows),
      line('columns', columns),
      ...fixed.map(([{ key, values }, value]) => `--at ${quoted(`${key}=${values[value]}`)}`),
      ...(sources.checked ? [] : ['--no-sources']),
      ...(width.value === '174' ? [] : [`--width ${width.value}`]),
    ].join(' ');
    const nothing = chosen('rows').length === 0 || chosen('columns').length === 0;
    const unnamed = sides.some((side) =>
      offered(side).some((value) => words.labels[grid.layout()[side].values[value]!] === undefined),
    );
    for (const button of panel.querySelectorAll<HTMLButtonElement>('[data-kind]'))
      button.disabled = nothing || unnamed;
    said.textContent = unnamed
      ? 'So many values make no figure of a page: choose other axes, or name the values in the command.'
      : nothing
        ? 'Choose at least one row and one column.'
        : '';
  }

  async function download(kind: keyof FigureFiles, ending: string): Promise<void> {
    const { rows, columns, fixed } = grid.layout();
    said.textContent = 'Drawing …';
    try {
      items.load();
      const seen = data.trials.filter(({ id }) => items.pictureOf(id) !== undefined);
      const figure = paperFigure(
        { axes: data.axes, trials: seen },
        {
          rows: { key: rows.key, values: chosen('rows') },
          columns: { key: columns.key, values: chosen('columns') },
          at: Object.fromEntries(fixed.map(([{ key }, value]) => [key, value])),
          sources: sources.checked ? ['content', 'style'] : [],
        },
      );
      const files = await figureFiles(figure, {
        width: Number(width.value),
        labels: words.labels,
        srcOf: ({ kind: which, id }) =>
          items.srcOf(which === 'trial' ? items.trialItem(id) : items.sourceItem(items.trial(id)[which])) ??
          '',
        name: 'figure',
        caption: captionOf(rows, columns, fixed),
        command: command.textContent,
      });
      const href = URL.createObjectURL(await files[kind]());
      make('a', { href, download: `figure.${ending}` }).click();
      // The browser has it by then.
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
      said.textContent = `figure.${ending} is among your downloads.`;
    } catch (thrown) {
      const { name, message } = thrown as Error;
      said.textContent =
        name === 'SecurityError'
          ? 'This browser does not let a page from disk read pictures that lie beside it. The command below makes the figure.'
          : `The figure could not be made: ${message}`;
    }
  }

  function captionOf(rows: FigureAxis, columns: FigureAxis, fixed: readonly FixedAxis[]): string {
    const by = fixed.map(
      ([{ key, values }, value]) =>
        `${words.axes[key]} ${words.labels[values[value]!]?.tex ?? values[value]}`,
    );
    const within = by.length === 0 ? '' : ` (${by.join(', ')})`;
    return `${words.title}: ${words.axes[rows.key]} by ${words.axes[columns.key]}${within}.`;
  }

  draw();
  grid.changed(draw);
  onAddress(draw);
}
