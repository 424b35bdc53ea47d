/** Which pictures trials were made of, by bytes, and what those are called wherever trials are shown. */

import { distinctNames } from '../experiment/names.ts';
import { imageName } from '../experiment/normalize.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import type { IdentifiedTrial } from './identity.ts';

/**
 * The names of the trials' pictures, in order: as the plan calls them, or after their files; where pictures of different
 * bytes have one name, with as many folders as tell them apart.
 */
export function pictureNames(trials: readonly IdentifiedTrial[]): { content: string; style: string }[] {
  const contents = distinctNames(
    trials.map(({ names, config: { content }, inputs }) => ({
      name: names?.content ?? imageName(content),
      file: content,
      identity: inputs.content,
    })),
  );
  const styles = distinctNames(
    trials.map((trial) => ({
      name: trial.names?.style ?? imageName(trial.config.style),
      file: trial.config.style,
      identity: styleIdentity(trial),
    })),
  );
  return trials.map((_, i) => ({ content: contents[i]!, style: styles[i]! }));
}

/** What trials of one pair of pictures share; region maps are no part of it, so that guided and unguided trials compare. */
export function pairOf(trial: Pick<IdentifiedTrial, 'config' | 'inputs'>): string {
  return canonicalJson([trial.inputs.content, styleIdentity(trial)]);
}

/** A style's bytes; of several that are blended, those of all and their weights. */
function styleIdentity({ config: { styles }, inputs }: Pick<IdentifiedTrial, 'config' | 'inputs'>): string {
  if (styles === undefined) return inputs.style;
  const hashes = Object.entries(inputs).filter(([role]) => /^style \d+$/.test(role));
  return canonicalJson([inputs.style, hashes, styles.map(({ weight }) => weight)]);
}
