import test from 'ava';
import { featuresToContent } from '../../metrics/feature-content.ts';
import { featureFrechet, frechetToStyle } from '../../metrics/frechet.ts';
import { gramDistance, gramToStyle } from '../../metrics/gram-distance.ts';
import {
  type FeatureMap,
  isRefusal,
  type MeasuringEncoder,
  type Metric,
  type MetricInput,
  scoreOf,
} from '../../metrics/metric.ts';
import { momentDistance, momentsToStyle } from '../../metrics/moment-distance.ts';
import { slicedFeatureDistance, slicedToStyle } from '../../metrics/sliced-features.ts';
import { gramMatrix, normalOf } from '../../metrics/statistics-of-features.ts';
import type { RgbImage } from '../../src/images/image.ts';
import { createRandom } from '../../src/random.ts';
import { inputOf, noiseImage } from './pictures.ts';

function randomMap(height: number, width: number, channels: number, seed: number): FeatureMap {
  const random = createRandom(seed);
  const data = Float32Array.from({ length: height * width * channels }, () => random.normal());
  return { height, width, channels, data };
}

function scaled(map: FeatureMap, factor: number, shift = 0): FeatureMap {
  return { ...map, data: map.data.map((value) => factor * value + shift) };
}

function near(t: import('ava').ExecutionContext, got: unknown, want: number, by = 1e-5): void {
  t.true(typeof got === 'number' && Math.abs(got - want) <= by, `${got}, expected ${want}`);
}

test('Gram matrix and covariance against loops', (t) => {
  const map = randomMap(5, 4, 3, 1);
  const at = (position: number, channel: number) => map.data[position * 3 + channel]!;
  const gram = gramMatrix(map);
  const { mean, covariance } = normalOf(map);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      let [g, mi, mj] = [0, 0, 0];
      for (let p = 0; p < 20; p++) {
        g += (at(p, i) * at(p, j)) / 20;
        mi += at(p, i) / 20;
        mj += at(p, j) / 20;
      }
      near(t, gram[i * 3 + j], g, 1e-12);
      near(t, covariance[i * 3 + j], g - mi * mj, 1e-12);
      near(t, mean[i], mi, 1e-12);
    }
  }
});

test('distances of equal, scaled and shifted features', (t) => {
  const style = randomMap(12, 10, 4, 2);
  const twice: FeatureMap = { ...style, height: 24, data: Float32Array.from([...style.data, ...style.data]) };
  for (const distance of [gramDistance, momentDistance, slicedFeatureDistance, featureFrechet]) {
    near(t, distance(style, style), 0, 1e-9);
    // Twice the texture is the same texture.
    near(t, distance(twice, style), 0, 1e-6);
  }
  near(t, gramDistance(scaled(style, 1.5), style), (1.5 ** 2 - 1) ** 2);
  near(t, momentDistance(scaled(style, 1.5), style), 0.5 ** 2);
  const { mean, covariance } = normalOf(style);
  const variance = [0, 1, 2, 3].reduce((sum, i) => sum + covariance[i * 5]!, 0);
  near(t, featureFrechet(scaled(style, 1, 0.3), style), (4 * 0.3 ** 2) / variance);
  const square = mean.reduce((sum, value) => sum + value * value, 0);
  near(t, featureFrechet(scaled(style, 1.5), style), (0.25 * square + 0.25 * variance) / variance);
  near(t, gramDistance(scaled(style, 0), style), 1);
});

test('sliced Wasserstein sees what Gram matrices cannot', (t) => {
  // One channel, mean 0 and variance 1 both, but two values against a normal distribution.
  const random = createRandom(7);
  const normal = Float32Array.from({ length: 4000 }, () => random.normal());
  const mean = normal.reduce((sum, value) => sum + value, 0) / 4000;
  const deviation = Math.sqrt(normal.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4000);
  const bell: FeatureMap = {
    height: 1,
    width: 4000,
    channels: 1,
    data: normal.map((value) => (value - mean) / deviation),
  };
  const coin: FeatureMap = { ...bell, data: normal.map((_, i) => (i % 2 === 0 ? 1 : -1)) };
  near(t, gramDistance(coin, bell), 0, 1e-9);
  near(t, momentDistance(coin, bell), 0, 1e-9);
  // E(|Z| − 1)² = 2 − 2√(2/π).
  near(t, slicedFeatureDistance(coin, bell), Math.sqrt(2 - 2 * Math.sqrt(2 / Math.PI)), 0.03);
});

test('a map without variation has none, however far its values are from 0', (t) => {
  const flat = (value: number): FeatureMap => ({
    height: 30,
    width: 20,
    channels: 3,
    data: Float32Array.from({ length: 1800 }, (_, i) => value * (1 + (i % 3))),
  });
  for (const value of [0, 1e-7, 0.1, 1e4]) {
    const { covariance } = normalOf(flat(value));
    for (let i = 0; i < 3; i++) {
      t.true(covariance[i * 4]! >= 0 && covariance[i * 4]! <= 1e-24 * value * value, `${covariance[i * 4]}`);
    }
  }
  // About a mean of 1000 deviations nearly all of the second moments is mean.
  const noise = randomMap(40, 30, 3, 4);
  const { covariance } = normalOf(noise);
  const far = normalOf(scaled(noise, 1, 2000));
  for (const [i, value] of far.covariance.entries()) near(t, value, covariance[i]!, 1e-3);
});

test('Fréchet is refused when positions do not exceed dimensions', (t) => {
  const few = featureFrechet(randomMap(5, 4, 3, 1), randomMap(2, 2, 4, 1));
  t.regex(isRefusal(few) ? few.refused : '', /style has 4 positions for 4 dimensions/);
  t.false(isRefusal(featureFrechet(randomMap(1, 5, 4, 1), randomMap(1, 5, 4, 1))));
  const other = featureFrechet(randomMap(1, 4, 4, 1), randomMap(3, 3, 4, 1));
  t.regex(isRefusal(other) ? other.refused : '', /picture has 4 positions/);
});

/** Channels R, G, B and R·G of the pixels; counts its calls. */
function pixelEncoder(layers: readonly string[] = ['deep', 'shallow']) {
  const calls: RgbImage[] = [];
  const encoder: MeasuringEncoder = {
    name: 'pixels',
    hash: 'abcdef0123456789',
    layers,
    async encode(image, wanted) {
      calls.push(image);
      const data = new Float32Array(image.width * image.height * 4);
      for (let i = 0; i < data.length / 4; i++) {
        const [r, g, b] = image.data.slice(3 * i, 3 * i + 3) as unknown as [number, number, number];
        data.set([r, g, b, r * g], 4 * i);
      }
      const map = { height: image.height, width: image.width, channels: 4, data };
      return Object.fromEntries(wanted.map((layer) => [layer, map]));
    },
  };
  return { encoder, calls };
}

function allOf(encoder: MeasuringEncoder): Metric[] {
  return [
    gramToStyle(encoder),
    momentsToStyle(encoder),
    featuresToContent(encoder),
    slicedToStyle(encoder, 'deep'),
    frechetToStyle(encoder, 'deep'),
  ];
}

test('each metric reads its picture, and each picture is encoded once', async (t) => {
  const { encoder, calls } = pixelEncoder();
  const result = noiseImage(24, 20, 1);
  const style = noiseImage(24, 20, 2);
  const content = noiseImage(24, 20, 3);
  const input: MetricInput = { result, style, content };
  const maps = await encoder.encode(result, ['deep']);
  const styleMaps = await encoder.encode(style, ['deep']);
  calls.length = 0;
  const values = new Map<string, number>();
  for (const metric of allOf(encoder)) {
    const score = await scoreOf(metric, input);
    if (!('value' in score)) return t.fail(score.refused);
    t.is(score.better, 'lower');
    values.set(metric.id.split(';')[0]!, score.value);
    t.regex(metric.id, /encoder=pixels@abcdef012345;layers=deep/);
  }
  t.is(calls.length, 3);
  near(t, values.get('gram-relative'), gramDistance(maps.deep!, styleMaps.deep!), 1e-12);
  near(t, values.get('moments-relative'), momentDistance(maps.deep!, styleMaps.deep!), 1e-12);
  near(t, values.get('sliced-wasserstein'), slicedFeatureDistance(maps.deep!, styleMaps.deep!), 1e-12);
  near(t, values.get('frechet'), featureFrechet(maps.deep!, styleMaps.deep!) as number, 1e-12);
});

test('layers that were optimised are refused, those of another encoder are not', async (t) => {
  const { encoder } = pixelEncoder();
  const result = noiseImage(24, 20, 1);
  const circular = inputOf(result, { optimized: { encoder: encoder.hash, layers: ['deep', 'deeper'] } });
  for (const metric of allOf(encoder)) {
    const score = await scoreOf(metric, circular);
    t.regex('refused' in score ? score.refused : '', /optimised on deep of "pixels".*circular/);
  }
  const fair = inputOf(result, { optimized: { encoder: 'another', layers: ['deep'] } });
  for (const metric of allOf(encoder)) t.true('value' in (await scoreOf(metric, fair)));
});

test('an encoder without measuring layers is refused', async (t) => {
  const score = await scoreOf(gramToStyle(pixelEncoder([]).encoder), inputOf(noiseImage(20, 20, 1)));
  t.regex('refused' in score ? score.refused : '', /keeps no layers/);
});
