/**
 * The distance of whole feature distributions, where Gram matrices see only second moments. E. Heitz, K. Vanhoey,
 * T. Chambon & L. Belcour, "A sliced Wasserstein loss for neural texture synthesis", CVPR 2021.
 */
import { featurePairs, featureParts } from './feature-pair.ts';
import { type FeatureMap, isRefusal, type MeasuringEncoder, type Metric, specId } from './metric.ts';
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

/** `slicedFeatureDistance` between the result and the style at one of the encoder's measuring layers. */
export function slicedToStyle(encoder: MeasuringEncoder, layer: string): Metric {
  return {
    id: specId('sliced-wasserstein', {
      ...featureParts(encoder, [layer], 'style'),
      slices: `${directions}-orthogonal`,
      shift: 'exact',
      positions: `${mostPositions}-at-most`,
    }),
    label: `Style distance (sliced Wasserstein, held-back layer ${layer} of ${encoder.name})`,
    better: 'lower',
    purpose: 'style',
    unit: 'style spreads',
    range: nonNegative,
    async measure(input) {
      const pairs = await featurePairs(input, encoder, [layer], 'style');
      if (isRefusal(pairs)) return pairs;
      return slicedFeatureDistance(pairs[0]!.result, pairs[0]!.reference);
    },
  };
}
