import test from 'ava';
import { createPairHistory } from '../../src/optimizers/pair-history.ts';

type Matrix = number[][];

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, ai, i) => sum + ai * b[i]!, 0);

/**
 * The inverse Hessian of BFGS as a matrix (Nocedal & Wright, eq. 6.17): H ← (I − ρsyᵀ)H(I − ρysᵀ) + ρssᵀ for each
 * pair, oldest first, from H₀ = γI with γ = sᵀy / yᵀy of the newest (eq. 7.20).
 */
function denseInverseHessian(pairs: readonly { s: number[]; y: number[] }[]): Matrix {
  const n = pairs[0]!.s.length;
  const { s, y } = pairs.at(-1)!;
  const gamma = dot(s, y) / dot(y, y);
  let h: Matrix = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => (i === j ? gamma : 0)),
  );
  for (const { s, y } of pairs) {
    const rho = 1 / dot(s, y);
    const left: Matrix = h.map((_, i) => h.map((_, j) => (i === j ? 1 : 0) - rho * s[i]! * y[j]!));
    const product = (a: Matrix, b: Matrix): Matrix =>
      a.map((row) => b[0]!.map((_, j) => row.reduce((sum, aik, k) => sum + aik * b[k]![j]!, 0)));
    const right = left[0]!.map((_, i) => left.map((row) => row[i]!));
    h = product(product(left, h), right).map((row, i) => row.map((v, j) => v + rho * s[i]! * s[j]!));
  }
  return h;
}

/** Pairs of a quadratic with a full Hessian, rounded to float32, so that curvature is positive. */
function samplePairs(n: number, count: number) {
  const hessian = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => (i === j ? 2 + i : 0.3 * Math.cos(i * j))),
  );
  return Array.from({ length: count }, (_, k) => {
    const s = Array.from({ length: n }, (_, i) => Math.fround(Math.sin(1.7 * k + 2.3 * i + 0.2)));
    return { s, y: hessian.map((row) => Math.fround(dot(row, s))) };
  });
}

function push(history: ReturnType<typeof createPairHistory>, { s, y }: { s: number[]; y: number[] }) {
  const zero = new Float32Array(s.length);
  return history.push(Float32Array.from(s), zero, Float32Array.from(y), zero);
}

for (const [capacity, pushed] of [
  [1, 1],
  [5, 3],
  [3, 3],
  [3, 8],
] as const) {
  test(`${pushed} pairs in a history of ${capacity}: the two-loop recursion equals the dense BFGS matrix`, (t) => {
    const n = 7;
    const pairs = samplePairs(n, pushed);
    const history = createPairHistory(capacity, n);
    for (const pair of pairs) t.true(push(history, pair));
    const gradient = Array.from({ length: n }, (_, i) => Math.fround(Math.cos(3.1 * i)));
    const d = new Float32Array(n);
    history.descend(d, Float32Array.from(gradient), new Int32Array(0), 0);
    const wanted = denseInverseHessian(pairs.slice(-capacity)).map((row) => -dot(row, gradient));
    for (const [i, value] of wanted.entries())
      t.true(Math.abs(d[i]! - value) < 2e-6, `${i}: ${d[i]}, ${value}`);
  });
}

test('with entries held, the free ones move by the BFGS matrix of their own parts of the pairs', (t) => {
  const n = 9;
  const held = [1, 4, 8];
  const pairs = samplePairs(n, 4);
  const history = createPairHistory(4, n);
  for (const pair of pairs) push(history, pair);
  const gradient = Array.from({ length: n }, (_, i) => Math.fround(Math.cos(3.1 * i)));
  const d = new Float32Array(n);
  // Room for more entries than are listed: only the first three are read.
  history.descend(d, Float32Array.from(gradient), Int32Array.from([...held, 0, 0]), held.length);

  const free = Array.from({ length: n }, (_, i) => i).filter((i) => !held.includes(i));
  const part = (v: number[]) => free.map((i) => v[i]!);
  const restricted = pairs.map(({ s, y }) => ({ s: part(s), y: part(y) }));
  const wanted = denseInverseHessian(restricted).map((row) => -dot(row, part(gradient)));
  for (const [k, i] of free.entries())
    t.true(Math.abs(d[i]! - wanted[k]!) < 2e-6, `${i}: ${d[i]}, ${wanted[k]}`);
  const { s, y } = restricted.at(-1)!;
  for (const i of held) t.true(Math.abs(d[i]! + (dot(s, y) / dot(y, y)) * gradient[i]!) < 1e-6);
});

test('a pair without curvature is not kept and harms none of those held', (t) => {
  const n = 5;
  const pairs = samplePairs(n, 3);
  const [history, untouched] = [createPairHistory(3, n), createPairHistory(3, n)];
  for (const pair of pairs) {
    push(history, pair);
    push(untouched, pair);
  }
  t.false(push(history, { s: [1, 0, 0, 0, 0], y: [-1, 0, 0, 0, 0] }));
  t.false(push(history, { s: [1, 0, 0, 0, 0], y: [0, 1, 0, 0, 0] }));
  t.false(push(history, { s: [0, 0, 0, 0, 0], y: [0, 1, 0, 0, 0] }));
  t.deepEqual(history.state(), untouched.state());
});

test('without pairs the direction is the negative gradient', (t) => {
  const d = new Float32Array(3);
  createPairHistory(4, 3).descend(d, Float32Array.of(1, -2, 3), Int32Array.of(1), 1);
  t.deepEqual(d, Float32Array.of(-1, 2, -3));
});
