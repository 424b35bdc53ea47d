/** Whether region maps and masks are as large as their pictures, known from the headers of the files. */
import { NeckarError } from '../errors.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import { type ImageInfo, readImageInfo } from '../images/decode.ts';
import { checkSize, mapFix, maskFix } from '../transfer/regions.ts';
import { styleFiles } from './forecast/shapes.ts';

/**
 * Compares every map and mask that guides some trials with its picture, each file read once. What cannot be read is said
 * when it is run.
 *
 * @throws NeckarError for the first that has another size, naming both
 */
export async function refuseOtherSizes(configs: readonly TrialConfig[]): Promise<void> {
  const infos = new Map<string, Promise<ImageInfo | undefined>>();
  const infoOf = (file: string) => {
    const known =
      infos.get(file) ??
      readImageInfo(file).catch((error: unknown) => {
        if (!(error instanceof NeckarError)) throw error;
        return undefined;
      });
    infos.set(file, known);
    return known;
  };
  for (const config of configs) {
    for (const { what, file, picture } of guidesOf(config)) {
      const [map, image] = [await infoOf(file), await infoOf(picture)];
      if (map === undefined || image === undefined) continue;
      const fix = what === 'mask' ? maskFix : mapFix;
      checkSize(map, { what, file, picture: { file: picture, image }, fix });
    }
  }
}

interface Guide {
  readonly what: 'region map' | 'mask';
  readonly file: string;
  readonly picture: string;
}

function guidesOf(config: TrialConfig): Guide[] {
  const { regions } = config;
  if (regions === undefined) return [];
  const pictures = [config.content, ...styleFiles(config)];
  if (!('masks' in regions)) {
    return [regions.content, ...regions.styles].map((file, i) => ({
      what: 'region map',
      file,
      picture: pictures[i]!,
    }));
  }
  return [regions.masks.content, ...regions.masks.styles].flatMap((masks, i) =>
    Object.values(masks).map((file): Guide => ({ what: 'mask', file, picture: pictures[i]! })),
  );
}
