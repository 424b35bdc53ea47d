import test from 'ava';
import { autocorrelation, longRangeToStyle } from '../../metrics/autocorrelation.ts';
import { isRefusal } from '../../metrics/metric.ts';
import { createImage, type RgbImage } from '../../src/images/image.ts';
import { createRandom } from '../../src/random.ts';

const near = (t: import('ava').ExecutionContext, value: number, wanted: number, within: number) =>
  t.true(Math.abs(value - wanted) <= within, `${value}, not ${wanted}`);

function noise(width: number, height: number, seed: number): RgbImage {
  const random = createRandom(seed);
  return createImage(width, height, () => [random.uniform(), random.uniform(), random.uniform()]);
}

/** Whole periods only, so that a shift by δ has the correlation cos(2πδ/period) but for the open end. */
const waves = (period: number) =>
  createImage(96, 96, (x) => {
    const value = 0.5 + 0.4 * Math.sin((2 * Math.PI * (x + 0.5)) / period);
    return [value, value, value];
  });

test('it is the sum written out', (t) => {
  const image = noise(7, 5, 1);
  const at = (x: number, y: number, c: number) => image.data[(y * 7 + x) * 3 + c]!;
  const mean = (c: number) => {
    let sum = 0;
    for (let y = 0; y < 5; y++) for (let x = 0; x < 7; x++) sum += at(x, y, c);
    return sum / 35;
  };
  const means = [mean(0), mean(1), mean(2)];
  const product = (across: number, down: number) => {
    let sum = 0;
    for (let y = 0; y + down < 5; y++)
      for (let x = 0; x + across < 7; x++)
        for (let c = 0; c < 3; c++)
          sum += (at(x, y, c) - means[c]!) * (at(x + across, y + down, c) - means[c]!);
    return sum / ((7 - across) * (5 - down));
  };
  const across = autocorrelation(image, 'x', [0, 2]);
  near(t, across[0]!, 1, 1e-12);
  near(t, across[1]!, product(2, 0) / product(0, 0), 1e-12);
  near(t, autocorrelation(image, 'y', [3])[0]!, product(0, 3) / product(0, 0), 1e-12);
});

test('a wave is itself again after its period, and its opposite after half of it', (t) => {
  const [half, whole, twice] = autocorrelation(waves(24), 'x', [12, 24, 48]) as [number, number, number];
  near(t, half, -1, 1e-6);
  near(t, whole, 1, 1e-6);
  near(t, twice, 1, 1e-6);
  near(t, autocorrelation(waves(24), 'y', [7])[0]!, 1, 1e-6);
});

test('zero against itself; waves of another period are far, noise has no order at all', async (t) => {
  const distance = async (result: RgbImage, style: RgbImage) =>
    (await longRangeToStyle.measure({ result, content: result, style })) as number;
  t.is(await distance(waves(24), waves(24)), 0);
  // Over many shifts two cosines of unlike periods differ by 1 RMS along x; along y neither varies: √(1/2).
  near(t, await distance(waves(24), waves(16)), Math.SQRT1_2, 0.1);
  // Against noise each axis has its own order missing: cosines of RMS √(1/2) along x, ones along y: √(3/4).
  near(t, await distance(noise(96, 96, 2), waves(24)), Math.sqrt(3 / 4), 0.05);
});

test('what is too small is refused', async (t) => {
  const small = noise(24, 24, 3);
  const answer = await longRangeToStyle.measure({ result: small, content: small, style: small });
  t.true(isRefusal(answer));
});
