/** `neckar export`: an experiment for other programs. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { writeArchive } from '../../reports/export/archive.ts';
import { writeExport } from '../../reports/export/folder.ts';
import type { TableRow } from '../../reports/export/parquet.ts';
import { storedReport } from '../../reports/stored.ts';
import { NeckarError } from '../errors.ts';
import { shownPath } from '../experiment/load.ts';
import { count } from '../platform/format.ts';
import { replacedSentence } from '../platform/outputs.ts';
import { readStudy } from '../study/design/new-study.ts';
import { exportTables } from '../study/storage/export.ts';
import { StudyStore } from '../study/storage/store.ts';
import { repeated } from './options.ts';
import { addStored, findStored } from './stored.ts';

interface ExportFlags {
  readonly runs: string;
  readonly studies: string;
  readonly output?: string;
  readonly zip?: string;
  /** False with `--no-pictures`. */
  readonly pictures: boolean;
  readonly tensorboard?: boolean;
  readonly filter?: readonly string[];
  readonly json?: boolean;
}

/** Gives `neckar export` its arguments, options and action. */
export function defineExport(command: Command): void {
  addStored(command)
    .description(
      'Writes trials, settings, scores, traces and ratings as Parquet and CSV, with pictures as Hugging Face’s `datasets` loads them; or everything as one archive from which `neckar report` writes its page elsewhere.',
    )
    .option('-o, --output <folder>', 'where tables and pictures go (default: <experiment>-export)')
    .option('--studies <folder>', 'where studies of people are kept', 'studies')
    .option('--filter <conditions>', 'only trials such as "variant=gram,mrf seed=7"', repeated)
    .option('--no-pictures', 'tables alone')
    .option('--tensorboard', "also the traces as TensorBoard's event files")
    .option('--zip <file>', 'one archive of its runs instead')
    .option('--json', 'the files that were written, as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar export loss-variants -o tables\n  neckar export loss-variants --tensorboard --no-pictures\n  neckar export loss-variants --zip loss-variants.zip\n  neckar report loss-variants.zip -o report',
    )
    .action(exportExperiment);
}

async function exportExperiment(experiment: string, flags: ExportFlags): Promise<void> {
  const { folder, name } = await findStored(experiment, flags.runs);
  const { zip, json } = flags;
  if (zip !== undefined) {
    if (flags.output !== undefined || flags.filter !== undefined || flags.tensorboard || !flags.pictures) {
      throw new NeckarError(
        '--zip holds all of an experiment: leave out -o, --filter, --tensorboard and --no-pictures',
      );
    }
    const replaced = replacedSentence(zip);
    if (replaced !== undefined) process.stderr.write(`${replaced}\n`);
    const files = await writeArchive(folder, zip);
    process.stdout.write(json ? `${JSON.stringify({ zip, files })}\n` : `${zip} (${count(files, 'file')})\n`);
    return;
  }
  const output = flags.output ?? `${name}-export`;
  const input = await storedReport(folder, undefined, {
    ...(flags.filter && { filter: flags.filter.join(' ') }),
  });
  const files = await writeExport(input, output, {
    pictures: flags.pictures,
    ...(flags.tensorboard && { tensorboard: true }),
    ratings: await ratingsOf(input.name, flags.studies),
  });
  if (json) process.stdout.write(`${JSON.stringify({ folder: output, files }, undefined, 2)}\n`);
  else process.stdout.write(`${shownPath(output)} (${count(files.length, 'file')})\n`);
}

/** Every answer about an experiment's pictures, nobody recognisable, as `neckar study export` writes them. */
async function ratingsOf(name: string, studies: string): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  for (const entry of (await readdir(studies).catch(() => [] as string[])).sort()) {
    const folder = join(studies, entry);
    if (!existsSync(join(folder, 'manifest.json')) || !existsSync(join(folder, 'answers.db'))) continue;
    const study = await readStudy(folder);
    if (study.experiment !== name) continue;
    const store = new StudyStore(folder, study);
    try {
      const { tidy } = exportTables(study, store.raters(), store.answers());
      rows.push(...tidy.map((row) => ({ study: study.name, ...row })));
    } finally {
      store.close();
    }
  }
  return rows;
}
