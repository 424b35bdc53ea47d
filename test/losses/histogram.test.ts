import test from 'ava';
import { type HistogramSpec, prepareHistogram } from '../../src/losses/histogram.ts';
import { histogramTarget, matchHistogram } from '../../src/losses/histogram-match.ts';
import { tf } from '../../src/tensor.ts';
import {
  centralDifferences,
  close,
  encoder,
  evaluate,
  type FeatureMap,
  type Maps,
  randomMap,
  rowsOf,
} from './maps.ts';

test.before(() => tf.setBackend('cpu'));

const context = { encoder, size: [9, 8], styleSize: [7, 10] } as const;
const current: Maps = {
  fine: randomMap(9, 8, 3, 1),
  coarse: randomMap(5, 4, 2, 2, { rectified: true }),
};
const style: Maps = {
  fine: randomMap(7, 10, 3, 3, { mean: 1 }),
  coarse: randomMap(4, 5, 2, 4, { rectified: true }),
};
const layers = { fine: 0.3, coarse: 2 };

function spec(convention: HistogramSpec['convention'], bins: number): HistogramSpec {
  return { type: 'histogram', name: 'histogram', weight: 1, convention, layers, bins, refreshEvery: 1 };
}

interface Histogram {
  least: number;
  spacing: number;
  /** Cumulative shares at the points. */
  cumulative: number[];
}

function histogramOf(values: number[], bins: number): Histogram {
  const least = Math.min(...values);
  const spacing = (Math.max(...values) - least) / (bins - 1);
  const masses = new Array<number>(bins).fill(0.001 / bins);
  for (const value of values) {
    for (let k = 0; k < bins; k++) {
      // A triangle of one spacing to each side of the point.
      const distance = spacing === 0 ? k : Math.abs(value - (least + k * spacing)) / spacing;
      masses[k]! += (0.999 * Math.max(0, 1 - distance)) / values.length;
    }
  }
  const cumulative = masses.map((mass, k) => masses.slice(0, k).reduce((s, m) => s + m, 0) + mass / 2);
  return { least, spacing, cumulative };
}

/** The value at which the cumulative distribution has the share, found by bisection. */
function quantile({ least, spacing, cumulative }: Histogram, share: number): number {
  const at = (position: number) => {
    const k = Math.min(Math.floor(position), cumulative.length - 2);
    return cumulative[k]! + (position - k) * (cumulative[k + 1]! - cumulative[k]!);
  };
  let [low, high] = [0, cumulative.length - 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (at(middle) < share) low = middle;
    else high = middle;
  }
  return least + spacing * low;
}

/** The match of each value of one channel, between the matches of the points on either side of it. */
function matched(values: number[], target: number[], bins: number): number[] {
  const own = histogramOf(values, bins);
  const wanted = histogramOf(target, bins);
  const matches = own.cumulative.map((share) => quantile(wanted, share));
  return values.map((value) => {
    const position = own.spacing === 0 ? 0 : (value - own.least) / own.spacing;
    const k = Math.min(Math.floor(position), bins - 2);
    return matches[k]! + (position - k) * (matches[k + 1]! - matches[k]!);
  });
}

function matchedMap(map: FeatureMap, target: FeatureMap, bins: number): number[] {
  const rows = rowsOf(map);
  const targets = rowsOf(target);
  const columns = Array.from({ length: map.channels }, (_, c) =>
    matched(
      rows.map((row) => row[c]!),
      targets.map((row) => row[c]!),
      bins,
    ),
  );
  return rows.flatMap((_, i) => columns.map((column) => column[i]!));
}

function run(map: FeatureMap, target: FeatureMap, bins: number): number[] {
  return tf.tidy(() => {
    const matrix = (m: FeatureMap) => tf.tensor2d(m.data, [m.height * m.width, m.channels]);
    return [
      ...matchHistogram(
        { matrix: matrix(map) },
        { ...histogramTarget({ matrix: matrix(target) }, bins) },
        bins,
      ).dataSync(),
    ];
  });
}

// In an empty bin of the style a share that is off by a rounding of 1e-7 moves the match by 1e-7·bins/0.001 bins.
const rounding = 2e-4;

for (const bins of [4, 7, 16, 256]) {
  for (const layer of ['fine', 'coarse'] as const) {
    test(`${bins} bins, ${layer}: the match equals the cumulative distributions walked through`, (t) => {
      const expected = matchedMap(current[layer]!, style[layer]!, bins);
      close(t, run(current[layer]!, style[layer]!, bins), expected, rounding);
    });
  }
}

test('a map with the style’s distribution is left as it is, whatever their sizes', (t) => {
  const twice = { ...style.fine!, height: 14, data: [...style.fine!.data, ...style.fine!.data] };
  for (const bins of [5, 256]) {
    close(t, run(style.fine!, style.fine!, bins), style.fine!.data);
    close(t, run(style.fine!, twice, bins), style.fine!.data);
    close(t, run(twice, style.fine!, bins), twice.data);
  }
});

test('an increasing linear map of the style is undone', (t) => {
  const moved = { ...style.fine!, data: style.fine!.data.map((v) => Math.fround(4 * v - 8)) };
  close(t, run(moved, style.fine!, 16), style.fine!.data, 1e-4);
});

test('the match orders each channel as before and keeps to the style’s range', (t) => {
  const result = run(current.fine!, style.fine!, 256);
  for (let c = 0; c < 3; c++) {
    const channel = (values: readonly number[]) => values.filter((_, i) => i % 3 === c);
    const before = channel(current.fine!.data);
    const after = channel(result);
    const target = channel(style.fine!.data);
    const order = before.map((_, i) => i).sort((a, b) => before[a]! - before[b]!);
    t.true(order.slice(1).every((index, i) => after[index]! >= after[order[i]!]! - 1e-6));
    t.true(Math.min(...after) >= Math.min(...target) - 1e-6);
    t.true(Math.max(...after) <= Math.max(...target) + 1e-6);
  }
});

test('the matched map has the style’s distribution, to the resolution of its bins', (t) => {
  const map = randomMap(40, 50, 1, 41, { mean: -1 });
  const target = randomMap(50, 30, 1, 42, { rectified: true, mean: 0.5 });
  const result = run(map, target, 256).sort((a, b) => a - b);
  const wanted = [...target.data].sort((a, b) => a - b);
  const range = wanted.at(-1)! - wanted[0]!;
  // Within the style's point mass at zero any share will do; the extremes rest on single values.
  for (const share of [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]) {
    const difference =
      result[Math.floor(share * result.length)]! - wanted[Math.floor(share * wanted.length)]!;
    t.true(Math.abs(difference) < (2 * range) / 255, `${share}: ${difference}`);
  }
});

test('a rounding error in the map changes the match by no more than a few such errors', (t) => {
  const map = randomMap(6, 7, 2, 51, { rectified: true });
  const target = randomMap(5, 6, 2, 52);
  const moved = { ...map, data: map.data.map((v, i) => Math.fround(v * (1 + (i % 2 ? 3e-7 : -3e-7)))) };
  close(t, run(moved, target, 256), run(map, target, 256), 1e-4);
});

test('a channel without spread goes to the style’s median; a flat style takes everything', (t) => {
  const flat = { ...current.coarse!, data: current.coarse!.data.map((v, i) => (i % 2 ? v : 0.25)) };
  const target = { ...style.fine!, channels: 2, width: 15, height: 7, data: randomMap(7, 15, 2, 61).data };
  const result = run(flat, target, 256).filter((_, i) => i % 2 === 0);
  const wanted = target.data.filter((_, i) => i % 2 === 0).sort((a, b) => a - b);
  const spacing = (wanted.at(-1)! - wanted[0]!) / 255;
  t.true(result.every((v) => v >= wanted[51]! - spacing && v <= wanted[53]! + spacing));
  t.true(run(current.coarse!, flat, 16).every((v, i) => i % 2 === 1 || Math.abs(v - 0.25) < 1e-6));
});

for (const convention of ['risser', 'relative'] as const) {
  const bins = 16;
  const [term] = prepareHistogram(spec(convention, bins), context);
  const remaps = Object.fromEntries(
    Object.keys(layers).map((layer) => [layer, matchedMap(current[layer]!, style[layer]!, bins)]),
  );
  /** The value with the matched maps held as they are at `current`. */
  const expected = (maps: Maps) =>
    Object.entries(layers).reduce((sum, [layer, weight]) => {
      const map = maps[layer]!;
      const target = style[layer]!;
      const squared = map.data.reduce((s, v, i) => s + (v - remaps[layer]![i]!) ** 2, 0);
      const energy = target.data.reduce((s, v) => s + v ** 2, 0);
      const scale = (target.height * target.width) / (energy * map.height * map.width);
      return sum + weight * squared * (convention === 'relative' ? scale : 1);
    }, 0);

  test(`${convention}: value, and gradient with the match held constant`, (t) => {
    const { value, gradients } = evaluate(term!, current, style);
    close(t, value, expected(current), 1e-4);
    for (const layer of Object.keys(layers)) {
      close(t, gradients[layer]!, centralDifferences(expected, current, layer), 1e-4);
    }
  });

  test(`${convention}: zero at the style itself`, (t) => {
    close(t, 1 + evaluate(term!, style, style).value, 1, 1e-9);
  });

  test(`${convention}: no gradient passes through the match`, (t) => {
    // The match is made inside the differentiated function, from the very tensor that is differentiated.
    const gradient = tf.tidy(() => {
      const map = tf.tensor4d(current.fine!.data, [1, 9, 8, 3]);
      const image = tf.zeros([1, 2, 2, 3]) as tf.Tensor4D;
      const reference = (x: tf.Tensor) => ({
        image,
        features: { fine: x as tf.Tensor4D, coarse: tf.tensor4d(current.coarse!.data, [1, 5, 4, 2]) },
      });
      const features = {
        fine: tf.tensor4d(style.fine!.data, [1, 7, 10, 3]),
        coarse: tf.tensor4d(style.coarse!.data, [1, 4, 5, 2]),
      };
      const styleReference = { image, features };
      const targets = term!.targets({ content: reference(map), style: styleReference, styleVariants: [] });
      const compute = (x: tf.Tensor) =>
        term!.value(reference(x), targets, term!.refresh!(reference(x), targets, tf.scalar(0)));
      return [...tf.grad(compute)(map).dataSync()];
    });
    close(t, gradient, evaluate(term!, current, style).gradients.fine!);
  });
}
