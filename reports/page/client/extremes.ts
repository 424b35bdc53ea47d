/** Worst, median and best by whichever metric the reader chooses. */
import { make } from '../../../src/platform/browser/make.ts';
import type { ExtremeCell, ExtremesOfMetric, ReportData } from '../data.ts';
import { type Figures, partOf } from './dom.ts';
import type { Pickers } from './pickers.ts';

/**
 * @param figures - whose pictures are shown again
 * @param pickers - what charts are set to: they show the same metric
 */
export function startExtremes(data: ReportData, figures: Figures, pickers: Pickers): void {
  const section = document.getElementById('extremes');
  if (section === null || data.extremes.metrics.length < 2) return;
  const rows = partOf(section, 'tbody');
  const by = partOf(section, '.by');
  const anchors = new Map(data.trials.map(({ id, anchor }) => [id, anchor]));

  const select: HTMLSelectElement = make(
    'select',
    {
      onchange: () =>
        pickers.choose('Metric', data.extremes.metrics.find(({ id }) => id === select.value)!.name),
    },
    ...data.extremes.metrics.map(({ id, label }) =>
      make('option', { value: id, selected: id === data.extremes.shown }, label),
    ),
  );
  by.replaceChildren(make('label', { class: 'picker' }, make('span', {}, 'Metric'), select));
  pickers.follow('Metric', (name) => {
    const first = data.extremes.metrics.find(({ id }) => id === data.extremes.shown);
    const wanted = name === undefined ? first : data.extremes.metrics.find((one) => one.name === name);
    if (wanted === undefined || by.dataset.metric === wanted.id) return;
    select.value = wanted.id;
    show(wanted);
  });

  function show(metric: ExtremesOfMetric): void {
    by.dataset.metric = metric.id;
    rows.replaceChildren(
      ...metric.variants.map(({ variant, trials, cells }) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row' }, `${variant} `, make('small', {}, trials)),
          ...cells.map((cell) => make('td', {}, figureOf(cell))),
        ),
      ),
    );
  }

  function figureOf({ id, value, caption }: ExtremeCell): HTMLElement {
    const picture = figures.get(id)?.querySelector('img');
    const shown = picture
      ? make('img', {
          src: picture.getAttribute('src') ?? undefined,
          width: picture.getAttribute('width') ?? undefined,
          height: picture.getAttribute('height') ?? undefined,
          alt: picture.alt,
        })
      : make('span', { class: 'missing' }, 'no picture');
    return make(
      'figure',
      { class: 'extreme' },
      make('a', { class: 'picture', href: `#${anchors.get(id)}` }, shown),
      make('figcaption', {}, make('strong', {}, value), ` ${caption}`),
    );
  }
}
