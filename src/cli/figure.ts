/** `neckar figure`: chosen pictures of an experiment as a figure for a paper. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { anonymousReport } from '../../reports/anonymous.ts';
import { writeFigure } from '../../reports/figure/write.ts';
import { storedReport } from '../../reports/stored.ts';
import { NeckarError } from '../errors.ts';
import { shownPath } from '../experiment/load.ts';
import { quoted } from '../platform/shell.ts';
import { addStored, findStored } from './stored.ts';

interface FigureFlags {
  readonly runs: string;
  readonly rows?: string;
  readonly columns?: string;
  readonly at: string[];
  readonly sources: boolean;
  readonly width: string;
  readonly name: string;
  readonly output?: string;
  readonly anonymous?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Gives `neckar figure` its arguments, options and action. */
export function defineFigure(command: Command): void {
  addStored(command)
    .description(
      'Writes chosen pictures of an experiment as a figure for a paper: rows by columns with labels, as PNG, as PDF (every picture with all of its pixels, labels as outlines) and as LaTeX with the cut pictures beside it.',
    )
    .option(
      '--rows <axis[=values]>',
      'what the rows are, such as pair or pair=town×swirl (default: the report’s)',
    )
    .option(
      '--columns <axis[=values]>',
      'what the columns are, such as variant=gram,fused (default: the report’s)',
    )
    .option(
      '--at <axis=value>',
      'the value of another axis, such as optimizer=adam; may be given again (default: the first of each)',
      (value: string, all: string[]) => [...all, value],
      [] as string[],
    )
    .option('--no-sources', 'without content and style beside the results')
    .option('--width <mm>', 'width on paper', '174')
    .option('--name <name>', 'of the files', 'figure')
    .option('-o, --output <folder>', 'where the files go (default: figures/ in the folder of its runs)')
    .option('--anonymous', 'for blind review: no host, no path and no user’s name in the LaTeX file')
    .option('--force', 'replace files that are there')
    .option('--json', 'the files that were written as JSON on stdout')
    .addHelpText(
      'after',
      `
Examples:
  neckar figure loss-variants
  neckar figure loss-variants --rows pair=town×swirl,portrait×fauve --columns variant=gram,fused --at optimizer=adam
  neckar figure loss-variants --rows optimizer --columns variant --width 84 --name optimisers`,
    )
    .action(figure);
}

async function figure(experiment: string, flags: FigureFlags): Promise<void> {
  const width = Number(flags.width);
  if (!Number.isFinite(width))
    throw new NeckarError(`--width "${flags.width}": expected millimetres, such as 174`);
  const { folder } = await findStored(experiment, flags.runs);
  const stored = await storedReport(folder);
  const input = flags.anonymous ? anonymousReport(stored) : stored;
  const { files, missing } = await writeFigure(input, flags.output ?? join(folder, 'figures'), {
    ...(flags.rows !== undefined && { rows: flags.rows }),
    ...(flags.columns !== undefined && { columns: flags.columns }),
    at: flags.at,
    sources: flags.sources,
    width,
    name: flags.name,
    force: flags.force === true,
    command: commandOf(input.name, flags),
  });
  for (const sentence of missing) process.stderr.write(`${sentence}\n`);
  if (flags.json) process.stdout.write(`${JSON.stringify({ files, missing }, undefined, 2)}\n`);
  else
    for (const file of files.filter(
      (path) => /\.(png|pdf|tex)$/.test(path) && !path.includes(`${flags.name}/`),
    ))
      process.stdout.write(`${shownPath(file)}\n`);
}

/** What makes the same figure again, without where its files went. */
function commandOf(name: string, { rows, columns, at, sources, width }: FigureFlags): string {
  const options = [
    ...(rows === undefined ? [] : ['--rows', rows]),
    ...(columns === undefined ? [] : ['--columns', columns]),
    ...at.flatMap((one) => ['--at', one]),
    ...(sources ? [] : ['--no-sources']),
    ...(width === '174' ? [] : ['--width', width]),
  ];
  return ['neckar', 'figure', name, ...options]
    .map((word) => (word.startsWith('--') ? word : quoted(word)))
    .join(' ');
}
