/** `neckar compare`: two experiments, or two variants, over the pairs that they have in common. */
import type { Command } from 'commander';
import { analyzeAgainst, type Side } from '../../metrics/statistics/analysis/against.ts';
import type { Analysis } from '../../metrics/statistics/analysis/analyze.ts';
import { checkPrimary } from '../../metrics/statistics/analysis/question.ts';
import { worthShowing } from '../../reports/words/markdown.ts';
import {
  answer,
  comparedOf,
  designSentence,
  excludedSentences,
  probability,
  refusalSentences,
  titleOf,
  withInterval,
  writerOf,
} from '../../reports/words/sentences.ts';
import { named, storedSide } from '../../reports/words/side.ts';
import { NeckarError } from '../errors.ts';
import { number } from '../platform/format.ts';
import { findStored } from './stored.ts';
import { columns, type Palette, palette, wantsColor } from './terminal.ts';

interface CompareFlags {
  readonly runs: string;
  readonly metric?: string;
  readonly json?: boolean;
}

export function defineCompare(command: Command): void {
  command
    .description(
      'Compares two experiments, or two variants, metric by metric over the content/style pairs and settings that both have.',
    )
    .argument('<a>', 'an experiment, or one of its variants as experiment:variant')
    .argument('<b>', 'what it is compared with')
    .option('--runs <folder>', 'where results are kept', 'runs')
    .option('--metric <name>', 'the metric that decides; without it everything is exploratory')
    .option('--json', 'the analysis as JSON on stdout')
    .addHelpText(
      'after',
      `
Examples:
  neckar compare loss-variants:gram loss-variants:fused --metric held-out-gram
  neckar compare loss-variants loss-variants-512
  neckar compare runs/monday:fused runs/tuesday:fused --json`,
    )
    .action(compare);
}

async function compare(a: string, b: string, flags: CompareFlags): Promise<void> {
  if (a === b) {
    throw new NeckarError(`"${a}" is compared with itself; name another experiment or variant`);
  }
  checkPrimary({ metric: flags.metric });
  const sides = named(await side(a, flags.runs), await side(b, flags.runs));
  const analysis = analyzeAgainst(...sides, flags.metric);
  if (flags.json) process.stdout.write(`${JSON.stringify(analysis, undefined, 2)}\n`);
  else process.stdout.write(`${linesOf(analysis, palette(wantsColor(process.stdout))).join('\n')}\n`);
  if (analysis.comparisons[0]!.refused !== undefined) process.exitCode = 1;
}

/** `experiment:variant`, where the colon is not a part of the experiment's own path. */
async function side(written: string, runs: string): Promise<Side> {
  const colon = written.lastIndexOf(':');
  if (colon < 2 || written.slice(colon).includes('/')) {
    return await storedSide((await findStored(written, runs)).folder);
  }
  const { folder } = await findStored(written.slice(0, colon), runs);
  return await storedSide(folder, written.slice(colon + 1));
}

function linesOf(analysis: Analysis, paint: Palette): string[] {
  const [comparison] = analysis.comparisons;
  const { refused, findings } = comparison!;
  if (refused !== undefined) return [refused];
  const shown = findings.filter(worthShowing);
  const measured = shown.filter((finding) => comparedOf(finding) !== undefined);
  const rows = measured.flatMap((finding) => {
    const { treatments, differences } = comparedOf(finding)!;
    const write = writerOf([...treatments, ...differences]);
    return differences.map((difference, i) => {
      const { a, b, adjusted, gz, favours } = difference;
      const winner = favours === undefined ? '' : treatments[favours === 'a' ? a : b]!.name;
      return [
        i === 0
          ? `${titleOf(finding)} ${finding.better === 'higher' ? '↑' : '↓'}${finding.role === 'primary' ? ' (primary)' : ''}`
          : '',
        write(treatments[b]!.estimate),
        write(treatments[a]!.estimate),
        withInterval(difference, write),
        probability(adjusted),
        gz === null ? '–' : number(gz),
        paint.good(winner),
      ];
    });
  });
  const [first, second] = comparison!.treatments;
  const two = comparison!.treatments.length === 2;
  const head = [
    'Metric',
    two ? first! : 'one',
    two ? second! : 'other',
    'difference [interval]',
    'p adjusted',
    'g_z',
    'better',
  ];
  const silent = refusalSentences(shown.filter((finding) => comparedOf(finding) === undefined));
  return [
    ...answer(analysis),
    ...analysis.notes,
    designSentence(comparison!),
    '',
    ...columns([head.map(paint.strong), ...rows], [1, 2, 4, 5]),
    ...(silent.length > 0 ? ['', paint.strong('Not compared'), ...silent] : []),
    ...measured.flatMap(excludedSentences),
  ];
}
