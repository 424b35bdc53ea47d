/** Trials and trainings as the store has them done: the work itself, with what is measured of it. */
import { regionsOfTrial } from '../../metrics/styles.ts';
import { loadModules } from '../components/modules.ts';
import type { Energy } from '../experiment/result.ts';
import { runTrial, TrialInterrupted } from '../transfer/trial.ts';
import { startEnergyMeter } from './energy.ts';
import { performMethod } from './perform-method.ts';
import { performNetwork } from './perform-network.ts';
import { finishedOf, measurePicture } from './picture-scores.ts';
import { rungHooks } from './rung-values.ts';
import { refuseSizes } from './small.ts';
import { type PerformTraining, type PerformTrial, snapshotPath } from './trial-io.ts';

/** Runs one trial, keeps its pictures through `io`, and measures the last one against content and style. */
export const performTrial: PerformTrial = async (config, io, signal) => {
  await loadModules([...(config.modules ?? []), ...(config.measuringModules ?? [])]);
  const { method } = config;
  if (method !== undefined && method.kind !== 'network')
    return await performMethod(config, method, io, signal);
  await refuseSizes(config);
  if (method !== undefined) return await performNetwork(config, method, io, signal);
  // Read before the work: a map that is broken is said at once, not after it.
  const regions = await regionsOfTrial(config);
  const pruner = rungHooks(config, io, regions);
  const meter = startEnergyMeter();
  try {
    const { engine, encoder, picture, content, style, ...outcome } = await runTrial(
      config,
      {
        trace: (record) => io.trace(record),
        checkpoint: (state) => io.checkpoint(state),
        progress: (progress) => io.progress(progress),
        log: (line) => io.log(line),
        ...pruner,
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
      const finished = await finishedOf(config, encoder, { picture, content, style, regions });
      const scores = await measurePicture(finished, engine, encoder, config);
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

/** Trains one network, and measures what the processors draw meanwhile. */
export const performTraining: PerformTraining = async (config, io, signal) => {
  // Most processes train nothing.
  const { performTraining: train } = await import('../training/training.ts');
  const meter = startEnergyMeter();
  try {
    const outcome = await train(config, io, signal);
    const energy: Energy =
      io.restored === undefined
        ? meter.stop()
        : { refused: 'Not measured: the training was interrupted and went on in another process.' };
    return { ...outcome, timing: { ...outcome.timing, energy } };
  } finally {
    meter.stop();
  }
};
