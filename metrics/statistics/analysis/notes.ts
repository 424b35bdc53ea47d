/** What a reader must know of a design to read its numbers rightly. */
import { leastForBootstrap } from '../mean-interval.ts';
import { leastPairs } from './compare.ts';
import type { Design } from './design.ts';
import type { Comparison } from './factor.ts';
import type { Finding } from './finding.ts';
import type { Trend } from './trend.ts';

/** Sentences on too few pairs, on blended styles, and on pairs that share a picture. */
export function designNotes(comparison: Comparison, design: Design, level: number): string[] {
  const notes: string[] = [];
  const pairs = comparison.pairs.length;
  const { findings } = comparison;
  if (findings.length === 0) return notes;
  const family = (() => {
    const outcome = findings[0]!.outcome;
    return 'differences' in outcome ? (outcome.differences[0]?.family ?? 1) : 1;
  })();
  const needed = leastPairs(family, 1 - level);
  const trend = trendIn(findings[0]!);
  if (trend !== undefined) {
    if (trend.least > 1 - level) {
      notes.push(
        `With ${pairs} pairs of ${trend.order.length} levels no order can reach the ${Math.round(100 * (1 - level))} % level: add pairs.`,
      );
    }
  } else if (pairs < needed) {
    notes.push(
      `With ${pairs} pairs no test of two treatments can reach the ${Math.round(100 * (1 - level))} % level over ${family === 1 ? 'one comparison' : `${family} comparisons`}, however large the differences: at least ${needed} pairs are needed.`,
    );
  }
  if (pairs < leastForBootstrap) {
    notes.push(
      `${pairs} pairs are too few to resample or to show how skewed differences are: intervals are Student’s at half the error, wider than for normal differences they had to be.`,
    );
  }
  const sharing = new Set(
    design.placed.flatMap(({ trial }) => [`content ${trial.config.content}`, `style ${trial.config.style}`]),
  ).size;
  if (design.placed.some(({ trial }) => trial.config.styles !== undefined)) {
    notes.push(
      'A picture in several blended styles is scored against each of them; the score is the mean, weighted as the blend is.',
    );
  }
  if (sharing < 2 * design.pairs.length) {
    notes.push(
      'Pairs that share a content or a style are counted as independent; they are not wholly, so that intervals are somewhat too narrow.',
    );
  }
  return notes;
}

function trendIn({ outcome }: Finding): Trend | undefined {
  return 'refused' in outcome ? undefined : outcome.trend;
}
