/** `neckar retry`: run failed trials again, from the store alone. */
import type { Command } from 'commander';
import { type LauncherSpec, launcherSchema } from '../experiment/launcher.ts';
import { quoted } from '../platform/shell.ts';
import { diskFiles } from '../runs/files.ts';
import { findWork, retry } from '../runs/queries.ts';
import { status } from '../runs/status.ts';
import { readExperiment } from '../runs/store.ts';
import { addLaunchOptions, type LaunchFlags, launch } from './launch.ts';
import { collected } from './options.ts';
import { addStored, findStored } from './stored.ts';

interface RetryFlags extends LaunchFlags {
  readonly only?: readonly string[];
}

/** Gives `neckar retry` its arguments, options and action. */
export function defineRetry(command: Command): void {
  addStored(command)
    .description(
      'Runs the failed trials of an experiment again with the trainings that they failed by, or the trials and trainings that are named. Needs no experiment file: what is stored is run.',
    )
    .argument('[trials...]', 'labels, or the beginnings of ids (default: all that failed)')
    .option('--only <ids>', 'the same as naming them', collected);
  addLaunchOptions(command);
  command
    .addHelpText(
      'after',
      '\nExamples:\n  neckar retry loss-variants\n  neckar retry loss-variants 4e9e --fresh',
    )
    .action(retryTrials);
}

async function retryTrials(experiment: string, named: readonly string[], flags: RetryFlags): Promise<void> {
  const { folder, name, runs } = await findStored(experiment, flags.runs);
  const wanted = [...named, ...(flags.only ?? [])];
  const found = wanted.length === 0 ? undefined : await status(folder);
  const work = found && wanted.map((text) => findWork(found, text));
  await launch(
    { ...flags, runs },
    `neckar retry ${quoted(name)}`,
    false,
    (options) => retry(name, { ...options, work }),
    await storedLauncher(folder),
  );
}

/** What the experiment said about its launcher when it was run. */
async function storedLauncher(folder: string): Promise<LauncherSpec | undefined> {
  const experiment = await readExperiment(diskFiles(), folder);
  return launcherSchema.safeParse((experiment?.declaration as { launcher?: unknown } | undefined)?.launcher)
    .data;
}
