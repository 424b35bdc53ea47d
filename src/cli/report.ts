/** `neckar report`: the page that compares an experiment's trials. */
import type { Command } from 'commander';
import { NeckarError } from '../errors.ts';

export function defineReport(command: Command): void {
  command
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
