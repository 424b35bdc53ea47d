/** The pictures a trial reads. */

import { inputFiles } from '../experiment/input-files.ts';
import type { RegionSettings, TrialConfig } from '../experiment/trial.ts';
import { imageFileHash, readImage } from '../images/decode.ts';
import type { RgbImage } from '../images/image.ts';
import type { TensorValue } from '../tensor.ts';
import { readMasks } from './masks.ts';
import { type MappedPicture, type RegionSources, readRegionMaps } from './regions.ts';

export interface TrialImages {
  readonly content: RgbImage;
  readonly style: RgbImage;
  /** Those that are blended with `style`, in the configuration's order. */
  readonly furtherStyles: readonly RgbImage[];
  /** Where regions guide the losses. */
  readonly regions?: RegionSources;
  /** What `initialization.from: 'file'` names. */
  readonly file?: RgbImage;
  /** SHA-256 of each file's bytes, by the roles of `inputFiles`. */
  readonly hashes: Readonly<Record<string, string>>;
}

/**
 * Reads and hashes what a trial starts from.
 * @throws NeckarError for a picture that cannot be read, naming it, and for region maps and masks that do not fit
 */
export async function readTrialImages(config: TrialConfig): Promise<TrialImages> {
  const { initialization } = config;
  const further = (config.styles ?? []).slice(1).map(({ file }) => file);
  const [content, style, start, ...furtherStyles] = await Promise.all([
    readImage(config.content),
    readImage(config.style),
    initialization.from === 'file' ? readImage(initialization.file) : undefined,
    ...further.map((file) => readImage(file)),
  ]);
  const regions =
    config.regions &&
    (await readRegions(config.regions, [
      { file: config.content, image: content },
      { file: config.style, image: style },
      ...further.map((file, i) => ({ file, image: furtherStyles[i]! })),
    ]));
  const hashes: Record<string, string> = {};
  for (const [role, file] of Object.entries(inputFiles(config))) {
    // The encoder tells its own.
    if (role !== 'encoder') hashes[role] = await imageFileHash(file);
  }
  return { content, style, furtherStyles, ...(regions && { regions }), file: start, hashes };
}

async function readRegions(
  regions: RegionSettings,
  pictures: readonly MappedPicture[],
): Promise<RegionSources> {
  return 'masks' in regions
    ? await readMasks(regions.masks, pictures)
    : await readRegionMaps(regions, pictures);
}

/** A picture as an engine takes it: [1,H,W,3]. */
export function tensorOf(image: RgbImage): TensorValue {
  return { shape: [1, image.height, image.width, 3], dtype: 'float32', data: image.data };
}
