/** Carries out fake trials, and trainings that leave random parameters of their network. */
import { encodeParameters } from '../../src/networks/parameters.ts';
import '../../src/networks/registry.ts';
import type { PerformTraining, PerformTrial } from '../../src/runs/trial-io.ts';
import { drawn } from '../networks/export/_run.ts';
import { performTrial as perform, performTraining as train } from '../runs/fake-trial.ts';

/** Whatever their method is: it is the store's to keep. */
export const performTrial: PerformTrial = ({ method: _, ...config }, io, signal) =>
  perform(config, io, signal);

export const performTraining: PerformTraining = (config, io, signal) =>
  train(
    config,
    { ...io, file: (name) => io.file(name, encodeParameters(config.network, drawn(config.network))) },
    signal,
  );
