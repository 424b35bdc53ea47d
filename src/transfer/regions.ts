/**
 * Region maps of a trial's pictures, and the regions that they are at a level's size. Every colour is a label, black
 * (and transparent) one like the others: what is left over in the content looks like what is left over in the style.
 */
import { NeckarError } from '../errors.ts';
import type { RegionSettings } from '../experiment/trial.ts';
import type { Plane } from '../images/image.ts';
import { type LabelImage, labelName, readLabels } from '../images/labels.ts';
import { averagePlane, blurPlane } from '../images/plane.ts';
import { type RegionPair, regionOf } from '../losses/region.ts';

/** Maps in which the same labels occur, of the sizes of their pictures. */
export interface RegionMaps {
  readonly labels: readonly number[];
  readonly content: LabelImage;
  readonly styles: readonly LabelImage[];
}

interface MappedPicture {
  readonly file: string;
  readonly image: { readonly width: number; readonly height: number };
}

/**
 * Reads region maps and checks that they fit each other and their pictures.
 *
 * @param pictures - the content, then the styles in the order of `styles`
 * @throws NeckarError for a map that cannot be read or has another size than its picture, for a style's map that is
 *   black all over, and for labels that occur on one side only
 */
export async function readRegionMaps(
  { content, styles }: Pick<RegionSettings, 'content' | 'styles'>,
  pictures: readonly MappedPicture[],
): Promise<RegionMaps> {
  const files = [content, ...styles];
  const maps = await Promise.all(files.map(readLabels));
  for (const [i, map] of maps.entries()) checkSize(map, files[i]!, pictures[i]!);
  const [contentMap, ...styleMaps] = maps as [LabelImage, ...LabelImage[]];
  for (const [i, map] of styleMaps.entries()) checkLabels([contentMap, content], [map, styles[i]!]);
  return {
    labels: [...contentMap.distinct].sort((a, b) => a - b),
    content: contentMap,
    styles: styleMaps,
  };
}

function checkSize(
  { width, height }: LabelImage,
  file: string,
  { image, file: picture }: MappedPicture,
): void {
  if (width === image.width && height === image.height) return;
  throw new NeckarError(
    `The region map "${file}" has ${width}×${height} pixels, but its picture "${picture}" has ${image.width}×${image.height}. Give every pixel of the picture its label; a map that is resized must not be smoothed (nearest neighbour).`,
  );
}

function checkLabels(
  [content, contentFile]: [LabelImage, string],
  [style, styleFile]: [LabelImage, string],
): void {
  const missing = [...content.distinct].filter((label) => !style.distinct.has(label));
  const extra = [...style.distinct].filter((label) => !content.distinct.has(label));
  if (style.distinct.size === 1 && style.distinct.has(0) && missing.length > 0) {
    throw new NeckarError(
      `The style's region map "${styleFile}" is empty: it is black all over. Paint the parts that the content's regions (${namesOf(missing)}) are to look like in the same colours.`,
    );
  }
  if (missing.length > 0) {
    throw new NeckarError(
      `The content's region map "${contentFile}" has ${labelled(missing)}, which the style's "${styleFile}" has not, so that nothing says what to look like there. Paint a part of the style's map in it, or give those pixels of the content another label.`,
    );
  }
  if (extra.length > 0) {
    throw new NeckarError(
      `The style's region map "${styleFile}" has ${labelled(extra)}, which the content's "${contentFile}" has not, so that nothing would look like that part. Paint a part of the content's map in it, or give those pixels of the style another label.`,
    );
  }
}

function labelled(labels: readonly number[]): string {
  return `the label${labels.length === 1 ? '' : 's'} ${namesOf(labels)}`;
}

function namesOf(labels: readonly number[]): string {
  return labels.map(labelName).join(', ');
}

/** Height and width. */
type Size = readonly [number, number];

/**
 * The regions of a content and one of its styles at the sizes at which they are encoded. In the picture the weights of all regions
 * sum to one at every pixel, with soft edges too; a style keeps its hard edges, so that no region takes up what
 * belongs to its neighbour.
 *
 * @param index - which of the styles
 * @param deviation - of the Gaussian that softens the picture's edges, in pixels of the level
 */
export function regionPairs(
  maps: RegionMaps,
  index: number,
  { size, styleSize, deviation }: { size: Size; styleSize: Size; deviation: number },
): RegionPair[] {
  return maps.labels.map((label) => ({
    name: labelName(label),
    picture: regionOf(blurPlane(planeOf(maps.content, label, size), deviation)),
    style: regionOf(planeOf(maps.styles[index]!, label, styleSize)),
  }));
}

/** The share of the pixels under each new pixel that have the label. */
function planeOf({ width, height, data }: LabelImage, label: number, [newHeight, newWidth]: Size): Plane {
  const mask = Float32Array.from(data, (color) => (color === label ? 1 : 0));
  return averagePlane({ width, height, data: mask }, newWidth, newHeight);
}
