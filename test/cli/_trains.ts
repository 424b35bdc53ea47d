/** Carries out fake trials, and trainings that leave random parameters of their network. */
import { encodeParameters } from '../../src/networks/parameters.ts';
import '../../src/networks/registry.ts';
import type { PerformTraining } from '../../src/runs/trial-io.ts';
import { drawn } from '../networks/export/_run.ts';
import { performTraining as train } from '../runs/fake-trial.ts';

export { performTrial } from '../runs/fake-trial.ts';

export const performTraining: PerformTraining = (config, io, signal) =>
  train(
    config,
    { ...io, file: (name) => io.file(name, encodeParameters(config.network, drawn(config.network))) },
    signal,
  );
