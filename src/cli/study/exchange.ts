/** `neckar study export-form`, `import`, `export` and `withdraw`: what goes out, and what comes back. */

import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { compositionCsv, compositionLatex } from '../../../reports/people/composition.ts';
import { messageOf, NeckarError } from '../../errors.ts';
import { shownPath } from '../../experiment/load.ts';
import { toCsv } from '../../platform/csv.ts';
import { count } from '../../platform/format.ts';
import { writeFileAtomically } from '../../platform/write.ts';
import { parseJson } from '../../runs/store.ts';
import { forgetAnalysis } from '../../study/analysis/stored.ts';
import { readStudy } from '../../study/design/new-study.ts';
import { handOutForm, importAnswers } from '../../study/form/handout.ts';
import { exportTables } from '../../study/storage/export.ts';
import { StudyStore } from '../../study/storage/store.ts';
import { tidyColumns } from '../../study/storage/tidy.ts';
import { wholeNumber } from '../options.ts';
import { findStudy } from './folders.ts';
import { requireGroups } from './groups.ts';

interface Flags {
  readonly studies: string;
  readonly json?: boolean;
  readonly output?: string;
}

export function defineStudyExportForm(command: Command): void {
  command
    .summary('write forms that work without a network')
    .description(
      'Writes forms as single HTML files that open from the disk, one for each rater. Each returns its answers as a file for `neckar study import`.',
    )
    .argument('<study>', 'the name of a study, or its folder')
    .option('--count <count>', 'how many forms', wholeNumber, 1)
    .option('-o, --output <folder>', 'where they go (default: forms/ in the study’s folder)')
    .option('--studies <folder>', 'where studies are kept', 'studies')
    .option('--json', 'the files that were written as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar study export-form loss-variants\n  neckar study export-form loss-variants --count 20 -o handouts',
    )
    .action(async (name: string, flags: Flags & { count: number }) => {
      const written: string[] = [];
      await withStudy(name, flags, async (folder, store) => {
        const output = flags.output ?? join(folder, 'forms');
        await makeFolder(output);
        for (let i = 0; i < flags.count; i++) {
          const { id, html } = await handOutForm(folder, store);
          const path = join(output, `form-${id.slice(0, 8)}.html`);
          await writeFileAtomically(path, html);
          written.push(path);
          if (!flags.json) process.stdout.write(`${shownPath(path)}\n`);
        }
        if (store.study.design.kind === 'active') {
          process.stderr.write(
            `neckar: this study chooses its pairs by the answers so far, and a form without a network cannot: ${flags.count === 1 ? 'its pairs were' : 'their pairs were'} chosen now, from ${count(store.answers().length, 'answer')}. Import what comes back before you export more.\n`,
          );
        }
      });
      if (flags.json) writeJson({ files: written });
    });
}

export function defineStudyImport(command: Command): void {
  command
    .summary('take in answer files')
    .description(
      'Takes in the files that forms without a network have saved. Files that were edited are refused and listed. The seal on a file shows damage and edits; it cannot show that a rater who took the form apart has forged it.',
    )
    .argument('<study>', 'the name of a study, or its folder')
    .argument('<files...>', 'answer files')
    .option('--studies <folder>', 'where studies are kept', 'studies')
    .option('--json', 'what was taken in of each file as JSON on stdout')
    .addHelpText('after', '\nExamples:\n  neckar study import loss-variants answers-*.json')
    .action(async (name: string, files: string[], flags: Flags) => {
      const failures: string[] = [];
      const taken: { file: string; answers: number; refused: readonly string[] }[] = [];
      await withStudy(name, flags, async (_, store) => {
        for (const path of files) {
          try {
            const text = await readFile(path).catch((cause: unknown) => {
              throw new NeckarError(`"${path}" cannot be read: ${messageOf(cause)}.`, { cause });
            });
            const { answers, refused } = await importAnswers(text, path, store);
            taken.push({ file: path, answers, refused });
            if (flags.json) continue;
            process.stdout.write(`${path}: ${count(answers, 'new answer')}\n`);
            for (const why of refused) process.stdout.write(`  ${why}\n`);
          } catch (error) {
            if (!(error instanceof NeckarError)) throw error;
            failures.push(error.message);
          }
        }
      });
      if (flags.json) writeJson({ files: taken, failures });
      if (failures.length > 0) throw new NeckarError(failures.join('\nneckar: '), { exitCode: 1 });
    });
}

export function defineStudyExport(command: Command): void {
  command
    .summary('write the answers as CSV and JSON')
    .description(
      'Writes raters.csv, answers.csv and study.json; tidy.csv, one row an answer for mixed models, with its columns explained in tidy-columns.csv; and who took part as composition.csv and composition.tex. Raters have random numbers; backgrounds shared by fewer than k raters are merged, and so are cells of the composition.',
    )
    .argument('<study>', 'the name of a study, or its folder')
    .option(
      '-k, --smallest-group <k>',
      'every combination of facts about raters is shared by as many',
      wholeNumber,
      5,
    )
    .option('--tidy', 'only the table for mixed models and its columns')
    .option('-o, --output <folder>', 'where they go (default: export/ in the study’s folder)')
    .option('--studies <folder>', 'where studies are kept', 'studies')
    .option('--json', 'the files that were written as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar study export loss-variants\n  neckar study export loss-variants --tidy -o for-r',
    )
    .action(async (name: string, flags: Flags & { smallestGroup: number; tidy?: boolean }) => {
      requireGroups(flags.smallestGroup);
      const written: string[] = [];
      await withStudy(name, flags, async (folder, store) => {
        const output = flags.output ?? join(folder, 'export');
        const { study, raters, answers, tidy, composition } = exportTables(
          store.study,
          store.raters(),
          store.answers(),
          flags.smallestGroup,
        );
        await makeFolder(output);
        await refuseForeign(output, store.study.name);
        const attributes = Object.keys(raters[0] ?? {}).filter(
          (name) => !['rater', 'finished'].includes(name),
        );
        const tables = [
          ['tidy.csv', toCsv(tidy)],
          ['tidy-columns.csv', toCsv(tidyColumns(store.study, attributes))],
        ] as const;
        for (const [file, text] of flags.tidy
          ? tables
          : ([
              ['raters.csv', toCsv(raters)],
              ['answers.csv', toCsv(answers)],
              ...tables,
              ['composition.csv', compositionCsv(composition)],
              ['composition.tex', compositionLatex(composition, store.study.name)],
              ['study.json', `${JSON.stringify({ ...study, raters, answers, composition }, undefined, 1)}\n`],
            ] as const)) {
          await writeFileAtomically(join(output, file), text);
          written.push(join(output, file));
          if (!flags.json) process.stdout.write(`${shownPath(join(output, file))}\n`);
        }
      });
      if (flags.json) writeJson({ files: written });
    });
}

const exported = [
  'raters.csv',
  'answers.csv',
  'tidy.csv',
  'tidy-columns.csv',
  'composition.csv',
  'composition.tex',
  'study.json',
];

/** What an earlier export of this study wrote is replaced; files of one of these names that are somebody else's are not. */
async function refuseForeign(folder: string, study: string): Promise<void> {
  const there = (await readdir(folder)).filter((name) => exported.includes(name));
  if (there.length === 0) return;
  const before = parseJson(await readFile(join(folder, 'study.json')).catch(() => '')) as
    | { readonly name?: unknown }
    | undefined;
  if (before?.name === study) return;
  throw new NeckarError(
    `"${folder}" holds ${there.join(', ')}, which no export of "${study}" has written and this one would replace. Name another folder with --output.`,
  );
}

export function defineStudyWithdraw(command: Command): void {
  command
    .summary('delete the answers of a rater')
    .description('Deletes everything of the rater who has this withdrawal code.')
    .argument('<study>', 'the name of a study, or its folder')
    .argument('<code>', 'the withdrawal code')
    .option('--studies <folder>', 'where studies are kept', 'studies')
    .option('--json', 'what was deleted as JSON on stdout')
    .addHelpText('after', '\nExamples:\n  neckar study withdraw loss-variants K7QP-2MXD')
    .action(async (name: string, code: string, flags: Flags) => {
      await withStudy(name, flags, async (folder, store) => {
        if (!store.withdraw(code)) {
          throw new NeckarError(`There are no answers with the code "${code}". Check it for slips.`);
        }
        await forgetAnalysis(folder);
        if (flags.json) return writeJson({ deleted: code, analysis: 'deleted' });
        process.stdout.write(
          'Deleted, and the analysis with it. Tables exported before still hold these answers: make them again.\n',
        );
      });
    });
}

function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

async function withStudy(
  name: string,
  { studies }: Flags,
  work: (folder: string, store: StudyStore) => Promise<void>,
): Promise<void> {
  const folder = await findStudy(name, studies);
  const store = new StudyStore(folder, await readStudy(folder));
  try {
    await work(folder, store);
  } finally {
    store.close();
  }
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: unknown) => {
    throw new NeckarError(`The folder "${path}" cannot be made: ${messageOf(cause)}. Name another with -o.`, {
      cause,
    });
  });
}
