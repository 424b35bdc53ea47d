/** The report in words, as Markdown: for a lab book, an issue, an appendix. */

import { machineOf } from '../../metrics/cost.ts';
import type { Analysis, Comparison, Finding } from '../../metrics/statistics/analysis/analyze.ts';
import { isConstant } from '../../metrics/statistics/rounding.ts';
import { bytes, count, duration, list, number } from '../../src/platform/format.ts';
import { evaluationSplit } from '../charts/evaluation-split.ts';
import { damageSentences } from '../damage.ts';
import { groupBy } from '../group.ts';
import type { ReportedTrial, ReportInput } from '../input.ts';
import { judgeSentence } from '../judge.ts';
import { modelOf } from '../model.ts';
import { peopleLines } from '../people/markdown.ts';
import { tradeOffLines } from '../trade-off/files.ts';
import type { TradeOff } from '../trade-off/numbers.ts';
import { table, text } from './markdown-text.ts';
import {
  answer,
  comparedOf,
  designSentence,
  detectableText,
  differenceSentence,
  excludedSentences,
  factorName,
  probability,
  pValue,
  refusalSentences,
  titleOf,
  trendLine,
  withInterval,
  writerOf,
} from './sentences.ts';

/** What was asked, how much was run, what failed, what differs with what certainty, and on what machine. */
export function markdownSummary(input: ReportInput, analysis: Analysis, tradeOff?: TradeOff): string {
  const lines = [
    `# ${text(input.title ?? input.name)}`,
    '',
    ...(input.question === undefined ? [] : [`> ${text(input.question)}`, '']),
    ...answer(analysis).flatMap((sentence) => [text(sentence), '']),
    ...analysis.notes.flatMap((note) => [text(note), '']),
    '## Trials',
    '',
    `${count(input.trials.length, 'trial')}: ${tally(input.trials)}.`,
    '',
    ...damageLines(input.trials),
    ...unfinished(input.trials),
    ...analysis.comparisons.flatMap((comparison) => comparisonLines(comparison, analysis.level)),
    ...peopleLines(input.ratings),
    ...tradeOffLines(tradeOff),
    ...evaluationLines(input),
    ...[...(input.notes ?? []), judgeSentence(input.trials), input.lacking].flatMap((sentence) =>
      sentence === undefined ? [] : [text(sentence), ''],
    ),
    '## Machine',
    '',
    ...machineLines(input),
    `Made again by \`${input.command.replaceAll('`', '')}\`.`,
    '',
  ];
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

/** What an evaluation consists of, where an engine told it. */
function evaluationLines(input: ReportInput): string[] {
  const chart = evaluationSplit(input.trials, modelOf(input));
  if (chart?.table === undefined) return [];
  const { caption, head, rows } = chart.table;
  return ['## Time', '', text(caption), '', ...table([head, ...rows].map((row) => row.map(text))), ''];
}

function comparisonLines(comparison: Comparison, level: number): string[] {
  const { factor, role, refused, findings } = comparison;
  const title = `## By ${text(factorName(factor))} (${role})`;
  if (refused !== undefined) return [title, '', text(refused), ''];
  const shown = findings.filter(worthShowing);
  const measured = shown.filter((finding) => comparedOf(finding) !== undefined);
  const silent = shown.filter((finding) => comparedOf(finding) === undefined);
  return [
    title,
    '',
    text(designSentence(comparison)),
    '',
    ...meansTable(comparison, measured, level),
    ...measured
      .filter((finding) => finding.role === 'primary')
      .flatMap((finding) => differenceLines(finding, level)),
    ...decidedLines(measured, level),
    ...measured.flatMap(excludedSentences).flatMap((sentence) => [text(sentence), '']),
    ...(silent.length === 0 ? [] : ['Not compared:', '']),
    ...refusalSentences(silent).map((sentence) => `- ${text(sentence)}`),
    '',
  ];
}

/** Of what else differs so many are told; a design of many treatments has dozens. */
const mostDecided = 20;

/** What else differs: only what the tests decided, metric by metric; all of it is in comparisons.csv. */
function decidedLines(findings: readonly Finding[], level: number): string[] {
  const exploratory = findings.filter(({ role }) => role !== 'primary');
  const decided = exploratory.flatMap((finding) =>
    comparedOf(finding)!
      .differences.filter(({ favours }) => favours !== undefined)
      .map((difference) => `- ${text(finding.label)}: ${text(differenceSentence(finding, difference))}`),
  );
  if (exploratory.length === 0) return [];
  const percent = `${Math.round(100 * (1 - level))} %`;
  if (decided.length === 0) {
    return [`Exploratory: no other difference reaches the ${percent} level within its metric.`, ''];
  }
  return [
    `Exploratory: differences that reach the ${percent} level within their metric (not adjusted for the number of metrics):`,
    '',
    ...decided.slice(0, mostDecided),
    ...(decided.length > mostDecided
      ? [`- and ${decided.length - mostDecided} more, in comparisons.csv.`]
      : []),
    '',
  ];
}

/** Costs that are the same everywhere say nothing. */
export function worthShowing(finding: Finding): boolean {
  if (finding.purpose !== 'cost') return true;
  const compared = comparedOf(finding);
  if (compared === undefined) {
    const { refused } = finding.outcome as { refused: string };
    return !/^(Energy was not|Not measured|Its course was not|The losses differ)/.test(refused);
  }
  return !isConstant(compared.treatments.flatMap((treatment) => treatment.values));
}

function meansTable(comparison: Comparison, findings: readonly Finding[], level: number): string[] {
  if (findings.length === 0) return [];
  const head = ['Metric', ...comparison.treatments];
  const rows = findings.map((finding) => {
    const { treatments } = comparedOf(finding)!;
    const arrow = finding.better === 'higher' ? '↑' : '↓';
    const role = finding.role === 'primary' ? ' **(primary)**' : '';
    const part = finding.pairs === undefined ? '' : ` (on ${finding.pairs.length} pairs)`;
    const write = writerOf(treatments);
    const cells = comparison.treatments.map((name) => {
      const treatment = treatments.find((one) => one.name === name);
      return treatment === undefined ? '–' : withInterval(treatment, write);
    });
    return [`${text(titleOf(finding))} ${arrow}${part}${role}`, ...cells];
  });
  return [
    `Means over pairs with their ${Math.round(100 * level)} % intervals; ↑ higher is better, ↓ lower is better.`,
    '',
    ...table([head.map(text), ...rows]),
    '',
  ];
}

function differenceLines(finding: Finding, level: number): string[] {
  const compared = comparedOf(finding)!;
  if (compared.differences.length === 0) return [];
  const name = (index: number) => compared.treatments[index]!.name;
  const write = writerOf(compared.differences);
  const rows = compared.differences.map((difference) => {
    const { a, b, p, adjusted, gz, rankBiserial, favours } = difference;
    return [
      `${text(name(a))} − ${text(name(b))}`,
      withInterval(difference, write),
      probability(p),
      probability(adjusted),
      gz === null ? '–' : number(gz),
      number(rankBiserial),
      detectableText(difference, write),
      favours === undefined ? '–' : text(name(favours === 'a' ? a : b)),
    ];
  });
  const { overall, trend, seeds } = compared;
  return [
    `### ${text(finding.label)} (${finding.role})`,
    '',
    ...table([
      [
        'Difference',
        `Mean [${Math.round(100 * level)} %]`,
        'p',
        'p (Holm)',
        'g_z',
        'r (rank-biserial)',
        'detectable',
        'better',
      ],
      ...rows,
    ]),
    '',
    ...(trend === undefined ? [] : [trendLine(trend), '']),
    ...(overall === undefined
      ? []
      : [
          `Friedman${overall.method === 'exact' ? ' (exact)' : ''}: χ²(${overall.df}) = ${number(overall.chiSquared)}, ${pValue(overall.p)}, W = ${number(overall.W)}. Mean ranks (1 is best): ${compared.treatments
            .map(({ name: of }, i) => `${text(of)} ${number(overall.meanRanks[i]!)}`)
            .join(', ')}. p (Holm) is never below Friedman’s: what all together do not show, no two do.`,
          '',
        ]),
    ...(seeds === undefined
      ? []
      : [
          `Seeds of one cell deviate by ${number(seeds.deviation)} (${seeds.least === seeds.most ? seeds.most : `${seeds.least} to ${seeds.most}`} of each).`,
          '',
        ]),
  ];
}

function damageLines(trials: readonly ReportedTrial[]): string[] {
  const sentences = damageSentences(trials);
  if (sentences.length === 0) return [];
  return ['Damaged or missing files:', '', ...sentences.map((sentence) => `- ${text(sentence)}`), ''];
}

function unfinished(trials: readonly ReportedTrial[]): string[] {
  const ended = trials.filter(({ state }) => ['failed', 'diverged', 'pruned'].includes(state));
  if (ended.length === 0) return [];
  return [...ended.map(({ label, state, reason }) => `- ${text(label)} ${state}: ${text(reason)}`), ''];
}

function machineLines({ trials }: ReportInput): string[] {
  const results = trials.flatMap(({ result }) => result ?? []);
  const machines = groupBy(results, machineOf);
  const seconds = results.reduce((sum, { timing }) => sum + timing.total, 0);
  const peak = Math.max(0, ...results.map(({ timing }) => timing.peakMemory));
  const shared = results.filter(({ timing }) => timing.shared).length;
  const joules = results.flatMap(({ timing: { energy } }) =>
    energy !== undefined && 'joules' in energy ? [energy.joules] : [],
  );
  return [
    ...[...machines].map(([machine, group]) => `- ${text(machine)}: ${count(group.length, 'trial')}`),
    '',
    `${duration(seconds)} of work in all${peak > 0 ? `, at most ${bytes(peak)} of memory` : ''}${
      joules.length === results.length && results.length > 0
        ? `, ${number(joules.reduce((sum, value) => sum + value, 0))} J`
        : ''
    }.${shared > 0 ? ` ${count(shared, 'trial')} ran while others ran beside: their seconds are too long.` : ''}`,
    '',
  ];
}

function tally(trials: readonly ReportedTrial[]): string {
  return list([...groupBy(trials, ({ state }) => state)].map(([state, group]) => `${group.length} ${state}`));
}
