/** The picture a trial starts from. */
import { NeckarError } from '../errors.ts';
import type { Fit, Initialization } from '../experiment/trial.ts';
import { clampImage, createImage, cropImage, type RgbImage } from '../images/image.ts';
import { colorStatistics, matchColorStatistics } from '../images/recolor.ts';
import { resizeImage } from '../images/resize.ts';
import { createRandom } from '../random.ts';

/** The mean of ImageNet's pictures, R, G and B, which networks trained on it subtract. */
const imagenetMean = [0.485, 0.456, 0.406] as const;

export interface InitialImages {
  readonly content: RgbImage;
  readonly style: RgbImage;
  /** The picture of `from: 'file'`. */
  readonly file?: RgbImage;
}

/**
 * The starting picture, of the content's size, values in [0,1].
 *
 * `noise` alone is uniform in [0,1] (Gatys et al. 2016 start from white noise), or Gaussian with the mean and the
 * covariance of the style's colours (as Portilla & Simoncelli 2000 start from the texture's mean and variance);
 * otherwise it is the standard deviation of Gaussian noise added to the chosen picture before it is limited to [0,1].
 * `flat` is one colour, the mean of the style's (Heitz et al. 2021 start so, with noise of 0.01) or of ImageNet's, which
 * is what noise of next to nothing in a network's own units comes to (neural-style, 2015).
 *
 * @param seed - the same seed gives the same noise on every machine
 */
export function initialImage(initialization: Initialization, images: InitialImages, seed: number): RgbImage {
  const { width, height } = images.content;
  const random = createRandom(seed);
  if (initialization.from === 'noise') {
    const gaussian = initialization.colors === 'style';
    const draw = gaussian ? () => random.normal() : () => random.uniform();
    const noise = { width, height, data: Float32Array.from({ length: width * height * 3 }, draw) };
    return gaussian ? clampImage(matchColorStatistics(noise, images.style)) : noise;
  }
  const start = startOf(initialization, images);
  if (initialization.noise === 0) return clampImage(start);
  const data = start.data.map((value) => value + initialization.noise * random.normal());
  return clampImage({ width, height, data });
}

function startOf(
  initialization: Exclude<Initialization, { from: 'noise' }>,
  { content, style, file }: InitialImages,
): RgbImage {
  switch (initialization.from) {
    case 'content':
      return content;
    case 'details':
      return detailsOn(style, content);
    case 'flat': {
      const [red, green, blue] =
        initialization.color === 'style' ? colorStatistics(style).mean : imagenetMean;
      return createImage(content.width, content.height, () => [red!, green!, blue!]);
    }
    case 'style':
      return fitted(style, content, initialization.fit);
    case 'file':
      if (file === undefined) {
        throw new NeckarError('The initialization "file" names no picture. Give its path as `file`.');
      }
      return fitted(file, content, initialization.fit);
  }
}

/** The picture at another's size: stretched, or covering it and cut to its middle. */
function fitted(image: RgbImage, { width, height }: RgbImage, fit: Fit): RgbImage {
  if (image.width === width && image.height === height) return image;
  if (fit === 'stretch') return resizeImage(image, width, height);
  const factor = Math.max(width / image.width, height / image.height);
  const covering = resizeImage(
    image,
    Math.max(width, Math.round(image.width * factor)),
    Math.max(height, Math.round(image.height * factor)),
  );
  const left = Math.floor((covering.width - width) / 2);
  const top = Math.floor((covering.height - height) / 2);
  return cropImage(covering, left, top, width, height);
}

/**
 * The content less its own half-size copy enlarged, which is the finest level of its Laplacian pyramid, on the mean
 * colour of the style: what STROTSS starts its coarsest scale from (github.com/nkolkin13/STROTSS).
 */
function detailsOn(style: RgbImage, content: RgbImage): RgbImage {
  const { width, height } = content;
  const half = resizeImage(content, Math.ceil(width / 2), Math.ceil(height / 2), 'area');
  const coarse = resizeImage(half, width, height, 'bilinear');
  const { mean } = colorStatistics(style);
  const data = content.data.map((value, at) => mean[at % 3]! + value - coarse.data[at]!);
  return { width, height, data };
}
