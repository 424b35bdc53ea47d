import test from 'ava';
import { frechetDistance, symmetricEigen, symmetricSquareRoot } from '../../metrics/linear-algebra.ts';
import { type BuresSpec, prepareBures } from '../../src/losses/bures.ts';
import { defaultSteps, mostSteps, squareRoot, traceOfSquareRoot } from '../../src/losses/square-root.ts';
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

// The style has another number of positions than the picture; odd and even sizes.
const context = { encoder, size: [5, 6], styleSize: [7, 4] } as const;
const current: Maps = { fine: randomMap(5, 6, 3, 1), coarse: randomMap(3, 3, 2, 2) };
const style: Maps = { fine: randomMap(7, 4, 3, 3), coarse: randomMap(4, 2, 2, 4) };
const layers = { fine: 0.3, coarse: 2 };

function spec(convention: BuresSpec['convention'], options: Partial<BuresSpec> = {}): BuresSpec {
  return {
    type: 'bures',
    name: 'bures',
    weight: 1,
    convention,
    layers,
    iterations: defaultSteps,
    ...options,
  };
}

function gaussianOf(map: FeatureMap): { mean: Float64Array; covariance: Float64Array } {
  const rows = rowsOf(map);
  const n = map.channels;
  const mean = Float64Array.from(
    { length: n },
    (_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length,
  );
  const covariance = Float64Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    return rows.reduce((sum, row) => sum + (row[i]! - mean[i]!) * (row[j]! - mean[j]!), 0) / rows.length;
  });
  return { mean, covariance };
}

for (const convention of ['squared', 'relative'] as const) {
  test(`${convention}: the value is that of an eigen-decomposition, and its gradient`, (t) => {
    const compute = (maps: Maps): number =>
      Object.entries(layers).reduce((total, [layer, weight]) => {
        const target = gaussianOf(style[layer]!);
        const n = target.mean.length;
        const energy =
          target.mean.reduce((sum, value) => sum + value ** 2, 0) +
          target.mean.reduce((sum, _, i) => sum + target.covariance[i * n + i]!, 0);
        const distance = frechetDistance(gaussianOf(maps[layer]!), target);
        return total + (weight * distance) / (convention === 'squared' ? n : energy);
      }, 0);
    const [term] = prepareBures(spec(convention), context);
    const { value, gradients } = evaluate(term!, current, style);
    // The distance is what is left of terms ten times as large.
    close(t, value, compute(current), 1e-4);
    for (const layer of Object.keys(layers)) {
      close(t, gradients[layer]!, centralDifferences(compute, current, layer), 1e-4);
    }
  });
}

test('Gaussians along the axes: ‖μ − μ_A‖² + Σ (σ − σ_A)²', (t) => {
  // Channels that are never both away from their means do not correlate.
  const map = (mean: number[], deviation: number[]): Maps => ({
    coarse: {
      height: 2,
      width: 2,
      channels: 2,
      data: [
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ].flatMap((row) => row.map((value, i) => mean[i]! + value * Math.SQRT2 * deviation[i]!)),
    },
  });
  const [term] = prepareBures(spec('squared', { layers: { coarse: 1 } }), context);
  const { value } = evaluate(term!, map([1, 2], [3, 0.5]), map([0, 4], [1, 2]));
  close(t, value, (1 + 4 + (3 - 1) ** 2 + (0.5 - 2) ** 2) / 2);
});

test('zero on the style itself, also where its features depend on one another', (t) => {
  const map = randomMap(6, 6, 3, 9);
  // The third channel is the sum of the others: a singular covariance.
  const data = map.data.map((value, i) => (i % 3 === 2 ? map.data[i - 1]! + map.data[i - 2]! : value));
  const singular: Maps = { fine: { ...map, data } };
  const [term] = prepareBures(spec('relative', { layers: { fine: 1 } }), context);
  const { value, gradients } = evaluate(term!, singular, singular);
  t.true(Math.abs(value) < 1e-5, `${value}`);
  t.true(gradients.fine!.every((g) => Math.abs(g) < 1e-5));
});

/** A symmetric matrix of given eigenvalues in a random basis, and its exact root. */
function matrixOf(eigenvalues: readonly number[]): { matrix: Float64Array; root: Float64Array } {
  const n = eigenvalues.length;
  const seed = randomMap(n, n, 1, 17).data;
  const symmetric = Float64Array.from(
    { length: n * n },
    (_, k) => seed[k]! + seed[(k % n) * n + Math.floor(k / n)]!,
  );
  const { vectors } = symmetricEigen(symmetric, n);
  const matrix = new Float64Array(n * n);
  for (const [k, value] of eigenvalues.entries()) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) matrix[i * n + j]! += value * vectors[k * n + i]! * vectors[k * n + j]!;
    }
  }
  return { matrix, root: symmetricSquareRoot(matrix, n) };
}

const spectra = [
  { name: 'well conditioned', values: [1, 0.5, 0.1, 0.03, 0.01, 0.003], worst: 1e-5 },
  { name: 'of six decades', values: [1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6], worst: 1e-3 },
  { name: 'singular', values: [1, 1, 0.2, 0, 0, 0], worst: 1e-3 },
];

for (const { name, values, worst } of spectra) {
  test(`the root of a matrix ${name} is off by at most ${worst} of the largest`, (t) => {
    const { matrix, root } = matrixOf(values);
    const n = values.length;
    const tensor = tf.tensor2d(Float32Array.from(matrix), [n, n]);
    close(t, [...squareRoot(tensor, defaultSteps).dataSync()], [...root], worst);
    const trace = traceOfSquareRoot(tensor, defaultSteps).dataSync()[0]!;
    const exact = values.reduce((sum, value) => sum + Math.sqrt(value), 0);
    t.true(Math.abs(trace - exact) <= n * worst, `${trace} for ${exact}`);
  });
}

test('the rounding of a large singular matrix does not blow up, with the most steps', (t) => {
  const values = Array.from({ length: 48 }, (_, i) => (i < 12 ? 1 / (1 + i) : 0));
  const { matrix, root } = matrixOf(values);
  const tensor = tf.tensor2d(Float32Array.from(matrix), [48, 48]);
  close(t, [...squareRoot(tensor, mostSteps).dataSync()], [...root], 1e-3);
});
