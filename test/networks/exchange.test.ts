import test from 'ava';
import {
  exchanged,
  mixed,
  regionsAt,
  statisticsOf,
  type Variance,
  variances,
} from '../../src/networks/exchange.ts';
import { float32, type TensorValue, tf } from '../../src/tensor.ts';
import { filled } from '../engines/compare.ts';
import { at, farthest, tensor } from './made.ts';

test.before(() => tf.setBackend('cpu'));

const [height, width, channels] = [5, 4, 3];
const map = filled([1, height, width, channels], 1);
const styles = [filled([1, 3, 7, channels], 2, 0, 3), filled([1, 6, 2, channels], 3, -4, 1)];

/** Every value of a channel, and how much each counts. */
function channel(value: TensorValue, c: number, counts: (y: number, x: number) => number = () => 1) {
  const found: { value: number; counts: number }[] = [];
  for (let y = 0; y < value.shape[1]!; y++)
    for (let x = 0; x < value.shape[2]!; x++) found.push({ value: at(value, y, x, c), counts: counts(y, x) });
  return found;
}

/** Mean and deviation as the two programs have them, in plain loops. */
function statistics(values: ReturnType<typeof channel>, variance: Variance, as: 'content' | 'style') {
  const size = values.reduce((sum, { counts }) => sum + counts, 0);
  const mean = values.reduce((sum, { value, counts }) => sum + value * counts, 0) / size;
  const squares = values.reduce((sum, { value, counts }) => sum + counts * (value - mean) ** 2, 0);
  if (variance === 'pytorch') return { mean, deviation: Math.sqrt(squares / (size - 1) + 1e-5) };
  const over = as === 'content' ? size : size - 1;
  return { mean, deviation: Math.sqrt(squares / over + (as === 'content' ? 1e-5 : 0)) };
}

function ours(variance: Variance, weights?: number[], regions?: TensorValue): TensorValue {
  const result = tf.tidy(() =>
    exchanged(
      tensor(map) as tf.Tensor4D,
      styles.map((style) => statisticsOf(tensor(style) as tf.Tensor4D, variance, 'style')),
      variance,
      weights && tf.tensor2d([weights]),
      regions && (tensor(regions) as tf.Tensor4D),
    ),
  );
  return float32(result.shape, result.dataSync() as Float32Array);
}

/** A map of values by position and channel. */
function built(value: (y: number, x: number, c: number) => number): TensorValue {
  const data = new Float32Array(height * width * channels);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) data[(y * width + x) * channels + c] = value(y, x, c);
  return float32([1, height, width, channels], data);
}

for (const variance of variances) {
  test(`means and deviations exchanged, deviations as in ${variance}: plain loops`, (t) => {
    const target = (style: TensorValue) =>
      built((y, x, c) => {
        const own = statistics(channel(map, c), variance, 'content');
        const theirs = statistics(channel(style, c), variance, 'style');
        return ((at(map, y, x, c) - own.mean) / own.deviation) * theirs.deviation + theirs.mean;
      });
    t.true(farthest(ours(variance), target(styles[0]!)) < 1e-5);
    t.true(farthest(ours(variance, [0, 1]), target(styles[1]!)) < 1e-5);
    const both = styles.map(target);
    const blend = built((y, x, c) => 0.3 * at(both[0]!, y, x, c) + 0.7 * at(both[1]!, y, x, c));
    t.true(farthest(ours(variance, [0.3, 0.7]), blend) < 1e-5);
  });

  test(`in regions, the content's statistics are the region's: ${variance}, plain loops`, (t) => {
    // Rows 0 and 1 are the first style's; one position belongs to both.
    const share = (y: number, x: number) => (y === 3 && x === 2 ? 0.25 : y < 2 ? 1 : 0);
    const regions = float32(
      [1, height, width, 2],
      Float32Array.from({ length: height * width * 2 }, (_, i) => {
        const first = share(Math.floor(i / 2 / width), Math.floor(i / 2) % width);
        return i % 2 === 0 ? first : 1 - first;
      }),
    );
    const target = (weights: readonly number[]) =>
      built((y, x, c) => {
        let [sum, total] = [0, 0];
        for (const [index, style] of styles.entries()) {
          const of = (row: number, column: number) =>
            index === 0 ? share(row, column) : 1 - share(row, column);
          const values = channel(map, c, of);
          const size = values.reduce((all, { counts }) => all + counts, 0);
          const own = statistics(values, variance, 'content');
          t.true(size > 1);
          const theirs = statistics(channel(style, c), variance, 'style');
          const value = ((at(map, y, x, c) - own.mean) / own.deviation) * theirs.deviation + theirs.mean;
          sum += weights[index]! * of(y, x) * value;
          total += weights[index]! * of(y, x);
        }
        return total === 0 ? at(map, y, x, c) : sum / total;
      });
    t.true(farthest(ours(variance, undefined, regions), target([1, 1])) < 1e-5);
    t.true(farthest(ours(variance, [0.2, 0.8], regions), target([0.2, 0.8])) < 1e-5);
    // Where only a style of weight 0 is wanted, the content stays.
    t.true(farthest(ours(variance, [0, 1], regions), target([0, 1])) < 1e-5);
  });
}

test('a region that no position is in changes nothing, and gives no NaN', (t) => {
  const regions = float32(
    [1, height, width, 2],
    Float32Array.from({ length: height * width * 2 }, (_, i) => i % 2),
  );
  t.true(farthest(ours('pytorch', undefined, regions), ours('pytorch', [0, 1])) < 1e-5);
});

test('α mixes, and regions shrink to means of what they cover, mirrored where a side ends', (t) => {
  const [own, target] = [filled([1, 2, 2, 1], 5), filled([1, 2, 2, 1], 6)];
  const mix = mixed(tensor(own) as tf.Tensor4D, tensor(target) as tf.Tensor4D, tf.scalar(0.25)).dataSync();
  t.true([...mix].every((value, i) => Math.abs(value - 0.75 * own.data[i]! - 0.25 * target.data[i]!) < 1e-6));
  const regions = filled([1, 5, 6, 2], 7, 0, 1);
  const small = regionsAt(tensor(regions) as tf.Tensor4D, 4);
  const value = float32(small.shape, small.dataSync() as Float32Array);
  t.deepEqual([...value.shape], [1, 2, 2, 2]);
  const edge = (i: number, extent: number) => (i < extent ? i : 2 * extent - 1 - i);
  for (let y = 0; y < 2; y++)
    for (let x = 0; x < 2; x++)
      for (let s = 0; s < 2; s++) {
        let sum = 0;
        for (let i = 0; i < 4; i++)
          for (let j = 0; j < 4; j++) sum += at(regions, edge(4 * y + i, 5), edge(4 * x + j, 6), s);
        t.true(Math.abs(at(value, y, x, s) - sum / 16) < 1e-6);
      }
});
