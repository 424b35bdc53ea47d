/** `neckar work`: take part in an experiment that several machines run. */
import type { Command } from 'commander';
import { quoted } from '../platform/shell.ts';
import { takePart } from '../runs/take-part.ts';
import { addMachineOptions, type LaunchFlags, launch } from './launch.ts';
import { addStored, findStored } from './stored.ts';

interface WorkFlags extends Omit<LaunchFlags, 'report'> {
  /** False with `--no-wait`. */
  readonly wait: boolean;
}

/** Gives `neckar work` its arguments, options and action. */
export function defineWork(command: Command): void {
  addStored(command).description(
    'Does open trials and trainings of a stored experiment until none is left, on any machine that sees its runs and its pictures under the same paths, beside whatever else works at it. Starts and stops freely; what failed stays failed.',
  );
  addMachineOptions(command);
  command
    .option('--no-wait', 'end when nothing is free, though others are still at work')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar work loss-variants\n  neckar work loss-variants --runs /shared/runs -j 4 --no-wait',
    )
    .action(takePartIn);
}

async function takePartIn(experiment: string, flags: WorkFlags): Promise<void> {
  const { name, runs } = await findStored(experiment, flags.runs);
  await launch(
    { ...flags, runs, report: false },
    `neckar retry ${quoted(name)}`,
    false,
    ({ launcher: _, fresh: __, ...options }) => takePart(name, { ...options, wait: flags.wait }),
  );
}
