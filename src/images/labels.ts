/**
 * Label images: pictures in which every colour is a label. Black and fully transparent pixels count as one label,
 * 0, whatever it means to the reader.
 */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import sharp from 'sharp';
import { messageOf, NeckarError } from '../errors.ts';

/** More colours than this are no labels: a photograph, or a map that was blurred by JPEG or smooth edges. */
const mostLabels = 64;

export interface LabelImage {
  readonly width: number;
  readonly height: number;
  /** R·2¹⁶ + G·2⁸ + B of every pixel; 0 where it is transparent. */
  readonly data: Uint32Array;
  readonly distinct: ReadonlySet<number>;
}

/** Where a picture's region map lies: `portrait.regions.png` beside `portrait.jpg`. */
export function regionsBeside(picture: string): string {
  return `${picture.slice(0, picture.length - extname(picture).length)}.regions.png`;
}

/** What people call a label: its colour as in CSS, such as `#c8c8c8`, or `black`. */
export function labelName(label: number): string {
  return label === 0 ? 'black' : `#${label.toString(16).padStart(6, '0')}`;
}

/**
 * The labels of a region map.
 *
 * @throws NeckarError when the file cannot be read, or has more colours than labels could have
 */
export async function readLabels(file: string): Promise<LabelImage> {
  if (!existsSync(file)) throw new NeckarError(`The region map "${file}" does not exist. Check the path.`);
  let raw: { data: Buffer; info: { width: number; height: number; channels: number } };
  try {
    // A colour is a name here: a profile would give the same name another colour.
    raw = await sharp(file, { failOn: 'error', ignoreIcc: true })
      .autoOrient()
      .toColorspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  } catch (cause) {
    throw new NeckarError(
      `The region map "${file}" cannot be read as an image: ${messageOf(cause)}. Expected a PNG in which every colour is a label.`,
      { cause },
    );
  }
  const { width, height, channels } = raw.info;
  const data = new Uint32Array(width * height);
  const distinct = new Set<number>();
  for (let i = 0, at = 0; i < data.length; i++, at += channels) {
    const [r, g, b, alpha] = [raw.data[at]!, raw.data[at + 1]!, raw.data[at + 2]!, raw.data[at + 3]!];
    const color = alpha === 0 ? 0 : (r << 16) | (g << 8) | b;
    data[i] = color;
    distinct.add(color);
    if (distinct.size > mostLabels) {
      throw new NeckarError(
        `The region map "${file}" has more than ${mostLabels} colours, so they cannot all be labels. Expected a lossless image (PNG) without smooth edges, in which every colour is a kind of region; soft weights are given as masks, one grey image for each region.`,
      );
    }
  }
  return { width, height, data, distinct };
}
