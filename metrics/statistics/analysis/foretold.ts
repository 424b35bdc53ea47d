/** What a plan can show, told before any of it has run: how many pairs its declared test needs, and how many it has. */
import type { TrialConfig } from '../../../src/experiment/trial.ts';
import { minimumDetectableDifference } from '../effects.ts';
import { leastTrendP } from '../page-trend.ts';
import { declaredFactor } from './analyze.ts';
import { leastPairs } from './compare.ts';
import { type AnalyzedTrial, designOf, factorsOf } from './design.ts';
import type { PrimaryComparison } from './question.ts';

/** A trial as it is planned. */
export interface ForeseenTrial {
  readonly label: string;
  readonly config: TrialConfig;
  readonly names: { readonly content: string; readonly style: string };
}

/** The declared comparison of a plan, and what its test can decide. */
export interface Foretold {
  readonly factor: string;
  /** How many levels of it are compared. */
  readonly treatments: number;
  readonly pairs: number;
  /** Page's test of an order, or Wilcoxon's of every comparison with Holm's adjustment. */
  readonly test: 'trend' | 'differences';
  /** Tests in the family; 1 for an order. */
  readonly comparisons: number;
  /** The fewest pairs with which the test can reach the level, if all pairs agree. */
  readonly needed: number;
  /**
   * The mean difference that is found four times out of five, in standard deviations of the pairs' differences; null for
   * an order, and where there are too few pairs to find any.
   */
  readonly detectable: number | null;
  /** Whether a metric is declared: without one all comparisons are exploratory. */
  readonly declared: boolean;
}

/**
 * The declared comparison over the pairs of a plan, by the rules of `analyze`.
 *
 * @returns undefined where the trials differ in nothing that is compared
 */
export function foretell(
  trials: readonly ForeseenTrial[],
  primary: PrimaryComparison | undefined,
  level = 0.95,
): Foretold | undefined {
  const planned = trials.map(
    ({ label, config, names }): AnalyzedTrial => ({ id: label, label, config, names, state: 'planned' }),
  );
  const factor = declaredFactor(planned, [...factorsOf(planned).keys()], primary);
  const design = designOf(planned, factor);
  if (design === undefined || design.treatments.length < 2) return undefined;
  const alpha = 1 - level;
  const treatments = design.treatments.length;
  const pairs = design.pairs.length;
  const about = { factor, treatments, pairs, declared: primary?.metric !== undefined } as const;
  if (about.declared && primary?.trend !== undefined) {
    let needed = 1;
    while (leastTrendP(treatments, needed) > alpha) needed++;
    // One pair says nothing about others, whatever its order: `compareFactor` refuses it.
    return { ...about, test: 'trend', comparisons: 1, needed: Math.max(2, needed), detectable: null };
  }
  const referred = about.declared && primary?.reference !== undefined;
  const comparisons = referred ? treatments - 1 : (treatments * (treatments - 1)) / 2;
  const needed = leastPairs(comparisons, alpha);
  return {
    ...about,
    test: 'differences',
    comparisons,
    needed,
    detectable: pairs < needed ? null : minimumDetectableDifference(1, pairs, 0.8, alpha / comparisons),
  };
}

/** The same in sentences, one or two. */
export function foretoldSentences(
  { factor, treatments, pairs, test, comparisons, needed, detectable, declared }: Foretold,
  level = 0.95,
): string[] {
  const percent = `${Math.round(100 * (1 - level))} %`;
  const levels = factor === 'variant' ? `${treatments} variants` : `${treatments} values of ${factor}`;
  const those = comparisons === 1 ? `the comparison of ${levels}` : `${comparisons} comparisons of ${levels}`;
  const needs = comparisons === 1 ? 'needs' : 'need';
  const adjusted = comparisons === 1 ? '' : ', Holm’s adjustment';
  const tested =
    test === 'trend'
      ? `the order of ${levels} (Page’s test) needs ${needed}`
      : `${those} (Wilcoxon’s test${adjusted}) ${needs} ${needed}`;
  const has = `${pairs} ${pairs === 1 ? 'pair' : 'pairs'}`;
  const first =
    pairs < needed
      ? `${has} cannot decide at the ${percent} level, whatever comes out: ${tested}`
      : `${has} can decide at the ${percent} level: ${tested}`;
  const found =
    detectable === null
      ? ''
      : `; a mean difference of ${detectable.toFixed(1)} standard deviations of the pairs’ differences is found four times out of five`;
  return [
    `${first}${found}`,
    ...(declared ? [] : ['the question names no metric, so that every comparison is exploratory']),
  ];
}
