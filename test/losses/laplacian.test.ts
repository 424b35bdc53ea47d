import test from 'ava';
import { type LaplacianSpec, prepareLaplacian, resolveLaplacian } from '../../src/losses/laplacian.ts';
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

const context = { encoder, size: [9, 10], styleSize: [4, 4] } as const;
const current: Maps = { image: randomMap(9, 10, 3, 1, { mean: 0.5 }) };
const content: Maps = { image: randomMap(9, 10, 3, 2, { mean: 0.5 }) };
const pools = [
  { size: 1, weight: 0.5 },
  { size: 2, weight: 1 },
  { size: 3, weight: 2 },
];

type Windows = LaplacianSpec['windows'];

function spec(convention: LaplacianSpec['convention'], windows: Windows = 'apart'): LaplacianSpec {
  return { type: 'laplacian', name: 'laplacian', weight: 1, convention, pools, windows };
}

/** The Laplacian of the pooled picture, the colours summed. */
function laplacian(image: FeatureMap, size: number, windows: Windows): number[] {
  /** The mean over the window whose first pixel is given. */
  const pooled = (top: number, left: number): number => {
    let sum = 0;
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        for (let c = 0; c < 3; c++) sum += at(image, top + y, left + x, c);
      }
    }
    return sum / size ** 2;
  };
  const values: number[] = [];
  const step = windows === 'apart' ? size : 1;
  for (let top = size; top + 2 * size <= image.height; top += step) {
    for (let left = size; left + 2 * size <= image.width; left += step) {
      const around =
        pooled(top - size, left) +
        pooled(top + size, left) +
        pooled(top, left - size) +
        pooled(top, left + size);
      values.push(4 * pooled(top, left) - around);
    }
  }
  return values;
}

const cases = (['li', 'relative'] as const).flatMap((convention) =>
  (['apart', 'sliding'] as const).map((windows) => ({ convention, windows })),
);

for (const { convention, windows } of cases) {
  test(`${convention}, ${windows}: the value is the sum over positions, the gradient that of central differences`, (t) => {
    const compute = (maps: Maps): number =>
      pools.reduce((total, { size, weight }) => {
        const own = laplacian(maps.image!, size, windows);
        const target = laplacian(content.image!, size, windows);
        const squared = own.reduce((sum, value, i) => sum + (value - target[i]!) ** 2, 0);
        const scale = convention === 'li' ? own.length : target.reduce((sum, value) => sum + value ** 2, 0);
        return total + (weight * squared) / scale;
      }, 0);
    const [term] = prepareLaplacian(spec(convention, windows), context);
    const { value, gradients } = evaluate(term!, current, {}, { content });
    close(t, value, compute(current));
    close(t, gradients.image!, centralDifferences(compute, current, 'image'));
  });
}

test('a flat content does not make `relative` infinite', (t) => {
  const flat: Maps = { image: { ...content.image!, data: content.image!.data.map(() => 0.5) } };
  const [term] = prepareLaplacian(spec('relative'), context);
  const { value } = evaluate(term!, current, {}, { content: flat });
  t.true(Number.isFinite(value) && value > 0);
  t.is(evaluate(term!, flat, {}, { content: flat }).value, 0);
});

test('a picture of fewer than 3×3 windows is refused', (t) => {
  t.throws(() => prepareLaplacian(spec('li'), { ...context, size: [9, 8] }), {
    name: 'NeckarError',
    message: /3×3 windows of 3 pixels, at least 9×9, but the picture has 8×9/,
  });
});

test('windows lie apart under the published convention and slide under our own, unless it is said', (t) => {
  const windows = (written: Parameters<typeof resolveLaplacian>[0]) =>
    resolveLaplacian(written, encoder, 'loss').windows;
  t.is(windows({}), 'sliding');
  t.is(windows({ convention: 'relative', windows: 'apart' }), 'apart');
  t.is(windows({ convention: 'li' }), 'apart');
  t.is(windows({ convention: 'li', windows: 'sliding' }), 'sliding');
});

test('sliding windows prefer no place: the gradient moves with the picture', (t) => {
  // A dot on black, far from the border, and the same one pixel farther down and right.
  const side = 24;
  const dot = (at: number): Maps => ({
    image: {
      height: side,
      width: side,
      channels: 3,
      data: Array.from({ length: side * side * 3 }, (_, i) => (i === (at * side + at) * 3 ? 1 : 0)),
    },
  });
  const black: Maps = { image: { ...dot(0).image!, data: new Array(side * side * 3).fill(0) } };
  const gradientAt = (windows: Windows, at: number) => {
    const made = { ...spec('li', windows), pools: [{ size: 2, weight: 1 }] };
    const [term] = prepareLaplacian(made, { ...context, size: [side, side] });
    const { gradients } = evaluate(term!, dot(at), {}, { content: black });
    const map = gradients.image!;
    return Array.from(
      { length: 9 * 9 },
      (_, i) => map[((at - 4 + Math.floor(i / 9)) * side + at - 4 + (i % 9)) * 3]!,
    );
  };
  close(t, gradientAt('sliding', 11), gradientAt('sliding', 12));
  t.notDeepEqual(gradientAt('apart', 11), gradientAt('apart', 12));
});
