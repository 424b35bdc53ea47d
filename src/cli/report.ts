/** `neckar report`: the page that compares an experiment's trials. */
import { existsSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { Command } from 'commander';
import { storedReport } from '../../reports/stored.ts';
import { writeReport } from '../../reports/write.ts';
import { didYouMean, NeckarError } from '../errors.ts';
import { shownPath } from '../experiment/load.ts';
import { diskFiles } from '../runs/files.ts';
import { experimentFolder } from '../runs/run.ts';

interface ReportFlags {
  readonly runs: string;
  readonly output?: string;
  readonly pictures: 'embed' | 'folder';
  readonly json?: boolean;
}

export function defineReport(command: Command): void {
  command
    .description(
      'Writes the page that compares the trials of an experiment: one HTML file that opens from the disk, and its charts as SVG and CSV. `neckar run` writes it by itself at its end.',
    )
    .argument('<experiment>', 'the name of an experiment, its file, or the folder of its runs')
    .option('--runs <folder>', 'where results are kept', 'runs')
    .option('-o, --output <folder>', 'where the report goes (default: report/ in the folder of its runs)')
    .option('--pictures <where>', 'embed them in the page, or keep them beside it in a folder', 'embed')
    .option('--json', 'the files that were written as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar report loss-variants\n  neckar report runs/loss-variants -o report --pictures folder',
    )
    .action(report);
}

async function report(experiment: string, flags: ReportFlags): Promise<void> {
  if (flags.pictures !== 'embed' && flags.pictures !== 'folder') {
    throw new NeckarError(`--pictures "${flags.pictures}": expected embed or folder`);
  }
  const folder = await findRuns(experiment, flags.runs);
  const input = await storedReport(folder);
  const { html, files } = await writeReport(input, flags.output ?? join(folder, 'report'), {
    pictures: flags.pictures,
  });
  if (flags.json) process.stdout.write(`${JSON.stringify({ html, files }, undefined, 2)}\n`);
  else process.stdout.write(`${shownPath(html)}\n`);
}

/** The folder of an experiment's runs, from that folder, the experiment's name or its file. */
async function findRuns(experiment: string, runs: string): Promise<string> {
  const name = basename(experiment, extname(experiment));
  const candidates = [experiment, experimentFolder(experiment, runs), experimentFolder(name, runs)];
  const found = candidates.find((folder) => existsSync(join(folder, 'experiment.json')));
  if (found !== undefined) return found;
  const known = (await diskFiles().list(runs)).filter((entry) =>
    existsSync(join(runs, entry, 'experiment.json')),
  );
  const there =
    known.length === 0 ? `there are none in "${runs}"` : `in "${runs}" there are: ${known.join(', ')}`;
  throw new NeckarError(
    `there are no runs of "${experiment}"; ${there}. ${didYouMean(name, known)}Run it first: neckar run ${experiment}`,
  );
}
