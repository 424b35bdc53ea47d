/** The content distance on held-back layers of an encoder. */
import { defineMetric } from './define.ts';
import { meanOver } from './feature-pair.ts';
import { nonNegative } from './range.ts';
import { relativeSquare } from './statistics-of-features.ts';

/** ‖F − P‖² / ‖P‖², P the content's features, averaged over the encoder's measuring layers. */
export const featuresToContent = defineMetric({
  name: 'features-relative',
  description:
    'Distance of features (Gatys et al., CVPR 2016) on held-back layers, relative to the content’s.',
  needs: 'layers',
  against: 'content',
  label: (encoder) => `Content distance (features, held-back layers of ${encoder})`,
  better: 'lower',
  purpose: 'content',
  unit: 'relative squared feature distance',
  range: nonNegative,
  measure: (pairs) => meanOver(pairs, ({ result, reference }) => relativeSquare(result.data, reference.data)),
});
