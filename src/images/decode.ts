/** Image files into float RGB, whatever they hold; and one clear sentence when they hold something else. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import sharp, { type Metadata } from 'sharp';
import { messageOf, NeckarError } from '../errors.ts';
import type { RgbImage } from './image.ts';

export interface ReadOptions {
  /** The fewest pixels a side may have; default 16: below it no encoder has anything to look at. */
  readonly minimumSide?: number;
  /** The most pixels a side may have; default 20 000. */
  readonly maximumSide?: number;
  /** The most pixels in all; default 100 million, which take 1.2 GB as floats. */
  readonly maximumPixels?: number;
}

/** What a file says of itself, before its pixels are decoded; width and height as shown (orientation applied). */
export interface ImageInfo {
  readonly width: number;
  readonly height: number;
  /** Such as `jpeg`, `png`. */
  readonly format: string;
}

/**
 * The picture in a file, as sRGB in [0,1].
 *
 * The EXIF orientation is applied; embedded colour profiles, CMYK and grey are converted to sRGB (no profile: taken
 * as sRGB already); 16-bit channels keep their 16 bits. Transparent pixels are laid over white, mixing the encoded
 * values as browsers do. Of an animation, the first frame.
 *
 * @throws NeckarError when the file is missing, a folder, unreadable, empty, broken, not an image, or too small or
 *   too large (checked before the pixels are decoded)
 */
export async function readImage(path: string, options: ReadOptions = {}): Promise<RgbImage> {
  return decodeImage(await readImageFile(path), path, options);
}

/** Like `readImage`, from the bytes of a file; `name` is what error messages call it. */
export async function decodeImage(
  bytes: Uint8Array,
  name: string,
  options: ReadOptions = {},
): Promise<RgbImage> {
  const { minimumSide = 16, maximumSide = 20_000, maximumPixels = 100_000_000 } = options;
  const metadata = await metadataOf(bytes, name);
  const { width, height } = metadata.autoOrient;
  if (Math.min(width, height) < minimumSide) {
    throw new NeckarError(
      `The image "${name}" is too small: it has ${width}×${height} pixels, at least ${minimumSide} on each side are needed.`,
    );
  }
  if (Math.max(width, height) > maximumSide || width * height > maximumPixels) {
    throw new NeckarError(
      `The image "${name}" is too large: it has ${width}×${height} pixels, at most ${maximumSide} on a side and ` +
        `${maximumPixels / 1e6} million in all can be read. Make a smaller copy of it first.`,
    );
  }
  const wide = metadata.depth !== undefined && metadata.depth !== 'uchar' && metadata.depth !== 'char';
  try {
    const { data, info } = await sharp(bytes, { failOn: 'error', limitInputPixels: false })
      .autoOrient()
      .toColourspace(wide ? 'rgb16' : 'srgb')
      .raw({ depth: wide ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const samples = wide ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
    return {
      width: info.width,
      height: info.height,
      data: compositeOverWhite(samples, info.channels, wide ? 65535 : 255),
    };
  } catch (cause) {
    throw broken(name, metadata.format, cause);
  }
}

/**
 * Size and format of an image file, from its header alone.
 *
 * @throws NeckarError as `readImage` does, but for the pixels
 */
export async function readImageInfo(path: string): Promise<ImageInfo> {
  const metadata = await metadataOf(await readImageFile(path), path);
  return { ...metadata.autoOrient, format: metadata.format };
}

/**
 * The SHA-256 of an image file's bytes, in hexadecimal.
 *
 * @throws NeckarError when the file is missing, a folder or unreadable
 */
export async function imageFileHash(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readImageFile(path))
    .digest('hex');
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist. Check the path; a relative one starts from the working directory',
  ENOTDIR: 'does not exist: a part of its path is a file, not a folder',
  EACCES: 'may not be read by this user. Check its permissions',
  EPERM: 'may not be read by this user. Check its permissions',
  ELOOP: 'is a symbolic link that leads to itself',
  ENAMETOOLONG: 'has a name too long for this file system',
};

async function readImageFile(path: string): Promise<Buffer> {
  try {
    const file = await stat(path);
    if (file.isDirectory()) {
      throw new NeckarError(`The image "${path}" is a folder: name a file in it.`);
    }
    // A pipe or a device could be read for ever.
    if (!file.isFile()) throw new NeckarError(`The image "${path}" is not a regular file.`);
    if (file.size === 0) throw new NeckarError(`The image "${path}" is an empty file.`);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof NeckarError) throw cause;
    const why = unreadable[(cause as NodeJS.ErrnoException).code ?? ''];
    throw new NeckarError(
      `The image "${path}" ${why ?? `cannot be read: ${messageOf(cause).replace(/\.$/, '')}`}.`,
      { cause },
    );
  }
}

async function metadataOf(bytes: Uint8Array, name: string): Promise<Metadata> {
  try {
    return await sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata();
  } catch (cause) {
    const format = formatByFirstBytes(bytes);
    if (format !== undefined) throw broken(name, format, cause);
    throw new NeckarError(
      `"${name}" is not an image that can be read: expected PNG, JPEG, WebP, TIFF, GIF, AVIF or SVG.`,
      { cause },
    );
  }
}

function broken(name: string, format: string, cause: unknown): NeckarError {
  // A decoder may report the same trouble many times over; its last line is the conclusion.
  const lines = (cause instanceof Error ? cause.message : String(cause)).trim().split('\n');
  const last = lines.findLast((line) => /[a-z]{4}/i.test(line)) ?? 'the decoder gave no reason';
  return new NeckarError(
    `The image "${name}" is broken or incomplete: its ${format.toUpperCase()} data cannot be decoded ` +
      `(${last.trim()}). Get a fresh copy of it.`,
    { cause },
  );
}

/** Which format a file claims to be, for the difference between a broken image and no image at all. */
function formatByFirstBytes(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(16, bytes.length)).toString('latin1');
  if (head.startsWith('\x89PNG')) return 'png';
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('GIF8')) return 'gif';
  if (head.startsWith('II*\0') || head.startsWith('MM\0*')) return 'tiff';
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'webp';
  if (head.slice(4, 8) === 'ftyp') return 'avif/heif';
  return undefined;
}

/** 1 to 4 interleaved integer channels (grey, grey+alpha, RGB, RGB+alpha) as RGB floats over white. */
function compositeOverWhite(samples: ArrayLike<number>, channels: number, top: number): Float32Array {
  const pixels = samples.length / channels;
  const data = new Float32Array(pixels * 3);
  const grey = channels < 3;
  const hasAlpha = channels === 2 || channels === 4;
  for (let pixel = 0, from = 0, to = 0; pixel < pixels; pixel++, from += channels, to += 3) {
    const alpha = hasAlpha ? samples[from + channels - 1]! / top : 1;
    for (let channel = 0; channel < 3; channel++) {
      const value = samples[from + (grey ? 0 : channel)]! / top;
      data[to + channel] = alpha === 1 ? value : alpha * value + (1 - alpha);
    }
  }
  return data;
}
