/** Do the metrics agree on which pictures are better? */

import { signedUnit } from '../../range.ts';
import { spearman } from '../correlation.ts';
import { type Estimate, estimate } from './compare.ts';
import type { AnalyzedTrial, Design } from './design.ts';
import { isFinished } from './design.ts';
import type { Quantity } from './quantities.ts';

export interface Correlation {
  /** Indices into `metrics`. */
  readonly a: number;
  readonly b: number;
  /** Spearman's ρ within a pair, averaged over pairs. */
  readonly rho: Estimate;
  /** Pairs in which both vary. */
  readonly pairs: number;
}

export interface MetricCorrelations {
  readonly metrics: readonly { readonly id: string; readonly label: string; readonly purpose: string }[];
  readonly correlations: readonly Correlation[];
}

/**
 * Spearman's rank correlation of every two metrics over the pictures of one content/style pair, averaged over pairs:
 * 1 when both prefer the same pictures, −1 when one prefers what the other rejects, whatever their directions. Within
 * pairs, as between them both follow the pictures' own difficulty.
 *
 * @returns a sentence when no pair has three pictures
 */
export function metricCorrelations(
  design: Design,
  quantities: readonly Quantity[],
): MetricCorrelations | { readonly refused: string } {
  const blocks = design.pairs.map((_, pair) =>
    design.placed.filter((one) => one.pair === pair && isFinished(one.trial)).map(({ trial }) => trial),
  );
  if (blocks.every((block) => block.length < 3)) {
    return {
      refused:
        'No content/style pair has three finished pictures: fewer have no order that metrics could agree on.',
    };
  }
  const goodness = ({ better, value }: Quantity, trial: AnalyzedTrial): number | undefined => {
    const number = value(trial);
    return typeof number === 'number' ? (better === 'higher' ? number : -number) : undefined;
  };
  const correlations: Correlation[] = [];
  for (const [a, first] of quantities.entries()) {
    for (let b = 0; b < a; b++) {
      const second = quantities[b]!;
      const rhos = blocks.flatMap((block) => {
        const both = block
          .map((trial) => [goodness(first, trial), goodness(second, trial)] as const)
          .filter((values): values is readonly [number, number] => !values.includes(undefined));
        if (both.length < 3) return [];
        const rho = spearman(
          both.map(([x]) => x),
          both.map(([, y]) => y),
        );
        return Number.isNaN(rho) ? [] : [rho];
      });
      if (rhos.length === 0) continue;
      correlations.push({ a, b, rho: estimate(rhos, { range: signedUnit }), pairs: rhos.length });
    }
  }
  return {
    metrics: quantities.map(({ id, label, purpose }) => ({ id, label, purpose })),
    correlations,
  };
}
