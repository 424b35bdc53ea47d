/** Where runs and studies lie, from what people type. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { didYouMean, NeckarError } from '../../errors.ts';

/**
 * The folder of an experiment's runs, from that folder, the experiment's name or its file.
 * @throws NeckarError when there is none
 */
export async function findRuns(experiment: string, runs: string): Promise<string> {
  return await find(
    experiment,
    runs,
    'experiment.json',
    (known) => `There are no runs of "${experiment}"; ${known}Run it first: neckar run ${experiment}`,
  );
}

/**
 * The folder of a study, from that folder or the study's name.
 * @throws NeckarError when there is none
 */
export async function findStudy(study: string, studies: string): Promise<string> {
  return await find(
    study,
    studies,
    'manifest.json',
    (known) => `There is no study "${study}"; ${known}Make it first: neckar study new ${study}`,
  );
}

async function find(
  word: string,
  parent: string,
  mark: string,
  refuse: (known: string) => string,
): Promise<string> {
  const name = basename(word, extname(word));
  const found = [word, join(parent, word), join(parent, name)].find((path) => existsSync(join(path, mark)));
  if (found !== undefined) return found;
  const known = (await readdir(parent).catch(() => [] as string[])).filter((entry) =>
    existsSync(join(parent, entry, mark)),
  );
  const there =
    known.length === 0
      ? `there are none in "${parent}". `
      : `in "${parent}" there are: ${known.join(', ')}. `;
  throw new NeckarError(refuse(`${there}${didYouMean(name, known)}`));
}
