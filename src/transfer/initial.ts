/** The picture a trial starts from. */
import { NeckarError } from '../errors.ts';
import type { Initialization } from '../experiment/trial.ts';
import { clampImage, type RgbImage } from '../images/image.ts';
import { resizeImage } from '../images/resize.ts';
import { createRandom } from '../random.ts';

export interface InitialImages {
  readonly content: RgbImage;
  readonly style: RgbImage;
  /** The picture of `from: 'file'`. */
  readonly file?: RgbImage;
}

/**
 * The starting picture, of the content's size, values in [0,1].
 *
 * `noise` alone is uniform in [0,1] (Gatys et al. 2016 start from white noise); otherwise it is the standard
 * deviation of Gaussian noise added to the chosen picture before it is limited to [0,1].
 *
 * @param seed - the same seed gives the same noise on every machine
 */
export function initialImage(initialization: Initialization, images: InitialImages, seed: number): RgbImage {
  const { width, height } = images.content;
  const random = createRandom(seed);
  if (initialization.from === 'noise') {
    const data = Float32Array.from({ length: width * height * 3 }, () => random.uniform());
    return { width, height, data };
  }
  const chosen = { content: images.content, style: images.style, file: images.file }[initialization.from];
  if (chosen === undefined) {
    throw new NeckarError('The initialization "file" names no picture. Give its path as `file`.');
  }
  const start =
    chosen.width === width && chosen.height === height ? chosen : resizeImage(chosen, width, height);
  if (initialization.noise === 0) return clampImage(start);
  const data = start.data.map((value) => value + initialization.noise * random.normal());
  return clampImage({ width, height, data });
}
