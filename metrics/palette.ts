/** How far apart the few colours are that two pictures are painted with. */
import { ciede2000, labPixels, type Triple } from '../src/images/color.ts';
import type { RgbImage } from '../src/images/image.ts';
import { createRandom } from '../src/random.ts';
import { defineMetric } from './define.ts';
import { styleAtResult, stylePath } from './metric.ts';
import { nonNegative } from './range.ts';
import { thinned } from './thinning.ts';
import { transportCost } from './transport.ts';

/** A colour of a palette that two pictures share, and the share of each picture's pixels nearest to it. */
export interface SharedColor {
  readonly lab: Triple;
  readonly shares: readonly [number, number];
}

const colors = 12;
/** The best of several starts: one alone may end in a poor local optimum. */
const starts = 6;
const rounds = 100;
/** Of each picture; enough to find the colours. */
const mostPixels = 4096;

/**
 * A common palette of two pictures: the centres of k-means in L*a*b* on at most 4096 evenly spaced pixels of each, the
 * best of 6 starts by k-means++ with fixed random numbers. Fewer than `count` colours when there are no more.
 *
 * A palette of their own for each would differ by as much as the clusters are wide even for equal colours, because
 * k-means has many near-optimal ends.
 */
export function sharedPalette(first: RgbImage, second: RgbImage, count = colors): SharedColor[] {
  const a = thinned(labPixels(first), 3, mostPixels);
  const b = thinned(labPixels(second), 3, mostPixels);
  const lab = new Float32Array(a.length + b.length);
  lab.set(a);
  lab.set(b, a.length);
  let best = cluster(lab, seeds(lab, count, 0));
  for (let start = 1; start < starts; start++) {
    const other = cluster(lab, seeds(lab, count, start));
    if (other.error < best.error) best = other;
  }
  const shares = best.centers.map(() => [0, 0] as [number, number]);
  for (const [i, index] of best.nearest.entries()) {
    if (3 * i < a.length) shares[index]![0] += 3 / a.length;
    else shares[index]![1] += 3 / b.length;
  }
  return best.centers
    .map((center, i) => ({ lab: center, shares: shares[i]! }))
    .filter(({ shares: [x, y] }) => x + y > 0);
}

/** Lloyd's iteration until nothing moves. */
function cluster(lab: Float32Array, start: readonly Triple[]) {
  const centers = [...start];
  const nearest = new Int32Array(lab.length / 3).fill(-1);
  let error = 0;
  for (let round = 0, moved = true; moved && round < rounds; round++) {
    moved = false;
    error = 0;
    const sums = centers.map(() => [0, 0, 0, 0] as [number, number, number, number]);
    for (let i = 0, at = 0; i < nearest.length; i++, at += 3) {
      const { index, square } = nearestCenter(lab, at, centers);
      if (nearest[i] !== index) moved = true;
      nearest[i] = index;
      error += square;
      const sum = sums[index]!;
      sum[0] += lab[at]!;
      sum[1] += lab[at + 1]!;
      sum[2] += lab[at + 2]!;
      sum[3]++;
    }
    for (const [i, [l, a, b, n]] of sums.entries()) if (n > 0) centers[i] = [l / n, a / n, b / n];
  }
  return { error, centers, nearest };
}

/** k-means++: each further centre drawn with probability proportional to the squared distance from those before. */
function seeds(lab: Float32Array, count: number, start: number): Triple[] {
  const random = createRandom(0, 'palette', start);
  const pixels = lab.length / 3;
  const at = (i: number): Triple => [lab[3 * i]!, lab[3 * i + 1]!, lab[3 * i + 2]!];
  const centers = [at(random.integer(pixels))];
  const squares = new Float64Array(pixels).fill(Number.POSITIVE_INFINITY);
  while (centers.length < count) {
    const newest = [centers.at(-1)!];
    let sum = 0;
    for (let i = 0; i < pixels; i++) {
      squares[i] = Math.min(squares[i]!, nearestCenter(lab, 3 * i, newest).square);
      sum += squares[i]!;
    }
    if (sum === 0) break;
    let rest = random.uniform() * sum;
    let chosen = 0;
    while (chosen < pixels - 1 && rest >= squares[chosen]!) rest -= squares[chosen++]!;
    centers.push(at(chosen));
  }
  return centers;
}

function nearestCenter(lab: Float32Array, at: number, centers: readonly Triple[]) {
  let index = 0;
  let square = Number.POSITIVE_INFINITY;
  for (let i = 0; i < centers.length; i++) {
    const [l, a, b] = centers[i]!;
    const distance = (lab[at]! - l) ** 2 + (lab[at + 1]! - a) ** 2 + (lab[at + 2]! - b) ** 2;
    if (distance < square) {
      index = i;
      square = distance;
    }
  }
  return { index, square };
}

/**
 * The earth mover's distance between the two pictures' shares of their common palette, with CIEDE2000 as the ground
 * distance: the mean colour difference when one's paint is turned into the other's as cheaply as possible.
 */
export function paletteDistance(first: RgbImage, second: RgbImage): number {
  const palette = sharedPalette(first, second);
  return transportCost(
    palette.map(({ shares }) => shares[0]),
    palette.map(({ shares }) => shares[1]),
    palette.map((from) => palette.map((to) => ciede2000(from.lab, to.lab))),
  );
}

/** Between the result and the style. */
export const paletteToStyle = defineMetric({
  name: 'palette',
  description: 'Earth mover’s distance between the few colours both pictures are painted with.',
  needs: 'pixels',
  parts: {
    color: 'lab-d65',
    colors: `${colors}-shared`,
    pixels: `${mostPixels}-at-most`,
    distance: 'emd-ciede2000',
    style: stylePath,
  },
  label: 'Palette unlike the style’s',
  better: 'lower',
  purpose: 'colour',
  unit: 'ΔE00',
  range: nonNegative,
  async measure(input) {
    return paletteDistance(input.result, styleAtResult(input));
  },
});
