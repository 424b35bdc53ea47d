import test from 'ava';
import {
  betaQuantile,
  chiSquaredUpper,
  normalCdf,
  normalQuantile,
  normalUpper,
  studentCdf,
  studentizedRangeCdf,
  studentizedRangeQuantile,
  studentQuantile,
} from '../../../metrics/statistics/distributions.ts';
import { logGamma } from '../../../metrics/statistics/special.ts';

function near(
  t: { true(value: boolean, message?: string): void },
  actual: number,
  expected: number,
  relative = 1e-10,
) {
  t.true(Math.abs(actual - expected) <= relative * Math.abs(expected), `${actual} is not ${expected}`);
}

// Reference values computed with SciPy 1.x.
test('normal distribution', (t) => {
  near(t, normalCdf(-1.5), 0.06680720126885807);
  near(t, normalUpper(6), 9.865876450376946e-10);
  near(t, normalQuantile(0.975), 1.959963984540054);
  near(t, normalQuantile(1e-6), -4.753424308822899);
  t.is(normalCdf(0), 0.5);
});

test('Student distribution', (t) => {
  near(t, studentCdf(2.1, 5), 0.9551233750577006);
  near(t, studentCdf(-3, 2.5), 0.036288047774515914);
  near(t, studentQuantile(0.975, 14), 2.144786687917804);
  near(t, studentQuantile(0.975, 1), 12.706204736174694);
});

test('χ², F, beta and ln Γ', (t) => {
  near(t, chiSquaredUpper(8.468354, 6), 0.2057580225181789);
  near(t, chiSquaredUpper(3, 2.5), 1 - 0.6941503705541809);
  near(t, betaQuantile(0.025, 60, 41), 0.4972091504223347);
  near(t, logGamma(0.3), 1.0957979948180752);
  near(t, logGamma(50.5), 146.5192554907206);
});

test('studentised range', (t) => {
  near(t, studentizedRangeCdf(3.5, 3, 10), 0.9228966891615896, 1e-7);
  near(t, studentizedRangeCdf(3.5, 4, 20), 0.9050415494536981, 1e-7);
  near(t, studentizedRangeCdf(2.5, 5), 0.6074572367587359, 1e-7);
  near(t, studentizedRangeQuantile(0.95, 3, 10), 3.876776750013158, 1e-6);
});

test('Nemenyi: studentised range quantiles over √2', (t) => {
  const table = { 2: 1.959964, 3: 2.343701, 4: 2.569032, 5: 2.727774, 10: 3.163684 };
  for (const [k, q] of Object.entries(table)) {
    near(t, studentizedRangeQuantile(0.95, Number(k)) / Math.SQRT2, q, 3e-7);
  }
});
