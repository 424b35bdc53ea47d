/**
 * The distance of whole feature distributions, where Gram matrices see only second moments. E. Heitz, K. Vanhoey,
 * T. Chambon & L. Belcour, "A sliced Wasserstein loss for neural texture synthesis", CVPR 2021.
 */
import { defineMetric } from './define.ts';
import type { FeatureMap } from './metric.ts';
import { nonNegative } from './range.ts';
import { thinned } from './thinning.ts';
import { orthogonalDirections, slicedWasserstein } from './wasserstein.ts';

const directions = 64;
const mostPositions = 16_384;

/** √(SW²/s²): the sliced 2-Wasserstein distance in units of the style's own spread s along the same directions. */
export function slicedFeatureDistance(result: FeatureMap, style: FeatureMap): number {
  const { squaredDistance, spread } = slicedWasserstein(
    { dimensions: result.channels, data: thinned(result.data, result.channels, mostPositions) },
    { dimensions: style.channels, data: thinned(style.data, style.channels, mostPositions) },
    orthogonalDirections(style.channels, directions),
  );
  return Math.sqrt(squaredDistance / spread);
}

/** `slicedFeatureDistance` between the result and the style at each of the encoder's measuring layers. */
export const slicedToStyle = defineMetric({
  name: 'sliced-wasserstein',
  description: 'Sliced Wasserstein distance of features (Heitz et al., CVPR 2021) on a held-back layer.',
  needs: 'layer',
  against: 'style',
  parts: {
    slices: `${directions}-orthogonal`,
    shift: 'exact',
    positions: `${mostPositions}-at-most`,
  },
  label: (encoder, [layer]) => `Style distance (sliced Wasserstein, held-back layer ${layer} of ${encoder})`,
  better: 'lower',
  purpose: 'style',
  unit: 'style spreads',
  range: nonNegative,
  measure: ([pair]) => slicedFeatureDistance(pair!.result, pair!.reference),
});
