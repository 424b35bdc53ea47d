import test from 'ava';
import { createVectors, dot, type Sums, type Vectors } from '../../src/optimizers/vectors.ts';

/** Lengths around the width of a vector instruction, and one that spans many. */
const lengths = [1, 2, 3, 4, 5, 7, 8, 63, 1001];

/** `count` vectors of varied values, some at and beyond the bounds, and the room they are in. */
function sample(n: number, count: number): { vectors: Vectors; made: Float32Array[] } {
  // One more, for a mask.
  const vectors = createVectors(n, count + 1);
  const made = Array.from({ length: count }, (_, k) => {
    const vector = vectors.allocate();
    for (let i = 0; i < n; i++) vector[i] = Math.sin(1.3 * i * i + 2.7 * k) * (k + 1) * 0.4 + 0.3;
    return vector;
  });
  return { vectors, made };
}

const sum = (n: number, term: (i: number) => number) => {
  let total = 0;
  for (let i = 0; i < n; i++) total += term(i);
  return total;
};

for (const n of lengths) {
  test(`length ${n}: every pass equals its loop`, (t) => {
    const { vectors, made } = sample(n, 8);
    const [a, b, c, d, e, f, out, other] = made as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const near = (found: number, wanted: number, what: string, tolerance = 1e-12) =>
      t.true(Math.abs(found - wanted) <= tolerance * (n + Math.abs(wanted)), `${what}: ${found}, ${wanted}`);

    // Products of float32 are exact in float64: only the order of the additions may differ.
    near(
      vectors.dot(a, b),
      sum(n, (i) => a[i]! * b[i]!),
      'dot',
    );
    near(
      dot(a, b),
      sum(n, (i) => a[i]! * b[i]!),
      'dot of any arrays',
    );

    const mask = vectors.allocate();
    vectors.markFree(mask, e, f, true, 0.1);
    const free = (i: number) =>
      !((e[i]! <= Math.fround(0.1) && f[i]! > 0) || (e[i]! >= Math.fround(0.9) && f[i]! < 0));
    near(
      vectors.dotWhere(a, b, mask),
      sum(n, (i) => (free(i) ? a[i]! * b[i]! : 0)),
      'dotWhere',
    );

    const alpha = Math.fround(-0.7);
    const added = a.map((x, i) => (free(i) ? Math.fround(x + Math.fround(alpha * b[i]!)) : 0));
    near(
      vectors.addAndDot(a, b, alpha, c, mask),
      sum(n, (i) => added[i]! * c[i]!),
      'addAndDot',
    );
    t.deepEqual([...a], [...added]);

    const copied = b.map((x, i) => (free(i) ? x : 0));
    near(
      vectors.copyAndDot(out, b, c, mask),
      sum(n, (i) => copied[i]! * c[i]!),
      'copyAndDot',
    );
    t.deepEqual([...out], [...copied]);

    const combined = b.map((x, i) =>
      free(i) ? Math.fround(Math.fround(2 * x) + Math.fround(alpha * c[i]!)) : Math.fround(-3 * d[i]!),
    );
    vectors.combine(b, 2, c, alpha, d, -3, mask);
    t.deepEqual([...b], [...combined]);

    const pair = vectors.differences(out, other, a, b, c, d);
    t.deepEqual([...out], [...a.map((x, i) => x - b[i]!)]);
    t.deepEqual([...other], [...c.map((x, i) => x - d[i]!)]);
    near(
      pair.ss,
      sum(n, (i) => out[i]! ** 2),
      'ss',
    );
    near(
      pair.sy,
      sum(n, (i) => out[i]! * other[i]!),
      'sy',
    );
    near(
      pair.yy,
      sum(n, (i) => other[i]! ** 2),
      'yy',
    );

    for (const bounded of [false, true]) {
      for (let i = 0; i < n; i++) e[i] = bounded ? Math.min(1, Math.max(0, f[i]!)) : f[i]!;
      const sums: Sums = { promised: 0, slope: 0, squared: 0 };
      vectors.stepInto(out, e, Math.fround(0.3), c, d, bounded, sums);
      const moved = e.map((x, i) => {
        const free = Math.fround(x + Math.fround(Math.fround(0.3) * c[i]!));
        return bounded ? Math.min(1, Math.max(0, free)) : free;
      });
      t.deepEqual([...out], [...moved]);
      const stands = (i: number) => bounded && ((e[i]! <= 0 && c[i]! <= 0) || (e[i]! >= 1 && c[i]! >= 0));
      const slope = sum(n, (i) => (stands(i) ? 0 : d[i]! * c[i]!));
      near(
        sums.promised,
        sum(n, (i) => d[i]! * Math.fround(moved[i]! - e[i]!)),
        'promised',
      );
      near(sums.slope, slope, 'slope of a step');
      sums.slope = 0;
      vectors.slopeAlong(d, c, e, bounded, sums);
      near(sums.slope, slope, 'slope');
      near(
        sums.squared,
        sum(n, (i) => d[i]! ** 2),
        'squared',
      );
    }
  });
}

test('a NaN or an infinity anywhere shows in the squared sum', (t) => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    for (let i = 0; i < 9; i++) {
      const vectors = createVectors(9, 3);
      const [g, d, x] = [vectors.allocate(), vectors.allocate(), vectors.allocate()];
      g.fill(1);
      g[i] = bad;
      const sums: Sums = { promised: 0, slope: 0, squared: 0 };
      vectors.slopeAlong(g, d, x, true, sums);
      t.false(Number.isFinite(sums.squared));
    }
  }
});

test('without bounds every entry is free', (t) => {
  const { vectors, made } = sample(6, 2);
  const mask = vectors.allocate();
  vectors.markFree(mask, made[0]!, made[1]!, false, 1e-5);
  t.is(vectors.dotWhere(made[0]!, made[1]!, mask), vectors.dot(made[0]!, made[1]!));
});

test('vectors do not overlap, and there are no more than were asked for', (t) => {
  const vectors = createVectors(5, 3);
  const made = [vectors.allocate(), vectors.allocate(), vectors.allocate()];
  for (const [k, vector] of made.entries()) vector.fill(k + 1);
  t.deepEqual(
    made.map((vector) => [...vector]),
    [1, 2, 3].map((value) => new Array(5).fill(value)),
  );
  t.throws(() => vectors.allocate());
});
