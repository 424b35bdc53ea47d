/** What a trial measures of itself where it may be pruned. */

import type { Metric } from '../../metrics/metric.ts';
import { allMetrics } from '../../metrics/registry.ts';
import { resolveMetric } from '../../metrics/statistics/analysis/question.ts';
import type { RegionsOfPair } from '../../metrics/styles.ts';
import type { Encoder } from '../encoders/encoder.ts';
import type { Engine } from '../engines/engine.ts';
import { NeckarError } from '../errors.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import type { TrialHooks } from '../transfer/trial.ts';
import { finishedOf, measurePicture, measuringEncoder } from './picture-scores.ts';
import type { TrialIo } from './trial-io.ts';

/**
 * The hooks of a trial whose budget prunes: the value at each rung, measured and reported. A metric that refuses the
 * picture judges nobody: the trial goes on, and its log says why.
 *
 * @returns no hooks where nothing is pruned
 */
export function rungHooks(
  config: TrialConfig,
  io: TrialIo,
  regions: readonly (RegionsOfPair | undefined)[],
): Pick<TrialHooks, 'ready' | 'rung'> {
  const { pruning } = config.budget;
  const report = io.rung;
  if (pruning === undefined || report === undefined) return {};
  if (pruning.metric === 'total') {
    return {
      rung: ({ evaluation, total }) =>
        report({ evaluation, value: total, measure: 'total', better: 'lower' }),
    };
  }
  let means: { engine: Engine; encoder: Encoder; metric: Metric } | undefined;
  return {
    ready: (engine, encoder) => {
      means = { engine, encoder, metric: wantedMetric(pruning.metric, engine, encoder) };
    },
    rung: async ({ evaluation, picture, content, style }) => {
      const { engine, encoder, metric } = means!;
      const finished = await finishedOf(config, encoder, { picture, content, style, regions });
      const scores = await measurePicture(finished, engine, encoder, [metric]);
      const score = scores[metric.id]!;
      if ('refused' in score) {
        io.log(
          `rung ${evaluation}: the trial goes on unjudged, as ${metric.id} was not measured: ${score.refused}`,
        );
        return undefined;
      }
      return await report({ evaluation, value: score.value, measure: metric.id, better: score.better });
    },
  };
}

function wantedMetric(wanted: string, engine: Engine, encoder: Encoder): Metric {
  const metrics = allMetrics([measuringEncoder(engine, encoder)]);
  const found = resolveMetric(
    wanted,
    metrics.map(({ id }) => id),
    'budget.pruning: the metric',
  );
  if ('problem' in found) throw new NeckarError(found.problem);
  return metrics.find(({ id }) => id === found.id)!;
}
