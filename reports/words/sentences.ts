/** What was found, in sentences that claim no more than the numbers do. */
import type { Analysis, Comparison, Finding } from '../../metrics/statistics/analysis/analyse.ts';
import type { Compared, Difference } from '../../metrics/statistics/analysis/compare.ts';
import type { Trend } from '../../metrics/statistics/analysis/trend.ts';
import { count, list, number } from '../format.ts';

/** `0.032`, `< 0.001`. */
export function probability(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3).replace(/0$/, '');
}

/** `−0.12 [−0.2, −0.03]`. */
export function withInterval({
  estimate,
  low,
  high,
}: {
  estimate: number;
  low: number;
  high: number;
}): string {
  return `${number(estimate)} [${number(low)}, ${number(high)}]`;
}

/** A finding's name for a table, with the unit where the name leaves it open. */
export function titleOf({ label, purpose, unit }: Finding): string {
  const open = purpose === 'cost' && unit !== '' && !/^(Evaluations|Seconds)\b/.test(label);
  return open ? `${label} (${unit})` : label;
}

/** Reasons with everything they are said of: `Time in all and energy: …`. */
export function refusalSentences(findings: readonly Finding[]): string[] {
  const said = new Map<string, string[]>();
  for (const { label, outcome } of findings) {
    if (!('refused' in outcome)) continue;
    said.set(outcome.refused, [...(said.get(outcome.refused) ?? []), label]);
  }
  return [...said].map(([refused, labels]) => `${list(labels)}: ${refused}`);
}

/** What a design could have found, or a dash where it could have found nothing. */
export function detectableText({ detectable }: Difference): string {
  return detectable === null ? '–' : number(detectable);
}

/** How a factor is called in a sentence. */
export function factorName(factor: string): string {
  return factor === 'optimizer' ? 'optimiser' : factor;
}

/** The numbers of a finding, or undefined where it is refused. */
export function comparedOf({ outcome }: Finding): Compared | undefined {
  return 'refused' in outcome ? undefined : outcome;
}

/**
 * One difference: `fused is better than gram: 0.12 less [0.08, 0.15], in 8 of 8 pairs; p = 0.02 after adjustment for
 * 6 tests, g_z = −1.4.`
 */
export function differenceSentence(finding: Finding, difference: Difference): string {
  const { treatments } = comparedOf(finding)!;
  const { a, b, estimate, low, high, adjusted, family, gz, favours, detectable } = difference;
  const better = finding.better;
  const [first, second] = [treatments[a]!, treatments[b]!];
  const pairs = first.values.length;
  const says = (winner: typeof first, loser: typeof first) => {
    const won = winner.values.filter((value, i) =>
      better === 'higher' ? value > loser.values[i]! : value < loser.values[i]!,
    ).length;
    return { won, text: `${winner.name} is better than ${loser.name}` };
  };
  const test =
    `p = ${probability(adjusted)}${family > 1 ? ` after adjustment for ${family} tests` : ''}`.replace(
      '= <',
      '<',
    );
  const effect = gz === null ? '' : `, g_z = ${number(gz)}`;
  const interval = `${number(estimate)} [${number(low)}, ${number(high)}]`;
  if (favours !== undefined) {
    const { won, text } = favours === 'a' ? says(first, second) : says(second, first);
    return `${text} in ${won} of ${pairs} pairs: ${first.name} − ${second.name} = ${interval}, ${test}${effect}.`;
  }
  const power =
    detectable !== null
      ? ` A difference of ${number(detectable)} would have been found four times out of five.`
      : '';
  return `${first.name} and ${second.name} were not shown to differ: ${first.name} − ${second.name} = ${interval}, ${test}${effect}.${power}`;
}

/** The answer to the declared question, in one sentence or a few; why there is none otherwise. */
export function answer(analysis: Analysis): string[] {
  const [comparison] = analysis.comparisons;
  if (comparison === undefined) return ['There are no trials to compare.'];
  if (comparison.refused !== undefined) return [comparison.refused];
  const primary = comparison.findings.find(({ role }) => role === 'primary');
  if (primary === undefined) return [];
  const compared = comparedOf(primary);
  if (compared === undefined)
    return [`${primary.label}: ${(primary.outcome as { refused: string }).refused}`];
  if (compared.trend !== undefined) {
    return [...trendSentences(comparison, primary, compared.trend), ...excludedSentences(primary)];
  }
  const judged = compared.differences.filter(({ role }) => role === 'primary');
  const sure = judged.filter(({ favours }) => favours !== undefined);
  const head = `Over ${count(comparison.pairs.length, 'content/style pair')}, by ${primary.label} (${primary.better} is better), ${
    sure.length === 0
      ? compared.treatments.length === 2
        ? `${list(compared.treatments.map(({ name }) => name))} were not shown to differ`
        : `no two levels of ${factorName(comparison.factor)} were shown to differ`
      : `${sure.length} of ${count(judged.length, 'comparison')} of ${factorName(comparison.factor)} ${sure.length === 1 ? 'is' : 'are'} decided at the ${percent(analysis.level)} level`
  }.`;
  const shown = sure.length > 0 ? sure : judged.length === 1 ? judged : [];
  return [
    head,
    ...shown.map((difference) => differenceSentence(primary, difference)),
    ...excludedSentences(primary),
  ];
}

/** Whether a quantity follows the order that the question foretells, and which steps do not. */
export function trendSentences({ factor, pairs: all }: Comparison, finding: Finding, trend: Trend): string[] {
  const { treatments } = comparedOf(finding)!;
  const { direction, order, L, p, method, steps, shown } = trend;
  const names = order.map((index) => treatments[index]!.name);
  const pairs = finding.pairs?.length ?? all.length;
  const test =
    `Page’s L = ${L}, p = ${probability(p)} (one-sided${method === 'exact' ? ', exact' : ''})`.replace(
      '= <',
      '<',
    );
  const along = direction === 'rising' ? ['rises', 'rise'] : ['falls', 'fall'];
  const verdict = shown
    ? `${finding.label} ${along[0]} with ${factorName(factor)}`
    : `${finding.label} was not shown to ${along[1]} with ${factorName(factor)}`;
  const against = steps.flatMap((count, j) =>
    count === pairs ? [] : [`from ${names[j]} to ${names[j + 1]} in ${count} of ${pairs}`],
  );
  return [
    `Over ${count(pairs, 'content/style pair')}, ${verdict}, in the order ${names.join(', ')}: ${test}.`,
    against.length === 0
      ? `Every step goes that way in ${pairs === 2 ? 'both pairs' : 'every pair'}.`
      : `Pairs in which a step goes that way: ${list(against)}; ${against.length === steps.length ? 'no step does in all' : 'the other steps in all'}.`,
    ...(shown ? ['The test is of the order as a whole, not of single steps.'] : []),
  ];
}

/** Page's test in short. */
export function trendLine({ direction, L, p, concordance }: Trend): string {
  return `Page’s trend test (${direction}): L = ${L}, p = ${probability(p)}, mean rank correlation with the order ${number(concordance)}.`;
}

/** Who takes no part in a ranking, and why. */
export function excludedSentences({ label, excluded }: Finding): string[] {
  const reasons = new Map<string, string[]>();
  for (const { treatment, because } of excluded) {
    reasons.set(because, [...(reasons.get(because) ?? []), treatment]);
  }
  return [...reasons].map(
    ([because, treatments]) => `${label} does not rank ${list(treatments)}: ${because}`,
  );
}

/** What the design of a comparison is, in a sentence. */
export function designSentence(comparison: Comparison): string {
  const { treatments, pairs, contexts, nested, averaged, leftOut } = comparison;
  const within =
    contexts.length > 1
      ? `, within each of ${count(contexts.length, 'combination')} of the other settings`
      : '';
  const along = nested.filter((path) => !averaged.includes(path));
  const parts =
    (along.length > 0 ? ` (with ${list(along)})` : '') +
    (averaged.length > 0 ? `, each averaged over its own settings (${list(averaged)})` : '');
  const without = leftOut.length > 0 ? ` Left out for want of finished trials: ${leftOut.join('; ')}.` : '';
  const levels =
    treatments.length === 2
      ? list(treatments)
      : `${count(treatments.length, 'level')} of ${factorName(comparison.factor)}`;
  return `${levels}${parts}, compared over ${count(pairs.length, 'content/style pair')}${within}.${without}`;
}

/** `5 %`. */
function percent(level: number): string {
  return `${Math.round(100 * (1 - level))} %`;
}
