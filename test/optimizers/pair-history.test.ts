import test from 'ava';
import { createPairHistory, vectorsOf } from '../../src/optimizers/pair-history.ts';
import { createVectors, type Vectors } from '../../src/optimizers/vectors.ts';

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

/** A history of n-vectors worked with plain numbers. */
function plainHistory(capacity: number, n: number) {
  const vectors: Vectors = createVectors(n, vectorsOf(capacity) + 7);
  const history = createPairHistory(capacity, vectors);
  const [x1, x0, g1, g0, d, g, free] = Array.from({ length: 7 }, () => vectors.allocate());
  return {
    history,
    push({ s, y }: { s: number[]; y: number[] }): boolean {
      x1!.set(s);
      g1!.set(y);
      return history.push(x1!, x0!, g1!, g0!);
    },
    descend(gradient: number[], held: number[] = []): Float32Array {
      // An entry is held by a bound it lies at, its gradient pushing outward.
      for (const i of held) {
        x1![i] = gradient[i]! > 0 ? 0 : 1;
      }
      for (let i = 0; i < n; i++) if (!held.includes(i)) x1![i] = 0.5;
      g!.set(gradient);
      vectors.markFree(free!, x1!, g!, true, 1e-5);
      history.descend(d!, g!, free!);
      return d!;
    },
  };
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
    const { push, descend } = plainHistory(capacity, n);
    for (const pair of pairs) t.true(push(pair));
    const gradient = Array.from({ length: n }, (_, i) => Math.fround(Math.cos(3.1 * i)));
    const d = descend(gradient);
    const wanted = denseInverseHessian(pairs.slice(-capacity)).map((row) => -dot(row, gradient));
    for (const [i, value] of wanted.entries())
      t.true(Math.abs(d[i]! - value) < 2e-6, `${i}: ${d[i]}, ${value}`);
  });
}

test('with entries held, the free ones move by the BFGS matrix of their own parts of the pairs', (t) => {
  const n = 9;
  const held = [1, 4, 8];
  const pairs = samplePairs(n, 4);
  const { push, descend } = plainHistory(4, n);
  for (const pair of pairs) push(pair);
  const gradient = Array.from({ length: n }, (_, i) => Math.fround(Math.cos(3.1 * i)));
  const d = descend(gradient, held);

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
  const [one, untouched] = [plainHistory(3, n), plainHistory(3, n)];
  for (const pair of pairs) {
    one.push(pair);
    untouched.push(pair);
  }
  t.false(one.push({ s: [1, 0, 0, 0, 0], y: [-1, 0, 0, 0, 0] }));
  t.false(one.push({ s: [1, 0, 0, 0, 0], y: [0, 1, 0, 0, 0] }));
  t.false(one.push({ s: [0, 0, 0, 0, 0], y: [0, 1, 0, 0, 0] }));
  t.deepEqual(one.history.state(), untouched.history.state());
});

test('without pairs the direction is the negative gradient', (t) => {
  t.deepEqual([...plainHistory(4, 3).descend([1, -2, 3], [1])], [-1, 2, -3]);
});
