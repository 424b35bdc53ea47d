import test from 'ava';
import fc from 'fast-check';
import {
  differenceRange,
  nonNegative,
  type Range,
  scaleFor,
  signedUnit,
  unbounded,
  unitRange,
  withinRange,
} from '../../../metrics/range.ts';
import { studentQuantile } from '../../../metrics/statistics/distributions.ts';
import { intervalOfMean } from '../../../metrics/statistics/mean-interval.ts';
import { createRandom } from '../../../src/random.ts';

function near(
  t: { true(value: boolean, message?: string): void },
  actual: number,
  expected: number,
  tolerance: number,
) {
  t.true(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
}

const ten = [9.6, 10.4, 13.0, 15.0, 16.6, 17.2, 17.3, 21.8, 24.0, 33.8];

// A million resamples in NumPy, with its own generator.
test('the symmetric bootstrap-t agrees with an independent one on each scale', (t) => {
  const plain = intervalOfMean(ten, { resamples: 40_000 });
  near(t, plain.low, 11.854, 0.12);
  near(t, plain.high, 23.886, 0.12);
  const positive = intervalOfMean(ten, { range: nonNegative, resamples: 40_000 });
  near(t, positive.low, 13.002, 0.1);
  near(t, positive.high, 24.56, 0.15);
  const shares = [0.1, 0.2, 0.15, 0.9, 0.3, 0.25, 0.5, 0.05];
  const share = intervalOfMean(shares, { range: unitRange, resamples: 40_000 });
  near(t, share.low, 0.083, 0.01);
  near(t, share.high, 0.683, 0.02);
  t.is(share.method, 'bootstrap-t');
});

test('below six values it is Student’s at half the error', (t) => {
  const plain = intervalOfMean([3, 4, 9]);
  t.is(plain.method, 't');
  near(t, plain.low, -6.1833029547677, 1e-9);
  near(t, plain.high, 16.849969621434365, 1e-9);
  const positive = intervalOfMean([3, 4, 9], { range: nonNegative });
  near(t, positive.low, 0.6154553550405515, 1e-9);
  near(t, positive.high, 46.216909498773106, 1e-9);
});

test('from six values on it is never narrower than Student’s', (t) => {
  const random = createRandom(3);
  for (let n = 6; n < 14; n++) {
    const values = Array.from({ length: n }, () => random.normal());
    const { low, high } = intervalOfMean(values, { resamples: 200 });
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
    t.true((high - low) / 2 >= (studentQuantile(0.975, n - 1) * deviation) / Math.sqrt(n) - 1e-12);
  }
});

test('values that agree but for rounding have no interval', (t) => {
  const alike = [1.1 - 1, 1.2 - 1.1, 1.3 - 1.2, 1.4 - 1.3, 1.5 - 1.4];
  t.is(intervalOfMean(alike).method, 'alike');
  t.is(intervalOfMean([0, 0, 0, 0, 0, 0], { range: unitRange }).method, 'alike');
  t.is(intervalOfMean([1, 1, 1], { range: signedUnit }).method, 'alike');
  t.is(intervalOfMean([1e-11, 3e-11], { magnitude: 1 }).method, 'alike');
  t.is(intervalOfMean([1e-11, 3e-11]).method, 't');
  t.throws(() => intervalOfMean([1]), { instanceOf: RangeError });
});

const ranges: Record<string, Range> = {
  share: unitRange,
  distance: nonNegative,
  correlation: signedUnit,
  'difference of shares': differenceRange(unitRange),
  'difference of correlations': differenceRange(signedUnit),
  'at most 0': [Number.NEGATIVE_INFINITY, 0],
};

for (const [name, range] of Object.entries(ranges)) {
  test(`no interval leaves its range: ${name}`, (t) => {
    const [least, most] = range;
    const value = fc.double({
      min: Math.max(least, -1e9),
      max: Math.min(most, 1e9),
      noNaN: true,
    });
    t.notThrows(() =>
      fc.assert(
        fc.property(
          // Ends of the range, where it is most likely to be left, come often.
          fc.array(fc.oneof(value, fc.constantFrom(Math.max(least, -1e3), Math.min(most, 1e3))), {
            minLength: 2,
            maxLength: 12,
          }),
          (values) => {
            const { estimate, low, high } = intervalOfMean(values, { range, resamples: 40 });
            return least <= low && low <= estimate && estimate <= high && high <= most;
          },
        ),
        { numRuns: 300 },
      ),
    );
  });
}

test('scales and their inverses and slopes agree', (t) => {
  for (const range of [...Object.values(ranges), unbounded]) {
    const { to, from, slope } = scaleFor(range);
    const middle = Number.isFinite(range[0] + range[1]) ? (range[0] + range[1]) / 2 : 0;
    for (const step of [0.03, 0.2, 0.41]) {
      const value = range[1] === 0 ? -step : middle + step * Math.min(1, range[1] - middle);
      near(t, from(to(value)), value, 1e-12);
      const h = 1e-6;
      near(t, (to(value + h) - to(value - h)) / (2 * h) / slope(value), 1, 1e-6);
    }
  }
  t.is(withinRange(1.00003, unitRange), 1, 'rounding of single precision');
  t.is(withinRange(1.03, unitRange), undefined);
});

/** Share of intervals that hold the truth, over samples of `n`; light: the whole study is `neckar bench --intervals`. */
function coverage(n: number, draw: () => number, truth: number, range: Range): number {
  let held = 0;
  for (let i = 0; i < 400; i++) {
    const { low, high, method } = intervalOfMean(Array.from({ length: n }, draw), { range, resamples: 250 });
    if (method === 'alike' || (low <= truth && truth <= high)) held++;
  }
  return held / 400;
}

test('intervals hold the truth about as often as they say, few values and skewed ones too', (t) => {
  const random = createRandom(11);
  const normal = () => random.normal();
  const skewed = () => Math.exp(0.5 * random.normal());
  const share = () => 1 / (1 + Math.exp(-1.5 - random.normal()));
  // The mean of that share, by integration over the normal's quantiles in SciPy.
  const shareMean = 0.77853;
  for (const n of [2, 3, 5, 6, 8, 12]) {
    // Three standard errors below 0.95, and below 0.93 for what is skewed.
    t.true(coverage(n, normal, 0, unbounded) >= 0.917, `normal, ${n}`);
    t.true(coverage(n, skewed, Math.exp(0.125), nonNegative) >= 0.892, `skewed, ${n}`);
    t.true(coverage(n, share, shareMean, unitRange) >= 0.892, `share, ${n}`);
  }
});
