import test from 'ava';
import { type MrfSpec, prepareMrf } from '../../src/losses/mrf.ts';
import { nearestColumns } from '../../src/losses/patches.ts';
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

const current: Maps = { fine: randomMap(6, 7, 3, 1), coarse: randomMap(3, 4, 2, 2) };
const style: Maps = { fine: randomMap(7, 5, 3, 3), coarse: randomMap(4, 3, 2, 4) };
const context = { encoder, size: [6, 7], styleSize: [7, 5] } as const;
const layers = { fine: 0.3, coarse: 2 };

function spec(options: Partial<MrfSpec> = {}): MrfSpec {
  return {
    type: 'mrf',
    name: 'mrf',
    weight: 1,
    convention: 'li-wand',
    layers,
    patch: 3,
    stride: 1,
    styleStride: 1,
    rotations: [],
    scales: [],
    refreshEvery: 1,
    ...options,
  };
}

/** The patches that lie wholly inside a map, each as a list of values. */
function patchesOf(map: FeatureMap, patch: number, stride: number): number[][] {
  const patches: number[][] = [];
  for (let y = 0; y + patch <= map.height; y += stride) {
    for (let x = 0; x + patch <= map.width; x += stride) {
      const values: number[] = [];
      for (let dy = 0; dy < patch; dy++) {
        for (let dx = 0; dx < patch; dx++) {
          for (let c = 0; c < map.channels; c++) values.push(at(map, y + dy, x + dx, c));
        }
      }
      patches.push(values);
    }
  }
  return patches;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** For each patch of the map the style patch of the largest normalised cross-correlation. */
function matchesOf(patches: number[][], offered: number[][]): number[][] {
  return patches.map((own) => {
    const scores = offered.map((other) => dot(own, other) / Math.sqrt(dot(own, own) * dot(other, other)));
    return offered[scores.indexOf(Math.max(...scores))]!;
  });
}

/** The value as a function of the maps, with the matches found at `found`. */
function expected(made: MrfSpec, styles: readonly Maps[], found: Maps = current): (maps: Maps) => number {
  const perLayer = Object.entries(made.layers).map(([layer, weight]) => {
    const offered = styles.flatMap((maps) => patchesOf(maps[layer]!, made.patch, made.styleStride));
    const matches = matchesOf(patchesOf(found[layer]!, made.patch, made.stride), offered);
    const meanEnergy = offered.reduce((sum, values) => sum + dot(values, values), 0) / offered.length;
    const factor = made.convention === 'relative' ? 1 / (matches.length * meanEnergy) : 1;
    return { layer, matches, factor: weight * factor };
  });
  return (maps) =>
    perLayer.reduce((sum, { layer, matches, factor }) => {
      const patches = patchesOf(maps[layer]!, made.patch, made.stride);
      const squared = patches.map((values, i) =>
        values.reduce((s, value, k) => s + (value - matches[i]![k]!) ** 2, 0),
      );
      return sum + factor * squared.reduce((s, value) => s + value, 0);
    }, 0);
}

const variants: Maps[] = [
  style,
  { fine: randomMap(5, 8, 3, 13), coarse: randomMap(3, 4, 2, 14) },
  { fine: randomMap(4, 4, 3, 23), coarse: randomMap(3, 3, 2, 24) },
];

const cases: { name: string; made: MrfSpec; styles?: Maps[] }[] = [
  { name: 'li-wand', made: spec() },
  { name: 'relative', made: spec({ convention: 'relative' }) },
  { name: 'stride 2', made: spec({ stride: 2 }) },
  { name: 'stride 2, style stride 2', made: spec({ stride: 2, styleStride: 2, convention: 'relative' }) },
  { name: 'stride 3 leaves positions uncovered', made: spec({ stride: 3, patch: 1 }) },
  { name: '1×1 patches', made: spec({ patch: 1 }) },
  { name: 'copies of the style', made: spec({ scales: [0.9, 1.1] }), styles: variants },
  {
    name: 'copies of the style, relative, style stride 2',
    made: spec({ rotations: [90], scales: [0.9], convention: 'relative', styleStride: 2 }),
    styles: variants,
  },
];

for (const { name, made, styles = [style] } of cases) {
  const [term] = prepareMrf(made, context);

  test(`${name}: the value is the sum over patches, the gradient that with matches held`, (t) => {
    const { value, gradients } = evaluate(term!, current, style, { variants: styles });
    const compute = expected(made, styles);
    close(t, value, compute(current));
    for (const layer of Object.keys(layers)) {
      close(t, gradients[layer]!, centralDifferences(compute, current, layer));
    }
  });
}

test('cnnmrf: the gradient is the program’s, the mean of F less its matches over the patches at each position', (t) => {
  for (const [patch, stride] of [
    [3, 1],
    [3, 2],
    [1, 2],
  ] as const) {
    const made = spec({ convention: 'cnnmrf', patch, stride, layers: { fine: 0.7 } });
    const [term] = prepareMrf(made, context);
    const { value, gradients } = evaluate(term!, current, style);
    const map = current.fine!;
    const matches = matchesOf(patchesOf(map, patch, stride), patchesOf(style.fine!, patch, 1));
    // mrf.lua: gradTO adds match − patch wherever a patch lies, gradTO_confident counts; −strength·gradTO/gradTO_confident.
    const sums = new Float64Array(map.data.length);
    const counts = new Float64Array(map.data.length);
    let next = 0;
    for (let y = 0; y + patch <= map.height; y += stride) {
      for (let x = 0; x + patch <= map.width; x += stride) {
        const match = matches[next++]!;
        for (let i = 0; i < match.length; i++) {
          const c = i % map.channels;
          const dx = Math.floor(i / map.channels) % patch;
          const dy = Math.floor(i / (map.channels * patch));
          const place = ((y + dy) * map.width + x + dx) * map.channels + c;
          sums[place]! += match[i]! - map.data[place]!;
          counts[place]! += 1;
        }
      }
    }
    const pull = Array.from(sums, (sum, i) => (counts[i] === 0 ? 0 : -sum / counts[i]!));
    close(
      t,
      gradients.fine!,
      pull.map((p) => 0.7 * p),
    );
    // A quadratic whose gradient vanishes at its least value, 0.
    close(t, value, (0.7 / 2) * pull.reduce((sum, p) => sum + p * p, 0));
  }
});

test('held matches stay as they were when the picture moves on', (t) => {
  const [term] = prepareMrf(spec(), context);
  const moved: Maps = { fine: randomMap(6, 7, 3, 31), coarse: randomMap(3, 4, 2, 32) };
  const value = tf.tidy(() => {
    const reference = (maps: Maps) => ({
      image: tf.zeros([1, 2, 2, 3]) as tf.Tensor4D,
      features: Object.fromEntries(
        Object.entries(maps).map(([layer, map]) => [
          layer,
          tf.tensor4d(map.data, [1, map.height, map.width, map.channels]),
        ]),
      ),
    });
    const targets = term!.targets({
      content: reference(current),
      style: reference(style),
      styleVariants: [],
    });
    const held = term!.refresh!(reference(current), targets, tf.scalar(0));
    return term!.value(reference(moved), targets, held).dataSync()[0]!;
  });
  close(t, value, expected(spec(), [style], current)(moved));
  t.not(expected(spec(), [style], moved)(moved), expected(spec(), [style], current)(moved));
});

test('zero where the picture is the style', (t) => {
  const made = spec({ convention: 'relative' });
  const [term] = prepareMrf(made, { ...context, size: [7, 5] });
  const { value, gradients } = evaluate(term!, style, style);
  t.true(value >= 0 && value < 1e-12);
  t.true(Object.values(gradients).every((gradient) => gradient.every((g) => Math.abs(g) < 1e-6)));
});

test('a match does not depend on the brightness of the style patch', (t) => {
  // One row: patches of one position and two channels; the second is longer, the third points the right way.
  const own: Maps = { coarse: { height: 1, width: 1, channels: 2, data: [1, 1] } };
  const offered: Maps = { coarse: { height: 1, width: 3, channels: 2, data: [1, 0, 9, 0, 0.1, 0.1] } };
  const made = spec({ patch: 1, layers: { coarse: 1 } });
  const [term] = prepareMrf(made, { ...context, size: [1, 1], styleSize: [1, 5] });
  close(t, evaluate(term!, own, offered).value, 2 * 0.9 ** 2);
});

test('columns in chunks: the same nearest one, the first of equals', (t) => {
  const patches = tf.tensor2d(randomMap(9, 1, 5, 1).data, [9, 5]);
  const columns = tf.tensor2d(randomMap(5, 1, 12, 2).data, [5, 12]);
  const doubled = tf.concat([columns, columns], 1) as tf.Tensor2D;
  const whole = [...nearestColumns(patches, [doubled]).dataSync()];
  t.true(whole.every((index) => index < 12));
  for (const size of [1, 5, 12]) {
    const chunks = Array.from({ length: Math.ceil(24 / size) }, (_, i) =>
      doubled.slice([0, i * size], [5, Math.min(size, 24 - i * size)]),
    );
    t.deepEqual([...nearestColumns(patches, chunks).dataSync()], whole);
  }
});

test('the copies it asks for are all combinations but the unchanged style', (t) => {
  const [term] = prepareMrf(spec({ rotations: [-7.5, 7.5], scales: [0.85] }), context);
  t.deepEqual(term!.styleTransforms, [
    { rotation: 0, scale: 0.85 },
    { rotation: -7.5, scale: 1 },
    { rotation: -7.5, scale: 0.85 },
    { rotation: 7.5, scale: 1 },
    { rotation: 7.5, scale: 0.85 },
  ]);
});

test('maps smaller than a patch are refused', (t) => {
  t.throws(() => prepareMrf(spec(), { ...context, size: [4, 9] }), {
    name: 'NeckarError',
    message: /3×3 at coarse, but the picture's features there are only 5×2/,
  });
  t.throws(() => prepareMrf(spec(), { ...context, styleSize: [9, 4] }), {
    name: 'NeckarError',
    message: /the style's features there are only 2×5/,
  });
});

test('more style patches than fit are refused with the stride that fits', (t) => {
  const error = t.throws(
    () => prepareMrf(spec({ layers: { fine: 1 } }), { ...context, styleSize: [4000, 4000] }),
    { name: 'NeckarError' },
  );
  // 3·3·3 values a patch, at most 2^27 values.
  const most = Math.floor(2 ** 27 / 27);
  t.regex(error!.message, new RegExp(`${3998 ** 2} style patches at fine, more than the ${most} that fit`));
  t.regex(error!.message, /set styleStride to 2 \(now 1\)/);
  t.true(1999 ** 2 <= most);
});
