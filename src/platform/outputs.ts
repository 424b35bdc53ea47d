/** What a person names as an output must not be what they have put in, nor something else of theirs without a word. */
import { statSync } from 'node:fs';
import { NeckarError } from '../errors.ts';

/**
 * Refuses to write over a file that is read: by whatever path, link or spelling it is named twice.
 * @param inputs - files by what they are, such as `content image`
 * @throws NeckarError that names both
 */
export function refuseInput(output: string, inputs: Iterable<readonly [role: string, file: string]>): void {
  const own = identityOf(output);
  if (own === undefined) return;
  for (const [role, file] of inputs) {
    if (identityOf(file) !== own) continue;
    const other = file === output ? '' : ` ("${file}")`;
    throw new NeckarError(
      `"${output}" is the ${role}${other} itself, which would be lost; give the output another name`,
    );
  }
}

/** Device and number of a file, the same for all of its names; undefined where there is none. */
function identityOf(file: string): string | undefined {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.dev} ${stats.ino}`;
}

/** What stands at an output's place already, in a sentence for those who named it; undefined where nothing does. */
export function replacedSentence(output: string): string | undefined {
  const stats = statSync(output, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const at = stats.mtime.toISOString().slice(0, 16).replace('T', ' ');
  return `"${output}" is there already (of ${at} UTC) and will be replaced`;
}
