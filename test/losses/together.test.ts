import test from 'ava';
import { trace } from '../../src/engines/onnx/trace.ts';
import type { Plane } from '../../src/images/image.ts';
import type { LossContext, Reference, References } from '../../src/losses/loss.ts';
import { type RegionPair, regionOf } from '../../src/losses/region.ts';
import { prepareLosses, resolveLoss } from '../../src/losses/registry.ts';
import { rowsAt } from '../../src/losses/rows.ts';
import { once, rowsWithin, together } from '../../src/losses/together.ts';
import { type NamedTensors, tf } from '../../src/tensor.ts';
import { close, encoder, evaluate, type Maps, randomMap } from './maps.ts';

test.before(() => tf.setBackend('cpu'));

function values(length: number, seed: number): number[] {
  return randomMap(1, length, 1, seed).data;
}

for (const [what, rows] of [
  ['each once', [4, 2, 0, 1, 3]],
  ['some', [3, 1]],
  ['some several times', [3, 1, 3, 0, 3, 1]],
  ['all, one of them twice', [0, 1, 2, 3, 4, 2]],
  ['all twice', [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]],
  ['all in order', [0, 1, 2, 3, 4]],
] as const) {
  test(`rows of a matrix, ${what}: their values and the sum of their gradients`, (t) => {
    const [count, channels] = [5, 3];
    const matrix = values(count * channels, 1);
    const upstream = values(rows.length * channels, 2);
    const expected = new Array<number>(count * channels).fill(0);
    for (const [i, row] of rows.entries()) {
      for (let c = 0; c < channels; c++) expected[row * channels + c]! += upstream[i * channels + c]!;
    }
    const x = tf.tensor2d(matrix, [count, channels]);
    const list = Int32Array.from(rows);
    const read = rowsAt(x, list);
    t.deepEqual(
      [...read.dataSync()],
      rows.flatMap((row) => matrix.slice(row * channels, (row + 1) * channels)),
    );
    const gradient = tf.grad((x: tf.Tensor) =>
      tf.sum(tf.mul(rowsAt(x as tf.Tensor2D, list), tf.tensor2d(upstream, [rows.length, channels]))),
    )(x);
    close(t, [...gradient.dataSync()], expected, 1e-6);
  });
}

const size = [6, 8] as const;
const styleSize = [6, 6] as const;

/** Stripes from left to right, whose edges are soft where `softness` is not 0; at every pixel their weights add up to 1. */
function stripes(count: number, softness: number): RegionPair[] {
  const planeOf = ([height, width]: readonly [number, number], stripe: number): Plane => {
    const weight = (x: number) => {
      const place = ((x + 0.5) / width) * count - 0.5;
      return Math.max(0, 1 - Math.abs(place - stripe));
    };
    const hard = (x: number) => (Math.floor((x * count) / width) === stripe ? 1 : 0);
    return {
      width,
      height,
      data: Float32Array.from({ length: width * height }, (_, i) => {
        const x = i % width;
        const inner = Math.min(Math.max(x, width / count / 2), width - width / count / 2 - 1);
        return softness === 0 ? hard(x) : weight(inner);
      }),
    };
  };
  return Array.from({ length: count }, (_, stripe) => ({
    name: `stripe ${stripe}`,
    picture: regionOf(planeOf(size, stripe)),
    style: regionOf(planeOf(styleSize, stripe)),
  }));
}

test('within one reading every region gets its own rows, in its own order', (t) => {
  const regions = stripes(3, 1).map(({ picture }) => picture);
  const matrix = tf.tensor2d(values(48 * 2, 3), [48, 2]);
  const rowsOf = (index: number) => regions[index]!.at(...size).positions;
  const own = regions.map((_, index) => [...rowsAt(matrix, rowsOf(index)).dataSync()]);
  const read = together([regions], () =>
    regions.map((region) => [
      ...rowsWithin(matrix, region, 'positions', (one) => one.at(...size).positions).dataSync(),
    ]),
  );
  t.deepEqual(read, own);
  t.true(rowsOf(0).some((position) => rowsOf(1).includes(position)));
});

test('a region without any row, and one that no group has, read for themselves', (t) => {
  const [first, empty, last, stranger] = [1, 0, 1, 1].map((weight) =>
    regionOf({ width: 2, height: 1, data: Float32Array.of(weight, 1 - weight) }),
  );
  const rowsOf = (region: unknown) =>
    region === empty ? new Int32Array(0) : Int32Array.of(region === last ? 0 : 1);
  const matrix = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  together([[first!, empty!, last!]], () => {
    t.deepEqual([...rowsWithin(matrix, last!, 'rows', rowsOf).dataSync()], [1, 2]);
    t.deepEqual([...rowsWithin(matrix, first!, 'rows', rowsOf).dataSync()], [3, 4]);
    t.deepEqual([...rowsWithin(matrix, stranger!, 'rows', rowsOf).dataSync()], [3, 4]);
  });
});

test('the only region that has any row is differentiated as well', (t) => {
  const [one, none] = [1, 0].map((weight) =>
    regionOf({ width: 1, height: 1, data: Float32Array.of(weight) }),
  );
  const gradient = tf.grad((x: tf.Tensor) =>
    together([[none!, one!]], () =>
      tf.sum(tf.square(rowsWithin(x as tf.Tensor2D, one!, 'rows', (region) => region.at(1, 1).positions))),
    ),
  )(tf.tensor2d([3, 4], [1, 2]));
  t.deepEqual([...gradient.dataSync()], [6, 8]);
});

test('what is made once is made again outside and in the next reading', (t) => {
  const tensor = tf.scalar(1);
  let made = 0;
  const make = () => once(tensor, 'anything', () => ++made);
  t.deepEqual([make(), make()], [1, 2]);
  const inside = () => together([], () => [make(), make()]);
  t.deepEqual(
    [inside(), inside()],
    [
      [3, 3],
      [4, 4],
    ],
  );
});

const inputs = [
  { type: 'gram', convention: 'relative', cross: 'adjacent' },
  { type: 'moments', convention: 'bn' },
  { type: 'moments', convention: 'relative', covariance: ['fine', 'coarse'] },
  { type: 'histogram', bins: 16 },
  { type: 'mmd', kernel: 'gaussian', frequencies: 8 },
  { type: 'bures' },
  { type: 'sliced-wasserstein' },
  { type: 'correlations', shifts: [1], layers: ['fine'] },
  { type: 'strotss' },
  { type: 'strotss', convention: 'kolkin' },
  { type: 'mrf', layers: { fine: 1 } },
  { type: 'mrf', layers: { fine: 1 }, convention: 'cnnmrf', stride: 2 },
] as const;
const maps = (height: number, width: number, seed: number): Maps => ({
  fine: randomMap(height, width, 3, seed),
  coarse: randomMap(height / 2, width / 2, 2, seed + 1),
  image: randomMap(height, width, 3, seed + 2, { mean: 0.5 }),
});
const picture = maps(6, 8, 5);
const style = maps(6, 6, 8);

function contextWith(regions: readonly RegionPair[], weight = 1): LossContext {
  return { encoder, size, styleSize, styles: [{ size: styleSize, weight, regions }] };
}

for (const input of inputs) {
  const prepared = (regions: readonly RegionPair[]) =>
    prepareLosses([resolveLoss(input, encoder)], contextWith(regions)).at(-1)!;

  for (const softness of [0, 1]) {
    test(`${JSON.stringify(input)}: ${softness ? 'soft' : 'hard'} regions together are the sum of each alone`, (t) => {
      const regions = stripes(3, softness);
      const all = evaluate(prepared(regions), picture, style);
      const alone = regions.map((region) => evaluate(prepared([region]), picture, style));
      close(
        t,
        all.value,
        alone.reduce((sum, { value }) => sum + value, 0),
        1e-6,
      );
      for (const layer of ['fine', 'coarse', 'image'] as const) {
        const sum = picture[layer]!.data.map((_, i) =>
          alone.reduce((total, { gradients }) => total + gradients[layer]![i]!, 0),
        );
        close(t, all.gradients[layer]!, sum, 1e-5);
      }
    });
  }

  // What is matched and sorted, each region has tables of its own for.
  if (['histogram', 'sliced-wasserstein', 'strotss', 'mrf'].includes(input.type)) continue;
  test(`${JSON.stringify(input)}: four regions gather no more often than two`, (t) => {
    const gathers = (count: number): number => {
      const term = prepared(stripes(count, 0));
      const reference = (given: NamedTensors, prefix: string): Reference => ({
        image: tf.zeros([1, 2, 2, 3]),
        features: {
          fine: given[`${prefix} fine`] as tf.Tensor4D,
          coarse: given[`${prefix} coarse`] as tf.Tensor4D,
        },
      });
      const shapes = Object.fromEntries(
        (['picture', 'style'] as const).flatMap((whose) => {
          const [height, width] = whose === 'picture' ? size : styleSize;
          return [
            [`${whose} fine`, { shape: [1, height, width, 3] }],
            [`${whose} coarse`, { shape: [1, height / 2, width / 2, 2] }],
          ];
        }),
      );
      const compute = (given: NamedTensors): NamedTensors => {
        const own = reference(given, 'style');
        const targets = term.targets({ style: own, content: own, styleVariants: [own] } as References);
        const current = reference(given, 'picture');
        const value = (fine: tf.Tensor) =>
          term.value(
            { ...current, features: { ...current.features, fine: fine as tf.Tensor4D } },
            targets,
            {},
          );
        return { gradient: tf.grad(value)(current.features.fine!) };
      };
      const { graph } = trace(compute, { inputs: shapes, label: 'test' }, 'onnx');
      return graph.operations.filter((operation) => operation === 'Gather').length;
    };
    t.is(gathers(4), gathers(2));
  });
}
