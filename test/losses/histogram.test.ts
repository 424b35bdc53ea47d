import test from 'ava';
import { prepareHistogram } from '../../src/losses/histogram.ts';
import { histogramTarget, matchHistogram } from '../../src/losses/histogram-match.ts';
import type { HistogramSpec } from '../../src/losses/spec.ts';
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
  binWidth: number;
  /** Shares below the edges. */
  cumulative: number[];
  binOf(value: number): number;
}

function histogramOf(values: number[], bins: number): Histogram {
  const least = Math.min(...values);
  const greatest = Math.max(...values);
  const binWidth = (greatest - least) / bins;
  const binOf = (value: number) =>
    binWidth === 0 ? 0 : Math.min(bins - 1, Math.floor((value - least) / binWidth));
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[binOf(value)]! += 1;
  const cumulative = [0];
  for (const count of counts) cumulative.push(cumulative.at(-1)! + count / values.length);
  cumulative[bins] = 1;
  return { least, binWidth, cumulative, binOf };
}

/** The least or greatest value at which the linear interpolation of the cumulative distribution equals a share. */
function quantile(
  { least, binWidth, cumulative }: Histogram,
  share: number,
  limit: 'below' | 'above',
): number {
  const equal = (a: number, b: number) => Math.abs(a - b) < 1e-9;
  const candidates: number[] = [];
  for (let bin = 0; bin + 1 < cumulative.length; bin++) {
    const [from, to] = [cumulative[bin]!, cumulative[bin + 1]!];
    if (equal(from, to)) continue;
    if (equal(share, from)) candidates.push(bin);
    else if (equal(share, to)) candidates.push(bin + 1);
    else if (share > from && share < to) candidates.push(bin + (share - from) / (to - from));
  }
  // From above, the share 0 starts at the least value; from below, the share 1 ends at the greatest.
  const position = limit === 'below' ? Math.min(...candidates) : Math.max(...candidates);
  return least + binWidth * position;
}

/** The match of each value of one channel, bin by bin between the images of the bin's two edges. */
function matched(values: number[], target: number[], bins: number): number[] {
  const own = histogramOf(values, bins);
  const wanted = histogramOf(target, bins);
  return values.map((value) => {
    const bin = own.binOf(value);
    const fraction = own.binWidth === 0 ? 0 : (value - own.least) / own.binWidth - bin;
    const start = quantile(wanted, own.cumulative[bin]!, 'above');
    const end = quantile(wanted, own.cumulative[bin + 1]!, 'below');
    return start + fraction * (end - start);
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
    return [...matchHistogram(matrix(map), { ...histogramTarget(matrix(target), bins) }, bins).dataSync()];
  });
}

for (const bins of [2, 7, 16, 256]) {
  for (const layer of ['fine', 'coarse'] as const) {
    test(`${bins} bins, ${layer}: the match equals the cumulative distributions walked through`, (t) => {
      close(
        t,
        run(current[layer]!, style[layer]!, bins),
        matchedMap(current[layer]!, style[layer]!, bins),
        2e-5,
      );
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
  // Rounding may move a value across an edge, which moves the match by less than the bins' resolution.
  close(t, run(moved, style.fine!, 16), style.fine!.data, 1e-4);
});

test('the match keeps to the style’s range and reaches both its ends', (t) => {
  const result = run(current.fine!, style.fine!, 256);
  for (let c = 0; c < 3; c++) {
    const channel = (values: readonly number[]) => values.filter((_, i) => i % 3 === c);
    const target = channel(style.fine!.data);
    close(t, Math.min(...channel(result)), Math.min(...target));
    close(t, Math.max(...channel(result)), Math.max(...target));
  }
});

test('a channel without spread goes to the style’s least value; a flat style takes everything', (t) => {
  const flat = { ...current.coarse!, data: current.coarse!.data.map((v, i) => (i % 2 ? v : 0.25)) };
  const result = run(flat, style.coarse!, 16);
  const least = Math.min(...style.coarse!.data.filter((_, i) => i % 2 === 0));
  t.true(result.filter((_, i) => i % 2 === 0).every((v) => Math.abs(v - least) < 1e-6));
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
        term!.value(reference(x), targets, term!.refresh!(reference(x), targets));
      return [...tf.grad(compute)(map).dataSync()];
    });
    close(t, gradient, evaluate(term!, current, style).gradients.fine!);
  });
}
