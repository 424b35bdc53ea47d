/** `neckar report`: the page that compares an experiment's trials. */
import type { Command } from 'commander';
import { NeckarError } from '../errors.ts';

export function addReport(program: Command): void {
  program
    .command('report')
    .summary('write the page that compares the trials')
    .argument('<experiment>', 'an experiment file, its name, or the folder of its runs')
    .option('--runs <folder>', 'where results are kept', 'runs')
    .option('-o, --output <file>', 'default: report/index.html in the folder of its runs')
    .option('--json', 'the outcome as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar report loss-variants\n  neckar report runs/loss-variants -o report.html',
    )
    .action(() => {
      throw new NeckarError('not there yet', { exitCode: 1 });
    });
}
