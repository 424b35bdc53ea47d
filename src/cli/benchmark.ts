/** `neckar benchmark`: protocols that anyone can run, join and check. */
import type { Command } from 'commander';
import { defineBenchmarkBoard } from './benchmark/board.ts';
import { defineBenchmarkCheck } from './benchmark/check.ts';
import { defineBenchmarkFetch, defineBenchmarkList, defineBenchmarkShow } from './benchmark/protocols.ts';
import { defineBenchmarkRun } from './benchmark/run.ts';
import { defineBenchmarkSubmit } from './benchmark/submit.ts';

/** Gives `neckar benchmark` its subcommands. */
export function defineBenchmark(command: Command): void {
  command
    .description(
      'Runs methods on a protocol whose pictures, size, metrics and reference are fixed, makes submissions of their pictures, checks those of others, and writes the board on which all stand.',
    )
    .addHelpText(
      'after',
      `
Examples:
  neckar benchmark list
  neckar benchmark run neckar-1 --smoke
  neckar benchmark submit neckar-1 gram --smoke -o submissions/gram
  neckar benchmark check submissions/gram
  neckar benchmark board submissions/* -o board`,
    );
  defineBenchmarkList(command.command('list'));
  defineBenchmarkShow(command.command('show'));
  defineBenchmarkFetch(command.command('fetch'));
  defineBenchmarkRun(command.command('run'));
  defineBenchmarkSubmit(command.command('submit'));
  defineBenchmarkCheck(command.command('check'));
  defineBenchmarkBoard(command.command('board'));
}
