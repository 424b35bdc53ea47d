/** Every chart of a report, in its order. */
import type { ReportInput } from '../input.ts';
import { scoreColumns } from '../metrics.ts';
import type { Model } from '../model.ts';
import type { Chart } from './chart.ts';
import { pareto } from './pareto.ts';
import { scores } from './scores.ts';
import { timePerEvaluation } from './time-per-evaluation.ts';
import { type Traces, trajectories } from './trajectories.ts';

/** The charts for which there is data. Trials without a result take part in none. */
export function allCharts(input: ReportInput, model: Model, traces: Traces): Chart[] {
  const trials = input.trials.filter(({ result }) => result !== undefined);
  const columns = scoreColumns(input);
  return [
    scores(trials, model, columns),
    pareto(trials, model, columns),
    trajectories(trials, model, traces, 'evaluations'),
    trajectories(trials, model, traces, 'seconds'),
    timePerEvaluation(trials, model),
  ].filter((chart) => chart !== undefined);
}
