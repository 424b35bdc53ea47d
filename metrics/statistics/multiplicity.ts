/** Several tests at once. */

/**
 * Holm's step-down adjustment (Holm 1979): p values in, adjusted p values in the same order out; reject where the
 * adjusted value is at most α to keep the family-wise error at α.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let running = 0;
  for (const [position, index] of order.entries()) {
    running = Math.max(running, Math.min(1, (pValues.length - position) * pValues[index]!));
    adjusted[index] = running;
  }
  return adjusted;
}
