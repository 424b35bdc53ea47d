/** `neckar study analyse`: what the answers say. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { peoplePage } from '../../../reports/people/page.ts';
import { writeFileAtomically } from '../../platform/write.ts';
import { analyze } from '../../study/analysis/analyze.ts';
import { analysisText } from '../../study/analysis/stored.ts';
import { describeAnalysis } from '../../study/analysis/words.ts';
import { readStudy } from '../../study/design/new-study.ts';
import { StudyStore } from '../../study/storage/store.ts';
import { wholeNumber } from '../options.ts';
import { columns } from '../terminal.ts';
import { findStudy } from './folders.ts';
import { requireGroups } from './groups.ts';

interface AnalyzeFlags {
  readonly studies: string;
  readonly resamples?: number;
  readonly smallestGroup: number;
  readonly json?: boolean;
}

export function defineStudyAnalyze(command: Command): void {
  command
    .summary('say what the answers show')
    .description(
      'Scales the methods by every question, with intervals over raters and pictures, with and without those whom the rules declared beforehand leave out; checks how far raters agree; and says which metric predicts their choices. Writes analysis.json and analysis.html into the study’s folder.',
    )
    .argument('<study>', 'the name of a study, or its folder')
    .option('-k, --smallest-group <k>', 'sub-groups of fewer raters are not looked at', wholeNumber, 5)
    .option('--json', 'the analysis as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar study analyse loss-variants\n  neckar study analyse loss-variants -k 10 --json',
    )
    // Of a time when intervals were drawn: scripts that still give it are told.
    .addOption(new Option('--resamples <count>').argParser(wholeNumber).hideHelp())
    .option('--studies <folder>', 'where studies are kept', 'studies')
    .action(async (name: string, flags: AnalyzeFlags) => {
      requireGroups(flags.smallestGroup);
      if (flags.resamples !== undefined) {
        process.stderr.write('--resamples does nothing: intervals are computed, no longer drawn.\n');
      }
      const folder = await findStudy(name, flags.studies);
      const study = await readStudy(folder);
      const store = new StudyStore(folder, study);
      try {
        const analysis = analyze(study, store.raters(), store.answers(), {
          smallestGroup: flags.smallestGroup,
          withdrawals: store.withdrawals(),
        });
        const json = analysisText(analysis);
        await writeFileAtomically(join(folder, 'analysis.json'), json);
        await writeFileAtomically(join(folder, 'analysis.html'), await peoplePage(analysis));
        process.stdout.write(flags.json ? json : `${describeAnalysis(analysis, columns).join('\n')}\n`);
      } finally {
        store.close();
      }
    });
}
