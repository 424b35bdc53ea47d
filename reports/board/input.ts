/** Submissions that stand on one board. */
import type { LocatedPicture } from '../../src/benchmark/pictures.ts';
import { type LoadedProtocol, type Part, picturesOf } from '../../src/benchmark/protocol.ts';
import type { Submission } from '../../src/benchmark/submission-schema.ts';
import { NeckarError } from '../../src/errors.ts';

export interface Board {
  readonly loaded: LoadedProtocol;
  readonly part: Part;
  readonly tier: string;
  readonly submissions: readonly Submission[];
  /** The folders of the submissions, in their order. */
  readonly folders: readonly string[];
  /** The protocol's pictures that are here. */
  readonly located: readonly LocatedPicture[];
}

/**
 * A board of submissions that were read.
 * @throws NeckarError where two are of other protocols, tiers or parts, or of one name, or lack a pair
 */
export function boardOf(
  loaded: LoadedProtocol,
  located: readonly LocatedPicture[],
  read: readonly { readonly folder: string; readonly submission: Submission }[],
): Board {
  const [first, ...others] = read;
  if (first === undefined) throw new NeckarError('a board wants at least one submission');
  for (const { folder, submission } of others) {
    const [a, b] = [first.submission, submission];
    if (a.protocol.sha256 !== b.protocol.sha256) {
      throw new NeckarError(
        `"${first.folder}" is of ${a.protocol.name} version ${a.protocol.version} (${a.protocol.sha256.slice(0, 12)}), "${folder}" of ${b.protocol.name} version ${b.protocol.version} (${b.protocol.sha256.slice(0, 12)}): a board holds submissions of one protocol in one version`,
      );
    }
    if (a.tier !== b.tier || a.part !== b.part) {
      throw new NeckarError(
        `"${first.folder}" is of the tier ${a.tier}, ${a.part === 'all' ? 'all pairs' : 'smoke part'}, "${folder}" of ${b.tier}, ${b.part === 'all' ? 'all pairs' : 'smoke part'}: a board holds submissions of one tier and part`,
      );
    }
  }
  const names = read.map(({ submission }) => submission.method.name);
  const again = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (again >= 0) {
    const other = read[names.indexOf(names[again]!)]!;
    throw new NeckarError(
      `"${other.folder}" and "${read[again]!.folder}" are both called "${names[again]}", and nothing would tell them apart on the board. Run one under another name, as in name=…`,
    );
  }
  const { part, tier } = first.submission;
  const { contents, styles } = picturesOf(loaded.protocol, part);
  for (const { folder, submission } of read) {
    for (const content of contents) {
      for (const style of styles) {
        if (submission.results.some((one) => one.content === content.name && one.style === style.name))
          continue;
        throw new NeckarError(
          `"${folder}" lacks the pair ${content.name} × ${style.name}: a board wants every pair of every method. "neckar benchmark check" says what else is wrong with it`,
        );
      }
    }
  }
  return {
    loaded,
    part,
    tier,
    submissions: read.map(({ submission }) => submission),
    folders: read.map(({ folder }) => folder),
    located,
  };
}
