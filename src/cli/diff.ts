/** `neckar diff`: what tells two trials apart. */

import type { Command } from 'commander';
import { plainNumber } from '../platform/format.ts';
import { diff, findWork, type WorkDifference } from '../runs/queries.ts';
import { status } from '../runs/status.ts';
import { scoreText } from './show.ts';
import { addStored, findStored } from './stored.ts';
import { columns, type Palette, palette, wantsColor } from './terminal.ts';

interface DiffFlags {
  readonly runs: string;
  readonly json?: boolean;
}

/** Gives `neckar diff` its arguments, options and action. */
export function defineDiff(command: Command): void {
  addStored(command)
    .description('Says in what two trials, or two trainings, differ: settings, scores and how they ran.')
    .argument('<a>', 'a trial or training: its label, or the beginning of its id')
    .argument('<b>', 'another')
    .option('--json', 'as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar diff loss-variants 4e9e 47c1\n  neckar diff loss-variants 4e9e 47c1 --json',
    )
    .action(showDiff);
}

async function showDiff(experiment: string, a: string, b: string, flags: DiffFlags): Promise<void> {
  const { folder } = await findStored(experiment, flags.runs);
  const found = await status(folder);
  const both = [findWork(found, a), findWork(found, b)] as const;
  const difference = diff(...both);
  if (flags.json) {
    const [left, right] = both.map(({ id, label }) => ({ id, label }));
    process.stdout.write(`${JSON.stringify({ a: left, b: right, ...difference }, undefined, 2)}\n`);
    return;
  }
  const labels = both.map(({ label }) => label) as [string, string];
  const lines = linesOf(difference, labels, palette(wantsColor(process.stdout)));
  process.stdout.write(`${lines.join('\n')}\n`);
}

function linesOf(
  { config, scores, facts }: WorkDifference,
  labels: [string, string],
  paint: Palette,
): string[] {
  const section = (title: string, rows: string[][]) =>
    rows.length === 0 ? [] : ['', paint.strong(title), ...columns(rows)];
  const pairs = (values: Readonly<Record<string, readonly [unknown, unknown]>>) =>
    Object.entries(values).map(([path, [left, right]]) => [path, valueText(left), valueText(right)]);
  const scored = Object.values(scores).map(([left, right]) => [
    (left ?? right)!.label,
    scoreText(left),
    scoreText(right),
  ]);
  return [
    ...columns([['', ...labels.map(paint.strong)]]),
    ...section('Settings', pairs(config)),
    ...section('Scores', scored),
    ...section('Runs', pairs(facts)),
  ];
}

function valueText(value: unknown): string {
  if (value === undefined) return '–';
  if (typeof value === 'number') return plainNumber(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
