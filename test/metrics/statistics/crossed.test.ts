import test from 'ava';
import {
  type Crossed,
  crossedDifference,
  crossedInterval,
  crossedMean,
  crossedRanks,
  varianceComponents,
} from '../../../metrics/statistics/crossed.ts';
import { createRandom } from '../../../src/random.ts';

/** A table of μ + a_i + b_j + e_ij with normal effects. */
function drawn(
  seed: number,
  [I, J]: readonly [number, number],
  [a, b, e]: readonly [number, number, number],
  mean = 0,
): Crossed {
  const random = createRandom(seed);
  const rows = Array.from({ length: I }, () => a * random.normal());
  const columns = Array.from({ length: J }, () => b * random.normal());
  return rows.map((row) => columns.map((column) => mean + row + column + e * random.normal()));
}

test('the standard error is that of the analysis of variance, worked by hand', (t) => {
  // Means of rows 2 and 6, of columns 3, 4 and 5; residuals ±1: MS_a = 3·(4+4)/1 = 24, MS_b = 2·(1+0+1)/2 = 2,
  // and residuals of (1, −1, 0; −1, 1, 0) give MS_e = 4/2 = 2.
  const table = [
    [1 + 1, 2 - 1, 3],
    [5 - 1, 6 + 1, 7],
  ];
  const { estimate, error, df } = crossedMean(table);
  t.is(estimate, 4);
  // (24 + 2 − 2)/6 = 4; 24²/(24²/1 + 2²/2 + 2²/2) is .993, and no t has less than one degree of freedom.
  t.true(Math.abs(error - 2) < 1e-12);
  t.is(df, 1);
});

test('intervals hold the mean of other contents and styles about as often as they say', (t) => {
  let held = 0;
  const trials = 600;
  for (let seed = 0; seed < trials; seed++) {
    const { low, high } = crossedInterval(drawn(seed, [6, 12], [1, 1.5, 0.7], 3));
    if (low <= 3 && 3 <= high) held++;
  }
  t.true(held / trials > 0.92 && held / trials < 0.985, `${held} of ${trials}`);
});

test('an interval that takes pairs for independent would not: the crossed one is the wider', (t) => {
  const table = drawn(4, [6, 12], [1, 1.5, 0.1]);
  const all = table.flat();
  const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
  const naive = Math.sqrt(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (all.length - 1) / all.length);
  t.true(crossedMean(table).error > 2 * naive);
});

test('of two methods without a difference few are called different, and a large difference is found', (t) => {
  let found = 0;
  const trials = 500;
  for (let seed = 0; seed < trials; seed++) {
    const a = drawn(seed, [6, 12], [1, 1, 0.5]);
    const b = drawn(seed + 10_000, [6, 12], [1, 1, 0.5]);
    if (crossedDifference(a, b).p < 0.05) found++;
  }
  t.true(found / trials < 0.08 && found > 0, `${found} of ${trials}`);
  const table = drawn(1, [6, 12], [1, 1, 0.5]);
  const above = table.map((row, i) => row.map((x, j) => x + 1 + 0.1 * Math.sin(7 * i + 3 * j)));
  t.true(crossedDifference(above, table).p < 1e-6);
  t.is(crossedDifference(table, table).p, 1);
});

test('intervals keep inside the range, and a table of one value has none', (t) => {
  const shares = drawn(3, [3, 4], [0.1, 0.1, 0.05], 0.93).map((row) => row.map((x) => Math.min(0.999, x)));
  const { high, low } = crossedInterval(shares, { range: [0, 1] });
  t.true(high < 1 && low > 0);
  t.like(
    crossedInterval([
      [2, 2],
      [2, 2],
    ]),
    { estimate: 2, low: 2, high: 2, error: 0 },
  );
  t.throws(() => crossedMean([[1, 2]]), { instanceOf: RangeError });
});

test('ranks: clear orders have no width, ties share a rank, and direction counts', (t) => {
  const base = drawn(9, [4, 5], [1, 1, 0.01]);
  const tables = [2, 0, 1].map((shift) => base.map((row) => row.map((x) => x + 10 * shift)));
  const up = crossedRanks(tables, 'higher');
  t.deepEqual(
    up.map(({ rank }) => rank),
    [1, 3, 2],
  );
  t.true(up.every(({ rank, low, high }) => low === rank && high === rank));
  t.deepEqual(
    crossedRanks(tables, 'lower').map(({ rank }) => rank),
    [3, 1, 2],
  );
  t.deepEqual(
    crossedRanks([base, base], 'lower').map(({ rank }) => rank),
    [1.5, 1.5],
  );
  const near = [base, drawn(10, [4, 5], [1, 1, 0.01])];
  t.true(crossedRanks(near, 'higher').some(({ low, high }) => high > low));
});

test('variance components of a simulation with known ones come out', (t) => {
  const truth = { method: 4, content: 1, style: 9, mc: 0.25, ms: 2.25, cs: 1, rest: 0.16 };
  const sums = { method: 0, content: 0, style: 0, mc: 0, ms: 0, cs: 0, rest: 0 };
  const runs = 120;
  const [M, C, S] = [12, 6, 12];
  for (let seed = 0; seed < runs; seed++) {
    const random = createRandom(seed, 'components');
    const of = (n: number, variance: number) =>
      Array.from({ length: n }, () => Math.sqrt(variance) * random.normal());
    const [m, c, s] = [of(M, truth.method), of(C, truth.content), of(S, truth.style)];
    const [mc, ms, cs] = [of(M * C, truth.mc), of(M * S, truth.ms), of(C * S, truth.cs)];
    const tables = m.map((method, i) =>
      c.map((content, j) =>
        s.map(
          (style, k) =>
            method +
            content +
            style +
            mc[i * C + j]! +
            ms[i * S + k]! +
            cs[j * S + k]! +
            Math.sqrt(truth.rest) * random.normal(),
        ),
      ),
    );
    const found = varianceComponents(tables);
    sums.method += found.method / runs;
    sums.content += found.content / runs;
    sums.style += found.style / runs;
    sums.mc += found['method × content'] / runs;
    sums.ms += found['method × style'] / runs;
    sums.cs += found['content × style'] / runs;
    sums.rest += found.rest / runs;
  }
  for (const key of Object.keys(truth) as (keyof typeof truth)[])
    t.true(Math.abs(sums[key] - truth[key]) < 0.2 * truth[key], `${key}: ${sums[key]} for ${truth[key]}`);
});

test('an effect that is alone takes all of the variance', (t) => {
  const found = varianceComponents([0, 1, 2].map((k) => [0, 1].map(() => [0, 1, 2].map(() => k))));
  t.true(Math.abs(found.method - 1) < 1e-12);
  t.true(Object.entries(found).every(([key, value]) => key === 'method' || value < 1e-12));
});
