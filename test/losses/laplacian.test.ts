import test from 'ava';
import { prepareLaplacian } from '../../src/losses/laplacian.ts';
import type { LaplacianSpec } from '../../src/losses/spec.ts';
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

function spec(convention: LaplacianSpec['convention']): LaplacianSpec {
  return { type: 'laplacian', name: 'laplacian', weight: 1, convention, pools };
}

/** The Laplacian of the pooled picture, the colours summed. */
function laplacian(image: FeatureMap, size: number): number[] {
  const pooled = (row: number, column: number): number => {
    let sum = 0;
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        for (let c = 0; c < 3; c++) sum += at(image, row * size + y, column * size + x, c);
      }
    }
    return sum / size ** 2;
  };
  const values: number[] = [];
  for (let row = 1; row < Math.floor(image.height / size) - 1; row++) {
    for (let column = 1; column < Math.floor(image.width / size) - 1; column++) {
      const around =
        pooled(row - 1, column) + pooled(row + 1, column) + pooled(row, column - 1) + pooled(row, column + 1);
      values.push(4 * pooled(row, column) - around);
    }
  }
  return values;
}

for (const convention of ['li', 'relative'] as const) {
  test(`${convention}: the value is the sum over positions, the gradient that of central differences`, (t) => {
    const compute = (maps: Maps): number =>
      pools.reduce((total, { size, weight }) => {
        const own = laplacian(maps.image!, size);
        const target = laplacian(content.image!, size);
        const squared = own.reduce((sum, value, i) => sum + (value - target[i]!) ** 2, 0);
        const scale = convention === 'li' ? own.length : target.reduce((sum, value) => sum + value ** 2, 0);
        return total + (weight * squared) / scale;
      }, 0);
    const [term] = prepareLaplacian(spec(convention), context);
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
