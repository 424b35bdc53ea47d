import test from 'ava';
import { applyLayers, type Layer, parametersOf } from '../../src/networks/layers.ts';
import { float32, type NamedTensors, type TensorValue, tf } from '../../src/tensor.ts';
import { filled } from '../engines/compare.ts';

test.before(() => tf.setBackend('cpu'));

type At = (b: number, y: number, x: number, c: number) => number;

const shape = [2, 7, 6, 3] as const;
const given = filled(shape, 1);
const at: At = (b, y, x, c) => given.data[((b * 7 + y) * 6 + x) * 3 + c]!;

/** Random parameters for a chain; variances are positive. */
function drawn(layers: readonly Layer[]): Record<string, TensorValue> {
  return Object.fromEntries(
    parametersOf(layers).parameters.map(({ name, shape, role }, index) => [
      name,
      role === 'variance' ? filled(shape, 90 + index, 0.5, 2) : filled(shape, 90 + index),
    ]),
  );
}

function applied(layers: readonly Layer[], parameters: Record<string, TensorValue>, styles?: TensorValue) {
  const tensor = ({ data, shape }: TensorValue) => tf.tensor(data, [...shape]);
  const result = tf.tidy(() => {
    const named: NamedTensors = Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [name, tensor(value)]),
    );
    const map = tensor(given) as tf.Tensor4D;
    return applyLayers(layers, map, named, styles && (tensor(styles) as tf.Tensor2D));
  });
  return float32(result.shape, result.dataSync() as Float32Array);
}

/** Compares a result, value by value, with what plain loops say. */
function agrees(
  t: import('ava').ExecutionContext,
  actual: TensorValue,
  wanted: readonly number[],
  value: At,
) {
  t.deepEqual([...actual.shape], [...wanted]);
  let index = 0;
  for (let b = 0; b < wanted[0]!; b++)
    for (let y = 0; y < wanted[1]!; y++)
      for (let x = 0; x < wanted[2]!; x++)
        for (let c = 0; c < wanted[3]!; c++) {
          const expected = value(b, y, x, c);
          const got = actual.data[index++]!;
          if (Math.abs(got - expected) > 1e-4) return t.fail(`[${b},${y},${x},${c}]: ${got} for ${expected}`);
        }
}

/** A position outside comes back mirrored, without the edge itself. */
const mirrored = (i: number, extent: number) => (i < 0 ? -i : i >= extent ? 2 * (extent - 1) - i : i);

for (const surround of ['reflect', 'zero', 'none'] as const) {
  for (const stride of [1, 2]) {
    test(`convolution, ${surround}, stride ${stride}: the sum over the window, as loops take it`, (t) => {
      const layers: Layer[] = [{ kind: 'convolution', name: 'a', channels: 4, size: 3, stride, surround }];
      const own = drawn(layers);
      const weight = own['a.weight']!.data;
      const by = surround === 'none' ? 0 : 1;
      const extent = (n: number) => Math.floor((n + 2 * by - 3) / stride) + 1;
      agrees(t, applied(layers, own), [2, extent(7), extent(6), 4], (b, y, x, o) => {
        let sum = own['a.bias']!.data[o]!;
        for (let i = 0; i < 3; i++)
          for (let j = 0; j < 3; j++)
            for (let c = 0; c < 3; c++) {
              const [row, column] = [y * stride + i - by, x * stride + j - by];
              const inside = row >= 0 && row < 7 && column >= 0 && column < 6;
              if (!inside && surround !== 'reflect') continue;
              sum += at(b, mirrored(row, 7), mirrored(column, 6), c) * weight[((i * 3 + j) * 3 + c) * 4 + o]!;
            }
        return sum;
      });
    });
  }
}

for (const [groups, channels] of [
  [6, 6],
  [6, 12],
  [3, 3],
  [2, 4],
] as const) {
  test(`a convolution of 6 channels to ${channels} in ${groups} groups: each sees its own channels`, (t) => {
    const layers: Layer[] = [
      { kind: 'convolution', name: 'widen', channels: 6, size: 1, bias: false },
      { kind: 'convolution', name: 'a', channels, size: 3, surround: 'none', groups, bias: false },
    ];
    const own = drawn(layers);
    const [into, out] = [6 / groups, channels / groups];
    t.deepEqual(own['a.weight']!.shape, [3, 3, 6, out]);
    const wide = (b: number, y: number, x: number, c: number) =>
      [0, 1, 2].reduce((sum, k) => sum + at(b, y, x, k) * own['widen.weight']!.data[k * 6 + c]!, 0);
    agrees(t, applied(layers, own), [2, 5, 4, channels], (b, y, x, o) => {
      const group = Math.floor(o / out);
      let sum = 0;
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++)
          for (let c = group * into; c < (group + 1) * into; c++)
            sum += wide(b, y + i, x + j, c) * own['a.weight']!.data[((i * 3 + j) * 6 + c) * out + (o % out)]!;
      return sum;
    });
  });
}

test('the largest of each 2×2, and of what is left at the far ends', (t) => {
  agrees(t, applied([{ kind: 'pool' }], {}), [2, 4, 3, 3], (b, y, x, c) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (const row of [2 * y, 2 * y + 1])
      for (const column of [2 * x, 2 * x + 1])
        if (row < 7 && column < 6) largest = Math.max(largest, at(b, row, column, c));
    return largest;
  });
});

for (const surround of ['reflect', 'repeat', 'zero'] as const) {
  test(`a map surrounded by 3: ${surround}`, (t) => {
    const near = (i: number, extent: number) => Math.min(extent - 1, Math.max(0, i));
    agrees(t, applied([{ kind: 'pad', by: 3, surround }], {}), [2, 13, 12, 3], (b, y, x, c) => {
      const [row, column] = [y - 3, x - 3];
      if (surround === 'repeat') return at(b, near(row, 7), near(column, 6), c);
      const inside = row >= 0 && row < 7 && column >= 0 && column < 6;
      return inside || surround === 'reflect' ? at(b, mirrored(row, 7), mirrored(column, 6), c) : 0;
    });
  });
}

for (const [cut, extra] of [
  [1, 1],
  [0, 0],
  [0, 1],
] as const) {
  test(`transposed convolution, cut ${cut}, extra ${extra}: every input value stamps its filter`, (t) => {
    const layers: Layer[] = [
      { kind: 'transposed', name: 'a', channels: 2, size: 3, stride: 2, cut, extra, bias: false },
    ];
    const own = drawn(layers);
    const extent = (n: number) => (n - 1) * 2 + 3 - 2 * cut + extra;
    agrees(t, applied(layers, own), [2, extent(7), extent(6), 2], (b, y, x, o) => {
      let sum = 0;
      for (let row = 0; row < 7; row++)
        for (let column = 0; column < 6; column++) {
          const [i, j] = [y + cut - 2 * row, x + cut - 2 * column];
          if (i < 0 || i > 2 || j < 0 || j > 2) continue;
          for (let c = 0; c < 3; c++)
            sum += at(b, row, column, c) * own['a.weight']!.data[((i * 3 + j) * 2 + o) * 3 + c]!;
        }
      return sum;
    });
  });
}

test('instance and batch norms differ in what they are over', (t) => {
  for (const over of ['instance', 'batch'] as const) {
    const layers: Layer[] = [{ kind: 'norm', name: 'n', over, epsilon: 1e-3 }];
    const own = drawn(layers);
    const statistics = (b: number, c: number) => {
      const values: number[] = [];
      for (let k = 0; k < 2; k++) {
        if (over === 'instance' && k !== b) continue;
        for (let y = 0; y < 7; y++) for (let x = 0; x < 6; x++) values.push(at(k, y, x, c));
      }
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
    };
    agrees(t, applied(layers, own), shape, (b, y, x, c) => {
      const { mean, variance } = statistics(b, c);
      const unit = (at(b, y, x, c) - mean) / Math.sqrt(variance + 1e-3);
      return unit * own['n.scale']!.data[c]! + own['n.shift']!.data[c]!;
    });
  }
});

test('stored norms use what they were given', (t) => {
  const layers: Layer[] = [{ kind: 'norm', name: 'n', over: 'stored' }];
  const own = drawn(layers);
  const [mean, variance] = [own['n.mean']!.data, own['n.variance']!.data];
  agrees(t, applied(layers, own), shape, (b, y, x, c) => {
    const unit = (at(b, y, x, c) - mean[c]!) / Math.sqrt(variance[c]! + 1e-5);
    return unit * own['n.scale']!.data[c]! + own['n.shift']!.data[c]!;
  });
});

test('conditional norms take each picture its own blend of styles', (t) => {
  const layers: Layer[] = [{ kind: 'norm', name: 'n', over: 'instance', styles: 3 }];
  const own = drawn(layers);
  const plain: Layer[] = [{ kind: 'norm', name: 'n', over: 'instance', affine: false }];
  const unit = applied(plain, {}).data;
  const styles = float32([2, 3], Float32Array.of(1, 0, 0, 0, 0.25, 0.75));
  agrees(t, applied(layers, own, styles), shape, (b, y, x, c) => {
    const blend = (rows: ArrayLike<number>) =>
      [0, 1, 2].reduce((sum, s) => sum + styles.data[b * 3 + s]! * rows[s * 3 + c]!, 0);
    return unit[((b * 7 + y) * 6 + x) * 3 + c]! * blend(own['n.scale']!.data) + blend(own['n.shift']!.data);
  });
});

test('a residual block without surround is added to the middle of its map', (t) => {
  const inner: Layer[] = [
    { kind: 'convolution', name: 'a', channels: 3, size: 3, surround: 'none' },
    { kind: 'relu' },
  ];
  const own = drawn(inner);
  const made = applied(inner, own).data;
  agrees(t, applied([{ kind: 'residual', layers: inner }], own), [2, 5, 4, 3], (b, y, x, c) => {
    return at(b, y + 1, x + 1, c) + made[((b * 5 + y) * 4 + x) * 3 + c]!;
  });
});

test('upsampling repeats, or lies between with pixels as squares', (t) => {
  const up = (how: 'nearest' | 'bilinear') => applied([{ kind: 'upsample', factor: 2, how }], {});
  agrees(t, up('nearest'), [2, 14, 12, 3], (b, y, x, c) => at(b, y >> 1, x >> 1, c));
  const between = (i: number, extent: number) => {
    const position = Math.min(extent - 1, Math.max(0, (i + 0.5) / 2 - 0.5));
    const low = Math.floor(position);
    return { low, high: Math.min(extent - 1, low + 1), share: position - low };
  };
  agrees(t, up('bilinear'), [2, 14, 12, 3], (b, y, x, c) => {
    const [row, column] = [between(y, 7), between(x, 6)];
    const along = (line: number) =>
      (1 - column.share) * at(b, line, column.low, c) + column.share * at(b, line, column.high, c);
    return (1 - row.share) * along(row.low) + row.share * along(row.high);
  });
});

test('parameters: names, shapes, and what does not fit', (t) => {
  const { parameters, channels } = parametersOf([
    { kind: 'convolution', name: 'a', channels: 8, size: 9 },
    { kind: 'norm', name: 'b', over: 'instance' },
    { kind: 'residual', layers: [{ kind: 'convolution', name: 'c', channels: 8, size: 3, bias: false }] },
    { kind: 'transposed', name: 'd', channels: 4, size: 3, stride: 2, cut: 1, extra: 1 },
  ]);
  t.is(channels, 4);
  t.deepEqual(
    parameters.map(({ name, shape, fanIn }) => [name, shape, fanIn]),
    [
      ['a.weight', [9, 9, 3, 8], 243],
      ['a.bias', [8], 243],
      ['b.scale', [8], 1],
      ['b.shift', [8], 1],
      ['c.weight', [3, 3, 8, 8], 72],
      ['d.weight', [3, 3, 4, 8], 72],
      ['d.bias', [4], 72],
    ],
  );
  const twice: Layer[] = [
    { kind: 'convolution', name: 'a', channels: 3, size: 1 },
    { kind: 'convolution', name: 'a', channels: 3, size: 1 },
  ];
  t.throws(() => parametersOf(twice), { message: /two layers of a network are named "a"/ });
  t.throws(
    () =>
      parametersOf([
        { kind: 'residual', layers: [twice[0]!, { ...twice[1]!, name: 'b', channels: 2 } as Layer] },
      ]),
    {
      message: /makes 2 channels of 3/,
    },
  );
  t.throws(() => parametersOf([{ kind: 'convolution', name: 'a', channels: 6, size: 3, groups: 2 }]), {
    message: /makes 6 channels of 3; 2 groups do not divide them/,
  });
});
