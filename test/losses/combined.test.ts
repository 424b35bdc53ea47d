import test from 'ava';
import type { LossContext } from '../../src/losses/loss.ts';
import { type RegionPair, regionOf } from '../../src/losses/region.ts';
import { prepareLosses, resolveLoss } from '../../src/losses/registry.ts';
import { type NamedTensors, tf } from '../../src/tensor.ts';
import { close, encoder, evaluate, type Maps, randomMap, referenceOf } from './maps.ts';

test.before(() => tf.setBackend('cpu'));

const size = [8, 12] as const;
const sizes = [
  [8, 10],
  [6, 8],
] as const;
const weights = [0.25, 0.75];
const current: Maps = {
  fine: randomMap(8, 12, 3, 1),
  coarse: randomMap(4, 6, 2, 2),
  image: randomMap(8, 12, 3, 5, { mean: 0.5 }),
};
const styles: readonly Maps[] = sizes.map(([height, width], k) => ({
  fine: randomMap(height, width, 3, 10 + k),
  coarse: randomMap(height / 2, width / 2, 2, 20 + k),
  image: randomMap(height, width, 3, 30 + k, { mean: 0.5 }),
}));

function blended(input: object, regions?: readonly (readonly RegionPair[])[]): number {
  const context: LossContext = {
    encoder,
    size,
    styleSize: sizes[0],
    styles: sizes.map((size, k) => ({ size, weight: weights[k]!, ...(regions && { regions: regions[k]! }) })),
  };
  const term = prepareLosses([resolveLoss(input, encoder)], context).at(-1)!;
  return tf.tidy(() => {
    const references = styles.map((style) => ({
      style: referenceOf(style),
      styleVariants: [referenceOf(style)],
    }));
    const targets = term.targets({ content: referenceOf(current), ...references[0]!, styles: references });
    const held: NamedTensors = term.refresh?.(referenceOf(current), targets, tf.scalar(0)) ?? {};
    return term.value(referenceOf(current), targets, held).dataSync()[0]!;
  });
}

function toward(k: number, input: object, regions?: readonly RegionPair[]): number {
  const context: LossContext = {
    encoder,
    size,
    styleSize: sizes[k]!,
    ...(regions && { styles: [{ size: sizes[k]!, weight: 1, regions }] }),
  };
  const term = prepareLosses([resolveLoss(input, encoder)], context).at(-1)!;
  return evaluate(term, current, styles[k]!).value;
}

for (const input of [
  { type: 'gram' },
  { type: 'moments', covariance: ['fine'] },
  { type: 'histogram', bins: 16 },
  { type: 'mrf' },
  { type: 'fused' },
  { type: 'correlations', shifts: [1] },
  { type: 'mmd', kernel: 'gaussian', frequencies: 16 },
  { type: 'bures' },
  { type: 'sliced-wasserstein' },
  { type: 'strotss' },
]) {
  test(`${JSON.stringify(input)}: several styles are the weighted sum of the loss toward each`, (t) => {
    close(t, blended(input), weights[0]! * toward(0, input) + weights[1]! * toward(1, input), 1e-6);
  });
}

test('each style is guided by its own regions', (t) => {
  const half = (height: number, width: number, left: boolean) =>
    regionOf({
      width,
      height,
      data: Float32Array.from({ length: width * height }, (_, i) => (i % width < width / 2 === left ? 1 : 0)),
    });
  const regions = sizes.map(([height, width]) =>
    [true, false].map((left) => ({
      name: String(left),
      picture: half(8, 12, left),
      style: half(height, width, left),
    })),
  );
  for (const input of [{ type: 'gram' }, { type: 'mrf', styleStride: 1 }]) {
    const expected = weights[0]! * toward(0, input, regions[0]) + weights[1]! * toward(1, input, regions[1]);
    close(t, blended(input, regions), expected, 1e-6);
  }
});

test('a blend of Gram losses has its minimum at the weighted mean of the Gram matrices', (t) => {
  const input = { type: 'gram', convention: 'gatys', layers: ['fine'] };
  const gram = ({ fine }: Maps): number[] => {
    const { data, channels } = fine!;
    const count = data.length / channels;
    return Array.from({ length: channels ** 2 }, (_, ij) => {
      let sum = 0;
      for (let p = 0; p < count; p++) {
        sum += data[p * channels + Math.floor(ij / channels)]! * data[p * channels + (ij % channels)]!;
      }
      return sum / count;
    });
  };
  const [a, b] = styles.map(gram) as [number[], number[]];
  const squared = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + (value - y[i]!) ** 2, 0) / 36;
  const mean = a.map((value, i) => weights[0]! * value + weights[1]! * b[i]!);
  const spread = weights[0]! * weights[1]! * squared(a, b);
  close(t, blended(input), squared(gram(current), mean) + spread, 1e-5);
});
