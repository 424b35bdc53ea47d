/** `neckar bench --intervals`: how often the intervals of means over few pairs hold the mean they were drawn about. */
import { setImmediate } from 'node:timers/promises';
import { nonNegative, type Range, signedUnit, unbounded, unitRange } from '../../metrics/range.ts';
import { intervalOfMean } from '../../metrics/statistics/mean-interval.ts';
import { createRandom, type Random } from '../random.ts';
import type { BenchOptions, BenchReport } from './bench.ts';
import { type BenchRow, row } from './rows.ts';

/** What pairs are drawn from: one value each. */
export interface Population {
  readonly title: string;
  readonly mean: number;
  readonly range: Range;
  /** Least coverage that is asked of all numbers of pairs; absent for what no interval of few pairs can hold. */
  readonly atLeast?: number;
  draw(random: Random): number;
}

const exponential = (random: Random) => -Math.log(1 - random.uniform());
const lognormal = (random: Random, sigma: number) => Math.exp(sigma * random.normal());
const logistic = (x: number) => 1 / (1 + Math.exp(-x));

/** ∫ f(z) φ(z) dz, by the trapezoid rule, which is exact to rounding for what falls off so fast. */
function expectation(f: (z: number) => number): number {
  const step = 1 / 64;
  let sum = 0;
  for (let z = -10; z <= 10; z += step) sum += f(z) * Math.exp((-z * z) / 2);
  return (sum * step) / Math.sqrt(2 * Math.PI);
}

/** Differences may be any number; means keep within what their quantity can be. */
export const populations: readonly Population[] = [
  { title: 'normal', mean: 0, range: unbounded, atLeast: 0.93, draw: (random) => random.normal() },
  { title: 'uniform', mean: 0.5, range: unbounded, atLeast: 0.93, draw: (random) => random.uniform() },
  {
    title: 'Laplace',
    mean: 0,
    range: unbounded,
    atLeast: 0.93,
    draw: (random) => exponential(random) - exponential(random),
  },
  {
    title: 'Student’s t with 3 degrees of freedom',
    mean: 0,
    range: unbounded,
    atLeast: 0.93,
    draw(random) {
      const square = random.normal() ** 2 + random.normal() ** 2 + random.normal() ** 2;
      return random.normal() / Math.sqrt(square / 3);
    },
  },
  {
    title: 'one pair of ten five times as wide',
    mean: 0,
    range: unbounded,
    atLeast: 0.93,
    draw: (random) => random.normal() * (random.uniform() < 0.1 ? 5 : 1),
  },
  {
    title: 'gamma, skewness 1',
    mean: 4,
    range: unbounded,
    atLeast: 0.93,
    draw: (random) => exponential(random) + exponential(random) + exponential(random) + exponential(random),
  },
  {
    title: 'lognormal, skewness 1.75',
    mean: Math.exp(0.125),
    range: unbounded,
    atLeast: 0.93,
    draw: (random) => lognormal(random, 0.5),
  },
  {
    title: 'whole numbers −1, 0, 1',
    mean: 0.3,
    range: unbounded,
    atLeast: 0.93,
    draw: (random) => [-1, -1, 0, 0, 0, 1, 1, 1, 1, 1][random.integer(10)]!,
  },
  { title: 'exponential, skewness 2', mean: 1, range: unbounded, draw: exponential },
  {
    title: 'differences of lognormal distances',
    mean: 0.3 * Math.exp(0.32 + 0.045),
    range: unbounded,
    draw(random) {
      const level = lognormal(random, 0.8);
      return level * lognormal(random, 0.3) - 0.7 * level * lognormal(random, 0.3);
    },
  },
  {
    title: 'a distance: lognormal, skewness 1.75',
    mean: Math.exp(0.125),
    range: nonNegative,
    atLeast: 0.93,
    draw: (random) => lognormal(random, 0.5),
  },
  { title: 'a distance: exponential', mean: 1, range: nonNegative, atLeast: 0.92, draw: exponential },
  {
    title: 'a share about 0.8',
    mean: expectation((z) => logistic(1.5 + z)),
    range: unitRange,
    atLeast: 0.93,
    draw: (random) => logistic(1.5 + random.normal()),
  },
  {
    title: 'a share near its end',
    mean: expectation((z) => logistic(-4 + z)),
    range: unitRange,
    atLeast: 0.92,
    draw: (random) => logistic(-4 + random.normal()),
  },
  {
    title: 'a correlation about 0.5',
    mean: expectation((z) => Math.tanh(0.6 + 0.5 * z)),
    range: signedUnit,
    atLeast: 0.93,
    draw: (random) => Math.tanh(0.6 + 0.5 * random.normal()),
  },
];

export interface IntervalCoverage {
  /** Of the intervals there were, the share that held the mean. */
  readonly covered: number;
  /** The share of samples without an interval, all their values being alike. */
  readonly alike: number;
  /** Whether one left its range. */
  readonly outside: boolean;
}

/** Draws `repetitions` samples of `pairs` values and makes an interval of each. */
export function intervalCoverage(
  { mean, range, draw }: Population,
  pairs: number,
  repetitions: number,
  resamples = 400,
): IntervalCoverage {
  const random = createRandom('intervals', pairs, repetitions);
  let [covered, alike] = [0, 0];
  let outside = false;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const values = Array.from({ length: pairs }, () => draw(random));
    const { low, high, method } = intervalOfMean(values, { range, resamples });
    if (method === 'alike') alike++;
    else if (low <= mean && mean <= high) covered++;
    if (low < range[0] || high > range[1]) outside = true;
  }
  return { covered: covered / (repetitions - alike), alike: alike / repetitions, outside };
}

/**
 * Coverage of 95 % intervals over 2 to 20 pairs and every population, 2 000 samples each (quick: 400).
 * @returns for each population its least coverage over all numbers of pairs, and where that is
 */
export async function runIntervalsBench(options: BenchOptions): Promise<BenchReport> {
  const { quick = false, signal } = options;
  const repetitions = quick ? 400 : 2000;
  // Three standard errors of the least of ten shares.
  const slack = 3 * Math.sqrt((0.93 * 0.07) / repetitions);
  const sizes = quick ? [2, 3, 5, 6, 10, 20] : [2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20];
  const rows: BenchRow[] = [];
  for (const [index, population] of populations.entries()) {
    options.onProgress?.(population.title, index, populations.length);
    const found: (IntervalCoverage & { readonly pairs: number })[] = [];
    for (const pairs of sizes) {
      // Ctrl-C is heard between two studies.
      await setImmediate();
      signal?.throwIfAborted();
      found.push({ pairs, ...intervalCoverage(population, pairs, repetitions) });
    }
    const least = found.reduce((worst, one) => (one.covered < worst.covered ? one : worst));
    const { title, atLeast } = population;
    rows.push(
      row(
        `coverage-${index + 1}`,
        `coverage, ${title}: least, at ${least.pairs} pairs`,
        least.covered,
        '',
        atLeast === undefined ? undefined : { atLeast: Number((atLeast - slack).toFixed(3)) },
      ),
      ...found
        .filter(({ pairs }) => [3, 5, 6, 10, 20].includes(pairs))
        .map(({ pairs, covered }) => row(`coverage-${index + 1}-${pairs}`, `… ${pairs} pairs`, covered, '')),
      ...(found.some(({ outside }) => outside)
        ? [row(`outside-${index + 1}`, '… intervals outside of the range', 1, '', { atMost: 0 })]
        : []),
    );
  }
  return { rows, measurements: {} };
}
