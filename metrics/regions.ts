/** Region maps from label images: which kind of thing each pixel of a picture shows. */
import { existsSync } from 'node:fs';
import type { MaskFiles } from '../src/experiment/trial.ts';
import { type LabelImage, readLabels, regionsBeside } from '../src/images/labels.ts';
import { masksBeside, readMask } from '../src/images/mask.ts';
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
  return { content: labeled(content, labels), style: labeled(style, labels) };
}

export { regionsBeside };

/**
 * The region maps that masks of the same names amount to: every pixel is of the region whose weight is the greatest
 * there, and of no kind where what all weights leave of one is greater still.
 *
 * @throws NeckarError when a mask cannot be read
 */
export async function readMaskedRegions(
  content: MaskFiles,
  style: MaskFiles,
): Promise<{ readonly content: RegionMap; readonly style: RegionMap }> {
  const names = Object.keys(content).sort((a, b) => (a < b ? -1 : 1));
  return { content: await strongest(content, names), style: await strongest(style, names) };
}

async function strongest(files: MaskFiles, names: readonly string[]): Promise<RegionMap> {
  const masks = await Promise.all(names.map((name) => readMask(files[name]!)));
  const [{ width, height }] = masks as [(typeof masks)[number]];
  const labels = Uint8Array.from({ length: width * height }, (_, i) => {
    const weights = masks.map(({ data }) => data[i]!);
    const most = Math.max(...weights);
    const left = 1 - weights.reduce((sum, weight) => sum + weight, 0);
    return left > most ? 0 : weights.indexOf(most) + 1;
  });
  return { width, height, labels };
}

/** The region maps that lie beside two pictures, else those of masks beside them, or undefined unless both have them. */
export async function findRegions(
  contentFile: string,
  styleFile: string,
): Promise<{ readonly content: RegionMap; readonly style: RegionMap } | undefined> {
  const [content, style] = [regionsBeside(contentFile), regionsBeside(styleFile)];
  if (existsSync(content) && existsSync(style)) return await readRegions(content, style);
  const [contentMasks, styleMasks] = [masksBeside(contentFile), masksBeside(styleFile)];
  const names = Object.keys(contentMasks);
  if (names.length === 0 || names.join() !== Object.keys(styleMasks).join()) return undefined;
  return await readMaskedRegions(contentMasks, styleMasks);
}

function labeled({ width, height, data }: LabelImage, labels: ReadonlyMap<number, number>): RegionMap {
  return { width, height, labels: Uint8Array.from(data, (color) => labels.get(color)!) };
}
