/**
 * Region maps of a trial's pictures, and the regions that maps or masks are at a level's size. Every colour of a map is
 * a label, black (and transparent) one like the others: what is left over in the content looks like what is left over
 * in the style.
 */
import { NeckarError } from '../errors.ts';
import type { LabelMapSettings } from '../experiment/trial.ts';
import type { Plane } from '../images/image.ts';
import { type LabelImage, labelName, readLabels } from '../images/labels.ts';
import { blurPlane } from '../images/plane.ts';
import { averagePlane } from '../images/resize.ts';
import { type Region, type RegionPair, regionOf } from '../losses/region.ts';

/** The weight of each region at every pixel of a picture, in [0,1], by the region's name. */
export type RegionPlanes = (name: string) => Plane;

/** Where regions come from: the same names in all pictures, planes of the sizes of the pictures. */
export interface RegionSources {
  /** In the order in which regions are computed. */
  readonly names: readonly string[];
  readonly content: RegionPlanes;
  readonly styles: readonly RegionPlanes[];
}

/** A picture and the file it was read from. */
export interface MappedPicture {
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
  { content, styles }: Pick<LabelMapSettings, 'content' | 'styles'>,
  pictures: readonly MappedPicture[],
): Promise<RegionSources> {
  const files = [content, ...styles];
  const maps = await Promise.all(files.map(readLabels));
  for (const [i, map] of maps.entries()) {
    checkSize(map, { what: 'region map', file: files[i]!, picture: pictures[i]!, fix: mapFix });
  }
  const [contentMap, ...styleMaps] = maps as [LabelImage, ...LabelImage[]];
  for (const [i, map] of styleMaps.entries()) checkLabels([contentMap, content], [map, styles[i]!]);
  const labels = [...contentMap.distinct].sort((a, b) => a - b);
  const byName = new Map(labels.map((label) => [labelName(label), label]));
  const planesOf =
    (map: LabelImage): RegionPlanes =>
    (name) =>
      planeOf(map, byName.get(name)!);
  return { names: [...byName.keys()], content: planesOf(contentMap), styles: styleMaps.map(planesOf) };
}

/** What to do about a map of another size. */
export const mapFix =
  'Give every pixel of the picture its label; a map that is resized must not be smoothed (nearest neighbour).';

/** What to do about a mask of another size. */
export const maskFix = 'Give every pixel of the picture its weight.';

/** @throws NeckarError when a map or mask has another size than its picture */
export function checkSize(
  { width, height }: { readonly width: number; readonly height: number },
  {
    what,
    file,
    picture: { image, file: picture },
    fix,
  }: {
    readonly what: 'region map' | 'mask';
    readonly file: string;
    readonly picture: MappedPicture;
    readonly fix: string;
  },
): void {
  if (width === image.width && height === image.height) return;
  throw new NeckarError(
    `The ${what} "${file}" has ${width}×${height} pixels, but its picture "${picture}" has ${image.width}×${image.height}. ${fix}`,
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
      `The content's region map "${contentFile}" has ${labeled(missing)}, which the style's "${styleFile}" has not, so that nothing says what to look like there. Paint a part of the style's map in it, or give those pixels of the content another label.`,
    );
  }
  if (extra.length > 0) {
    throw new NeckarError(
      `The style's region map "${styleFile}" has ${labeled(extra)}, which the content's "${contentFile}" has not, so that nothing would look like that part. Paint a part of the content's map in it, or give those pixels of the style another label.`,
    );
  }
}

function labeled(labels: readonly number[]): string {
  return `the label${labels.length === 1 ? '' : 's'} ${namesOf(labels)}`;
}

function namesOf(labels: readonly number[]): string {
  return labels.map(labelName).join(', ');
}

/** Height and width. */
type Size = readonly [number, number];

/**
 * The regions of a content and one of its styles at the sizes at which they are encoded. In the picture the weights of
 * all regions of a map sum to one at every pixel, with soft edges too; of masks they sum to what the masks do. What is
 * softened is the picture's weights alone: a style keeps its edges, so that no region takes up what belongs to its
 * neighbour.
 *
 * @param index - which of the styles
 * @param deviation - of the Gaussian that softens the picture's edges, in pixels of the level
 * @param picture - its regions, where they are known: what several styles share is then read once
 */
export function regionPairs(
  sources: RegionSources,
  index: number,
  { styleSize, ...sizes }: PictureSizes & { styleSize: Size },
  picture: readonly Region[] = pictureRegions(sources, sizes),
): RegionPair[] {
  return sources.names.map((name, i) => ({
    name,
    picture: picture[i]!,
    style: regionOf(averagePlane(sources.styles[index]!(name), styleSize[1], styleSize[0])),
  }));
}

/** Of the picture, and how far its edges are softened. */
interface PictureSizes {
  readonly size: Size;
  readonly deviation: number;
}

/** The picture's regions, in the order of the names: the same for all of several styles. */
export function pictureRegions(
  { names, content }: RegionSources,
  { size, deviation }: PictureSizes,
): Region[] {
  return names.map((name) => regionOf(blurPlane(averagePlane(content(name), size[1], size[0]), deviation)));
}

/** 1 where a map has the label, 0 elsewhere. */
function planeOf({ width, height, data: colors }: LabelImage, label: number): Plane {
  const data = new Float32Array(colors.length);
  // Maps have as many pixels as pictures, and this is done for every label.
  for (let i = 0; i < data.length; i++) if (colors[i] === label) data[i] = 1;
  return { width, height, data };
}
