/**
 * Regions that guide a loss: parts of the picture, each of which takes the style from a part of the style picture
 * (Gatys, Ecker, Bethge, Hertzmann & Shechtman, Controlling perceptual factors in neural style transfer, CVPR 2017,
 * sec. 4; Castillo et al., Son of Zorn's lemma: targeted style transfer using instance-aware semantic segmentation,
 * ICASSP 2017). A region is a weight in [0,1] for every pixel; at a layer, the mean of the pixels that a position
 * covers.
 */

import type { Plane } from '../images/image.ts';
import { transformPlane } from '../images/plane.ts';
import { averagePlane } from '../images/resize.ts';
import type { StyleTransform } from './loss.ts';

/** A part of one picture. */
export interface Region {
  /** Mean weight over the picture. */
  readonly share: number;
  /** The region on a grid of feature positions that covers the picture. */
  at(height: number, width: number): RegionGrid;
  /** The same part of a turned and rescaled copy of the picture. */
  copy(transform: StyleTransform): Region;
}

/** A region on a grid, its positions counted row by row. */
export interface RegionGrid {
  readonly height: number;
  readonly width: number;
  /** Those of positive weight, ascending. */
  readonly positions: Int32Array;
  /** Their weights, in (0,1]. */
  readonly weights: Float32Array;
  /** Σ weights: how many positions the region is worth. */
  readonly area: number;
  /** Weights over their own mean, as they count in a statistic; absent where all are equal. */
  readonly relative?: Float32Array;
}

/** What a loss is guided by: its part of the picture, and the part of the style that this is to look like. */
export interface RegionPair {
  /** What people call it. */
  readonly name: string;
  readonly picture: Region;
  readonly style: Region;
}

/** A smaller weight is rounding and counts as none. */
const leastWeight = 1e-6;

/** A region from its weight at every pixel, in [0,1]. */
export function regionOf(plane: Plane): Region {
  const grids = new Map<string, RegionGrid>();
  return {
    share: plane.data.reduce((sum, weight) => sum + weight, 0) / plane.data.length,
    at(height, width) {
      const key = `${height}×${width}`;
      let grid = grids.get(key);
      if (grid === undefined) {
        grid = gridOf(averagePlane(plane, width, height));
        grids.set(key, grid);
      }
      return grid;
    },
    copy: (transform) => regionOf(transformPlane(plane, transform)),
  };
}

function gridOf({ width, height, data }: Plane): RegionGrid {
  const positions = Int32Array.from([...data.keys()].filter((i) => data[i]! > leastWeight));
  const weights = Float32Array.from(positions, (i) => data[i]!);
  return { width, height, positions, weights, ...countedBy(weights) };
}

/** The area of weights, and the weights over their mean where they are not all equal. */
function countedBy(weights: Float32Array): Pick<RegionGrid, 'area' | 'relative'> {
  const area = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = area / weights.length;
  const equal = weights.every((weight) => Math.abs(weight - mean) <= leastWeight * mean);
  return equal ? { area } : { area, relative: weights.map((weight) => weight / mean) };
}

/** Pairs of a grid's positions, by their first and second. */
export interface PositionPairs {
  readonly near: Int32Array;
  readonly far: Int32Array;
  /** How much each counts, of mean 1; absent where all count alike. */
  readonly relative?: Float32Array;
}

const pairsOf = new WeakMap<RegionGrid, Map<string, PositionPairs>>();

/**
 * The pairs of a grid's positions that lie `down` rows and `across` columns apart and both in the region, weighted
 * by the product of their weights; none of them where the region is narrower than the shift.
 */
export function shiftedPairs(grid: RegionGrid, down: number, across: number): PositionPairs {
  let known = pairsOf.get(grid);
  if (known === undefined) {
    known = new Map();
    pairsOf.set(grid, known);
  }
  const key = `${down}, ${across}`;
  let pairs = known.get(key);
  if (pairs === undefined) {
    pairs = pairsIn(grid, down, across);
    known.set(key, pairs);
  }
  return pairs;
}

function pairsIn(
  { height, width, positions, weights }: RegionGrid,
  down: number,
  across: number,
): PositionPairs {
  const weightAt = new Float32Array(height * width);
  for (const [i, position] of positions.entries()) weightAt[position] = weights[i]!;
  const shift = down * width + across;
  const near = positions.filter(
    (p) => Math.floor(p / width) + down < height && (p % width) + across < width && weightAt[p + shift]! > 0,
  );
  const products = Float32Array.from(near, (p) => weightAt[p]! * weightAt[p + shift]!);
  const { relative } = countedBy(products);
  return { near, far: near.map((p) => p + shift), ...(relative && { relative }) };
}

/**
 * The pixels of a region at [height,width], for drawing among them: as many as its area, each at most once, those of
 * weight 1 always and the others about as often as their weight says.
 */
export function pixelsOf({ positions, weights }: RegionGrid): Int32Array {
  const drawn: number[] = [];
  let passed = 0;
  // A pixel is taken where the running sum of weights crosses n + ½: at most once, as no weight exceeds 1.
  for (const [i, position] of positions.entries()) {
    const next = passed + weights[i]!;
    if (Math.floor(next + 0.5) > Math.floor(passed + 0.5)) drawn.push(position);
    passed = next;
  }
  return Int32Array.from(drawn.length > 0 ? drawn : positions.subarray(0, 1));
}
