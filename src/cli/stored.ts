/** Finding stored experiments by what people type. */
import { existsSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { Command } from 'commander';
import { didYouMean, NeckarError } from '../errors.ts';
import { diskFiles } from '../runs/files.ts';
import { experimentFolder } from '../runs/run.ts';

/** The argument and the option by which verbs are told a stored experiment. */
export function addStored(command: Command): Command {
  return command
    .argument('<experiment>', 'the name of an experiment, its file, or the folder of its runs')
    .option('--runs <folder>', 'where results are kept', 'runs');
}

/** Where an experiment's runs are: their folder, the name, and the folder of all runs. */
export interface StoredPlace {
  readonly folder: string;
  readonly name: string;
  readonly runs: string;
}

/**
 * The runs of an experiment, from their folder, the experiment's name or its file.
 * @throws NeckarError when there are none, with what there is
 */
export async function findStored(experiment: string, runs: string): Promise<StoredPlace> {
  const name = basename(experiment, extname(experiment));
  const candidates = [experiment, experimentFolder(experiment, runs), experimentFolder(name, runs)];
  const folder = candidates.find((candidate) => existsSync(join(candidate, 'experiment.json')));
  if (folder !== undefined) return { folder, name: basename(folder), runs: dirname(folder) };
  const known = (await diskFiles().list(runs)).filter((entry) =>
    existsSync(join(runs, entry, 'experiment.json')),
  );
  const there =
    known.length === 0 ? `there are none in "${runs}"` : `in "${runs}" there are: ${known.join(', ')}`;
  throw new NeckarError(
    `there are no runs of "${experiment}"; ${there}. ${didYouMean(name, known)}Run it first: neckar run ${experiment}`,
  );
}
