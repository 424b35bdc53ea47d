/** Masks: grey images whose lightness is a weight, 0 where they are black and 1 where they are white. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import sharp from 'sharp';
import { messageOf, NeckarError } from '../errors.ts';
import type { Plane } from './image.ts';

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
const greyWithin = 6 / 255;

/**
 * The weights of a mask, in [0,1]: the values as they are in the file over the greatest there could be, whatever its
 * colour profile; of 16-bit files all 16 bits. Transparency counts as black: a weight is the grey times its opacity.
 *
 * @throws NeckarError when the file cannot be read as an image, or is none in grey
 */
export async function readMask(file: string): Promise<Plane> {
  if (!existsSync(file)) throw new NeckarError(`The mask "${file}" does not exist. Check the path.`);
  let raw: { data: Buffer; info: { width: number; height: number; channels: number } };
  let wide: boolean;
  try {
    const options = { failOn: 'error', ignoreIcc: true } as const;
    const { depth } = await sharp(file, options).metadata();
    wide = depth !== 'uchar' && depth !== 'char';
    raw = await sharp(file, options)
      .autoOrient()
      .toColourspace(wide ? 'rgb16' : 'srgb')
      .ensureAlpha()
      .raw({ depth: wide ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
  } catch (cause) {
    throw new NeckarError(
      `The mask "${file}" cannot be read as an image: ${messageOf(cause)}. Expected a grey image such as a PNG: white where the region is, black where it is not.`,
      { cause },
    );
  }
  const { width, height, channels } = raw.info;
  const { data: bytes } = raw;
  const samples = wide
    ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Uint16Array.BYTES_PER_ELEMENT)
    : bytes;
  const top = wide ? 65535 : 255;
  const data = new Float32Array(width * height);
  for (let i = 0, at = 0; i < data.length; i++, at += channels) {
    const [red, green, blue] = [samples[at]!, samples[at + 1]!, samples[at + 2]!];
    const alpha = samples[at + 3]! / top;
    const apart = Math.max(red, green, blue) - Math.min(red, green, blue);
    if (apart * alpha > greyWithin * top) {
      throw new NeckarError(
        `The mask "${file}" has colours. Expected a grey image, whose lightness is the weight of one region; an image in which every colour is a label is a region map: give it as one.`,
      );
    }
    data[i] = ((red + green + blue) / 3 / top) * alpha;
  }
  return { width, height, data };
}
