import test from 'ava';
import type { Plane } from '../../src/images/image.ts';
import type { LossContext, LossTerm, StyleContext } from '../../src/losses/loss.ts';
import { pixelsOf, type RegionPair, regionOf, shiftedPairs } from '../../src/losses/region.ts';
import { prepareLosses, resolveLoss } from '../../src/losses/registry.ts';
import { tf } from '../../src/tensor.ts';
import {
  at,
  centralDifferences,
  close,
  type Evaluated,
  encoder,
  evaluate,
  type FeatureMap,
  type Maps,
  randomMap,
  rowsOf,
} from './maps.ts';

test.before(() => tf.setBackend('cpu'));

// Even sizes, so that a region whose edge is even is whole positions of the coarse layer too.
const size = [8, 12] as const;
const styleSize = [8, 10] as const;
const current: Maps = {
  fine: randomMap(8, 12, 3, 1),
  coarse: randomMap(4, 6, 2, 2),
  image: randomMap(8, 12, 3, 5, { mean: 0.5 }),
};
const style: Maps = {
  fine: randomMap(8, 10, 3, 3),
  coarse: randomMap(4, 5, 2, 4),
  image: randomMap(8, 10, 3, 6, { mean: 0.5 }),
};
const content: Maps = { fine: randomMap(8, 12, 3, 7), coarse: randomMap(4, 6, 2, 8), image: current.image! };

function plane([height, width]: readonly [number, number], weight: (x: number, y: number) => number): Plane {
  return {
    width,
    height,
    data: Float32Array.from({ length: width * height }, (_, i) => weight(i % width, Math.floor(i / width))),
  };
}

type Weight = (x: number, y: number) => number;

/** Regions whose weights in picture and style are given. */
function regionsOf(...pairs: readonly (readonly [Weight, Weight])[]): RegionPair[] {
  return pairs.map(([inPicture, inStyle], index) => ({
    name: `region ${index}`,
    picture: regionOf(plane(size, inPicture)),
    style: regionOf(plane(styleSize, inStyle)),
  }));
}

function contextWith(regions?: readonly RegionPair[]): LossContext {
  const one: StyleContext = { size: styleSize, weight: 1, regions };
  return { encoder, size, styleSize, ...(regions && { styles: [one] }) };
}

function terms(input: object, context: LossContext): LossTerm[] {
  return prepareLosses([resolveLoss(input, encoder)], context);
}

function sumUp(found: readonly (Evaluated & { factor: number })[]): number {
  return found.reduce((sum, { value, factor }) => sum + factor * value, 0);
}

const styleLosses = [
  { type: 'gram', convention: 'gatys' },
  { type: 'gram', convention: 'relative', cross: 'adjacent' },
  { type: 'moments', convention: 'bn' },
  { type: 'moments', convention: 'relative', covariance: ['fine', 'coarse'] },
  { type: 'histogram', convention: 'relative', bins: 16 },
  { type: 'correlations', shifts: [1, 2], layers: ['fine'] },
  { type: 'mmd', kernel: 'linear' },
  { type: 'mmd', kernel: 'polynomial', offset: 0.5 },
  { type: 'mmd', kernel: 'gaussian', frequencies: 32 },
  { type: 'bures' },
  { type: 'sliced-wasserstein' },
  { type: 'strotss', layers: ['fine'], convention: 'kolkin' },
] as const;

for (const input of [
  ...styleLosses,
  { type: 'histogram', convention: 'risser', bins: 16 },
  { type: 'mrf', layers: { fine: 1, coarse: 0.5 } },
  { type: 'mrf', convention: 'li-wand', stride: 1, rotations: [90] },
  { type: 'mrf', convention: 'cnnmrf', stride: 2 },
  { type: 'strotss' },
  { type: 'fused' },
]) {
  test(`${JSON.stringify(input)}: one region that is everything changes nothing`, (t) => {
    const everything = regionsOf([() => 1, () => 1]);
    const variants = 'rotations' in input ? [style, turned(style)] : [style];
    const whole = terms(input, contextWith());
    const guided = terms(input, contextWith(everything));
    t.deepEqual(
      guided.map(({ name, weight, convention, refreshEvery, redraws }) => [
        name,
        weight,
        convention,
        refreshEvery,
        redraws ?? false,
      ]),
      whole.map(({ name, weight, convention, refreshEvery, redraws }) => [
        name,
        weight,
        convention,
        refreshEvery,
        redraws ?? false,
      ]),
    );
    for (const [i, term] of guided.entries()) {
      const options = { content, variants };
      const expected = evaluate(whole[i]!, current, style, options);
      const actual = evaluate(term, current, style, options);
      close(t, actual.value, expected.value, 1e-6);
      for (const layer of ['fine', 'coarse', 'image'] as const) {
        close(t, actual.gradients[layer]!, expected.gradients[layer]!, 1e-5);
      }
    }
  });
}

/** Turned by 90°, counter-clockwise. */
function turned(maps: Maps): Maps {
  return Object.fromEntries(
    Object.entries(maps).map(([name, map]) => {
      const [height, width] = [map.width, map.height];
      const data: number[] = [];
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          for (let c = 0; c < map.channels; c++) data.push(at(map, x, map.width - 1 - y, c));
        }
      }
      return [name, { height, width, channels: map.channels, data }];
    }),
  );
}

/** A rectangle in pixels; edges are even. */
interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const inside =
  ({ left, top, right, bottom }: Box): Weight =>
  (x, y) =>
    x >= left && x < right && y >= top && y < bottom ? 1 : 0;

/** The positions of all maps that lie in a box of pixels. */
function cropped(maps: Maps, { left, top, right, bottom }: Box): Maps {
  return Object.fromEntries(
    Object.entries(maps).map(([name, map]) => {
      const factor = name === 'coarse' ? 2 : 1;
      const data: number[] = [];
      for (let y = top / factor; y < bottom / factor; y++) {
        for (let x = left / factor; x < right / factor; x++) {
          for (let c = 0; c < map.channels; c++) data.push(at(map, y, x, c));
        }
      }
      const [height, width] = [(bottom - top) / factor, (right - left) / factor];
      return [name, { height, width, channels: map.channels, data }];
    }),
  );
}

const boxes: readonly (readonly [Box, Box])[] = [
  [
    { left: 0, top: 0, right: 4, bottom: 8 },
    { left: 0, top: 4, right: 10, bottom: 8 },
  ],
  [
    { left: 4, top: 0, right: 12, bottom: 8 },
    { left: 0, top: 0, right: 10, bottom: 4 },
  ],
];

for (const input of styleLosses) {
  test(`${JSON.stringify(input)}: two hard regions are the loss of each one's own positions`, (t) => {
    const regions = regionsOf(...boxes.map(([a, b]) => [inside(a), inside(b)] as const));
    const guided = terms(input, contextWith(regions)).at(-1)!;
    const actual = evaluate(guided, current, style, { content });
    const parts = boxes.map(([box, styleBox]) => {
      const own = cropped(current, box);
      const context: LossContext = {
        encoder,
        size: [own.fine!.height, own.fine!.width],
        styleSize: [styleBox.bottom - styleBox.top, styleBox.right - styleBox.left],
      };
      const term = terms(input, context).at(-1)!;
      const factor = ((box.right - box.left) * (box.bottom - box.top)) / (8 * 12);
      return {
        ...evaluate(term, own, cropped(style, styleBox), { content: cropped(content, box) }),
        factor,
        box,
      };
    });
    close(t, actual.value, sumUp(parts), 1e-5);
    for (const layer of ['fine', 'coarse', 'image'] as const) {
      const divisor = layer === 'coarse' ? 2 : 1;
      const { width, channels } = current[layer]!;
      const expected = new Array<number>(current[layer]!.data.length).fill(0);
      for (const { box, gradients, factor } of parts) {
        const columns = (box.right - box.left) / divisor;
        for (const [i, gradient] of gradients[layer]!.entries()) {
          const [position, c] = [Math.floor(i / channels), i % channels];
          const y = box.top / divisor + Math.floor(position / columns);
          const x = box.left / divisor + (position % columns);
          expected[(y * width + x) * channels + c] = factor * gradient;
        }
      }
      close(t, actual.gradients[layer]!, expected, 1e-4);
    }
  });
}

/** Quarters, constant over 2×2 pixels, so that positions of the coarse layer have them too. */
const quarters = (x: number, y: number): number => ((x >> 1) * 3 + (y >> 1) * 5) % 5;
const soft: readonly (readonly [Weight, Weight])[] = [
  [(x, y) => quarters(x, y) / 4, (x, y) => quarters(x + 2, y) / 4],
  [(x, y) => 1 - quarters(x, y) / 4, (x, y) => 1 - quarters(x + 2, y) / 4],
];

/** Each position as often as four times its weight says, as a map of one row, with the positions' indices. */
function repeated(map: FeatureMap, weight: Weight, divisor: number): { map: FeatureMap; from: number[] } {
  const from: number[] = [];
  for (const position of rowsOf(map).keys()) {
    const [x, y] = [position % map.width, Math.floor(position / map.width)];
    for (let i = 0; i < 4 * weight(x * divisor, y * divisor); i++) from.push(position);
  }
  const rows = rowsOf(map);
  return {
    from,
    map: { height: 1, width: from.length, channels: map.channels, data: from.flatMap((p) => rows[p]!) },
  };
}

for (const input of styleLosses.filter(
  (loss) => !['correlations', 'sliced-wasserstein', 'strotss'].includes(loss.type) && !('cross' in loss),
)) {
  test(`${JSON.stringify(input)}: a soft weight counts as so many positions`, (t) => {
    const guided = terms(input, contextWith(regionsOf(...soft))).at(-1)!;
    const actual = evaluate(guided, current, style);
    let expected = 0;
    const gradients = {
      fine: new Array<number>(current.fine!.data.length).fill(0),
      coarse: new Array<number>(current.coarse!.data.length).fill(0),
    };
    for (const [inPicture, inStyle] of soft) {
      const own = {
        fine: repeated(current.fine!, inPicture, 1),
        coarse: repeated(current.coarse!, inPicture, 2),
      };
      const other = { fine: repeated(style.fine!, inStyle, 1), coarse: repeated(style.coarse!, inStyle, 2) };
      const factor = own.fine.from.length / (4 * 8 * 12);
      const whole = terms(input, contextWith()).at(-1)!;
      const found = evaluate(
        whole,
        { fine: own.fine.map, coarse: own.coarse.map },
        { fine: other.fine.map, coarse: other.coarse.map },
      );
      expected += factor * found.value;
      for (const layer of ['fine', 'coarse'] as const) {
        const { channels } = current[layer]!;
        for (const [i, gradient] of found.gradients[layer]!.entries()) {
          const position = own[layer].from[Math.floor(i / channels)]!;
          gradients[layer][position * channels + (i % channels)]! += factor * gradient;
        }
      }
    }
    close(t, actual.value, expected, 1e-4);
    for (const layer of ['fine', 'coarse'] as const) {
      close(t, actual.gradients[layer]!, gradients[layer], 1e-3);
    }
  });
}

test('correlations: a pair of positions counts by the product of its soft weights', (t) => {
  const input = { type: 'correlations', convention: 'berger', shifts: [1, 3], layers: ['fine'] };
  const guided = terms(input, contextWith(regionsOf(...soft)))[0]!;
  const moments = (map: FeatureMap, weight: Weight, down: number, across: number): number[] => {
    const sums = new Array<number>(9).fill(0);
    let total = 0;
    for (let y = 0; y + down < map.height; y++) {
      for (let x = 0; x + across < map.width; x++) {
        const product = weight(x, y) * weight(x + across, y + down);
        total += product;
        for (let i = 0; i < 9; i++) {
          sums[i]! += product * at(map, y, x, Math.floor(i / 3)) * at(map, y + down, x + across, i % 3);
        }
      }
    }
    return sums.map((sum) => sum / total);
  };
  const value = (maps: Maps): number => {
    let sum = 0;
    for (const [inPicture, inStyle] of soft) {
      const share = meanOf(plane(size, inPicture));
      for (const shift of [1, 3]) {
        for (const [down, across] of [
          [0, shift],
          [shift, 0],
        ] as const) {
          const own = moments(maps.fine!, inPicture, down, across);
          const other = moments(style.fine!, inStyle, down, across);
          sum += (share * own.reduce((all, value, i) => all + (value - other[i]!) ** 2, 0)) / 2 / 36;
        }
      }
    }
    return sum;
  };
  const actual = evaluate(guided, current, style);
  close(t, actual.value, value(current), 1e-5);
  close(t, actual.gradients.fine!, centralDifferences(value, current, 'fine'), 1e-4);
});

function meanOf({ data }: Plane): number {
  return data.reduce((sum, weight) => sum + weight, 0) / data.length;
}

/** The quantile of weighted values: sorted, each stands for the middle of its own part of the whole. */
function quantile(values: readonly { value: number; weight: number }[], share: number): number {
  const sorted = values.filter(({ weight }) => weight > 0).sort((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let passed = 0;
  const middles = sorted.map(({ weight }) => {
    passed += weight;
    return (passed - weight / 2) / total;
  });
  const after = middles.findIndex((middle) => middle >= share);
  if (after === 0) return sorted[0]!.value;
  if (after < 0) return sorted.at(-1)!.value;
  const fraction = (share - middles[after - 1]!) / (middles[after]! - middles[after - 1]!);
  return sorted[after - 1]!.value + fraction * (sorted[after]!.value - sorted[after - 1]!.value);
}

test('sliced Wasserstein: soft weights are shares of both distributions', (t) => {
  // One channel of the fine map and one direction, which is ±1: the sorted values themselves.
  const one = (map: FeatureMap): FeatureMap => ({
    ...map,
    channels: 1,
    data: map.data.filter((_, i) => i % 3 === 0),
  });
  const single = {
    ...encoder,
    shapeOf: (_: string, height: number, width: number): [number, number, number] => [height, width, 1],
  };
  const input = { type: 'sliced-wasserstein', convention: 'heitz', directions: 1, layers: ['fine'] };
  const styles = [{ size: styleSize, weight: 1, regions: regionsOf(...soft) }];
  const guided = prepareLosses([resolveLoss(input, encoder)], {
    encoder: single,
    size,
    styleSize,
    styles,
  })[0]!;
  const [picture, other] = [one(current.fine!), one(style.fine!)];
  const weighed = (map: FeatureMap, weight: Weight) =>
    map.data.map((value, i) => ({ value, weight: weight(i % map.width, Math.floor(i / map.width)) }));
  let expected = 0;
  const gradient = new Array<number>(picture.data.length).fill(0);
  for (const [inPicture, inStyle] of soft) {
    const own = weighed(picture, inPicture);
    const theirs = weighed(other, inStyle);
    const total = own.reduce((sum, { weight }) => sum + weight, 0);
    // The loss tabulates the style's quantiles at as many equal shares as the region has positions.
    const entries = own.filter(({ weight }) => weight > 0).length;
    const table = Array.from({ length: entries }, (_, i) => ({
      value: quantile(theirs, (i + 0.5) / entries),
      weight: 1,
    }));
    for (const [i, { value, weight }] of own.entries()) {
      if (weight === 0) continue;
      const below = own.reduce((sum, one) => sum + (one.value < value ? one.weight : 0), 0);
      const difference = value - quantile(table, (below + weight / 2) / total);
      expected += (weight * difference ** 2) / own.length;
      gradient[i]! += (2 * weight * difference) / own.length;
    }
  }
  const actual = evaluate(guided, { fine: picture }, { fine: other });
  close(t, actual.value, expected, 1e-4);
  close(t, actual.gradients.fine!, gradient, 1e-3);
});

for (const [kind, regions] of [
  ['hard', boxes.map(([a, b]) => [inside(a), inside(b)] as const)],
  ['soft', soft],
] as const) {
  test(`mrf: ${kind} regions match patches to patches whose centre lies in the same one`, (t) => {
    const input = { type: 'mrf', convention: 'relative', layers: ['fine'], stride: 1, styleStride: 2 };
    const guided = terms(input, contextWith(regionsOf(...regions)))[0]!;
    const patch = (map: FeatureMap, x: number, y: number): number[] =>
      Array.from({ length: 27 }, (_, i) =>
        at(map, y + Math.floor(i / 9), x + (Math.floor(i / 3) % 3), i % 3),
      );
    const squared = (a: readonly number[]) => a.reduce((sum, value) => sum + value * value, 0);
    const corners = (map: FeatureMap, stride: number): [number, number][] => {
      const found: [number, number][] = [];
      for (let y = 0; y + 3 <= map.height; y += stride) {
        for (let x = 0; x + 3 <= map.width; x += stride) found.push([x, y]);
      }
      return found;
    };
    const matched = regions.map(([inPicture, inStyle]) => {
      const all = corners(style.fine!, 2);
      const most = Math.max(...all.map(([x, y]) => inStyle(x + 1, y + 1)));
      const offered = all
        .filter(([x, y]) => inStyle(x + 1, y + 1) >= most / 2)
        .map(([x, y]) => patch(style.fine!, x, y));
      const energy = offered.reduce((sum, one) => sum + squared(one), 0) / offered.length;
      const matches = corners(current.fine!, 1).map(([x, y]) => {
        const own = patch(current.fine!, x, y);
        const score = (other: number[]) =>
          own.reduce((sum, value, i) => sum + value * other[i]!, 0) / Math.sqrt(squared(other));
        const nearest = offered.reduce((best, other) => (score(other) > score(best) ? other : best));
        return { x, y, nearest, weight: inPicture(x + 1, y + 1) };
      });
      return { energy, matches };
    });
    const value = (maps: Maps): number =>
      matched.reduce(
        (sum, { energy, matches }) =>
          sum +
          matches.reduce((all, { x, y, nearest, weight }) => {
            const own = patch(maps.fine!, x, y);
            return all + (weight * squared(own.map((v, i) => v - nearest[i]!))) / energy / matches.length;
          }, 0),
        0,
      );
    const actual = evaluate(guided, current, style);
    close(t, actual.value, value(current), 1e-5);
    close(t, actual.gradients.fine!, centralDifferences(value, current, 'fine'), 1e-4);
  });
}

test('a small region is left out of layers where it is not worth two positions, and said so', (t) => {
  const notes: string[] = [];
  const corner: Weight = (x, y) => (x < 2 && y < 2 ? 1 : 0);
  const rest: Weight = (x, y) => 1 - corner(x, y);
  const regions = regionsOf([corner, corner], [rest, rest]);
  const context = { ...contextWith(regions), note: (sentence: string) => notes.push(sentence) };
  const guided = terms({ type: 'gram', convention: 'gatys' }, context)[0]!;
  t.deepEqual(notes, [
    'the region region 0 is smaller than 2 feature positions of coarse: the loss "gram" does not read it there',
  ]);
  // What is left is the other region at both layers, and the corner at the fine one.
  const [own] = [evaluate(guided, current, style)];
  const fine = terms({ type: 'gram', convention: 'gatys', layers: ['fine'] }, contextWith(regions))[0]!;
  const coarse = terms(
    { type: 'gram', convention: 'gatys', layers: { coarse: 0.5 } },
    contextWith([regions[1]!]),
  )[0]!;
  close(t, own.value, evaluate(fine, current, style).value + evaluate(coarse, current, style).value, 1e-5);
});

test('a region that is too small at one layer of a pair has no cross moments of it', (t) => {
  const corner: Weight = (x, y) => (x < 2 && y < 2 ? 1 : 0);
  const [small] = regionsOf([corner, corner]);
  const input = { type: 'gram', convention: 'gatys', layers: ['fine'] };
  const paired = terms({ ...input, cross: [['fine', 'coarse']] }, contextWith([small!]))[0]!;
  const alone = terms(input, contextWith([small!]))[0]!;
  const value = (term: LossTerm) => evaluate(term, current, style).value;
  close(t, value(paired), value(alone), 1e-6);
  t.deepEqual(paired.layers, ['fine']);
});

test('regions that are too small everywhere are refused', (t) => {
  const dot: Weight = (x, y) => (x === 0 && y === 0 ? 1 : 0);
  t.throws(() => terms({ type: 'gram' }, contextWith(regionsOf([dot, dot]))), {
    message: /The loss "gram" sees no region at any of its layers: at 12×8 .* Choose a larger size/,
  });
});

test('a shift that is wider than a region is left out of it', (t) => {
  const notes: string[] = [];
  const narrow: Weight = (x) => (x < 2 ? 1 : 0);
  const context = {
    ...contextWith(regionsOf([narrow, narrow])),
    note: (sentence: string) => notes.push(sentence),
  };
  const input = { type: 'correlations', convention: 'berger', shifts: [1, 3], layers: ['fine'] };
  const { value } = evaluate(terms(input, context)[0]!, current, style);
  t.true(Number.isFinite(value));
  t.deepEqual(notes, [
    'the region region 0 is narrower than some shifts of "correlations" at fine, so that 1 of its 4 shifted Gram matrices there are left out',
  ]);
});

test('content and picture losses are not guided', (t) => {
  const regions = regionsOf(...soft);
  for (const input of [
    { type: 'content' },
    { type: 'laplacian', pools: [{ size: 1 }] },
    { type: 'variation' },
  ]) {
    const whole = evaluate(terms(input, contextWith())[0]!, current, style, { content });
    const guided = evaluate(terms(input, contextWith(regions))[0]!, current, style, { content });
    t.is(guided.value, whole.value);
  }
});

test('a region on a grid has the mean of the pixels under each position', (t) => {
  const region = regionOf(plane([4, 4], (x, y) => (x === 0 && y < 2 ? 1 : x === 3 ? 0.5 : 0)));
  t.is(region.share, (2 + 4 * 0.5) / 16);
  const { positions, weights, area, relative } = region.at(2, 2);
  t.deepEqual([...positions], [0, 1, 3]);
  t.deepEqual([...weights], [0.5, 0.25, 0.25]);
  t.is(area, 1);
  t.deepEqual([...relative!], [1.5, 0.75, 0.75]);
  t.is(regionOf(plane([2, 2], (x) => x)).at(2, 2).relative, undefined);
});

test('pairs of a shift lie in the region on both ends', (t) => {
  const grid = regionOf(plane([2, 3], (x, y) => (y === 0 ? 1 : x === 0 ? 0.5 : 0))).at(2, 3);
  t.deepEqual(shiftedPairs(grid, 0, 1), { near: Int32Array.of(0, 1), far: Int32Array.of(1, 2) });
  t.deepEqual([...shiftedPairs(grid, 1, 0).near], [0]);
  t.is(shiftedPairs(grid, 0, 3).near.length, 0);
});

test('pixels are drawn as often as their weights say, none twice', (t) => {
  const grid = regionOf(plane([1, 8], (x) => [1, 1, 0.5, 0.5, 0.5, 0.5, 0, 1][x]!)).at(1, 8);
  const pixels = [...pixelsOf(grid)];
  t.is(pixels.length, 5);
  t.is(new Set(pixels).size, 5);
  for (const certain of [0, 1, 7]) t.true(pixels.includes(certain));
  t.false(pixels.includes(6));
  t.is(pixelsOf(regionOf(plane([1, 4], (x) => (x === 2 ? 0.2 : 0))).at(1, 4)).length, 1);
});
