/** A trial as the store runs it: the transfer itself, then the measurements of its picture. */
import type { MeasuringEncoder } from '../../metrics/metric.ts';
import { patchPlacement } from '../../metrics/patch-style.ts';
import { findRegions } from '../../metrics/regions.ts';
import { essentialMetrics, measureAll } from '../../metrics/registry.ts';
import { readImage } from '../images/decode.ts';
import { prepareLosses } from '../losses/registry.ts';
import { featureProvider } from '../transfer/features.ts';
import { runTrial, TrialInterrupted } from '../transfer/trial.ts';
import { startEnergyMeter } from './energy.ts';
import type { Energy } from './result.ts';
import { type PerformTrial, snapshotPath } from './trial-io.ts';

/** Runs one trial, keeps its pictures through `io`, and measures the last one against content and style. */
export const performTrial: PerformTrial = async (config, io, signal) => {
  // Read before the work: a map that is broken is said at once, not after it.
  const regions = await findRegions(config.content, config.style);
  const meter = startEnergyMeter();
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
      const energy: Energy =
        io.restored === undefined
          ? meter.stop()
          : { refused: 'Not measured: the trial was interrupted and went on in another process.' };
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
          // The file itself: metrics compare with it at one size, whatever size the trial saw it at.
          style: await readImage(config.style),
          optimised: { encoder: encoder.hash, layers: [...new Set(terms.flatMap((term) => term.layers))] },
          ...(regions !== undefined && { regions }),
        },
        measuring,
        [...essentialMetrics([measuring]), ...(regions === undefined ? [] : [patchPlacement])],
      );
      const kept = config.snapshots.filter((evaluation) => evaluation <= evaluations);
      return {
        ...outcome,
        timing: { ...outcome.timing, energy },
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
  } finally {
    meter.stop();
  }
};
