/** What a report says of the encoder that judged the pictures without having made any. */
import { list } from '../src/platform/format.ts';
import type { ReportedTrial } from './input.ts';

/** One sentence, or undefined where there is no such score. */
export function judgeSentence(trials: readonly ReportedTrial[]): string | undefined {
  const names = new Set<string>();
  for (const { result } of trials) {
    for (const [id, score] of Object.entries(result?.scores ?? {})) {
      const found = /^held-out-gram;encoder=([^@;]+)@/.exec(id);
      if (found !== null && 'value' in score) names.add(found[1]!);
    }
  }
  if (names.size === 0) return undefined;
  const random = [...names].some((name) => /-random-\d+$/.test(name));
  return (
    `Style is also measured on ${list([...names])}, which took no part in making the pictures: these distances favour no trial for the features it was optimised on.` +
    (random ? ' Its weights are random: it tells textures apart, but knows no objects.' : '')
  );
}
