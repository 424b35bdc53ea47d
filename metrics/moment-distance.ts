/** The style distance on held-back layers of an encoder, by means and standard deviations. */
import { defineMetric } from './define.ts';
import { meanOver } from './feature-pair.ts';
import type { FeatureMap } from './metric.ts';
import { nonNegative } from './range.ts';
import { channelMoments } from './statistics-of-features.ts';

/** Means and standard deviations, one of each per channel. */
interface Moments {
  readonly mean: ArrayLike<number>;
  readonly deviation: ArrayLike<number>;
}

/**
 * Σ_i((μ_i − μ̂_i)² + (σ_i − σ̂_i)²) / Σ_i(μ̂_i² + σ̂_i²) over channels: the batch-normalisation statistics of Li et
 * al., "Demystifying neural style transfer" (IJCAI 2017), relative to the style's.
 */
export function distanceOfMoments(a: Moments, b: Moments): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.mean.length; i++) {
    difference += (a.mean[i]! - b.mean[i]!) ** 2 + (a.deviation[i]! - b.deviation[i]!) ** 2;
    norm += b.mean[i]! ** 2 + b.deviation[i]! ** 2;
  }
  return difference / norm;
}

/** `distanceOfMoments` of two feature maps' channels. */
export function momentDistance(result: FeatureMap, style: FeatureMap): number {
  return distanceOfMoments(channelMoments(result), channelMoments(style));
}

/** The mean of `momentDistance` over the encoder's measuring layers, between the result and the style. */
export const momentsToStyle = defineMetric({
  name: 'moments-relative',
  description:
    'Distance of the channels’ means and standard deviations (as Huang & Belongie, ICCV 2017, match them) on held-back layers.',
  needs: 'layers',
  against: 'style',
  essential: true,
  label: (encoder) => `Style distance (moments, held-back layers of ${encoder})`,
  better: 'lower',
  purpose: 'style',
  unit: 'relative squared moment distance',
  range: nonNegative,
  measure: (pairs) => meanOver(pairs, ({ result, reference }) => momentDistance(result, reference)),
});
