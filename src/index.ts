/** The public face of Neckar: what experiment files import. */

export { z } from 'zod';
export { defineMetric } from '../metrics/define.ts';
export { refuse } from '../metrics/metric.ts';
export { defineEncoder, type EncoderContext, type EncoderDefinition } from './encoders/define.ts';
export type { Encoder, EncoderOutline, Features } from './encoders/encoder.ts';
export type { Applied, Link, MapShape, ReceptiveField } from './encoders/links.ts';
export { weights as weightsSetting } from './encoders/settings.ts';
// For losses of one's own: how they are defined and written, and the statistics that ours are made of.
export { NeckarError } from './errors.ts';
export {
  defineExperiment,
  type ExperimentInput,
  type ImageInput,
  type LossInput,
  type PairInput,
  type SettingsInput,
} from './experiment/define.ts';
export { choice, type Distribution, logUniform, uniform } from './experiment/distributions.ts';
export { type Plan, type PlannedTrial, type PlanOptions, planTrials } from './experiment/plan.ts';
export { type Preset, type PresetName, presets } from './experiment/presets.ts';
export { cross, grid, list, range, type Sweepable, sample, zip } from './experiment/sweep.ts';
export type { Budget, Initialization, TraceRecord, TrialConfig } from './experiment/trial.ts';
export {
  type Additive,
  type Statistic,
  type TargetStep,
  weightedMoments,
  weightedSquares,
  weightedSum,
} from './losses/additive.ts';
export {
  type Comparison,
  type ComparisonStep,
  comparing,
  covarianceOf,
  crossOf,
  type MapStatistic,
  meanOf,
  momentsOf,
  summed,
  varianceOf,
} from './losses/comparison.ts';
export { defineLoss, type LossDescription, unitsOf } from './losses/define.ts';
export type { LossContext, LossTerm, Reference, References } from './losses/loss.ts';
export {
  activeLayers,
  conventionOption,
  layeredOptions,
  layerOptions,
  refreshOption,
  resolveLayered,
  resolveLayers,
} from './losses/options.ts';
export type { Region, RegionPair } from './losses/region.ts';
export * from './losses/shipped.ts';
export {
  asMatrix,
  covariance,
  inverseOf,
  leastEnergyOf,
  means,
  secondMoments,
  squaredDistance,
  squaredNorm,
  sumOf,
} from './losses/statistics.ts';
// For networks of one's own.
export {
  type Abilities,
  type Checkpoint,
  defineNetwork,
  type NetworkClass,
  type NetworkDefinition,
  type NetworkInputs,
  type NetworkSpec,
} from './networks/define.ts';
export { isInstalled } from './networks/installed.ts';
export { applyLayers, type Layer, type ParameterOutline, parametersOf } from './networks/layers.ts';
export * from './networks/shipped.ts';
export { defineOptimizer, type OptimizerDefinition } from './optimizers/define.ts';
export type { Optimizer, OptimizerOptions, OptimizerState } from './optimizers/optimizer.ts';
// For components of one's own: the very same TensorFlow.js and zod that Neckar uses.
export { type NamedTensors, tf } from './tensor.ts';
