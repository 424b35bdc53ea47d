/** What one evaluation of value and gradient costs, machine by machine. */
import { duration } from '../../src/platform/format.ts';
import { groupBy } from '../group.ts';
import type { ReportedTrial } from '../input.ts';
import { timingGroup } from '../machines.ts';
import type { Model } from '../model.ts';
import { type Chart, fileName, type Panel, unique } from './chart.ts';
import { linkTo, seriesOf } from './series.ts';
import { strips } from './strips.ts';

/** The chart, or undefined when nothing was timed. */
export function timePerEvaluation(trials: readonly ReportedTrial[], model: Model): Chart | undefined {
  const timed = trials.filter(({ result }) => result !== undefined && result.timing.perEvaluation > 0);
  if (timed.length === 0) return undefined;
  const series = seriesOf(timed, model);
  const groups = groupBy(timed, ({ result }) => timingGroup(result!));
  const panels = [...groups].map(([machine, group]): Panel => {
    const rows = group.map((trial) => ({
      ...series.columns(trial),
      machine,
      value: 1000 * trial.result!.timing.perEvaluation,
      measured: !trial.result!.timing.shared,
      href: linkTo(trial),
    }));
    const seconds = rows.map((row) => row.value / 1000);
    return {
      name: fileName('time-per-evaluation', machine),
      title: 'Time per evaluation',
      subtitle: machine,
      description: `Dot plot of the time per evaluation for each variant, from ${duration(Math.min(...seconds))} to ${duration(Math.max(...seconds))}.`,
      spec: strips(rows, series, { title: 'milliseconds', zero: true }),
      rows: rows.map(({ href: _, measured, ...row }) => ({ ...row, shared: !measured })),
    };
  });
  const shared = timed.filter(({ result }) => result!.timing.shared).length;
  return {
    name: 'time-per-evaluation',
    title: 'Time per evaluation',
    note: [
      'The median of all evaluations after the first of each size, value and gradient together; a dot for each trial, a tick at their median.',
      groups.size > 1
        ? 'Different machines, engines and picture sizes have panels of their own and are not to be compared.'
        : '',
      shared > 0
        ? `Hollow: timed while other trials ran beside it (${shared} of ${timed.length}), so too long; not to be compared.`
        : '',
    ]
      .filter(Boolean)
      .join(' '),
    panels: unique(panels),
    legend: series.legend(['color', 'shape']),
  };
}
