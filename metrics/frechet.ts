/**
 * The single-image Fréchet distance: the positions of one layer taken as a sample. After T. R. Shaham, T. Dekel &
 * T. Michaeli, "SinGAN: learning a generative model from a single natural image", ICCV 2019.
 */
import { defineMetric } from './define.ts';
import { frechetDistance } from './linear-algebra.ts';
import { type FeatureMap, type Refusal, refuse } from './metric.ts';
import { nonNegative } from './range.ts';
import { normalOf, trace } from './statistics-of-features.ts';

/**
 * (‖μ−μ̂‖² + tr(Σ + Σ̂ − 2(ΣΣ̂)^½)) / tr Σ̂, in units of the style's total variance.
 *
 * @returns a refusal when a picture has no more positions than channels: its covariance would be singular and the
 *   distance mostly that of two samples' sizes; or when the style does not vary at all
 */
export function featureFrechet(result: FeatureMap, style: FeatureMap): number | Refusal {
  const n = style.channels;
  for (const [whose, map] of [
    ['picture', result],
    ['style', style],
  ] as const) {
    const positions = map.height * map.width;
    if (positions <= n) {
      return refuse(
        `The ${whose} has ${positions} positions for ${n} dimensions there: too few to estimate a covariance.`,
      );
    }
  }
  const reference = normalOf(style);
  const variance = trace(reference.covariance, n);
  if (variance === 0) return refuse('The style has no variation at this layer to measure a distance in.');
  return frechetDistance(normalOf(result), reference) / variance;
}

/** `featureFrechet` between the result and the style at each of the encoder's measuring layers. */
export const frechetToStyle = defineMetric({
  name: 'frechet',
  description: 'Single-image Fréchet distance (Shaham, Dekel & Michaeli, ICCV 2019) on a held-back layer.',
  needs: 'layer',
  against: 'style',
  label: (encoder, [layer]) => `Style distance (Fréchet, held-back layer ${layer} of ${encoder})`,
  better: 'lower',
  purpose: 'style',
  unit: 'style variances',
  range: nonNegative,
  measure: ([pair]) => featureFrechet(pair!.result, pair!.reference),
});
