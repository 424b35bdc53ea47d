/** `neckar study`: ask people, and say what they answered. */
import type { Command } from 'commander';
import { defineStudyAnalyze } from './study/analyse.ts';
import {
  defineStudyExport,
  defineStudyExportForm,
  defineStudyImport,
  defineStudyWithdraw,
} from './study/exchange.ts';
import { defineStudyNew } from './study/new.ts';
import { defineStudyPlan } from './study/plan.ts';
import { defineStudyServe } from './study/serve.ts';
import { defineStudyStatus } from './study/status.ts';
import { defineStudyTemplate } from './study/template.ts';

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
  neckar study status loss-variants --watch
  neckar study analyse loss-variants`,
    );
  defineStudyPlan(command.command('plan'));
  defineStudyNew(command.command('new'));
  defineStudyTemplate(command.command('template'));
  defineStudyServe(command.command('serve'));
  defineStudyStatus(command.command('status'));
  defineStudyExportForm(command.command('export-form'));
  defineStudyImport(command.command('import'));
  defineStudyExport(command.command('export'));
  defineStudyAnalyze(command.command('analyse'));
  defineStudyWithdraw(command.command('withdraw'));
}
