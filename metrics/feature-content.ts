/** The content distance on held-back layers of an encoder. */
import { featurePairs, featureParts } from './feature-pair.ts';
import { isRefusal, type MeasuringEncoder, type Metric, specId } from './metric.ts';
import { nonNegative } from './range.ts';
import { relativeSquare } from './statistics-of-features.ts';

/** ‖F − P‖² / ‖P‖², P the content's features, averaged over the encoder's measuring layers. */
export function featuresToContent(encoder: MeasuringEncoder): Metric {
  return {
    id: specId('features-relative', featureParts(encoder, encoder.layers, 'content')),
    label: `Content distance (features, held-back layers of ${encoder.name})`,
    better: 'lower',
    purpose: 'content',
    unit: 'relative squared feature distance',
    range: nonNegative,
    async measure(input) {
      const pairs = await featurePairs(input, encoder, encoder.layers, 'content');
      if (isRefusal(pairs)) return pairs;
      const distances = pairs.map((pair) => relativeSquare(pair.result.data, pair.reference.data));
      return distances.reduce((sum, distance) => sum + distance, 0) / pairs.length;
    },
  };
}
