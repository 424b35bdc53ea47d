/**
 * Which style is where, for networks that put whole styles into regions: a part of the content takes those styles in
 * whose map or masks the part occurs, each by its weight and by how much of the style's picture the part is there.
 */
import { NeckarError } from '../errors.ts';
import type { RegionSettings } from '../experiment/trial.ts';
import type { Plane } from '../images/image.ts';
import { labelName, readLabels } from '../images/labels.ts';
import { readMask } from '../images/mask.ts';
import { blurPlane } from '../images/plane.ts';
import { averagePlane } from '../images/resize.ts';
import type { Size } from './extend.ts';

/** The parts of a content, with how much of each style each of them is, 0 to 1. */
interface Parts {
  readonly planes: ReadonlyMap<string, Plane>;
  readonly styles: readonly ReadonlyMap<string, number>[];
}

/**
 * The weight of each style at every pixel, of sum 1 at each.
 *
 * @param size - of the content as it is shown to the network
 * @param weights - of the styles, of sum 1
 * @throws NeckarError when a map or mask cannot be read, and for a part of the content that no style has
 */
export async function stylePlanes(
  regions: RegionSettings,
  size: Size,
  weights: readonly number[],
): Promise<Plane[]> {
  const { planes, styles } =
    'masks' in regions ? await partsOfMasks(regions.masks) : await partsOfMaps(regions);
  const made = weights.map(() => new Float32Array(size.width * size.height));
  for (const [name, plane] of planes) {
    const shares = weights.map((weight, i) => weight * (styles[i]?.get(name) ?? 0));
    const sum = shares.reduce((total, share) => total + share, 0);
    if (sum === 0) {
      throw new NeckarError(
        `The content has the region ${name}, which none of the styles has, so that nothing says what it is to look like. Paint it in the map or mask of a style as well.`,
      );
    }
    const { data } = blurPlane(averagePlane(plane, size.width, size.height), regions.soften);
    for (const [i, share] of shares.entries()) {
      const values = made[i]!;
      for (let at = 0; at < values.length; at++) values[at]! += (data[at]! * share) / sum;
    }
  }
  for (let at = 0; at < size.width * size.height; at++) {
    const sum = made.reduce((total, values) => total + values[at]!, 0);
    // Where masks leave a pixel out it is as if there were no regions.
    for (const [i, values] of made.entries()) values[at] = sum > 1e-6 ? values[at]! / sum : weights[i]!;
  }
  return made.map((data) => ({ ...size, data }));
}

async function partsOfMaps({
  content,
  styles,
}: Extract<RegionSettings, { content: string }>): Promise<Parts> {
  const { width, height, data, distinct } = await readLabels(content);
  const planes = [...distinct]
    .sort((a, b) => a - b)
    .map((label): [string, Plane] => [
      labelName(label),
      { width, height, data: Float32Array.from(data, (one) => (one === label ? 1 : 0)) },
    ]);
  const shares = styles.map(async (file) => {
    const map = await readLabels(file);
    const counts = new Map<string, number>();
    for (const label of map.data) {
      const name = labelName(label);
      counts.set(name, (counts.get(name) ?? 0) + 1 / map.data.length);
    }
    return counts;
  });
  return { planes: new Map(planes), styles: await Promise.all(shares) };
}

async function partsOfMasks({
  content,
  styles,
}: Extract<RegionSettings, { masks: unknown }>['masks']): Promise<Parts> {
  const planes = Object.entries(content).map(async ([name, file]) => [name, await readMask(file)] as const);
  const shares = styles.map(async (files) => {
    const means = Object.entries(files).map(async ([name, file]) => {
      const { data } = await readMask(file);
      return [name, data.reduce((sum, weight) => sum + weight, 0) / data.length] as const;
    });
    return new Map(await Promise.all(means));
  });
  return { planes: new Map(await Promise.all(planes)), styles: await Promise.all(shares) };
}
