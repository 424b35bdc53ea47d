import test from 'ava';
import { type CorrelationsSpec, prepareCorrelations } from '../../src/losses/correlations.ts';
import { prepareGram } from '../../src/losses/gram.ts';
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

// The style has another number of positions than the picture; odd and even sizes.
const context = { encoder, size: [5, 6], styleSize: [7, 8] } as const;
const current: Maps = { fine: randomMap(5, 6, 3, 1), coarse: randomMap(3, 3, 2, 2) };
const style: Maps = { fine: randomMap(7, 8, 3, 3), coarse: randomMap(4, 4, 2, 4) };
const layers = { fine: 0.3, coarse: 2 };

function spec(options: Partial<CorrelationsSpec> = {}): CorrelationsSpec {
  return {
    type: 'correlations',
    name: 'correlations',
    weight: 1,
    convention: 'berger',
    layers,
    shifts: [1, 2],
    ...options,
  };
}

/** The mean over positions of F_i(y,x)·F_j(y+down,x+across). */
function shifted(map: FeatureMap, down: number, across: number): number[] {
  const moments: number[] = [];
  for (let i = 0; i < map.channels; i++) {
    for (let j = 0; j < map.channels; j++) {
      let sum = 0;
      let count = 0;
      for (let y = 0; y + down < map.height; y++) {
        for (let x = 0; x + across < map.width; x++) {
          sum += at(map, y, x, i) * at(map, y + down, x + across, j);
          count++;
        }
      }
      moments.push(sum / count);
    }
  }
  return moments;
}

function expected(made: CorrelationsSpec, shiftsOf: (layer: string) => readonly number[]) {
  return (maps: Maps): number =>
    Object.entries(made.layers).reduce((total, [layer, weight]) => {
      const shifts = shiftsOf(layer);
      const distances = shifts.flatMap((shift) =>
        [
          [0, shift],
          [shift, 0],
        ].map(([down, across]) => {
          const own = shifted(maps[layer]!, down!, across!);
          const target = shifted(style[layer]!, down!, across!);
          const squared = own.reduce((sum, value, i) => sum + (value - target[i]!) ** 2, 0);
          return made.convention === 'berger'
            ? squared / (4 * own.length)
            : squared / target.reduce((sum, value) => sum + value ** 2, 0);
        }),
      );
      const sum = distances.reduce((a, b) => a + b, 0);
      return total + weight * (made.convention === 'berger' ? sum / 2 : sum / distances.length);
    }, 0);
}

const cases: { name: string; made: CorrelationsSpec; shiftsOf: (layer: string) => readonly number[] }[] = [
  { name: 'berger', made: spec(), shiftsOf: () => [1, 2] },
  { name: 'relative', made: spec({ convention: 'relative' }), shiftsOf: () => [1, 2] },
  {
    name: 'relative, octaves',
    made: spec({ convention: 'relative', shifts: 'octaves' }),
    // Half of the shorter side of the smaller map: 2 of 5, 1 of 3.
    shiftsOf: (layer) => (layer === 'fine' ? [1, 2] : [1]),
  },
  {
    name: 'relative, dense',
    made: spec({ convention: 'relative', shifts: 'dense' }),
    // Twelve times an eighteenth of 5 and of 3, rounded, each once and none below 1.
    shiftsOf: (layer) => (layer === 'fine' ? [1, 2, 3] : [1, 2]),
  },
  { name: 'relative, long', made: spec({ convention: 'relative', shifts: 'long' }), shiftsOf: () => [1] },
];

for (const { name, made, shiftsOf } of cases) {
  test(`${name}: the value is the sum over positions, the gradient that of central differences`, (t) => {
    const [term] = prepareCorrelations(made, context);
    const compute = expected(made, shiftsOf);
    const { value, gradients } = evaluate(term!, current, style);
    close(t, value, compute(current));
    for (const layer of Object.keys(layers)) {
      close(t, gradients[layer]!, centralDifferences(compute, current, layer));
    }
  });
}

test('the rule `long` takes an eighth and a quarter', (t) => {
  const wide = { encoder, size: [40, 50], styleSize: [36, 60] } as const;
  const [term] = prepareCorrelations(spec({ shifts: 'long', layers: { fine: 1 } }), wide);
  const maps: Maps = { fine: randomMap(36, 60, 3, 5) };
  const targets = term!.targets({
    content: { image: tf.zeros([1, 2, 2, 3]), features: {} },
    style: {
      image: tf.zeros([1, 2, 2, 3]),
      features: { fine: tf.tensor4d(maps.fine!.data, [1, 36, 60, 3]) },
    },
    styleVariants: [],
  });
  t.deepEqual(Object.keys(targets), ['fine/x4', 'fine/y4', 'fine/x9', 'fine/y9']);
  close(t, [...targets['fine/y9']!.dataSync()], shifted(maps.fine!, 9, 0));
});

test('without a shift it is the Gram loss', (t) => {
  const [term] = prepareCorrelations(spec({ shifts: [0] }), context);
  const [gram] = prepareGram(
    { type: 'gram', name: 'gram', weight: 1, convention: 'gatys', layers, cross: [] },
    context,
  );
  const own = evaluate(term!, current, style);
  const plain = evaluate(gram!, current, style);
  close(t, own.value, plain.value);
  for (const layer of Object.keys(layers)) close(t, own.gradients[layer]!, plain.gradients[layer]!);
});

test('it tells stripes of one period from those of another, which the Gram loss cannot', (t) => {
  const stripes = (period: number): Maps => ({
    fine: {
      height: 12,
      width: 12,
      channels: 3,
      data: Array.from({ length: 12 * 12 * 3 }, (_, i) => (Math.floor(i / 3) % period < period / 2 ? 1 : 0)),
    },
  });
  const square = { encoder, size: [12, 12], styleSize: [12, 12] } as const;
  const [term] = prepareCorrelations(spec({ shifts: [2], layers: { fine: 1 } }), square);
  const [gram] = prepareGram(
    { type: 'gram', name: 'gram', weight: 1, convention: 'gatys', layers: { fine: 1 }, cross: [] },
    square,
  );
  t.is(evaluate(gram!, stripes(2), stripes(4)).value, 0);
  t.true(evaluate(term!, stripes(2), stripes(4)).value > 0.01);
});

test('a shift that leaves nothing of a map is refused', (t) => {
  t.throws(() => prepareCorrelations(spec({ shifts: [1, 3] }), context), {
    name: 'NeckarError',
    message:
      /cannot shift coarse by 3: the picture's features there are 3×3 and the style's 4×4; name shifts below 3/,
  });
});
