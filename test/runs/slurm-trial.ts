/** The fake trial, slow only until it goes on from a checkpoint: whoever interrupts it need not wait for its end. */
import type { PerformTrial } from '../../src/runs/trial-io.ts';
import { performTrial as perform } from './fake-trial.ts';

export const performTrial: PerformTrial = async (config, io, signal) =>
  await perform(io.restored === undefined ? config : { ...config, variant: 'plain' }, io, signal);
