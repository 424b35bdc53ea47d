/** What strips cost beside one graph. */
import { chainOperations } from '../../encoders/links.ts';
import type { StripStage, TilingPlan } from './plan.ts';

/**
 * Floating-point operations of an evaluation in strips beyond those of one graph: what is computed again going back,
 * and what neighbouring strips both compute.
 */
export function furtherOperations({ strips }: Pick<TilingPlan, 'strips'>): number {
  return strips.reduce((sum, stage) => sum + furtherOf(stage), 0);
}

function furtherOf({ links, input, windows }: StripStage): number {
  const { all, without: again } = chainOperations(links, input);
  const rows = windows.reduce((sum, { map }) => sum + map.end - map.begin, 0);
  const twice = rows / input[0] - 1;
  return again + (2 * all + again) * twice;
}
