/** `neckar/metrics`: what is measured of a picture, whoever made it. */

export { readImage } from '../src/images/decode.ts';
export { clampImage, createImage, type RgbImage } from '../src/images/image.ts';
export {
  defineMetric,
  type FeatureMetricDefinition,
  type HeldOutMetricDefinition,
  type LayerStatistics,
  type MetricComponent,
  type MetricDefinition,
  type NetworkMetricDefinition,
  type PairDistance,
  type PixelMetricDefinition,
} from './define.ts';
export type { LayerPair } from './feature-pair.ts';
export { type FileToMeasure, measureFile as measure } from './measure-file.ts';
export {
  contentAtResult,
  type FeatureMap,
  isRefusal,
  type MeasuringEncoder,
  type Metric,
  type MetricInput,
  type Optimized,
  type Purpose,
  type Refusal,
  type RegionMap,
  refuse,
  styleAtResult,
} from './metric.ts';
export { nonNegative, type Range, signedUnit, unbounded, unitRange } from './range.ts';
export { measureAll, pixelMetrics } from './registry.ts';
export type { Score } from './score.ts';
