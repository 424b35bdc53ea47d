/** Image files into float RGB, whatever they hold; and one clear sentence when they hold something else. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import sharp, { type Metadata } from 'sharp';
import { messageOf, NeckarError } from '../errors.ts';
import { convertSamples } from './convert.ts';
import { embeddedProfile } from './embedded-profile.ts';
import { formatByFirstBytes, unreadFormats } from './formats.ts';
import type { RgbImage } from './image.ts';
import { type ColorProfile, ProfileError, readProfile } from './profile.ts';
import { NotReadError, pixelKind, readByLibrary, readSamples, whyNotRead } from './samples.ts';

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
 * The EXIF orientation is applied. Grey and RGB of 8 or 16 bits or in floating point keep their precision; an embedded
 * colour profile is applied, colours beyond sRGB being limited to it channel by channel, and without one the values are
 * taken as sRGB, floats (from 0 to 1) as well. CMYK is converted by its profile, or as the image library's own press
 * where it has none, with the library's 8 bits, as are profiles made of tables. Transparent pixels are laid over white,
 * mixing the encoded values as browsers do. Of an animation or a file of several pages, the first.
 *
 * @throws NeckarError when the file is missing, a folder, unreadable, empty, broken, not an image, of a kind that is
 *   not read (HEIC, CIELAB, signed or 32-bit integers, floats outside of [0,1]), has a colour profile that cannot be
 *   applied, or is too small or too large (checked before the pixels are decoded)
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
  const profile = profileOf(bytes, metadata, name);
  try {
    return profile.kind === 'tables' || metadata.space === 'cmyk'
      ? convertSamples(await readByLibrary(bytes, metadata))
      : convertSamples(await readSamples(bytes, metadata), profile.kind === 'matrix' ? profile : undefined);
  } catch (cause) {
    throw refused(name, cause) ?? broken(name, metadata.format, cause);
  }
}

/**
 * What the colours of a file mean.
 *
 * @throws NeckarError for files of a kind that is not read, or with a profile that cannot be applied
 */
function profileOf(bytes: Uint8Array, metadata: Metadata, name: string): ColorProfile {
  try {
    const unread = whyNotRead(metadata);
    if (unread !== undefined) throw new NotReadError(unread);
    const profile = embeddedProfile(bytes, metadata);
    return profile === undefined ? { kind: 'srgb' } : readProfile(profile, pixelKind(metadata)!);
  } catch (cause) {
    throw refused(name, cause) ?? cause;
  }
}

/** The sentence for a file that is whole, but not read; undefined for whatever else went wrong. */
function refused(name: string, cause: unknown): NeckarError | undefined {
  if (cause instanceof NotReadError) return new NeckarError(`The image "${name}" ${cause.message}.`);
  if (!(cause instanceof ProfileError)) return undefined;
  return new NeckarError(
    `The image "${name}" has a colour profile that cannot be applied (${cause.message}), so its colours are unknown. ` +
      'Save it anew with another profile, or with none for sRGB.',
  );
}

/**
 * Size and format of an image file, from its header alone.
 *
 * @throws NeckarError as `readImage` does, but for the pixels and their number
 */
export async function readImageInfo(path: string): Promise<ImageInfo> {
  const bytes = await readImageFile(path);
  const metadata = await metadataOf(bytes, path);
  profileOf(bytes, metadata, path);
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
    const unread =
      unreadFormats[format ?? ''] ?? (/\blabq?\b/i.test(messageOf(cause)) ? 'in CIELAB colours' : undefined);
    if (unread !== undefined) {
      throw new NeckarError(
        `The image "${name}" is ${unread}, which is not read. Save it as PNG, JPEG or TIFF in RGB, and give that file.`,
        { cause },
      );
    }
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
