import test from 'ava';
import { trace } from '../../src/engines/onnx/trace.ts';
import { startEngine } from '../../src/engines/start.ts';
import { type Shift, shiftedMoments } from '../../src/losses/shifted.ts';
import { float32, type NamedTensors, type NamedValues, tf } from '../../src/tensor.ts';
import { at, close, type FeatureMap, randomMap } from './maps.ts';

/** Whether position p + shift lies inside a map wherever p does: the mean's number of pairs. */
function pairs({ height, width }: FeatureMap, { down, across }: Shift): number {
  return (height - down) * (width - across);
}

/** The mean of F_i(y,x)·F_j(y+down,x+across), [i,j]. */
function momentsByHand(map: FeatureMap, shift: Shift): number[] {
  const found = new Array<number>(map.channels ** 2).fill(0);
  for (let y = 0; y + shift.down < map.height; y++) {
    for (let x = 0; x + shift.across < map.width; x++) {
      for (let i = 0; i < map.channels; i++) {
        for (let j = 0; j < map.channels; j++) {
          found[i * map.channels + j]! += at(map, y, x, i) * at(map, y + shift.down, x + shift.across, j);
        }
      }
    }
  }
  return found.map((sum) => sum / pairs(map, shift));
}

/**
 * The gradient of Σ_shifts Σ_ij W_ij·C_ij with respect to F_c(p), by the product rule: each pair in which p is the near
 * position gives Σ_j W_cj·F_j(p+shift), each in which it is the far one Σ_i W_ic·F_i(p−shift).
 */
function gradientByHand(map: FeatureMap, shifts: readonly Shift[], weights: readonly FeatureMap[]): number[] {
  const { height, width, channels } = map;
  const gradient = new Array<number>(map.data.length).fill(0);
  for (const [k, shift] of shifts.entries()) {
    const { down, across } = shift;
    const count = pairs(map, shift);
    const weight = (i: number, j: number) => weights[k]!.data[i * channels + j]! / count;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let other = 0; other < channels; other++) {
            if (y + down < height && x + across < width) {
              sum += weight(c, other) * at(map, y + down, x + across, other);
            }
            if (y >= down && x >= across) sum += weight(other, c) * at(map, y - down, x - across, other);
          }
          gradient[(y * width + x) * channels + c]! += sum;
        }
      }
    }
  }
  return gradient;
}

const down = (...shifts: number[]): Shift[] => shifts.map((shift) => ({ down: shift, across: 0 }));
const across = (...shifts: number[]): Shift[] => shifts.map((shift) => ({ down: 0, across: shift }));

// Blocks of so many rows or columns hold 128 positions or more, unless it is said otherwise.
const cases: { name: string; size: readonly [number, number]; shifts: Shift[] }[] = [
  { name: 'an eighth and a quarter of both sides', size: [32, 32], shifts: [...across(4, 8), ...down(4, 8)] },
  { name: 'blocks and a rest', size: [35, 39], shifts: [...across(4, 8), ...down(4, 8)] },
  { name: 'an odd number of blocks', size: [36, 30], shifts: [...across(5, 10), ...down(5, 10)] },
  { name: 'four multiples, in two couples', size: [40, 33], shifts: down(4, 8, 12, 16) },
  { name: 'multiples that are not neighbours', size: [42, 33], shifts: down(4, 12, 20) },
  { name: 'multiples in any order', size: [42, 33], shifts: down(20, 8, 4) },
  { name: 'two families', size: [40, 36], shifts: across(5, 7, 10, 14) },
  {
    name: 'nothing but the rest is within reach',
    size: [34, 30],
    shifts: [...down(5, 30), ...across(13, 26)],
  },
  { name: 'more than half of a side', size: [24, 28], shifts: [...down(13, 23), ...across(17, 27)] },
  { name: 'too many and too small blocks', size: [36, 12], shifts: [...down(1, 2, 8), ...across(3, 6)] },
  {
    name: 'none, and along both axes',
    size: [12, 40],
    shifts: [...across(0, 10, 20), { down: 3, across: 11 }],
  },
];

const onnx = startEngine({ name: 'onnx', provider: 'cpu', threads: 1 });
const channels = 3;

for (const { name, size, shifts } of cases) {
  test(`${name}: moments and gradient are the sums over pairs, on both engines`, async (t) => {
    const [height, width] = size;
    const map = randomMap(height, width, channels, 1);
    const weights = shifts.map((_, k) => randomMap(1, channels, channels, 100 + k));
    const compute = ({ map: given }: NamedTensors): NamedTensors => {
      const moments: NamedTensors = {};
      const gradient = tf.grad((x: tf.Tensor) => {
        const found = shiftedMoments(x as tf.Tensor4D, shifts);
        for (const [k, moment] of found.entries()) moments[`moment ${k}`] = tf.keep(moment);
        return found
          .map((moment, k) => tf.sum(tf.mul(moment, tf.tensor2d(weights[k]!.data, [channels, channels]))))
          .reduce((sum, term) => tf.add(sum, term));
      })(given!);
      return { ...moments, gradient };
    };
    const check = (found: NamedValues) => {
      for (const [k, shift] of shifts.entries()) {
        close(t, [...found[`moment ${k}`]!.data], momentsByHand(map, shift));
      }
      close(t, [...found.gradient!.data], gradientByHand(map, shifts, weights));
    };
    const shape = [1, height, width, channels];
    const input = float32(shape, Float32Array.from(map.data));
    const program = await (await onnx).compile(compute, { inputs: { map: { shape } }, label: 'test' });
    check(await program.run({ map: input }));
    await program.dispose();
    await tf.setBackend('cpu');
    const eager = compute({ map: tf.tensor4d(map.data, [1, height, width, channels]) });
    check(
      Object.fromEntries(
        Object.entries(eager).map(([key, x]) => [
          key,
          float32(x.shape, x.dataSync() as unknown as Float32Array),
        ]),
      ),
    );
  });
}

/** How often each operation is in the graph of the moments and their gradient. */
function operations(size: readonly [number, number], shifts: readonly Shift[]): Map<string, number> {
  const shape = [1, ...size, channels];
  const { graph } = trace(
    ({ map }) => ({
      gradient: tf.grad((x: tf.Tensor) => {
        const found = shiftedMoments(x as tf.Tensor4D, shifts);
        return found.map((moment) => tf.sum(tf.square(moment))).reduce((sum, term) => tf.add(sum, term));
      })(map!),
    }),
    { inputs: { map: { shape } }, label: 'test' },
    'onnx',
  );
  const counts = new Map<string, number>();
  for (const operation of graph.operations) counts.set(operation, (counts.get(operation) ?? 0) + 1);
  return counts;
}

test('one cut of the map serves all multiples of a shift, with three products for four', (t) => {
  const counts = operations([32, 32], down(4, 8));
  // Eight blocks; three couples of near blocks at three products, one pair left; two products each on the way back.
  t.is(counts.get('Slice'), 8);
  t.is(counts.get('Gemm'), 3 * (3 * 3 + 1));
  t.is(counts.get('Concat'), 1);
  t.is(counts.get('Pad'), undefined);
});
