/**
 * A start in the style's mean colour, for encoders that do not see it. Such a move is nothing to any feature, except
 * where pixels reach black or white; left to the optimiser, which sees it as one faint direction beside statistics that
 * curve the objective millions of times as much, it would take most of the evaluations or, with first-order methods, more
 * than there are.
 */
import { clampImage, type RgbImage } from '../images/image.ts';
import type { RegionPair } from '../losses/region.ts';

/** One style, its part in the blend, and the regions that guide it, if any. */
export interface MeanTarget {
  readonly image: RgbImage;
  readonly weight: number;
  readonly regions?: readonly RegionPair[] | undefined;
}

/** Which pixels a mean is over: their indices and weights. */
interface Part {
  readonly positions: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
  /** Mean R, G and B to come to. */
  readonly target: readonly number[];
}

/** Clipping takes back a part of each shift; after so many the rest is what no shift can bring. */
const mostRounds = 30;
/** A fortieth of an 8-bit level. */
const enough = 1e-4;

/**
 * The picture, shifted as a whole (or part by part, as the regions say, by their weights) until its mean R, G and B are
 * the style's (of several, the weighted mean of theirs), values kept in [0,1].
 */
export function atStyleMeans(start: RgbImage, styles: readonly MeanTarget[]): RgbImage {
  const parts = partsOf(start, styles);
  let picture = start;
  for (let round = 0; round < mostRounds; round++) {
    const shifts = parts.map(({ positions, weights, target }) => {
      const mean = meanOf(picture, positions, weights);
      return target.map((wanted, channel) => wanted - mean[channel]!);
    });
    if (shifts.flat().every((shift) => Math.abs(shift) < enough)) break;
    const data = Float32Array.from(picture.data);
    for (const [index, { positions, weights }] of parts.entries()) {
      for (let i = 0; i < positions.length; i++) {
        for (let channel = 0; channel < 3; channel++) {
          data[3 * positions[i]! + channel]! += weights[i]! * shifts[index]![channel]!;
        }
      }
    }
    picture = clampImage({ ...picture, data });
  }
  return picture;
}

function partsOf({ width, height }: RgbImage, styles: readonly MeanTarget[]): Part[] {
  const regions = styles[0]!.regions ?? [undefined];
  return regions.flatMap((region, index): Part[] => {
    const { positions, weights } = region?.picture.at(height, width) ?? everywhere(width * height);
    const targets = styles.map(({ image, weight, regions: own }) => {
      const { positions: there, weights: counted } =
        own === undefined
          ? everywhere(image.width * image.height)
          : own[index]!.style.at(image.height, image.width);
      return { weight, mean: meanOf(image, there, counted), empty: there.length === 0 };
    });
    if (positions.length === 0 || targets.some(({ empty }) => empty)) return [];
    const target = [0, 1, 2].map((channel) =>
      targets.reduce((sum, { weight, mean }) => sum + weight * mean[channel]!, 0),
    );
    return [{ positions, weights, target }];
  });
}

function everywhere(pixels: number): Omit<Part, 'target'> {
  return {
    positions: Int32Array.from({ length: pixels }, (_, i) => i),
    weights: new Float32Array(pixels).fill(1),
  };
}

function meanOf({ data }: RgbImage, positions: ArrayLike<number>, weights: ArrayLike<number>): number[] {
  const sums = [0, 0, 0];
  let total = 0;
  for (let i = 0; i < positions.length; i++) {
    total += weights[i]!;
    for (let channel = 0; channel < 3; channel++) {
      sums[channel]! += weights[i]! * data[3 * positions[i]! + channel]!;
    }
  }
  return sums.map((sum) => sum / total);
}
