/**
 * Masks of a trial's pictures: grey images, one for each region, whose lightness is the region's weight (Gatys, Ecker,
 * Bethge, Hertzmann & Shechtman, CVPR 2017, sec. 4: guidance channels).
 *
 * Weights count as they are: where masks overlap a pixel belongs to several regions, and where they sum to less than
 * one it is guided by that much less – not at all where all are black, so that the content alone decides there.
 * Within a region statistics are weighted means, w over Σ w: with T the guidance channel, normalised to ΣT² = 1, that
 * is the guided Gram matrix under T² = w/Σw. A region's part in a loss is its mean weight over the picture.
 */
import { NeckarError } from '../errors.ts';
import type { MaskFiles, MaskSettings } from '../experiment/trial.ts';
import type { Plane } from '../images/image.ts';
import { readMask } from '../images/mask.ts';
import { checkSize, type MappedPicture, maskFix, type RegionPlanes, type RegionSources } from './regions.ts';

/**
 * Reads masks and checks that they fit their pictures.
 *
 * @param pictures - the content, then the styles in the order of `masks.styles`
 * @throws NeckarError for a mask that cannot be read, has colours or another size than its picture, or is black all
 *   over, and for regions that have a mask on one side only
 */
export async function readMasks(
  { content, styles }: MaskSettings['masks'],
  pictures: readonly MappedPicture[],
): Promise<RegionSources> {
  for (const style of styles) checkNames(content, style);
  const [contentPlanes, ...stylePlanes] = await Promise.all(
    [content, ...styles].map((files, i) => planesOf(files, pictures[i]!, i === 0 ? 'content' : 'style')),
  );
  return { names: namesOf(content), content: contentPlanes!, styles: stylePlanes };
}

/** The names of masks in the order in which regions are computed. */
function namesOf(files: MaskFiles): string[] {
  return Object.keys(files).sort((a, b) => (a < b ? -1 : 1));
}

function checkNames(content: MaskFiles, style: MaskFiles): void {
  const missing = namesOf(content).filter((name) => style[name] === undefined);
  if (missing.length > 0) {
    throw new NeckarError(
      `The content has ${masked(missing)}, which a style has not, so that nothing says what to look like there. Give the style ${missing.length === 1 ? 'one of this name' : 'masks of these names'} (a white image of its size for all of it); it has ${namesOf(style).join(', ') || 'none'}.`,
    );
  }
  const extra = namesOf(style).filter((name) => content[name] === undefined);
  if (extra.length > 0) {
    throw new NeckarError(
      `A style has ${masked(extra)}, which the content has not, so that nothing would look like that part. Give the content ${extra.length === 1 ? 'one of this name' : 'masks of these names'}, or leave the style's out; the content has ${namesOf(content).join(', ') || 'none'}.`,
    );
  }
}

function masked(names: readonly string[]): string {
  return `${names.length === 1 ? 'a mask' : 'masks'} of ${names.map((name) => `"${name}"`).join(', ')}`;
}

async function planesOf(
  files: MaskFiles,
  picture: MappedPicture,
  side: 'content' | 'style',
): Promise<RegionPlanes> {
  const planes = new Map<string, Plane>();
  for (const name of namesOf(files)) {
    const file = files[name]!;
    const plane = await readMask(file);
    checkSize(plane, { what: 'mask', file, picture, fix: maskFix });
    if (plane.data.every((weight) => weight === 0)) {
      throw new NeckarError(
        side === 'style'
          ? `The style's mask "${file}" of "${name}" is empty: it is black or transparent all over. Paint white what the content's region "${name}" is to look like.`
          : `The content's mask "${file}" of "${name}" is empty: it is black or transparent all over. Paint white where the region is, or leave "${name}" out on both sides.`,
      );
    }
    planes.set(name, plane);
  }
  return (name) => planes.get(name)!;
}
