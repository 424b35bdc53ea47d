/** The worst, the median and the best picture by a metric, chosen by rule and not by hand. */
import { scoreQuantities } from '../metrics/statistics/analysis/quantities.ts';
import type { ReportedTrial } from './input.ts';

/** A trial and its value. */
export interface Ranked {
  readonly trial: ReportedTrial;
  readonly value: number;
}

export interface VariantExtremes {
  readonly variant: string;
  /** Complete trials with a value. */
  readonly trials: number;
  readonly worst: Ranked;
  readonly median: Ranked;
  readonly best: Ranked;
  /** Trials left out: those that are not complete, or whose value is refused. */
  readonly left: number;
}

export interface MetricExtremes {
  /** The metric's spec id. */
  readonly id: string;
  readonly label: string;
  readonly better: 'higher' | 'lower';
  /** In the order in which variants first appear; those without any value are absent. */
  readonly variants: readonly VariantExtremes[];
}

/**
 * The extremes of every metric that any complete trial has a value of. A variant that optimised a metric itself has
 * none in it: its values are refused, as ranking by them would be circular.
 */
export function extremesOf(trials: readonly ReportedTrial[]): MetricExtremes[] {
  const variants = [...new Set(trials.map(({ config }) => config.variant))];
  return scoreQuantities(trials).flatMap(({ id, label, better, value }) => {
    const found = variants.flatMap((variant) => {
      const own = trials.filter(({ config }) => config.variant === variant);
      const ranked = own.flatMap((trial) => {
        const measured = trial.state === 'complete' ? value(trial) : undefined;
        return typeof measured === 'number' && !Number.isNaN(measured) ? [{ trial, value: measured }] : [];
      });
      if (ranked.length === 0) return [];
      const left = own.length - ranked.length;
      return [{ variant, trials: ranked.length, ...chosenOf(ranked, better), left }];
    });
    return found.length === 0 ? [] : [{ id, label, better, variants: found }];
  });
}

/**
 * The rule: in order from worst to best, equal values by trial id, the first, the one at ⌊(n − 1)/2⌋ (of an even
 * number the worse of the two in the middle: a picture, not a mean of two) and the last.
 */
export function chosenOf<One extends { readonly trial: { readonly id: string }; readonly value: number }>(
  ranked: readonly One[],
  better: 'higher' | 'lower',
): { worst: One; median: One; best: One } {
  const sign = better === 'higher' ? 1 : -1;
  const order = [...ranked].sort((a, b) => {
    // Not their difference: two infinite values (of PSNR) have none.
    if (a.value !== b.value) return a.value < b.value ? -sign : sign;
    return a.trial.id < b.trial.id ? -1 : 1;
  });
  return { worst: order[0]!, median: order[Math.floor((order.length - 1) / 2)]!, best: order.at(-1)! };
}
