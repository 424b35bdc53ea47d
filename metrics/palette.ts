/** How far apart the few colours are that two pictures are painted with. */
import { ciede2000, labPixels, type Triple } from '../src/images/color.ts';
import type { RgbImage } from '../src/images/image.ts';
import { createRandom } from '../src/random.ts';
import { thinned } from './lab-colors.ts';
import { type Metric, specId, styleAtResult, stylePath } from './metric.ts';
import { transportCost } from './transport.ts';

export interface PaletteColor {
  readonly lab: Triple;
  /** The share of pixels nearest to it. */
  readonly share: number;
}

const colors = 6;
const rounds = 20;

/**
 * The picture's palette: the centres of k-means in L*a*b*, seeded by k-means++ with fixed random numbers, 20 rounds
 * at most. Fewer than `count` colours when the picture has fewer.
 */
export function palette(image: RgbImage, count = colors): PaletteColor[] {
  const lab = thinned(labPixels(image));
  const pixels = lab.length / 3;
  const centres = seeds(lab, count);
  const nearest = new Int32Array(pixels).fill(-1);
  for (let round = 0; round < rounds; round++) {
    let moved = false;
    const sums = centres.map(() => [0, 0, 0, 0] as [number, number, number, number]);
    for (let i = 0, at = 0; i < pixels; i++, at += 3) {
      const best = nearestCentre(lab, at, centres).index;
      if (nearest[i] !== best) moved = true;
      nearest[i] = best;
      const sum = sums[best]!;
      sum[0] += lab[at]!;
      sum[1] += lab[at + 1]!;
      sum[2] += lab[at + 2]!;
      sum[3]++;
    }
    if (!moved) break;
    for (const [i, [l, a, b, n]] of sums.entries()) if (n > 0) centres[i] = [l / n, a / n, b / n];
  }
  const shares = new Float64Array(centres.length);
  for (const index of nearest) shares[index]! += 1 / pixels;
  return centres.map((centre, i) => ({ lab: centre, share: shares[i]! })).filter(({ share }) => share > 0);
}

/** k-means++: each further centre drawn with probability proportional to the squared distance from those before. */
function seeds(lab: Float32Array, count: number): Triple[] {
  const random = createRandom(0, 'palette');
  const pixels = lab.length / 3;
  const at = (i: number): Triple => [lab[3 * i]!, lab[3 * i + 1]!, lab[3 * i + 2]!];
  const centres = [at(random.integer(pixels))];
  const squares = new Float64Array(pixels).fill(Number.POSITIVE_INFINITY);
  while (centres.length < count) {
    const newest = [centres.at(-1)!];
    let sum = 0;
    for (let i = 0; i < pixels; i++) {
      squares[i] = Math.min(squares[i]!, nearestCentre(lab, 3 * i, newest).square);
      sum += squares[i]!;
    }
    if (sum === 0) break;
    let rest = random.uniform() * sum;
    let chosen = 0;
    while (chosen < pixels - 1 && rest >= squares[chosen]!) rest -= squares[chosen++]!;
    centres.push(at(chosen));
  }
  return centres;
}

function nearestCentre(lab: Float32Array, at: number, centres: readonly Triple[]) {
  let index = 0;
  let square = Number.POSITIVE_INFINITY;
  for (let i = 0; i < centres.length; i++) {
    const [l, a, b] = centres[i]!;
    const distance = (lab[at]! - l) ** 2 + (lab[at + 1]! - a) ** 2 + (lab[at + 2]! - b) ** 2;
    if (distance < square) {
      index = i;
      square = distance;
    }
  }
  return { index, square };
}

/**
 * The earth mover's distance of two palettes with CIEDE2000 as the ground distance: the mean colour difference when
 * one palette's shares are repainted into the other's as cheaply as possible.
 */
export function paletteDistance(first: readonly PaletteColor[], second: readonly PaletteColor[]): number {
  return transportCost(
    first.map(({ share }) => share),
    second.map(({ share }) => share),
    first.map(({ lab }) => second.map((other) => ciede2000(lab, other.lab))),
  );
}

/** Between the result and the style. */
export const paletteToStyle: Metric = {
  id: specId('palette', { color: 'lab-d65', colors, distance: 'emd-ciede2000', style: stylePath }),
  label: 'Palette unlike the style’s',
  better: 'lower',
  purpose: 'colour',
  unit: 'ΔE00',
  async measure(input) {
    return paletteDistance(palette(input.result), palette(styleAtResult(input)));
  },
};
