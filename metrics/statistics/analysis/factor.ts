/** One factor's comparison: whether its design can be compared at all, and every quantity in it. */
import { leastPairs, type Role } from './compare.ts';
import { type AnalyzedTrial, type Design, designOf, gaps, withoutGaps } from './design.ts';
import { type Finding, findingOf } from './finding.ts';
import type { Quantity } from './quantities.ts';
import type { TrendDirection } from './trend.ts';

export interface Comparison {
  readonly factor: string;
  readonly role: Role;
  readonly treatments: readonly string[];
  readonly pairs: readonly string[];
  /** Combinations of all other factors, within which differences are taken; one empty label for none. */
  readonly contexts: readonly string[];
  /** Factors whose values are part of the treatments. */
  readonly nested: readonly string[];
  /** Those of them that each treatment is averaged over. */
  readonly averaged: readonly string[];
  /** Pairs and contexts that gaps have cost. */
  readonly leftOut: readonly string[];
  /** Why nothing is compared; `findings` is then empty. */
  readonly refused?: string;
  readonly findings: readonly Finding[];
}

export interface FactorOptions {
  readonly role: Role;
  /** The primary metric's id. */
  readonly metric: string | undefined;
  readonly reference: string | undefined;
  /** The order that the primary metric is foretold to follow. */
  readonly trend: TrendDirection | undefined;
  readonly level: number;
  readonly gaps: 'refuse' | 'common';
}

/** Compares what trials have at different values of a factor, all quantities, the primary one first. */
export function compareFactor(
  trials: readonly AnalyzedTrial[],
  factor: string,
  quantities: readonly Quantity[],
  options: FactorOptions,
): Comparison {
  const whole = designOf(trials, factor);
  const about = (design: Design | undefined, leftOut: readonly string[] = []) => ({
    factor,
    role: options.role,
    treatments: design?.treatments ?? [],
    pairs: design?.pairs ?? [],
    contexts: design?.contexts ?? [],
    nested: design?.nested ?? [],
    averaged: design?.averaged ?? [],
    leftOut,
  });
  if (whole === undefined) {
    const refused = `Nothing is compared: no two trials differ in "${factor}".`;
    return { ...about(undefined), refused, findings: [] };
  }
  const { design, leftOut } =
    options.gaps === 'common' ? withoutGaps(whole) : { design: whole, leftOut: [] as readonly string[] };
  const refused = tooSmall(design, leftOut) ?? incomplete(design);
  if (refused !== undefined) return { ...about(whole, leftOut), refused, findings: [] };
  const reference = referenceIn(design, options.reference);
  if (typeof reference === 'object') {
    return { ...about(design, leftOut), refused: reference.problem, findings: [] };
  }
  const findings = quantities.map((quantity) => findingOf(design, quantity, { ...options, reference }));
  return {
    ...about(design, leftOut),
    findings: [
      ...findings.filter(({ role }) => role === 'primary'),
      ...findings.filter(({ role }) => role !== 'primary'),
    ],
  };
}

function tooSmall(design: Design, leftOut: readonly string[]): string | undefined {
  const without = leftOut.length > 0 ? ` Left out for want of finished trials: ${leftOut.join('; ')}.` : '';
  if (design.pairs.length === 0) return `No content/style pair has all of what is compared.${without}`;
  if (design.pairs.length > 1) return undefined;
  return `All trials are of one content/style pair (${design.pairs[0]}): what differs on one pair says nothing about others. Add pairs; ${leastPairs(1)} at least for a test at the 5 % level.${without}`;
}

function incomplete(design: Design): string | undefined {
  const missing = gaps(design);
  if (missing.length === 0) return undefined;
  const some = missing.slice(0, 8).join('; ');
  const more = missing.length > 8 ? `; and ${missing.length - 8} more` : '';
  return `The design has ${missing.length === 1 ? 'a gap' : `${missing.length} gaps`}, and leaving out what failed would favour what fails on hard pictures: ${some}${more}.`;
}

function referenceIn(
  design: Design,
  reference: string | undefined,
): number | undefined | { readonly problem: string } {
  if (reference === undefined) return undefined;
  const index = design.treatments.indexOf(reference);
  if (index >= 0) return index;
  return {
    problem: `The question names "${reference}" as the reference, but "${design.factor}" has only ${design.treatments.join(', ')}.`,
  };
}
