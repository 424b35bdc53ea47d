/** How small a group of raters may be that is still told apart. */
import { NeckarError } from '../../errors.ts';

/** Raters are told: small groups are merged. */
const fewest = 5;

/**
 * @throws NeckarError when groups would be so small that people in them could be recognised
 */
export function requireGroups(smallest: number): void {
  if (smallest >= fewest) return;
  throw new NeckarError(
    `--smallest-group ${smallest}: raters were promised that small groups are merged. Give ${fewest} or more.`,
  );
}
