import test from 'ava';
import { squaredWasserstein1d } from '../../metrics/wasserstein.ts';
import { prepareSlicedWasserstein, type SlicedWassersteinSpec } from '../../src/losses/sliced-wasserstein.ts';
import { createRandom } from '../../src/random.ts';
import { tf } from '../../src/tensor.ts';
import {
  centralDifferences,
  close,
  encoder,
  evaluate,
  type FeatureMap,
  type Maps,
  randomMap,
  referenceOf,
  rowsOf,
} from './maps.ts';

test.before(() => tf.setBackend('cpu'));

const current: Maps = { fine: randomMap(5, 6, 3, 1), coarse: randomMap(3, 3, 2, 2) };
const layers = { fine: 0.3, coarse: 2 };

function spec(options: Partial<SlicedWassersteinSpec>): SlicedWassersteinSpec {
  return {
    type: 'sliced-wasserstein',
    name: 'sliced-wasserstein',
    weight: 1,
    convention: 'heitz',
    layers,
    directions: 'channels',
    seed: 0,
    refreshEvery: 1,
    ...options,
  };
}

/** The directions of a layer, each a unit vector. */
function directionsOf(made: SlicedWassersteinSpec, layer: string, channels: number): number[][] {
  const random = createRandom(made.seed, 'sliced-wasserstein', layer);
  const count = made.directions === 'channels' ? channels : made.directions;
  return Array.from({ length: count }, () => {
    const draws = Array.from({ length: channels }, () => random.normal());
    const length = Math.hypot(...draws);
    return draws.map((draw) => draw / length);
  });
}

function projections(map: FeatureMap, direction: readonly number[]): number[] {
  return rowsOf(map).map((row) => row.reduce((sum, value, i) => sum + value * direction[i]!, 0));
}

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** The quantile for a share: sorted values standing for (j + ½)/n, linear in between, constant beyond. */
function quantile(values: readonly number[], share: number): number {
  const place = share * values.length - 0.5;
  if (place <= 0) return values[0]!;
  if (place >= values.length - 1) return values.at(-1)!;
  const below = Math.floor(place);
  return values[below]! * (1 - (place - below)) + values[below + 1]! * (place - below);
}

function expected(made: SlicedWassersteinSpec, style: Maps) {
  return (maps: Maps): number =>
    Object.entries(made.layers).reduce((total, [layer, weight]) => {
      const directions = directionsOf(made, layer, maps[layer]!.channels);
      let distance = 0;
      let energy = 0;
      for (const direction of directions) {
        const own = ascending(projections(maps[layer]!, direction));
        const target = ascending(projections(style[layer]!, direction));
        const squared = own.map((value, i) => (value - quantile(target, (i + 0.5) / own.length)) ** 2);
        distance += squared.reduce((sum, value) => sum + value, 0) / own.length;
        energy += target.reduce((sum, value) => sum + value ** 2, 0) / target.length;
      }
      return (
        total + weight * (made.convention === 'heitz' ? distance / directions.length : distance / energy)
      );
    }, 0);
}

const styles: { name: string; style: Maps; styleSize: readonly [number, number] }[] = [
  {
    name: 'of the same size',
    style: { fine: randomMap(5, 6, 3, 3), coarse: randomMap(3, 3, 2, 4) },
    styleSize: [5, 6],
  },
  {
    name: 'smaller',
    style: { fine: randomMap(4, 4, 3, 3), coarse: randomMap(2, 2, 2, 4) },
    styleSize: [4, 4],
  },
  {
    name: 'larger',
    style: { fine: randomMap(7, 8, 3, 3), coarse: randomMap(4, 4, 2, 4) },
    styleSize: [7, 8],
  },
];

const cases: Partial<SlicedWassersteinSpec>[] = [
  { convention: 'heitz' },
  { convention: 'relative', directions: 5, seed: 7 },
];

for (const { name, style, styleSize } of styles) {
  for (const options of cases) {
    test(`a style ${name}, ${JSON.stringify(options)}: the value by sorting, and its gradient`, (t) => {
      const made = spec(options);
      const compute = expected(made, style);
      const [term] = prepareSlicedWasserstein(made, { encoder, size: [5, 6], styleSize });
      const { value, gradients } = evaluate(term!, current, style);
      close(t, value, compute(current));
      for (const layer of Object.keys(layers)) {
        close(t, gradients[layer]!, centralDifferences(compute, current, layer));
      }
    });
  }
}

test('one channel: the squared Wasserstein distance on a line', (t) => {
  const single = { ...encoder, shapeOf: (): [number, number, number] => [4, 5, 1] };
  const [term] = prepareSlicedWasserstein(spec({ layers: { fine: 1 } }), {
    encoder: single,
    size: [4, 5],
    styleSize: [4, 5],
  });
  const [own, other] = [randomMap(4, 5, 1, 11), randomMap(4, 5, 1, 12)];
  const distance = squaredWasserstein1d(ascending(own.data), ascending(other.data));
  close(t, evaluate(term!, { fine: own }, { fine: other }).value, distance);
});

test('the order of positions does not matter, and equal values do no harm', (t) => {
  const map: Maps = { fine: randomMap(5, 6, 3, 5, { rectified: true }) };
  const rows = rowsOf(map.fine!);
  const turned: Maps = { fine: { ...map.fine!, data: [...rows].reverse().flat() } };
  const context = { encoder, size: [5, 6], styleSize: [5, 6] } as const;
  const [term] = prepareSlicedWasserstein(spec({ layers: { fine: 1 } }), context);
  t.true(evaluate(term!, turned, map).value < 1e-12);
  const flat: Maps = { fine: { ...map.fine!, data: map.fine!.data.map(() => 0) } };
  close(t, evaluate(term!, flat, map).value, expected(spec({ layers: { fine: 1 } }), map)(flat));
});

test('held ranks give an upper bound when the picture moves on', (t) => {
  const style = styles[1]!.style;
  const made = spec({ refreshEvery: 5 });
  const [term] = prepareSlicedWasserstein(made, { encoder, size: [5, 6], styleSize: [4, 4] });
  const moved: Maps = { fine: randomMap(5, 6, 3, 31), coarse: randomMap(3, 3, 2, 32) };
  const value = tf.tidy(() => {
    const targets = term!.targets({
      content: referenceOf(current),
      style: referenceOf(style),
      styleVariants: [],
    });
    const held = term!.refresh!(referenceOf(current), targets, tf.scalar(0));
    return term!.value(referenceOf(moved), targets, held).dataSync()[0]!;
  });
  t.true(value > expected(made, style)(moved));
});
