/** `--mask-content` and `--mask-style` of `neckar transfer`, as an experiment's pair has them. */

import { NeckarError } from '../errors.ts';
import { count } from '../platform/format.ts';

interface MaskFlags {
  readonly style: readonly string[];
  readonly maskContent?: readonly string[];
  readonly maskStyle?: readonly string[];
}

/**
 * The masks that flags name, by side and region; of several styles the first file of a region is the first style's.
 *
 * @throws NeckarError for a flag that is not `name=file`, and for a region named more or fewer times than there are
 *   pictures
 */
export function masksOf({
  style,
  maskContent,
  maskStyle,
}: MaskFlags):
  | { readonly content?: Record<string, string>; readonly style?: readonly Record<string, string>[] }
  | undefined {
  if (maskContent === undefined && maskStyle === undefined) return undefined;
  return {
    ...(maskContent && { content: filesOf('--mask-content', maskContent, 1)[0]! }),
    ...(maskStyle && { style: filesOf('--mask-style', maskStyle, style.length) }),
  };
}

/** The files of each of some pictures by region. */
function filesOf(flag: string, given: readonly string[], pictures: number): Record<string, string>[] {
  const byName = new Map<string, string[]>();
  for (const text of given) {
    const [, name, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === undefined || file === undefined) {
      throw new NeckarError(
        `${flag} "${text}": write the region's name and its mask as name=file, such as sky=${text.replace(/^=|=$/g, '') || 'sky.png'}`,
      );
    }
    byName.set(name, [...(byName.get(name) ?? []), file]);
  }
  for (const [name, files] of byName) {
    if (files.length === pictures) continue;
    throw new NeckarError(
      `${flag} names ${count(files.length, 'mask')} of "${name}" for ${pictures === 1 ? 'one picture' : `${pictures} styles`}; give ${pictures === 1 ? 'one' : 'one for each, in the order of --style'}`,
    );
  }
  return Array.from({ length: pictures }, (_, i) =>
    Object.fromEntries([...byName].map(([name, files]) => [name, files[i]!])),
  );
}
