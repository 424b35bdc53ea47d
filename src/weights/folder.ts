/** Where weights lie: the folder people share, and the user's own cache for what cannot be written there. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { messageOf, NeckarError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder of weight files: `NECKAR_WEIGHTS`, else `neckar/weights` in the user's cache (XDG Base Directory
 * Specification: `XDG_CACHE_HOME`, else ~/.cache). It need not exist yet.
 */
export function weightsFolder(environment: Environment = process.env): string {
  const chosen = environment.NECKAR_WEIGHTS;
  return chosen !== undefined && chosen !== '' ? resolve(chosen) : ownFolder(environment);
}

/**
 * A folder for converted weights that can be written to: within the folder of weights, else, where that is shared and
 * read-only, within the user's own cache. It is made where it is missing.
 * @throws NeckarError when neither can be written to
 */
export function convertedFolder(environment: Environment = process.env): string {
  let failure: unknown;
  for (const folder of new Set([weightsFolder(environment), ownFolder(environment)])) {
    const converted = join(folder, 'converted');
    try {
      mkdirSync(converted, { recursive: true });
      accessSync(converted, constants.W_OK);
      return converted;
    } catch (error) {
      failure ??= error;
    }
  }
  throw new NeckarError(
    `Converted weights cannot be kept: ${messageOf(failure)}. Set NECKAR_WEIGHTS to a folder that can be written to.`,
    { cause: failure, exitCode: 1 },
  );
}

function ownFolder({ XDG_CACHE_HOME: cache }: Environment): string {
  // The specification wants relative paths ignored.
  const base = cache !== undefined && isAbsolute(cache) ? cache : join(homedir(), '.cache');
  return join(base, 'neckar', 'weights');
}
