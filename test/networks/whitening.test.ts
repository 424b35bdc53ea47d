import test from 'ava';
import { colored, colorOf, whitened } from '../../src/networks/whitening.ts';
import { createRandom } from '../../src/random.ts';
import { tf } from '../../src/tensor.ts';

test.before(() => tf.setBackend('cpu'));

type Matrix = number[][];

/** Eigenvalues and eigenvectors (in columns) of a symmetric matrix: Jacobi's rotations, in double precision. */
function eigen(matrix: Matrix): { values: number[]; vectors: Matrix } {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const v: Matrix = a.map((_, i) => a.map((__, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 30; sweep++)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p]![q]!) < 1e-300) continue;
        const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!);
        const tangent = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const cosine = 1 / Math.hypot(tangent, 1);
        const sine = tangent * cosine;
        const turn = (m: Matrix, i: number, rows: boolean) => {
          const [x, y] = rows ? [m[p]![i]!, m[q]![i]!] : [m[i]![p]!, m[i]![q]!];
          const [first, second] = [cosine * x - sine * y, sine * x + cosine * y];
          if (rows) [m[p]![i], m[q]![i]] = [first, second];
          else [m[i]![p], m[i]![q]] = [first, second];
        };
        for (let i = 0; i < n; i++) turn(a, i, false);
        for (let i = 0; i < n; i++) turn(a, i, true);
        for (let i = 0; i < n; i++) turn(v, i, false);
      }
  return { values: a.map((row, i) => row[i]!), vectors: v };
}

const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)));
const transposed = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));

function centered(rows: Matrix): { rows: Matrix; mean: number[] } {
  const mean = rows[0]!.map((_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length);
  return { mean, rows: rows.map((row) => row.map((x, j) => x - mean[j]!)) };
}

const covariance = (rows: Matrix): Matrix =>
  times(transposed(rows), rows).map((row) => row.map((x) => x / (rows.length - 1)));

/** A function of a symmetric matrix; eigenvalues below 1e-5 count as none, as in irasin/Pytorch_WCT. */
function ofMatrix(matrix: Matrix, f: (eigenvalue: number) => number): Matrix {
  const { values, vectors } = eigen(matrix);
  const scaled = vectors.map((row) => row.map((x, j) => (values[j]! < 1e-5 ? 0 : x * f(values[j]!))));
  return times(scaled, transposed(vectors));
}

/** Li et al. 2017, eq. 1 and 2, by eigen-decomposition. */
function reference(content: Matrix, style: Matrix): Matrix {
  const [own, theirs] = [centered(content), centered(style)];
  const white = times(
    own.rows,
    ofMatrix(covariance(own.rows), (x) => x ** -0.5),
  );
  const root = ofMatrix(covariance(theirs.rows), Math.sqrt);
  return times(white, root).map((row) => row.map((x, j) => x + theirs.mean[j]!));
}

/** Rows whose directions have deviations from 1 down to `least`, mixed by a random rotation. */
function spread(count: number, channels: number, least: number, seed: number): Matrix {
  const random = createRandom(seed, 'rows');
  const noise = (n: number, m: number): Matrix =>
    Array.from({ length: n }, () => Array.from({ length: m }, () => random.normal()));
  const mixing = noise(channels, channels);
  const { vectors } = eigen(times(transposed(mixing), mixing));
  const along = noise(count, channels).map((row) => row.map((x, j) => x * least ** (j / (channels - 1))));
  return times(along, transposed(vectors)).map((row) => row.map((x, j) => x + j / 4));
}

const matrix = (rows: Matrix) => tf.tensor2d(rows);
const apart = (actual: tf.Tensor, expected: Matrix): number => {
  const data = actual.dataSync();
  return Math.max(...expected.flat().map((x, i) => Math.abs(x - data[i]!)));
};

for (const [least, bound] of [
  [1, 2e-5],
  [1e-2, 1e-4],
  // Variances down to 1.6e-5, near the least that the published program keeps.
  [4e-3, 1e-4],
] as const) {
  test(`whitened and coloured as by eigen-decomposition, deviations from 1 to ${least}`, (t) => {
    const [content, style] = [spread(60, 8, least, 1), spread(45, 8, least, 2)];
    const made = tf.tidy(() => colored(matrix(content), colorOf(matrix(style))));
    const wrong = apart(made, reference(content, style));
    t.true(wrong < bound, `${wrong}`);
  });
}

test('what varies by a ten thousandth of the rest is whitened too', (t) => {
  // Variances from 100 to 1e-6, of which a single inverse root resolves those down to 1e-4.
  const { rows } = centered(spread(80, 6, 1e-4, 3).map((row) => row.map((x) => 10 * x)));
  const own = tf.tidy(() => {
    const white = whitened(matrix(rows));
    return tf.div(tf.matMul(white, white, true), rows.length - 1) as tf.Tensor2D;
  });
  const identity = rows[0]!.map((_, i) => rows[0]!.map((__, j) => (i === j ? 1 : 0)));
  t.true(apart(own, identity) < 1e-3, `${apart(own, identity)}`);
});

test('fewer positions than channels, and channels that are dead', (t) => {
  const content = spread(5, 8, 0.2, 4).map((row) => row.map((x, j) => (j === 3 ? 0 : x)));
  const style = spread(6, 8, 0.2, 5).map((row) => row.map((x, j) => (j === 1 ? 0 : x)));
  const made = tf.tidy(() => colored(matrix(content), colorOf(matrix(style))));
  const wrong = apart(made, reference(content, style));
  t.true(wrong < 5e-5, `${wrong}`);
});
