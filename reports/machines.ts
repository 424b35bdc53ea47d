/** Which timings compare: those of one machine, one engine and one picture size. */
import { machineOf } from '../metrics/cost.ts';
import type { TrialResult } from '../src/experiment/result.ts';

/** What must agree for two trials' seconds to be comparable: the machine and the picture's size. */
export function timingGroup(result: TrialResult): string {
  const { width, height } = result.images;
  return `${machineOf(result)}, ${width}×${height}`;
}
