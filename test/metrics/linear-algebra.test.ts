import test from 'ava';
import {
  frechetDistance,
  identity,
  multiply,
  symmetricEigen,
  symmetricSquareRoot,
} from '../../metrics/linear-algebra.ts';
import { createRandom } from '../../src/random.ts';

function randomSymmetric(n: number, seed: number): Float64Array {
  const random = createRandom(seed);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      matrix[i * n + j] = random.normal();
      matrix[j * n + i] = matrix[i * n + j]!;
    }
  }
  return matrix;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

test('eigenvalues of matrices that have closed forms', (t) => {
  t.true(largestDifference(symmetricEigen(Float64Array.of(2, 1, 1, 2), 2).values, [1, 3]) < 1e-14);
  t.deepEqual([...symmetricEigen(Float64Array.of(7), 1).values], [7]);
  // The second difference on n points: 2 − 2cos(kπ/(n+1)).
  const n = 40;
  const laplacian = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    laplacian[i * n + i] = 2;
    if (i > 0) laplacian[i * n + i - 1] = -1;
    if (i < n - 1) laplacian[i * n + i + 1] = -1;
  }
  const expected = Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)));
  t.true(largestDifference(symmetricEigen(laplacian, n).values, expected) < 1e-13);
});

test('every vector is an eigenvector, and they are orthonormal', (t) => {
  for (const n of [1, 2, 3, 8, 33, 100]) {
    const matrix = randomSymmetric(n, n);
    const { values, vectors } = symmetricEigen(matrix, n);
    for (let k = 0; k < n; k++) {
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += matrix[i * n + j]! * vectors[k * n + j]!;
        if (Math.abs(sum - values[k]! * vectors[k * n + i]!) > 1e-11) t.fail(`${n}: vector ${k}`);
      }
      if (k > 0) t.true(values[k]! >= values[k - 1]!);
    }
    const transposed = vectors.map((_, i) => vectors[(i % n) * n + Math.floor(i / n)]!);
    t.true(largestDifference(multiply(vectors, transposed, n), identity(n)) < 1e-12);
  }
});

test('rank-deficient, zero and diagonal matrices converge', (t) => {
  const n = 30;
  const rankOne = Float64Array.from({ length: n * n }, (_, i) => (Math.floor(i / n) + 1) * ((i % n) + 1));
  const square = (n * (n + 1) * (2 * n + 1)) / 6;
  const { values } = symmetricEigen(rankOne, n);
  t.true(Math.abs(values[n - 1]! - square) < 1e-9 * square);
  t.true(values.slice(0, n - 1).every((value) => Math.abs(value) < 1e-9 * square));
  t.deepEqual([...symmetricEigen(new Float64Array(9), 3).values], [0, 0, 0]);
  t.deepEqual([...symmetricEigen(Float64Array.of(3, 0, 0, 0, 1, 0, 0, 0, 2), 3).values], [1, 2, 3]);
});

test('what is not a number is an error, not an endless loop', (t) => {
  t.throws(() => symmetricEigen(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2), { message: /2×2/ });
});

test('the square root squares to the matrix', (t) => {
  const n = 12;
  const factor = randomSymmetric(n, 3);
  const positive = multiply(factor, factor, n);
  const root = symmetricSquareRoot(positive, n);
  t.true(largestDifference(multiply(root, root, n), positive) < 1e-11);
});

/** BBᵀ of B [n,k] with B_ij = sin(a·p²), p = ik + j + 1. */
function product(n: number, k: number, a: number): Float64Array {
  const at = (i: number, j: number) => Math.sin(a * (i * k + j + 1) ** 2);
  return Float64Array.from({ length: n * n }, (_, cell) => {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += at(Math.floor(cell / n), j) * at(cell % n, j);
    return sum;
  });
}

test('Fréchet distances of covariances of full and of lower rank, against SciPy', (t) => {
  // scipy.linalg.sqrtm where both are regular; ‖B₁‖² + ‖B₂‖² − 2‖B₁ᵀB₂‖_* by numpy.linalg.svd, which holds for all.
  for (const [n, first, a, second, b, expected] of [
    [6, 6, 1.7, 6, 0.9, 8.398641140507138],
    [8, 12, 1.7, 9, 0.9, 22.133704511024114],
    [6, 8, 1.7, 2, 0.9, 18.19169986497144],
    [12, 3, 2.3, 4, 1.3, 29.08674078105144],
    [5, 1, 1.1, 1, 0.6, 3.455629044275562],
    [6, 6, 1.7, 0, 1, 20.15288885271269],
  ] as const) {
    const mean = new Float64Array(n);
    const [one, other] = [product(n, first, a), product(n, second, b)];
    for (const [x, y] of [
      [one, other],
      [other, one],
    ] as const) {
      const distance = frechetDistance({ mean, covariance: x }, { mean, covariance: y });
      t.true(Math.abs(distance - expected) < 1e-6, `${n}: ${distance} for ${expected}`);
    }
    for (const own of [one, other]) {
      const distance = frechetDistance({ mean, covariance: own }, { mean, covariance: own });
      t.true(distance >= 0 && distance < 1e-6, `${n}: ${distance}`);
    }
  }
});

test('between two points the Fréchet distance is the squared distance of means', (t) => {
  const covariance = new Float64Array(9);
  const distance = frechetDistance(
    { mean: Float64Array.of(0, 0, 0), covariance },
    { mean: Float64Array.of(1, 2, -2), covariance },
  );
  t.is(distance, 9);
  t.is(
    frechetDistance(
      { mean: Float64Array.of(5, 5, 5), covariance },
      { mean: Float64Array.of(5, 5, 5), covariance },
    ),
    0,
  );
});

test('Fréchet distances', (t) => {
  const unit = { mean: Float64Array.of(0, 0), covariance: identity(2) };
  const wide = { mean: Float64Array.of(1, 1), covariance: Float64Array.of(4, 0, 0, 4) };
  t.true(Math.abs(frechetDistance(unit, wide) - 4) < 1e-12);
  t.true(frechetDistance(wide, wide) < 1e-12);
  // Covariances that do not commute: tr (AB)^½ = √(tr AB + 2√det AB) for 2×2.
  const a = Float64Array.of(3, 1, 1, 2);
  const b = Float64Array.of(1, -0.5, -0.5, 4);
  const traceOfProduct = 3 * 1 + 1 * -0.5 + 1 * -0.5 + 2 * 4;
  const root = Math.sqrt(traceOfProduct + 2 * Math.sqrt((3 * 2 - 1) * (1 * 4 - 0.25)));
  const zero = Float64Array.of(0, 0);
  const distance = frechetDistance({ mean: zero, covariance: a }, { mean: zero, covariance: b });
  t.true(Math.abs(distance - (5 + 5 - 2 * root)) < 1e-12);
  // By SciPy's general matrix square root.
  const three = frechetDistance(
    { mean: new Float64Array(3), covariance: Float64Array.of(4, 1, 0.5, 1, 3, -0.4, 0.5, -0.4, 2) },
    {
      mean: Float64Array.of(1, -2, 0.5),
      covariance: Float64Array.of(1, -0.3, 0.2, -0.3, 2, 0.6, 0.2, 0.6, 5),
    },
  );
  t.true(Math.abs(three - 7.531080266937559) < 1e-9);
});
