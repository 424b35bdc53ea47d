/** `neckar report`: the page that compares an experiment's trials. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import type { Command } from 'commander';
import { anonymousReport } from '../../reports/anonymous.ts';
import { remarksOn } from '../../reports/damage.ts';
import { openArchive } from '../../reports/export/archive.ts';
import type { ReportInput } from '../../reports/input.ts';
import { severalReports } from '../../reports/several.ts';
import { storedReport } from '../../reports/stored.ts';
import { writeReport } from '../../reports/write.ts';
import { NeckarError } from '../errors.ts';
import { shownPath } from '../experiment/load.ts';
import { repeated } from './options.ts';
import { findStored } from './stored.ts';
import { drawOver } from './terminal.ts';

interface ReportFlags {
  readonly runs: string;
  readonly output?: string;
  readonly pictures: 'embed' | 'folder';
  readonly studies: string;
  readonly measure?: boolean;
  readonly filter?: readonly string[];
  readonly anonymous?: boolean;
  readonly json?: boolean;
}

/** Gives `neckar report` its arguments, options and action. */
export function defineReport(command: Command): void {
  command
    .argument(
      '<experiments...>',
      'names of experiments, their files, the folders of their runs, or archives of `neckar export --zip`; several become one report',
    )
    .option('--runs <folder>', 'where results are kept', 'runs')
    .option('--studies <folder>', 'where studies of people are kept', 'studies')
    .description(
      'Writes the page that compares the trials of an experiment: one HTML file that opens from the disk, and its charts as SVG, PNG and CSV. `neckar run` writes it by itself at its end.',
    )
    .option(
      '-o, --output <folder>',
      'where the report goes (default: report/ in the folder of its runs; needed for several, and for a view)',
    )
    .option('--filter <conditions>', 'a view of it: only trials such as "variant=gram,mrf seed=7"', repeated)
    .option('--pictures <where>', 'embed them in the page, or keep them beside it in a folder', 'embed')
    .option(
      '--measure',
      'also measure the pictures that trials kept on the way (once), for quality over evaluations and seconds',
    )
    .option(
      '--anonymous',
      'for blind review: no host, no path, no user’s name and no address in any of its files',
    )
    .option('--json', 'the files that were written as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar report loss-variants\n  neckar report runs/loss-variants -o report --pictures folder\n  neckar report monday tuesday -o both\n  neckar report loss-variants --anonymous -o for-review\n  neckar report loss-variants --filter seed=7 -o seed-7\nA figure for a paper: neckar figure --help',
    )
    .action(report);
}

async function report(experiments: readonly string[], flags: ReportFlags): Promise<void> {
  if (flags.pictures !== 'embed' && flags.pictures !== 'folder') {
    throw new NeckarError(`--pictures "${flags.pictures}": expected embed or folder`);
  }
  const unpacked = await mkdtemp(join(tmpdir(), 'neckar-report-'));
  try {
    await reportOf(experiments, flags, unpacked);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

/** @param unpacked - an empty folder for what comes in archives */
async function reportOf(experiments: readonly string[], flags: ReportFlags, unpacked: string): Promise<void> {
  const folders: string[] = [];
  for (const [i, experiment] of experiments.entries()) {
    const archive = extname(experiment) === '.zip' && existsSync(experiment);
    if (archive && flags.output === undefined) {
      throw new NeckarError(
        `the report of an archive has no folder of its own: say where it goes with --output, such as -o ${basename(experiment, '.zip')}-report`,
      );
    }
    folders.push(
      archive
        ? await openArchive(experiment, join(unpacked, String(i)))
        : (await findStored(experiment, flags.runs)).folder,
    );
  }
  const [first] = folders as [string];
  if (folders.length > 1 && flags.output === undefined) {
    throw new NeckarError(
      'a report of several experiments belongs to none of their folders: say where it goes with --output <folder>',
    );
  }
  if (flags.filter !== undefined && flags.output === undefined) {
    throw new NeckarError(
      'a view of the trials does not replace the report of all of them: say where it goes with --output <folder>',
    );
  }
  const inputs: ReportInput[] = [];
  for (const folder of new Set(folders)) inputs.push(await inputOf(folder, flags));
  const whole = inputs.length === 1 ? inputs[0]! : severalReports(inputs);
  const input = flags.anonymous ? anonymousReport(whole) : whole;
  for (const sentence of remarksOn(input)) process.stderr.write(`${sentence}\n`);
  const { html, files } = await writeReport(input, flags.output ?? join(first, 'report'), {
    pictures: flags.pictures,
    ...(inputs.length === 1 && { memory: join(first, 'thumbnails') }),
  });
  if (flags.json) process.stdout.write(`${JSON.stringify({ html, files }, undefined, 2)}\n`);
  else process.stdout.write(`${shownPath(html)}\n`);
}

async function inputOf(folder: string, flags: ReportFlags): Promise<ReportInput> {
  const input = await storedReport(folder, undefined, {
    measure: flags.measure,
    ...(flags.filter && { filter: flags.filter.join(' ') }),
    studies: flags.studies,
    onProgress: (done, total) => {
      if (process.stderr.isTTY && flags.measure)
        drawOver(process.stderr, '\r', `measuring ${done} of ${total} trials`);
    },
  });
  if (process.stderr.isTTY && flags.measure) drawOver(process.stderr, '\r\u001b[K');
  return input;
}
