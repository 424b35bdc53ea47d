import test from 'ava';
import { matchedBy, withoutLayers } from '../../src/losses/define.ts';
import { type MomentsSpec, prepareMoments, resolveMoments } from '../../src/losses/moments.ts';
import { layersOf, losses, resolveLoss, styleUnitsOf, workOf } from '../../src/losses/registry.ts';
import type { LayerWeights } from '../../src/losses/spec.ts';
import { tf } from '../../src/tensor.ts';
import {
  centralDifferences,
  close,
  encoder,
  evaluate,
  type FeatureMap,
  inStrips,
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

  test(`${name}: put together from strips it is the same value`, (t) => {
    close(t, inStrips(term!, current, style, current), expected(current));
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

test('relative: a style without energy or spread counts as having some', (t) => {
  const leastEnergy = 0.4;
  const flat: Maps = {
    fine: { ...style.fine!, data: style.fine!.data.map((_, i) => [0.3, 0.2, 0.1][i % 3]!) },
  };
  const made = { ...spec('relative', { fine: 0.5 }), layers: { fine: 2 } };
  const least = 3 * leastEnergy;
  const mu = [0.3, 0.2, 0.1];
  const wanted = (floor: number) =>
    (2 * distance(mean(current.fine!), mu)) / Math.max(energy(mu), floor) +
    (0.5 * energy(covariance(current.fine!))) / Math.max(floor, 0.03 ** 2 * energy(mu)) ** 2;
  const [term] = prepareMoments(made, { ...context, encoder: { ...encoder, leastEnergy } });
  close(t, evaluate(term!, { fine: current.fine! }, flat).value, wanted(least), 1e-4);
  // A style of hardly any contrast: means count for ten times its energy.
  const toward = { ...encoder, leastEnergy: 0, flatEnergy: 0.02 };
  const [flatTerm] = prepareMoments(made, { ...context, encoder: toward });
  const flatly =
    (2 * distance(mean(current.fine!), mu)) / Math.max(energy(mu), 0.2) +
    (0.5 * energy(covariance(current.fine!))) / 0.02 ** 2;
  close(t, evaluate(flatTerm!, { fine: current.fine! }, flat).value, flatly, 1e-4);
});

test('what is written is completed: means of the encoder’s style layers, no covariances', (t) => {
  t.deepEqual(resolveMoments({}, encoder, 'loss'), {
    convention: 'relative',
    layers: { fine: 1, coarse: 0.5 },
    covariance: {},
  });
  t.deepEqual(resolveMoments({ convention: 'bn' }, encoder, 'loss').convention, 'bn');
  const own = resolveMoments({ layers: ['fine'], covariance: { coarse: 3 } }, encoder, 'loss');
  t.deepEqual([own.layers, own.covariance], [{ fine: 1 }, { coarse: 3 }]);
  t.deepEqual(
    { ...resolveLoss({ type: 'moments', covariance: 'layers' }, encoder) },
    {
      type: 'moments',
      name: 'moments',
      weight: 1,
      convention: 'relative',
      layers: { fine: 1, coarse: 0.5 },
      covariance: { fine: 1, coarse: 0.5 },
    },
  );
  t.notThrows(() => resolveLoss({ type: 'moments', covariance: ['fine'] }, encoder));
  t.throws(() => resolveLoss({ type: 'moments', covariance: 'all' }, encoder));
  t.throws(() => resolveLoss({ type: 'moments', convention: 'gatys' }, encoder), { message: /bn/ });
});

test('a loss that compares nothing is a mistake, unless it asks for colours that an encoder has no layers for', (t) => {
  const nothing = /no layer has a positive weight/;
  t.throws(() => resolveMoments({ layers: { fine: 0 } }, encoder, 'loss'), { message: nothing });
  t.throws(() => resolveMoments({ layers: {}, covariance: { fine: 0 } }, encoder, 'loss'), {
    message: nothing,
  });
  t.notThrows(() => resolveMoments({ layers: {}, covariance: { fine: 1 } }, encoder, 'loss'));
  // `colors` of this encoder are no layers at all.
  const vacant = resolveMoments({ layers: {}, covariance: ['colors'] }, encoder, 'loss');
  t.deepEqual([vacant.layers, vacant.covariance], [{}, {}]);
  t.deepEqual(prepareMoments({ ...spec('relative'), ...vacant }, context), []);
  t.deepEqual(prepareMoments({ ...spec('relative', { fine: 0 }), layers: { coarse: 0 } }, context), []);
});

test('what others ask of it: layers read, left out, matched; units and work', (t) => {
  const made = { ...spec('relative', { coarse: 0.7 }), layers: { fine: 0.3 } };
  t.deepEqual(layersOf(made), ['fine', 'coarse']);
  t.deepEqual(
    { ...withoutLayers(made, (layer) => layer === 'coarse') },
    {
      ...made,
      layers: { fine: 0.3 },
      covariance: { coarse: 0 },
    },
  );
  t.deepEqual({ ...withoutLayers(made, (layer) => layer === 'fine') }, { ...made, layers: { fine: 0 } });
  t.deepEqual(matchedBy(made), { means: { fine: 0.3 }, covariances: { coarse: 0.7 } });
  t.is(styleUnitsOf(made), 1);
  t.is(styleUnitsOf(spec('bn')), 5e-3);
  // Two styles. 5·6 positions of 3 channels seen there and back at 700 operations a value; 3·3 of 2 channels as a matrix.
  const seen = {
    shapeOf: encoder.shapeOf,
    picture: [5, 6],
    styles: [
      [7, 4],
      [2, 2],
    ],
  } as const;
  t.is(workOf(made, seen), 2 * (90 * 700 + 18 * (4 * 2 + 700)));
  const cases = losses.get('moments').benchmarks!;
  for (const { options } of cases) t.notThrows(() => resolveLoss({ type: 'moments', ...options }, encoder));
  t.deepEqual(
    cases.map(({ options }) => [Object.entries(options ?? {})[0]]),
    [[['covariance', 'layers']], [['convention', 'bn']]],
  );
});
