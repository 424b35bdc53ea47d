/** The style distance on held-back layers of an encoder, by Gram matrices. */
import { defineMetric } from './define.ts';
import { meanOver } from './feature-pair.ts';
import type { FeatureMap } from './metric.ts';
import { nonNegative } from './range.ts';
import { gramMatrix, relativeSquare } from './statistics-of-features.ts';

/** ‖G/M − A/M_A‖² / ‖A/M_A‖² with G = FᵀF over M positions: 0 for equal textures, 1 for a picture without features. */
export function gramDistance(result: FeatureMap, style: FeatureMap): number {
  return relativeSquare(gramMatrix(result), gramMatrix(style));
}

/** The mean of `gramDistance` over the encoder's measuring layers, between the result and the style. */
export const gramToStyle = defineMetric({
  name: 'gram-relative',
  description:
    'Distance of Gram matrices (Gatys et al., CVPR 2016) on held-back layers, relative to the style’s.',
  needs: 'layers',
  against: 'style',
  essential: true,
  label: (encoder) => `Style distance (Gram, held-back layers of ${encoder})`,
  better: 'lower',
  purpose: 'style',
  unit: 'relative squared Gram distance',
  range: nonNegative,
  measure: (pairs) => meanOver(pairs, ({ result, reference }) => gramDistance(result, reference)),
});
