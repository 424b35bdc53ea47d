/** Region maps from label images: which kind of thing each pixel of a picture shows. */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import sharp from 'sharp';
import { messageOf, NeckarError } from '../src/errors.ts';
import type { RegionMap } from './metric.ts';

/** More colours than this are no labels: a photograph, or a map that was blurred by JPEG or smooth edges. */
const mostLabels = 64;

/**
 * The region maps of a content and a style, each from an image in which every colour is a label. The same colour means
 * the same kind of thing in both; black and fully transparent pixels are of no kind.
 *
 * @throws NeckarError when a file cannot be read, or has more colours than labels could have
 */
export async function readRegions(
  contentFile: string,
  styleFile: string,
): Promise<{ readonly content: RegionMap; readonly style: RegionMap }> {
  const content = await readColors(contentFile);
  const style = await readColors(styleFile);
  const all = [...new Set([...content.distinct, ...style.distinct])].filter((color) => color !== 0);
  const labels = new Map([[0, 0], ...all.sort((a, b) => a - b).map((color, i) => [color, i + 1] as const)]);
  return { content: labelled(content, labels), style: labelled(style, labels) };
}

/** Where a picture's region map lies: `portrait.regions.png` beside `portrait.jpg`. */
export function regionsBeside(picture: string): string {
  return `${picture.slice(0, picture.length - extname(picture).length)}.regions.png`;
}

/** The region maps that lie beside two pictures, or undefined unless both do. */
export async function findRegions(
  contentFile: string,
  styleFile: string,
): Promise<{ readonly content: RegionMap; readonly style: RegionMap } | undefined> {
  const [content, style] = [regionsBeside(contentFile), regionsBeside(styleFile)];
  if (!existsSync(content) || !existsSync(style)) return undefined;
  return await readRegions(content, style);
}

interface Colors {
  readonly width: number;
  readonly height: number;
  /** R·2¹⁶ + G·2⁸ + B of every pixel; 0 where it is transparent. */
  readonly data: Uint32Array;
  readonly distinct: ReadonlySet<number>;
}

async function readColors(file: string): Promise<Colors> {
  if (!existsSync(file)) throw new NeckarError(`The region map "${file}" does not exist. Check the path.`);
  let raw: { data: Buffer; info: { width: number; height: number; channels: number } };
  try {
    raw = await sharp(file, { failOn: 'error' })
      .autoOrient()
      .toColourspace('srgb')
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
        `The region map "${file}" has more than ${mostLabels} colours, so they cannot all be labels. Expected a lossless image (PNG) without smooth edges, in which every colour is a kind of region.`,
      );
    }
  }
  return { width, height, data, distinct };
}

function labelled({ width, height, data }: Colors, labels: ReadonlyMap<number, number>): RegionMap {
  return { width, height, labels: Uint8Array.from(data, (color) => labels.get(color)!) };
}
