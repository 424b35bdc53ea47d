/** `neckar benchmark board`: the page on which submissions stand beside each other. */
import type { Command } from 'commander';
import { boardOf } from '../../../reports/board/input.ts';
import { writeBoard } from '../../../reports/board/write.ts';
import { refuseOtherProtocol } from '../../benchmark/check.ts';
import { locatePictures } from '../../benchmark/pictures.ts';
import { loadProtocol } from '../../benchmark/protocol.ts';
import { readSubmission } from '../../benchmark/submission.ts';
import { shownPath } from '../../experiment/load.ts';
import { count } from '../../platform/format.ts';
import { addPicturesOption } from './protocols.ts';

interface BoardFlags {
  readonly output: string;
  readonly protocol?: string;
  readonly pictures?: string;
  readonly json?: boolean;
}

export function defineBenchmarkBoard(command: Command): void {
  addPicturesOption(command)
    .summary('write the board of submissions')
    .description(
      'Writes one page on which methods stand by every measure with intervals over contents and styles, ranks with their uncertainty, which differences are decided, costs, and every picture; and the same as JSON and LaTeX. Nothing is computed anew: "neckar benchmark check" does that.',
    )
    .argument('<folders...>', 'submissions of one protocol, tier and part')
    .option('-o, --output <folder>', 'where the board is written', 'board')
    .option('--protocol <file>', "the protocol's file, where it does not come with Neckar")
    .option('--json', 'the numbers as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar benchmark board submissions/*\n  neckar benchmark board submissions/gram submissions/theirs -o page',
    )
    .action(write);
}

async function write(folders: readonly string[], flags: BoardFlags): Promise<void> {
  const read = await Promise.all(
    folders.map(async (folder) => ({ folder, submission: await readSubmission(folder) })),
  );
  const { protocol } = read[0]!.submission;
  const loaded = await loadProtocol(flags.protocol ?? protocol.name);
  const located = await locatePictures(loaded, read[0]!.submission.part, {
    ...(flags.pictures !== undefined && { folder: flags.pictures }),
  });
  const board = boardOf(loaded, located, read);
  refuseOtherProtocol(read[0]!.submission, loaded, folders[0]!);
  const { html, numbers } = await writeBoard(board, flags.output);
  if (flags.json) process.stdout.write(`${JSON.stringify({ html, ...numbers }, undefined, 2)}\n`);
  else process.stderr.write(`${count(read.length, 'method')} on the board: ${shownPath(html)}\n`);
}
