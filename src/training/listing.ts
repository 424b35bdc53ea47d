/** Which pictures a training reads. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { contents } from '../../fixtures/index.ts';
import { TRAINING_SIDE, trainingPictures } from '../../fixtures/training.ts';
import { messageOf, NeckarError } from '../errors.ts';

/** Endings of files that are taken for pictures in a folder. */
const endings = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.gif', '.avif']);

/** What a list is made beside. */
export interface ListingContext {
  readonly path: (file: string) => string;
  /** Not trained on where pictures are not named one by one. */
  readonly held: readonly string[];
  /** Side of the crops. */
  readonly size: number;
  /** For errors. */
  readonly place: string;
}

/** Pictures that samples are made of, absolute: those named, or two fixtures. */
export function picturesHeldOut(named: readonly string[] | undefined): readonly string[] {
  return named === undefined ? [contents.town.path, contents.portrait.path] : [...new Set(named)];
}

/**
 * The files that are trained on, absolute, each once, in an order that does not depend on the machine.
 *
 * - `fixtures`: the pictures that come with Neckar to be trained on, none of which shows what its contents show
 * - a folder: the pictures in it and in its folders, but those held out
 * - a list: as it is written
 *
 * @throws NeckarError for a folder or a file that is not there, for crops larger than the fixtures, and where no picture is
 *   left
 */
export function listPictures(
  written: string | readonly string[],
  { path, held, size, place }: ListingContext,
): readonly string[] {
  if (written === 'fixtures') {
    if (size > TRAINING_SIDE) {
      throw new NeckarError(
        `${place}: the fixtures have ${TRAINING_SIDE} pixels a side, too few for crops of ${size}; name a folder of larger pictures, or a size of at most ${TRAINING_SIDE}`,
      );
    }
    const left = trainingPictures.filter((file) => !held.includes(file));
    if (left.length > 0) return left;
    throw new NeckarError(`${place}: all fixtures are held out; none is left to be trained on`);
  }
  if (typeof written !== 'string') {
    const files = [...new Set(written.map(path))];
    const missing = files.find((file) => !existsSync(file));
    if (missing === undefined) return files;
    throw new NeckarError(`${place}: there is no picture "${missing}"`);
  }
  const folder = path(written);
  if (!existsSync(folder)) {
    throw new NeckarError(
      `${place}: there is no folder "${folder}"; name a folder of pictures, a list of files, or fixtures`,
    );
  }
  if (!statSync(folder).isDirectory()) {
    throw new NeckarError(
      `${place}: "${folder}" is a file; name its folder, or write a list: ['${written}']`,
    );
  }
  const found = picturesIn(folder, place).filter((file) => !held.includes(file));
  if (found.length > 0) return found;
  throw new NeckarError(
    `${place}: there is no picture in "${folder}" (files that end in ${[...endings].join(' ')} are taken for such)`,
  );
}

function picturesIn(folder: string, place: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => endings.has(extname(file).toLowerCase()) && !/(^|[\\/])\./.test(file))
      .sort()
      .map((file) => join(folder, file));
  } catch (error) {
    throw new NeckarError(`${place}: the folder "${folder}" cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
