/** What was found, in sentences that claim no more than the numbers do. */
import type { Analysis, Comparison, Finding } from '../../metrics/statistics/analysis/analyze.ts';
import {
  type Compared,
  type Difference,
  type Estimate,
  leastPairs,
} from '../../metrics/statistics/analysis/compare.ts';
import type { Trend } from '../../metrics/statistics/analysis/trend.ts';
import { pairedDifferences } from '../../metrics/statistics/rounding.ts';
import { count, list, number, type Writer, wholePercent, writerFor } from '../../src/platform/format.ts';

/** `0.032`, `< 0.001`; a dash for what is no probability. */
export function probability(p: number): string {
  if (!(p >= 0 && p <= 1)) return '–';
  return p < 0.001 ? '< 0.001' : p.toFixed(3).replace(/0$/, '');
}

/** `p = 0.032`, `p < 0.001`. */
export function pValue(p: number): string {
  return `p ${p < 0.001 ? '' : '= '}${probability(p)}`;
}

/** What stands for an interval where all pairs agree, so that there is none. */
export const inEveryPair = 'in every pair';

/**
 * `−0.12 [−0.20, −0.03]`, the interval in the decimals of the estimate; `0.30, in every pair` where there is no interval.
 * @param write - of the whole row; default: one of this estimate's own
 */
export function withInterval(estimate: Estimate, write: Writer = writerOf([estimate])): string {
  return estimate.method === 'alike'
    ? `${write(estimate.estimate)}, ${inEveryPair}`
    : `${write(estimate.estimate)} ${intervalText(estimate, write)}`;
}

/** `[−0.20, −0.03]`. */
export function intervalText({ low, high }: Estimate, write: Writer): string {
  return `[${write(low)}, ${write(high)}]`;
}

/** The writer of a row of estimates: their own digits decide, not those of bounds that may be far away. */
export function writerOf(estimates: readonly Estimate[]): Writer {
  const values = estimates.map(({ estimate }) => estimate);
  // Of a difference near nothing the interval tells the size: by its nearer bound, as on a logarithmic scale the other may
  // be thousands of times as far away.
  const widths = estimates
    .map(({ estimate, low, high }) => Math.min(high - estimate, estimate - low))
    .filter(Number.isFinite);
  const largest = Math.max(0, ...values.map(Math.abs));
  return writerFor([
    ...values.filter((value) => Math.abs(value) >= largest / 100),
    ...widths.filter((width) => width > largest),
  ]);
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
export function detectableText({ detectable }: Difference, write: Writer = number): string {
  return detectable === null ? '–' : write(detectable);
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
 * One difference: `fused is better than gram in 8 of 8 pairs: fused − gram = −0.12 [−0.15, −0.08], p = 0.02 after
 * adjustment for 6 tests, g_z = −1.4.`
 */
export function differenceSentence(finding: Finding, difference: Difference): string {
  const { treatments } = comparedOf(finding)!;
  const { a, b, adjusted, family, gz, favours, detectable } = difference;
  const [first, second] = [treatments[a]!, treatments[b]!];
  const gaps = pairedDifferences(first.values, second.values);
  const test = `${pValue(adjusted)}${family > 1 ? ` after adjustment for ${family} tests` : ''}`;
  const effect = gz === null ? '' : `, g_z = ${number(gz)}`;
  const write = writerOf([difference]);
  const measured = `${first.name} − ${second.name} = ${withInterval(difference, write)}`;
  if (favours !== undefined) {
    const [winner, loser] = favours === 'a' ? [first, second] : [second, first];
    const upward = (favours === 'a') === (finding.better === 'higher');
    const won = gaps.filter((gap) => (upward ? gap > 0 : gap < 0)).length;
    const against =
      difference.estimate !== 0 && difference.estimate > 0 !== upward
        ? ' The mean goes the other way: a few pairs outweigh the rest.'
        : '';
    return `${winner.name} is better than ${loser.name} in ${won} of ${gaps.length} pairs: ${measured}, ${test}${effect}.${against}`;
  }
  const power =
    detectable !== null
      ? ` A difference of ${write(detectable)} would have been found four times out of five.`
      : '';
  return `${first.name} and ${second.name} were not shown to differ: ${measured}, ${test}${effect}.${power}`;
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
        : noneDecided(comparison, compared, judged)
      : `${sure.length} of ${count(judged.length, 'comparison')} of ${factorName(comparison.factor)} ${sure.length === 1 ? 'is' : 'are'} decided at the ${wholePercent(1 - analysis.level)} level`
  }.`;
  const shown = sure.length > 0 ? sure : judged.length === 1 ? judged : [];
  return [
    head,
    ...togetherSentence(compared, analysis.level),
    ...shown.map((difference) => differenceSentence(primary, difference)),
    ...excludedSentences(primary),
  ];
}

/** Where a reference is named, whatever differs from something else is no answer. */
function noneDecided({ factor }: Comparison, compared: Compared, judged: readonly Difference[]): string {
  return judged.length < compared.differences.length
    ? `no other level of ${factorName(factor)} was shown to differ from ${compared.treatments[judged[0]!.b]!.name}`
    : `no two levels of ${factorName(factor)} were shown to differ`;
}

/** How the test of all together goes with what it left undecided; nothing where something was decided. */
function togetherSentence({ differences, overall, treatments }: Compared, level: number): string[] {
  if (overall === undefined || differences.some(({ favours }) => favours !== undefined)) return [];
  const test = `Friedman’s test${overall.method === 'exact' ? ', exact' : ''}, ${pValue(overall.p)}`;
  const all = `the ${treatments.length}`;
  if (overall.p > 1 - level) return [`Nor were ${all} shown to differ when tested all together (${test}).`];
  const pairs = treatments[0]!.values.length;
  const needed = leastPairs(Math.min(...differences.map(({ family }) => family)), 1 - level);
  return [
    `Tested all together ${all} do differ (${test}): that not all are alike is shown, but not which differ from which, ${
      pairs < needed
        ? `as ${count(pairs, 'pair')} cannot decide any single comparison; ${needed} could`
        : 'as no single comparison is decided'
    }.`,
  ];
}

/** Whether a quantity follows the order that the question foretells, and which steps do not. */
function trendSentences({ factor, pairs: all }: Comparison, finding: Finding, trend: Trend): string[] {
  const { treatments } = comparedOf(finding)!;
  const { direction, order, L, p, method, steps, shown } = trend;
  const names = order.map((index) => treatments[index]!.name);
  const pairs = finding.pairs?.length ?? all.length;
  const test = `Page’s L = ${L}, ${pValue(p)} (one-sided${method === 'exact' ? ', exact' : ''})`;
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
  return `Page’s trend test (${direction}): L = ${L}, ${pValue(p)}, mean rank correlation with the order ${number(concordance)}.`;
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
