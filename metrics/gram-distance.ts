/** The style distance on held-back layers of an encoder, by Gram matrices. */
import { featurePairs, featureParts } from './feature-pair.ts';
import { type FeatureMap, isRefusal, type MeasuringEncoder, type Metric, specId } from './metric.ts';
import { nonNegative } from './range.ts';
import { gramMatrix, relativeSquare } from './statistics-of-features.ts';

/** ‖G/M − A/M_A‖² / ‖A/M_A‖² with G = FᵀF over M positions: 0 for equal textures, 1 for a picture without features. */
export function gramDistance(result: FeatureMap, style: FeatureMap): number {
  return relativeSquare(gramMatrix(result), gramMatrix(style));
}

/** The mean of `gramDistance` over the encoder's measuring layers, between the result and the style. */
export function gramToStyle(encoder: MeasuringEncoder): Metric {
  return {
    id: specId('gram-relative', featureParts(encoder, encoder.layers, 'style')),
    label: `Style distance (Gram, held-back layers of ${encoder.name})`,
    better: 'lower',
    purpose: 'style',
    unit: 'relative squared Gram distance',
    range: nonNegative,
    async measure(input) {
      const pairs = await featurePairs(input, encoder, encoder.layers, 'style');
      if (isRefusal(pairs)) return pairs;
      const distances = pairs.map((pair) => gramDistance(pair.result, pair.reference));
      return distances.reduce((sum, distance) => sum + distance, 0) / pairs.length;
    },
  };
}
