/** Masks: grey images whose lightness is a weight, 0 where they are black and 1 where they are white. */
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import sharp from 'sharp';
import { messageOf, NeckarError } from '../errors.ts';
import type { Plane } from './image.ts';
import { NotReadError, pixelKind, readSamples, type StoredSamples, whyNotRead } from './samples.ts';

/** What a region may be called: it becomes part of file names and of the roles of a trial's inputs. */
export const maskName = /^[A-Za-z0-9][A-Za-z0-9_+-]*$/;

/**
 * The masks that lie beside a picture, files by name: `town.sky.mask.png` beside `town.jpg` is its mask of `sky`.
 * Where the folder cannot be read there are none.
 */
export function masksBeside(picture: string): Record<string, string> {
  const folder = dirname(picture);
  const begin = `${basename(picture, extname(picture))}.`;
  const end = '.mask.png';
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    return {};
  }
  const found = files.flatMap((file): [string, string][] => {
    if (!file.startsWith(begin) || !file.endsWith(end)) return [];
    const name = file.slice(begin.length, -end.length);
    return maskName.test(name) ? [[name, join(folder, file)]] : [];
  });
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** How far red, green and blue of a pixel may lie apart, of 1: what a lossy format makes of grey. */
const grayWithin = 6 / 255;

/**
 * The weights of a mask, in [0,1]: the values as they are in the file over the greatest there could be, whatever its
 * colour profile; of 16 bits all, and floats from 0 to 1. Transparency counts as black: a weight is the grey times its
 * opacity.
 *
 * @throws NeckarError when the file cannot be read as an image, or is none in grey
 */
export async function readMask(file: string): Promise<Plane> {
  if (!existsSync(file)) throw new NeckarError(`The mask "${file}" does not exist. Check the path.`);
  const { width, height, channels, samples, top } = await storedMask(file);
  const data = new Float32Array(width * height);
  for (let i = 0, at = 0; i < data.length; i++, at += channels) {
    const [red, green, blue] = [samples[at]!, samples[at + 1]!, samples[at + 2]!];
    const alpha = channels === 4 ? samples[at + 3]! / top : 1;
    const apart = Math.max(red, green, blue) - Math.min(red, green, blue);
    if (apart * alpha > grayWithin * top) {
      throw new NeckarError(
        `The mask "${file}" has colours. Expected a grey image, whose lightness is the weight of one region; an image in which every colour is a label is a region map: give it as one.`,
      );
    }
    data[i] = ((red + green + blue) / 3 / top) * alpha;
  }
  return { width, height, data };
}

const cmyk = 'is CMYK. Expected a grey image such as a PNG';

async function storedMask(file: string): Promise<StoredSamples> {
  try {
    const bytes = await readFile(file);
    const metadata = await sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata();
    const unread = whyNotRead(metadata) ?? (pixelKind(metadata) === 'cmyk' ? cmyk : undefined);
    if (unread !== undefined) throw new NotReadError(unread);
    return await readSamples(bytes, metadata);
  } catch (cause) {
    if (cause instanceof NotReadError) throw new NeckarError(`The mask "${file}" ${cause.message}.`);
    throw new NeckarError(
      `The mask "${file}" cannot be read as an image: ${messageOf(cause)}. Expected a grey image such as a PNG: white where the region is, black where it is not.`,
      { cause },
    );
  }
}
