/** A trial as the store runs it: the transfer itself, then the measurements of its picture. */
import type { MeasuringEncoder } from '../../metrics/metric.ts';
import { essentialMetrics, measureAll } from '../../metrics/registry.ts';
import { prepareLosses } from '../losses/registry.ts';
import { featureProvider } from '../transfer/features.ts';
import { runTrial, TrialInterrupted } from '../transfer/trial.ts';
import { type PerformTrial, snapshotPath } from './trial-io.ts';

/** Runs one trial, keeps its pictures through `io`, and measures the last one against content and style. */
export const performTrial: PerformTrial = async (config, io, signal) => {
  try {
    const { engine, encoder, picture, content, style, ...outcome } = await runTrial(
      config,
      {
        trace: (record) => io.trace(record),
        checkpoint: (state) => io.checkpoint(state),
        progress: (progress) => io.progress(progress),
        snapshot: (evaluation, image) => io.snapshot(evaluation, image),
        restored: io.restored,
      },
      signal,
    );
    try {
      const { evaluations } = outcome.cost;
      io.progress({ phase: 'measure', evaluation: evaluations, evaluations });
      const final = await io.picture('final', picture);
      const terms = prepareLosses(config.losses, {
        encoder,
        size: [content.height, content.width],
        styleSize: [style.height, style.width],
      });
      const measuring: MeasuringEncoder = {
        name: encoder.name,
        hash: encoder.hash,
        layers: encoder.defaults.heldOut,
        encode: featureProvider(engine, encoder),
      };
      const scores = await measureAll(
        {
          result: picture,
          content,
          style,
          optimised: { encoder: encoder.hash, layers: [...new Set(terms.flatMap((term) => term.layers))] },
        },
        measuring,
        essentialMetrics([measuring]),
      );
      const kept = config.snapshots.filter((evaluation) => evaluation <= evaluations);
      return {
        ...outcome,
        images: {
          final,
          snapshots: kept.map((evaluation) => ({ evaluation, path: snapshotPath(evaluation) })),
          width: picture.width,
          height: picture.height,
        },
        scores,
      };
    } finally {
      await engine.dispose();
    }
  } catch (error) {
    if (error instanceof TrialInterrupted) throw signal.reason;
    throw error;
  }
};
