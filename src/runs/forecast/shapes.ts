/** How large a trial's pictures will be, from the headers of their files. */

import type { TrialConfig } from '../../experiment/trial.ts';
import { readImageInfo } from '../../images/decode.ts';
import type { Extent } from './work.ts';

/** The extent of a file's picture when its longest side has so many pixels; a file that is not known is square. */
export type PictureShapes = (file: string, longest: number) => Extent;

/** Shapes without any file: every picture is square. */
export const squares: PictureShapes = (_, longest) => [longest, longest];

/** Reads the header of every picture of some trials, once each. What cannot be read is said when it is run. */
export async function pictureShapes(configs: readonly TrialConfig[]): Promise<PictureShapes> {
  const files = new Set(configs.flatMap((config) => [config.content, ...styleFiles(config)]));
  const known = new Map<string, { readonly width: number; readonly height: number }>();
  for (const file of files) {
    try {
      known.set(file, await readImageInfo(file));
    } catch {}
  }
  return (file, longest) => {
    const info = known.get(file);
    if (info === undefined) return squares(file, longest);
    const scale = longest / Math.max(info.width, info.height);
    return [Math.max(1, Math.round(info.height * scale)), Math.max(1, Math.round(info.width * scale))];
  };
}

/** A trial's style, or all that are blended. */
export function styleFiles({ style, styles }: Pick<TrialConfig, 'style' | 'styles'>): string[] {
  return styles?.map(({ file }) => file) ?? [style];
}
