/** Pictures into image files: whole or not at all. */
import { extname } from 'node:path';
import sharp from 'sharp';
import { didYouMean, NeckarError } from '../errors.ts';
import { writeFileAtomically } from '../platform/write.ts';
import type { RgbImage } from './image.ts';

export type ImageFormat = 'png' | 'jpeg' | 'webp';

export interface EncodeOptions {
  /** JPEG and WebP quality, 1 to 100; default 92. JPEG colour is then not subsampled. PNG is always lossless. */
  readonly quality?: number;
}

const formatByExtension: Readonly<Record<string, ImageFormat>> = {
  '.png': 'png',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.webp': 'webp',
};

/**
 * The format that a file name's extension asks for.
 *
 * @throws NeckarError for any other extension, or none
 */
export function imageFormatOf(path: string): ImageFormat {
  const extension = extname(path).toLowerCase();
  const format = formatByExtension[extension];
  if (format !== undefined) return format;
  const known = Object.keys(formatByExtension);
  throw new NeckarError(
    `The picture cannot be written to "${path}": ${extension === '' ? 'the name has no extension' : `"${extension}" is not a format Neckar writes`}. ` +
      `${extension === '' ? '' : didYouMean(extension, known)}Use ${known.join(', ')}.`,
  );
}

/**
 * The 8-bit samples of a picture, RGB interleaved: v ↦ ⌊255·v + ½⌋ after limiting v to [0,1].
 *
 * @throws Error when a value is NaN: that is no colour, and writing it as one would hide a failure
 */
export function toBytes(image: RgbImage): Uint8Array {
  const bytes = new Uint8Array(image.data.length);
  for (let i = 0; i < bytes.length; i++) {
    const value = image.data[i]!;
    if (Number.isNaN(value)) {
      const pixel = Math.floor(i / 3);
      throw new Error(
        `the picture is not a number at column ${pixel % image.width}, row ${Math.floor(pixel / image.width)}`,
      );
    }
    bytes[i] = value <= 0 ? 0 : value >= 1 ? 255 : Math.floor(255 * value + 0.5);
  }
  return bytes;
}

/** The bytes of an image file. The same picture, format and options always give the same bytes. */
export async function encodeImage(
  image: RgbImage,
  format: ImageFormat,
  options: EncodeOptions = {},
): Promise<Buffer> {
  const { quality = 92 } = options;
  const pipeline = sharp(toBytes(image), {
    raw: { width: image.width, height: image.height, channels: 3 },
    limitInputPixels: false,
  });
  switch (format) {
    case 'png':
      return await pipeline.png().toBuffer();
    case 'jpeg':
      return await pipeline.jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer();
    case 'webp':
      return await pipeline.webp({ quality, smartSubsample: true }).toBuffer();
  }
}

/**
 * Writes a picture in the format of the path's extension, atomically.
 *
 * @throws NeckarError for an unknown extension, or when the disk refuses (see `writeFileAtomically`)
 */
export async function writeImage(path: string, image: RgbImage): Promise<void> {
  await writeFileAtomically(path, await encodeImage(image, imageFormatOf(path)));
}
