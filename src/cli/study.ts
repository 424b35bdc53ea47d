/** `neckar study`: ask people, and say what they answered. */
import type { Command } from 'commander';
import { defineStudyNew } from './study/new.ts';

export function defineStudy(command: Command): void {
  command
    .description(
      'Asks people about the pictures of an experiment: makes the study, serves it, and analyses the answers.',
    )
    .addHelpText(
      'after',
      `
Examples:
  neckar study plan --methods 4 --pairs 6 --preference 60
  neckar study new loss-variants --reference gram --raters 40
  neckar study serve loss-variants --access-code tulip
  neckar study analyse loss-variants`,
    );
  defineStudyNew(command.command('new'));
}
