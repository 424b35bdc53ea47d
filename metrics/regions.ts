/** Region maps from label images: which kind of thing each pixel of a picture shows. */
import { existsSync } from 'node:fs';
import { type LabelImage, readLabels, regionsBeside } from '../src/images/labels.ts';
import type { RegionMap } from './metric.ts';

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
  const content = await readLabels(contentFile);
  const style = await readLabels(styleFile);
  const all = [...new Set([...content.distinct, ...style.distinct])].filter((color) => color !== 0);
  const labels = new Map([[0, 0], ...all.sort((a, b) => a - b).map((color, i) => [color, i + 1] as const)]);
  return { content: labelled(content, labels), style: labelled(style, labels) };
}

export { regionsBeside };

/** The region maps that lie beside two pictures, or undefined unless both do. */
export async function findRegions(
  contentFile: string,
  styleFile: string,
): Promise<{ readonly content: RegionMap; readonly style: RegionMap } | undefined> {
  const [content, style] = [regionsBeside(contentFile), regionsBeside(styleFile)];
  if (!existsSync(content) || !existsSync(style)) return undefined;
  return await readRegions(content, style);
}

function labelled({ width, height, data }: LabelImage, labels: ReadonlyMap<number, number>): RegionMap {
  return { width, height, labels: Uint8Array.from(data, (color) => labels.get(color)!) };
}
