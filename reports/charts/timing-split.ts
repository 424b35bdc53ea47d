/** Where the seconds went, machine by machine. */
import type { TopLevelSpec } from 'vega-lite';
import type { Timing } from '../../src/experiment/result.ts';
import { duration } from '../../src/platform/format.ts';
import { groupBy, nearest } from '../group.ts';
import type { ReportedTrial } from '../input.ts';
import { timingGroup } from '../machines.ts';
import type { Model } from '../model.ts';
import { type Chart, fileName, type Panel, type Row, unique } from './chart.ts';
import { linkTo, seriesOf } from './series.ts';
import { colorScale, ink } from './theme.ts';

/** In the order in which they are stacked. `rest` is what the clock saw and no part claims: images, measuring. */
const parts: readonly (readonly [name: string, of: (timing: Timing) => number])[] = [
  ['value and gradient', ({ warmup, evaluate }) => warmup + evaluate],
  ['optimiser', ({ optimizer }) => optimizer],
  ['held targets', ({ refresh }) => refresh],
  ['compiling', ({ compile }) => compile],
  ['preparing', ({ prepare }) => prepare],
  ['output', ({ output }) => output],
  ['rest', (timing) => Math.max(0, timing.total - claimed(timing))],
];

function claimed({ warmup, evaluate, optimizer, refresh, compile, prepare, output }: Timing): number {
  return warmup + evaluate + optimizer + refresh + compile + prepare + output;
}

/** The chart, or undefined when nothing was timed. */
export function timingSplit(trials: readonly ReportedTrial[], model: Model): Chart | undefined {
  const timed = trials.filter(({ result }) => result !== undefined && result.timing.total > 0);
  if (timed.length === 0) return undefined;
  const series = seriesOf(timed, model);
  const names = parts.map(([name]) => name);
  const groups = groupBy(timed, ({ result }) => timingGroup(result!));
  const panels = [...groups].map(([machine, group]): Panel => {
    const bars = groupBy(group, (trial) => {
      const { variant, optimizer } = series.columns(trial);
      return series.optimizers.length > 1 ? `${variant} · ${optimizer}` : String(variant);
    });
    const rows = [...bars].flatMap(([bar, own]) => {
      const wall = (trial: ReportedTrial) => trial.result!.timing.total;
      const mean = own.reduce((sum, trial) => sum + wall(trial), 0) / own.length;
      const href = linkTo(nearest(own, mean, wall));
      return parts.map(([part, of], order): Row => {
        const seconds = own.reduce((sum, { result }) => sum + of(result!.timing), 0) / own.length;
        return { bar, part, order, seconds, trials: own.length, href };
      });
    });
    const spec = {
      data: { values: rows as Row[] },
      height: Math.max(60, 22 * bars.size),
      mark: { type: 'bar', height: { band: 0.72 } },
      encoding: {
        y: {
          field: 'bar',
          type: 'nominal',
          title: null,
          sort: [...bars.keys()],
          axis: { grid: false, ticks: false, labelPadding: 8, labelColor: ink, labelLimit: 200 },
        },
        x: {
          field: 'seconds',
          type: 'quantitative',
          aggregate: 'sum',
          title: 'seconds',
          axis: { grid: true, domain: false },
        },
        color: { field: 'part', type: 'nominal', title: null, sort: names, scale: colorScale(names) },
        order: { field: 'order', type: 'quantitative' },
        href: { field: 'href', type: 'nominal' },
      },
    } as TopLevelSpec;
    const total = (bar: string) =>
      rows.filter((row) => row.bar === bar).reduce((sum, row) => sum + Number(row.seconds), 0);
    const evaluating = rows
      .filter(({ order }) => order === 0)
      .reduce((sum, { seconds }) => sum + Number(seconds), 0);
    const all = rows.reduce((sum, { seconds }) => sum + Number(seconds), 0);
    return {
      name: fileName('timing-split', machine),
      title: 'Where the time goes',
      subtitle: machine,
      description: `Stacked bars of mean seconds per trial: ${[...bars.keys()].map((bar) => `${bar} ${duration(total(bar))}`).join(', ')}. ${Math.round((100 * evaluating) / all)} % goes into value and gradient.`,
      spec,
      rows: rows.map(({ bar, part, seconds, trials: count }) => ({
        bar: bar!,
        part: part!,
        seconds: seconds!,
        trials: count!,
        machine,
      })),
    };
  });
  const shared = timed.filter(({ result }) => result!.timing.shared).length;
  return {
    name: 'timing-split',
    title: 'Where the time goes',
    note: [
      'Mean seconds of a trial; a bar leads to the trial nearest to it.',
      timed.some(({ result }) => result!.timing.parts !== undefined && 'encoder' in result!.timing.parts)
        ? 'Encoder and losses are one function; the next chart divides its value and gradient among them.'
        : 'Encoder and losses are one function, whose value and gradient nothing here divides.',
      groups.size > 1 ? 'Machines, engines and picture sizes have panels of their own.' : '',
      shared > 0
        ? `${shared} of ${timed.length} trials ran while others ran beside them: their seconds are too long.`
        : '',
    ]
      .filter(Boolean)
      .join(' '),
    panels: unique(panels),
    legend: names.map((label, index) => ({ kind: 'color', label, index })),
  };
}
