import test from 'ava';
import { drawPositions, positionsAt } from '../../src/losses/sampling.ts';
import { prepareStrotss, type StrotssSpec } from '../../src/losses/strotss.ts';
import { tf } from '../../src/tensor.ts';
import {
  at,
  centralDifferences,
  close,
  encoder,
  evaluate,
  type FeatureMap,
  type Maps,
  randomMap,
} from './maps.ts';

test.before(() => tf.setBackend('cpu'));

const context = { encoder, size: [5, 6], styleSize: [4, 7] } as const;
const layers = { fine: 0.3, coarse: 2 };

function pictureOf(height: number, width: number, seed: number): Maps {
  return {
    fine: randomMap(height, width, 3, seed),
    coarse: randomMap(Math.ceil(height / 2), Math.ceil(width / 2), 2, seed + 1),
    image: randomMap(height, width, 3, seed + 2, { mean: 0.5 }),
  };
}

const current = pictureOf(5, 6, 1);
const content = pictureOf(5, 6, 11);
const style = pictureOf(4, 7, 21);

function spec(options: Partial<StrotssSpec>): StrotssSpec {
  return {
    type: 'strotss',
    name: 'strotss',
    weight: 1,
    convention: 'kolkin',
    layers,
    alpha: 1,
    samples: 100,
    seed: 0,
    refreshEvery: 1,
    ...options,
  };
}

type Rows = readonly (readonly number[])[];

function pixels(size: readonly [number, number], made: StrotssSpec, whose: string, round: number) {
  const drawn = drawPositions(...size, made.samples, made.seed, 'strotss', whose);
  const { rows, columns } = positionsAt(drawn, tf.scalar(round));
  const x = columns.dataSync();
  return Array.from(rows.dataSync(), (y, i) => [y, x[i]!] as const);
}

/** A map's values at a pixel of the picture, linear between the map's positions. */
function read(map: FeatureMap, pixel: readonly [number, number], size: readonly [number, number]): number[] {
  const place = (i: 0 | 1, to: number) =>
    Math.min(to - 1, Math.max(0, ((pixel[i] + 0.5) * to) / size[i] - 0.5));
  const [down, across] = [place(0, map.height), place(1, map.width)];
  return Array.from({ length: map.channels }, (_, c) => {
    let sum = 0;
    for (let y = 0; y < map.height; y++) {
      for (let x = 0; x < map.width; x++) {
        sum += Math.max(0, 1 - Math.abs(y - down)) * Math.max(0, 1 - Math.abs(x - across)) * at(map, y, x, c);
      }
    }
    return sum;
  });
}

/** Means of 2×2 pixels; an odd last row or column is left out. */
function halved(map: FeatureMap): FeatureMap {
  const [height, width] = [Math.floor(map.height / 2), Math.floor(map.width / 2)];
  const data: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < map.channels; c++) {
        const sum = at(map, 2 * y, 2 * x, c) + at(map, 2 * y, 2 * x + 1, c);
        data.push((sum + at(map, 2 * y + 1, 2 * x, c) + at(map, 2 * y + 1, 2 * x + 1, c)) / 4);
      }
    }
  }
  return { height, width, channels: map.channels, data };
}

function columnsOf(maps: Maps, at: ReturnType<typeof pixels>, size: readonly [number, number]): Rows {
  return at.map((pixel) =>
    Object.entries(layers).flatMap(([layer, weight]) =>
      read(maps[layer]!, pixel, size).map((value) => weight * value),
    ),
  );
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
const cosine = (a: readonly number[], b: readonly number[]) =>
  1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The decorrelated colours of github.com/nkolkin13/STROTSS@366a1fd, utils.py, line 29. */
const decorrelated = [
  [0.57735, 0.57735, 0.57735],
  [-0.57735, 0.788675, -0.211325],
  [-0.57735, -0.211325, 0.788675],
];

function colorDistance(a: readonly number[], b: readonly number[]): number {
  const difference = a.map((value, i) => value - b[i]!);
  return Math.sqrt(mean(decorrelated.map((axis) => dot(axis, difference) ** 2)) + 1e-8);
}

/** The larger of the mean distances to the nearest, from either side. */
function relaxed(a: Rows, b: Rows, distance: (x: readonly number[], y: readonly number[]) => number): number {
  const one = mean(a.map((x) => Math.min(...b.map((y) => distance(x, y)))));
  return Math.max(one, mean(b.map((y) => Math.min(...a.map((x) => distance(x, y))))));
}

function momentsOf(rows: Rows): { means: number[]; covariance: number[] } {
  const means = rows[0]!.map((_, i) => mean(rows.map((row) => row[i]!)));
  const covariance = means.flatMap((_, i) =>
    means.map((_, j) => mean(rows.map((row) => (row[i]! - means[i]!) * (row[j]! - means[j]!)))),
  );
  return { means, covariance };
}

function meanAbsolute(a: readonly number[], b: readonly number[] = a.map(() => 0)): number {
  return mean(a.map((value, i) => Math.abs(value - b[i]!)));
}

function styleTerm(made: StrotssSpec, round: number) {
  const own = pixels(context.size, made, 'picture', round);
  const other = pixels(context.styleSize, made, 'style', 0);
  const target = columnsOf(style, other, context.styleSize);
  const colors = (maps: Maps, at: typeof own) => {
    const palette = made.convention === 'kolkin' ? maps.image! : halved(maps.image!);
    return at.map((pixel) => read(palette, pixel, [maps.image!.height, maps.image!.width]));
  };
  return (maps: Maps): number => {
    const columns = columnsOf(maps, own, context.size);
    const [a, b] = [momentsOf(columns), momentsOf(target)];
    const scale = (values: number[]) => (made.convention === 'kolkin' ? 1 : meanAbsolute(values));
    return (
      relaxed(columns, target, cosine) +
      meanAbsolute(a.means, b.means) / scale(b.means) +
      meanAbsolute(a.covariance, b.covariance) / scale(b.covariance) +
      relaxed(colors(maps, own), colors(style, other), colorDistance) / Math.max(made.alpha, 1)
    );
  };
}

function contentTerm(made: StrotssSpec, round: number) {
  const own = pixels(context.size, made, 'picture', round);
  const similarity = (maps: Maps): number[] => {
    const columns = columnsOf(maps, own, context.size);
    const distances = columns.map((a) => columns.map((b) => cosine(a, b)));
    const sums = distances.map((_, j) => distances.reduce((sum, row) => sum + row[j]!, 0));
    return distances.flatMap((row) => row.map((value, j) => value / sums[j]!));
  };
  const target = similarity(content);
  return (maps: Maps): number =>
    similarity(maps).reduce((sum, value, i) => sum + Math.abs(value - target[i]!), 0) / own.length;
}

const cases: { options: Partial<StrotssSpec>; round: number }[] = [
  { options: {}, round: 0 },
  { options: { convention: 'relative', alpha: 4 }, round: 0 },
  { options: { samples: 12, seed: 5, convention: 'relative' }, round: 3 },
  { options: { samples: 12, seed: 5 }, round: 0 },
  { options: { samples: 12, seed: 5, alpha: 0 }, round: 7 },
];

for (const { options, round } of cases) {
  test(`${JSON.stringify(options)}, round ${round}: both terms by loops over all pairs, and their gradients`, (t) => {
    const made = spec(options);
    const terms = prepareStrotss(made, context);
    t.deepEqual(
      terms.map(({ name, redraws }) => ({ name, redraws })),
      ['strotss.content', 'strotss.style'].map((name) => ({ name, redraws: made.samples < 30 })),
    );
    close(t, terms[0]!.weight, made.alpha / (made.alpha + 2));
    close(t, terms[1]!.weight, 1 / (made.alpha + 2));
    for (const [i, compute] of [contentTerm(made, round), styleTerm(made, round)].entries()) {
      const { value, gradients } = evaluate(terms[i]!, current, style, { content, round });
      close(t, value, compute(current));
      for (const layer of Object.keys(current)) {
        const expected = centralDifferences(compute, current, layer);
        if (expected.some((g) => g !== 0)) close(t, gradients[layer]!, expected, 2e-5);
        else t.true(gradients[layer]!.every((g) => g === 0));
      }
    }
  });
}

test('the content keeps its similarity under any scale of the features, and is zero on itself', (t) => {
  const [term] = prepareStrotss(spec({}), context);
  const scaled = Object.fromEntries(
    Object.entries(content).map(([layer, map]) => [layer, { ...map, data: map.data.map((v) => 3 * v) }]),
  );
  t.true(evaluate(term!, scaled, style, { content }).value < 1e-4);
  t.true(evaluate(term!, current, style, { content }).value > 0.1);
});

test('the style term is next to nothing on the style itself', (t) => {
  const own = { encoder, size: context.styleSize, styleSize: context.styleSize } as const;
  const [, term] = prepareStrotss(spec({}), own);
  // What is left is the rounded-off root of the colours.
  t.true(evaluate(term!, style, style, { content: style }).value < 2e-4);
});
