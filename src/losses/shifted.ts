/**
 * The second moments between a feature map and its own shifted copies. A shift by a along one axis takes blocks of a
 * positions onto their neighbours, so that a map cut into such blocks once gives the products of all multiples of a,
 * and their gradients, without a copy of its own for each: at shallow layers copying takes longer than multiplying.
 */
import { tf } from '../tensor.ts';
import { type Region, shiftedPairs } from './region.ts';
import { asMatrix, positionsWithin } from './statistics.ts';

/** How far a map is shifted against itself, in positions. */
export interface Shift {
  readonly down: number;
  readonly across: number;
}

/**
 * The second moments between a map [1,h,w,c] and its own copies shifted by `down` rows and `across` columns, [c,c] for
 * each shift: the mean of F(p)ᵀF(p + shift) over the positions p whose shifted neighbour lies inside the map (at least
 * one); in a region, over the pairs within it (at least one: see `shiftedPairs`), weighted by the product of their
 * weights.
 */
export function shiftedMoments(
  features: tf.Tensor4D,
  shifts: readonly Shift[],
  region?: Region,
): tf.Tensor2D[] {
  if (region !== undefined) return shifts.map((shift) => pairedMoments(features, shift, region));
  const moments = new Map<Shift, tf.Tensor2D>();
  for (const axis of [1, 2] as const) {
    const along = new Map<number, Shift>();
    for (const shift of shifts) {
      const [own, other] = axis === 1 ? [shift.down, shift.across] : [shift.across, shift.down];
      if (own > 0 && other === 0) along.set(own, shift);
    }
    for (const { step, multiples } of families([...along.keys()], features.shape, axis)) {
      const found = blockedMoments(features, axis, step, multiples);
      for (const [i, multiple] of multiples.entries()) moments.set(along.get(multiple * step)!, found[i]!);
    }
  }
  return shifts.map((shift) => moments.get(shift) ?? slicedMoments(features, shift));
}

/** Shifts along an axis that are multiples of the least of them. */
interface Family {
  readonly step: number;
  readonly multiples: readonly number[];
}

/** Beyond so many blocks their many small products cost more than copies. */
const mostBlocks = 16;
/** Below so many positions in a block its products cost more than a copy. */
const leastPositions = 128;

/** The families among some shifts for which cutting the map into blocks is worth it. */
function families(
  shifts: readonly number[],
  [, height, width]: readonly [number, number, number, number],
  axis: 1 | 2,
): Family[] {
  const extent = axis === 1 ? height : width;
  const across = axis === 1 ? width : height;
  const found: Family[] = [];
  let rest = [...shifts].sort((a, b) => a - b);
  while (rest.length > 0) {
    const step = rest[0]!;
    const blocks = Math.floor(extent / step);
    const isWorthIt = blocks >= 2 && blocks <= mostBlocks && step * across >= leastPositions;
    const isMember = (shift: number) => (isWorthIt ? shift % step === 0 : shift === step);
    if (isWorthIt) found.push({ step, multiples: rest.filter(isMember).map((shift) => shift / step) });
    rest = rest.filter((shift) => !isMember(shift));
  }
  return found;
}

/** The moments for shifts by some multiples of a step along an axis, from blocks of so many positions. */
function blockedMoments(
  features: tf.Tensor4D,
  axis: 1 | 2,
  step: number,
  multiples: readonly number[],
): tf.Tensor2D[] {
  const extent = features.shape[axis];
  const across = features.shape[axis === 1 ? 2 : 1];
  const count = Math.floor(extent / step);
  const remainder = extent % step;
  const sizes = new Array<number>(count).fill(step);
  const pieces = tf.split(features, remainder === 0 ? sizes : [...sizes, remainder], axis) as tf.Tensor4D[];
  const blocks = pieces.map(asMatrix);
  const whole = blocks.slice(0, count);
  /** The sum over the pairs of blocks so many apart, from a block on. */
  const sumOfPairs = (apart: number, from: number): Sum => {
    let sum: Sum;
    for (let i = from; i + apart < count; i++) sum = plus(sum, product(whole[i]!, whole[i + apart]!));
    if (remainder === 0) return sum;
    const nearest = asMatrix(beginning(pieces[count - apart]!, axis, remainder));
    return plus(sum, product(nearest, blocks[count]!));
  };
  const sums = new Map<number, Sum>();
  for (const multiple of multiples) {
    if (sums.has(multiple)) continue;
    const pairs = multiples.includes(multiple + 1) ? Math.floor((count - 1 - multiple) / 2) : 0;
    const [nearer, farther] = sumsOfTwo(whole, multiple, pairs);
    sums.set(multiple, plus(nearer, sumOfPairs(multiple, 2 * pairs)));
    if (pairs > 0) sums.set(multiple + 1, plus(farther, sumOfPairs(multiple + 1, 2 * pairs)));
  }
  return multiples.map((multiple) => tf.mul(sums.get(multiple)!, 1 / ((extent - multiple * step) * across)));
}

/** None: of nothing. */
type Sum = tf.Tensor2D | undefined;

function plus(a: Sum, b: Sum): Sum {
  if (a === undefined) return b;
  return b === undefined ? a : tf.add(a, b);
}

function product(near: tf.Tensor2D, far: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(near, far, true, false);
}

/**
 * The sums of AᵢᵀAᵢ₊ₖ and of AᵢᵀAᵢ₊ₖ₊₁ over the first 2·`pairs` blocks A. Of two blocks next to each other both want
 *
 *   AᵢᵀB₀ + Aᵢ₊₁ᵀB₁   and   AᵢᵀB₁ + Aᵢ₊₁ᵀB₂,   Bⱼ = Aᵢ₊ₖ₊ⱼ,
 *
 * four products, for which these three do (Winograd's F(2,2): Arithmetic Complexity of Computations, 1980, ch. 5):
 *
 *   P = Aᵢᵀ(B₀ − B₁),   Q = (Aᵢ + Aᵢ₊₁)ᵀB₁,   R = Aᵢ₊₁ᵀ(B₁ − B₂);   P + Q   and   Q − R.
 */
function sumsOfTwo(blocks: readonly tf.Tensor2D[], apart: number, pairs: number): [Sum, Sum] {
  let [p, q, r]: Sum[] = [];
  for (let i = 0; i < 2 * pairs; i += 2) {
    const [a0, a1] = [blocks[i]!, blocks[i + 1]!];
    const [b0, b1, b2] = [blocks[i + apart]!, blocks[i + apart + 1]!, blocks[i + apart + 2]!];
    p = plus(p, product(a0, tf.sub(b0, b1)));
    q = plus(q, product(tf.add(a0, a1), b1));
    r = plus(r, product(a1, tf.sub(b1, b2)));
  }
  return [plus(p, q), q && tf.sub(q, r!)];
}

/** The first positions of a map along an axis. */
function beginning(map: tf.Tensor4D, axis: 1 | 2, extent: number): tf.Tensor4D {
  const size = [...map.shape] as [number, number, number, number];
  size[axis] = extent;
  return tf.slice(map, [0, 0, 0, 0], size);
}

function slicedMoments(features: tf.Tensor4D, { down, across }: Shift): tf.Tensor2D {
  const [, height, width, channels] = features.shape;
  const size: [number, number, number, number] = [1, height - down, width - across, channels];
  const near = asMatrix(tf.slice(features, [0, 0, 0, 0], size));
  const far = asMatrix(tf.slice(features, [0, down, across, 0], size));
  return tf.mul(tf.matMul(near, far, true, false), 1 / near.shape[0]);
}

function pairedMoments(features: tf.Tensor4D, { down, across }: Shift, region: Region): tf.Tensor2D {
  const [, height, width] = features.shape;
  const read = (which: 'near' | 'far') =>
    positionsWithin(
      features,
      region,
      `${which} ends of ${down}, ${across}`,
      (grid) => shiftedPairs(grid, down, across)[which],
    );
  const { relative } = shiftedPairs(region.at(height, width), down, across);
  const near = read('near');
  const weighted = relative === undefined ? near : tf.mul(near, tf.tensor2d(relative, [relative.length, 1]));
  return tf.mul(tf.matMul(weighted as tf.Tensor2D, read('far'), true, false), 1 / near.shape[0]);
}
