/** `neckar/metrics`: what is measured of a picture, whoever made it. */

export { readImage } from '../src/images/decode.ts';
export { clampImage, createImage, type RgbImage } from '../src/images/image.ts';
export { type FileToMeasure, measureFile as measure } from './measure-file.ts';
export type { Metric, MetricInput, Optimised, Purpose, Refusal } from './metric.ts';
export { measureAll, pixelMetrics } from './registry.ts';
