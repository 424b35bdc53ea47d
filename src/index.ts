/** The public face of Neckar: what experiment files import. */

export { z } from 'zod';
export { defineMetric } from '../metrics/define.ts';
export { refuse } from '../metrics/metric.ts';
export { defineEncoder, type EncoderContext, type EncoderDefinition } from './encoders/define.ts';
export type { Encoder, EncoderOutline, Features } from './encoders/encoder.ts';
export type { Applied, Link, MapShape, Reach } from './encoders/links.ts';
export { weights as weightsSetting } from './encoders/settings.ts';
export { NeckarError } from './errors.ts';
export {
  activation,
  bures,
  content,
  correlations,
  defineExperiment,
  type ExperimentInput,
  fused,
  gram,
  histogram,
  type ImageInput,
  type LossInput,
  laplacian,
  mmd,
  moments,
  mrf,
  type PairInput,
  type SettingsInput,
  slicedWasserstein,
  strotss,
  variation,
} from './experiment/define.ts';
export { choice, type Distribution, logUniform, uniform } from './experiment/distributions.ts';
export { type Plan, type PlannedTrial, type PlanOptions, planTrials } from './experiment/plan.ts';
export { type Preset, type PresetName, presets } from './experiment/presets.ts';
export { cross, grid, list, range, type Sweepable, sample, zip } from './experiment/sweep.ts';
export type { Budget, Initialization, TraceRecord, TrialConfig } from './experiment/trial.ts';
export { defineOptimizer, type OptimizerDefinition } from './optimizers/define.ts';
export type { Optimizer, OptimizerOptions, OptimizerState } from './optimizers/optimizer.ts';
// For components of one's own: the very same TensorFlow.js and zod that Neckar uses.
export { tf } from './tensor.ts';
