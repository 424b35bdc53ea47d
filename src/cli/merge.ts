/** `neckar merge`: bring another machine's runs into these. */
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { NeckarError } from '../errors.ts';
import { count, list } from '../platform/format.ts';
import { diskFiles } from '../runs/files.ts';
import { type MergeSummary, mergeExperiment } from '../runs/merge.ts';
import { experimentFolder } from '../runs/run.ts';

/** Gives `neckar merge` its arguments, options and action. */
export function defineMerge(command: Command): void {
  command
    .description(
      "Takes finished trials and trainings of other run stores into this one. What both have finished is compared; where pictures differ that is named, and nothing is written over. The others' files are only read.",
    )
    .argument('<stores...>', 'folders of runs of other machines, or of single experiments in them')
    .option('--runs <folder>', 'where results are kept', 'runs')
    .option('--json', 'what was taken and what conflicts, as JSON on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  neckar merge /mnt/einstein/runs\n  neckar merge usb/runs/loss-variants usb/runs/gallery',
    )
    .action(merge);
}

async function merge(
  stores: readonly string[],
  { runs, json }: { readonly runs: string; readonly json?: boolean },
): Promise<void> {
  const summaries: MergeSummary[] = [];
  for (const folder of await experimentsIn(stores)) {
    const to = experimentFolder(basename(folder), runs);
    if (existsSync(to) && (await realpath(to)) === (await realpath(folder))) {
      throw new NeckarError(
        `"${folder}" is this store itself. Name that of another machine, or say with --runs where this one is.`,
      );
    }
    summaries.push(await mergeExperiment(folder, to));
  }
  if (json) process.stdout.write(`${JSON.stringify(summaries, undefined, 2)}\n`);
  else process.stdout.write(`${summaries.flatMap(sentences).join('\n')}\n`);
  if (summaries.some(({ conflicts, notes }) => conflicts.length + notes.length > 0)) process.exitCode = 1;
}

function sentences({ name, taken, same, unfinished, conflicts, notes }: MergeSummary): string[] {
  const parts = [`${taken.length} taken`];
  if (same > 0) parts.push(`${same} there already`);
  if (unfinished > 0) parts.push(`${unfinished} not finished there`);
  if (conflicts.length > 0) parts.push(`${count(conflicts.length, 'conflict')}`);
  return [
    `${name}: ${parts.join(', ')}.`,
    ...conflicts.map(
      ({ label, id, differs }) =>
        `  ${label} (${id}) was finished in both, but differs in ${list(differs)}: kept as it is here.`,
    ),
    ...notes.map((note) => `  ${note}`),
  ];
}

/** The folders of experiments that are meant. */
async function experimentsIn(stores: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const store of stores) {
    const holds = (folder: string) => existsSync(join(folder, 'experiment.json'));
    const inside = (await diskFiles().list(store)).map((name) => join(store, name)).filter(holds);
    if (holds(store)) found.push(store);
    else if (inside.length > 0) found.push(...inside);
    else {
      throw new NeckarError(
        `there are no runs in "${store}". Name the folder that holds a folder for each experiment, or one of those.`,
      );
    }
  }
  return found;
}
