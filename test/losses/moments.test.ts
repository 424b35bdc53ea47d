import test from 'ava';
import { type MomentsSpec, prepareMoments, resolveMoments } from '../../src/losses/moments.ts';
import type { LayerWeights } from '../../src/losses/spec.ts';
import { tf } from '../../src/tensor.ts';
import {
  centralDifferences,
  close,
  encoder,
  evaluate,
  type FeatureMap,
  type Maps,
  randomMap,
  rowsOf,
} from './maps.ts';

test.before(() => tf.setBackend('cpu'));

const context = { encoder, size: [5, 6], styleSize: [7, 4] } as const;
const current: Maps = { fine: randomMap(5, 6, 3, 1), coarse: randomMap(3, 3, 2, 2) };
const style: Maps = { fine: randomMap(7, 4, 3, 3), coarse: randomMap(4, 2, 2, 4) };
const layers = { fine: 0.3, coarse: 2 };

function spec(convention: MomentsSpec['convention'], covariance: LayerWeights = {}): MomentsSpec {
  return { type: 'moments', name: 'moments', weight: 1, convention, layers, covariance };
}

function mean(map: FeatureMap): number[] {
  const rows = rowsOf(map);
  return Array.from(
    { length: map.channels },
    (_, c) => rows.reduce((s, row) => s + row[c]!, 0) / rows.length,
  );
}

function covariance(map: FeatureMap): number[] {
  const rows = rowsOf(map);
  const mu = mean(map);
  const entries: number[] = [];
  for (let i = 0; i < map.channels; i++) {
    for (let j = 0; j < map.channels; j++) {
      entries.push(rows.reduce((s, row) => s + (row[i]! - mu[i]!) * (row[j]! - mu[j]!), 0) / rows.length);
    }
  }
  return entries;
}

function deviation(map: FeatureMap): number[] {
  return Array.from({ length: map.channels }, (_, c) => Math.sqrt(covariance(map)[c * (map.channels + 1)]!));
}

function distance(a: number[], b: number[]): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
}

function energy(a: number[]): number {
  return a.reduce((sum, value) => sum + value ** 2, 0);
}

function batchNorm(maps: Maps): number {
  return Object.entries(layers).reduce((sum, [layer, weight]) => {
    const map = maps[layer]!;
    const target = style[layer]!;
    const value = distance(mean(map), mean(target)) + distance(deviation(map), deviation(target));
    return sum + (weight * value) / map.channels;
  }, 0);
}

const covarianceLayers = { fine: 0.7 };

function relative(maps: Maps): number {
  let sum = 0;
  for (const [layer, weight] of Object.entries(layers)) {
    const target = mean(style[layer]!);
    sum += (weight * distance(mean(maps[layer]!), target)) / energy(target);
  }
  for (const [layer, weight] of Object.entries(covarianceLayers)) {
    const target = covariance(style[layer]!);
    sum += (weight * distance(covariance(maps[layer]!), target)) / energy(target);
  }
  return sum;
}

const cases = [
  { name: 'bn', expected: batchNorm, made: spec('bn') },
  { name: 'relative with covariance', expected: relative, made: spec('relative', covarianceLayers) },
];

for (const { name, expected, made } of cases) {
  const [term] = prepareMoments(made, context);

  test(`${name}: value and gradient equal the sums written out`, (t) => {
    const { value, gradients } = evaluate(term!, current, style);
    close(t, value, expected(current));
    for (const layer of Object.keys(layers)) {
      close(t, gradients[layer]!, centralDifferences(expected, current, layer));
    }
  });

  test(`${name}: zero at the style itself`, (t) => {
    t.is(evaluate(term!, style, style).value, 0);
  });

  test(`${name}: the order of positions does not matter`, (t) => {
    const reversed = { ...current, fine: { ...current.fine!, data: rowsOf(current.fine!).reverse().flat() } };
    close(t, evaluate(term!, reversed, style).value, evaluate(term!, current, style).value);
  });
}

test('bn: a channel without spread has a finite gradient', (t) => {
  const flat = {
    ...current,
    fine: { ...current.fine!, data: current.fine!.data.map((v, i) => (i % 3 ? v : 0)) },
  };
  const [term] = prepareMoments(spec('bn'), context);
  const { value, gradients } = evaluate(term!, flat, style);
  t.true(Number.isFinite(value) && gradients.fine!.every(Number.isFinite));
  close(t, value, batchNorm(flat), 1e-4);
});

test('covariance `layers`: those of the means, with their weights', (t) => {
  const { covariance } = resolveMoments({ covariance: 'layers', layers: { fine: 0.3 } }, encoder, 'loss');
  t.deepEqual(covariance, { fine: 0.3 });
  t.throws(() => resolveMoments({ covariance: 'layers', convention: 'bn' }, encoder, 'loss'), {
    message: /"bn" matches no covariances/,
  });
});

test('relative: covariances alone need no layer of means', (t) => {
  const [term] = prepareMoments({ ...spec('relative', { fine: 1 }), layers: {} }, context);
  t.deepEqual(term!.layers, ['fine']);
  const target = covariance(style.fine!);
  const expected = distance(covariance(current.fine!), target) / energy(target);
  close(t, evaluate(term!, { fine: current.fine! }, style).value, expected);
});
