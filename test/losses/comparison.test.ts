/** Statistics of whole maps, of regions, and put together from the sums of strips, against loops over positions. */
import test from 'ava';
import {
  covarianceOf,
  crossOf,
  type MapStatistic,
  meanOf,
  momentsOf,
  varianceOf,
} from '../../src/losses/comparison.ts';
import { regionOf } from '../../src/losses/region.ts';
import { type NamedTensors, tf } from '../../src/tensor.ts';
import { at, close, type FeatureMap, randomMap, rowsOf, tensorOf } from './maps.ts';

test.before(() => tf.setBackend('cpu'));

const map = randomMap(6, 4, 3, 1, { mean: 3 });
const other = randomMap(6, 4, 2, 2);
/** About which strips add up: not the map's own. */
const center = [2, 3.5, 1];
const equal = new Array<number>(24).fill(1 / 24);
const uneven = Array.from({ length: 24 }, (_, i) => (i % 5) / 4);
const total = uneven.reduce((sum, weight) => sum + weight, 0);

/** Σ w·f(row) with weights that add up to 1. */
function weighted(weights: readonly number[], value: (position: number) => number): number {
  return weights.reduce((sum, weight, position) => sum + weight * value(position), 0);
}

function expected(weights: readonly number[]): Record<string, number[]> {
  const rows = rowsOf(map);
  const others = rowsOf(other);
  const own = [0, 1, 2];
  const mean = own.map((i) => weighted(weights, (p) => rows[p]![i]!));
  const product = (i: number, j: number) =>
    weighted(weights, (p) => (rows[p]![i]! - mean[i]!) * (rows[p]![j]! - mean[j]!));
  return {
    mean,
    moments: own.flatMap((i) => own.map((j) => weighted(weights, (p) => rows[p]![i]! * rows[p]![j]!))),
    cross: own.flatMap((i) => [0, 1].map((j) => weighted(weights, (p) => rows[p]![i]! * others[p]![j]!))),
    variance: own.map((i) => product(i, i)),
    covariance: own.flatMap((i) => own.map((j) => product(i, j))),
  };
}

const statistics: Record<string, MapStatistic> = {
  mean: meanOf('a'),
  moments: momentsOf('a'),
  cross: crossOf('a', 'b'),
  variance: varianceOf('a'),
  covariance: covarianceOf('a'),
};

const whole = { a: tensorOf(map), b: tensorOf(other) };

/** Some rows of a map. */
function strip(of: FeatureMap, from: number, to: number): FeatureMap {
  const data = Array.from({ length: (to - from) * of.width * of.channels }, (_, i) =>
    at(
      of,
      from + Math.floor(i / of.channels / of.width),
      Math.floor(i / of.channels) % of.width,
      i % of.channels,
    ),
  );
  return { ...of, height: to - from, data };
}

function inStrips(statistic: MapStatistic, weights: readonly number[]): tf.Tensor {
  const targets = { 'a/centre': tf.tensor2d([center]) };
  const sums: NamedTensors = {};
  for (const [from, to] of [
    [0, 1],
    [1, 4],
    [4, 6],
  ] as const) {
    const features = { a: tensorOf(strip(map, from, to)), b: tensorOf(strip(other, from, to)) };
    const own = weights.slice(4 * from, 4 * to);
    for (const { key, of } of statistic.sums) {
      const part = of(features, tf.tensor2d(own, [own.length, 1]), targets);
      sums[key] = sums[key] === undefined ? part : tf.add(sums[key], part);
    }
  }
  return statistic.from(sums, targets);
}

for (const [name, statistic] of Object.entries(statistics)) {
  test(`${name}: of a whole map`, (t) => {
    close(t, [...statistic.of(whole, {}).dataSync()], expected(equal)[name]!, 1e-5);
  });

  test(`${name}: of a region`, (t) => {
    const region = regionOf({ width: 4, height: 6, data: Float32Array.from(uneven) });
    const weights = uneven.map((weight) => weight / total);
    close(t, [...statistic.of(whole, {}, region).dataSync()], expected(weights)[name]!, 1e-5);
  });

  test(`${name}: from the sums of strips`, (t) => {
    for (const weights of [equal, uneven.map((weight) => weight / total)])
      close(t, [...inStrips(statistic, weights).dataSync()], expected(weights)[name]!, 1e-5);
  });
}
