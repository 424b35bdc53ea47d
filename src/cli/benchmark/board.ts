/** `neckar benchmark board`: the page on which submissions stand beside each other. */
import type { Command } from 'commander';

export function defineBenchmarkBoard(command: Command): void {
  command.summary('write the board').description('x');
}
