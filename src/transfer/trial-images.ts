/** The pictures a trial reads. */
import type { TrialConfig } from '../experiment/trial.ts';
import { imageFileHash, readImage } from '../images/decode.ts';
import type { RgbImage } from '../images/image.ts';
import type { TensorValue } from '../tensor.ts';

export interface TrialImages {
  readonly content: RgbImage;
  readonly style: RgbImage;
  /** What `initialization.from: 'file'` names. */
  readonly file?: RgbImage;
  /** SHA-256 of each file's bytes: `content`, `style`, `initialization`. */
  readonly hashes: Readonly<Record<string, string>>;
}

/**
 * Reads and hashes what a trial starts from.
 * @throws NeckarError for a picture that cannot be read, naming it
 */
export async function readTrialImages(config: TrialConfig): Promise<TrialImages> {
  const file = config.initialization.from === 'file' ? config.initialization.file : undefined;
  const [content, style, start] = await Promise.all([
    readImage(config.content),
    readImage(config.style),
    file === undefined ? undefined : readImage(file),
  ]);
  const hashes: Record<string, string> = {
    content: await imageFileHash(config.content),
    style: await imageFileHash(config.style),
  };
  if (file !== undefined) hashes.initialization = await imageFileHash(file);
  return { content, style, file: start, hashes };
}

/** A picture as an engine takes it: [1,H,W,3]. */
export function tensorOf(image: RgbImage): TensorValue {
  return { shape: [1, image.height, image.width, 3], dtype: 'float32', data: image.data };
}
