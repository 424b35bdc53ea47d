import test from 'ava';
import { vggObjectiveOperations } from '../../../src/bench/operations.ts';
import { encoderDefaults, resolveEncoder } from '../../../src/encoders/registry.ts';
import type { TrialConfig } from '../../../src/experiment/trial.ts';
import { type LossInput, resolveLoss } from '../../../src/losses/registry.ts';
import { type Extent, evaluationWork } from '../../../src/runs/forecast/work.ts';

const vgg = resolveEncoder({ name: 'vgg19', weights: { random: 1 } });
const wavelet = resolveEncoder('wavelet');

function work(
  encoder: TrialConfig['encoder'],
  losses: readonly LossInput[],
  extent: Extent = [96, 128],
): number {
  const resolved = losses.map((loss) => resolveLoss(loss, encoderDefaults(encoder)));
  return evaluationWork({ encoder, losses: resolved } as unknown as TrialConfig, {
    picture: extent,
    styles: [extent],
  });
}

test("a Gram objective on VGG-19 is its convolutions and Gram matrices, and some memory's time", (t) => {
  const layers = ['conv1_1', 'conv2_1', 'conv3_1', 'conv4_1', 'conv5_1'];
  const counted = vggObjectiveOperations(
    { ...encoderDefaults(vgg) } as Parameters<typeof vggObjectiveOperations>[0],
    layers,
    96,
    128,
  );
  const found = work(vgg, [{ type: 'gram', layers }]);
  t.true(found > counted && found < 1.1 * counted, `${found} for ${counted}`);
});

test('an encoder is worked through as deep as the deepest layer that has a weight', (t) => {
  // conv1_1 alone: 2·9·3·64 operations at every position, forwards and backwards; and its values.
  const positions = 96 * 128;
  const first = work(vgg, [{ type: 'content', layers: { conv1_1: 1, conv4_1: 0 } }]);
  t.is(first, positions * (2 * (2 * 9 * 3 * 64) + (64 * 700) / 4));
  t.true(work(vgg, [{ type: 'content', layers: ['conv4_1'] }]) > 20 * first);
});

test('the wavelet encoder: its filters at five octaves, each a quarter of the one before', (t) => {
  // 3 planes × 16 real filters of 9×9 at each position, a quarter as many at each octave, eight times as slow.
  const positions = 256 * 256 * (1 + 1 / 4 + 1 / 16 + 1 / 64 + 1 / 256);
  const filters = positions * 3 * 16 * 81 * 2;
  const found = work(wavelet, [{ type: 'content', layers: ['scale5'] }], [256, 256]);
  t.true(found > 8 * 2 * filters && found < 8 * 2 * 1.05 * filters, `${found} for ${16 * filters}`);
});

test('losses cost what they do', (t) => {
  const [small, large]: Extent[] = [
    [256, 256],
    [512, 512],
  ];
  const alone = (loss: LossInput, extent: Extent, deepest: string) =>
    work(vgg, [loss, { type: 'content', layers: [deepest] }], extent) -
    work(vgg, [{ type: 'content', layers: [deepest] }], extent);
  const layers = ['relu3_1'];
  // Sums over positions grow with the pixels, pairs of patches with their square.
  for (const [loss, power] of [
    [{ type: 'gram', layers }, 1],
    [{ type: 'mmd', kernel: 'gaussian', layers }, 1],
    [{ type: 'mrf', layers, refreshEvery: 1 }, 2],
  ] as const) {
    const ratio = alone(loss, large!, 'relu3_1') / alone(loss, small!, 'relu3_1');
    t.true(Math.abs(Math.log2(ratio) / 2 - power) < 0.2, `${loss.type}: ${ratio}`);
  }
  const every = (refreshEvery: number) => alone({ type: 'mrf', layers, refreshEvery }, small!, 'relu3_1');
  t.true(Math.abs((every(1) - every(10)) / (every(1) - every(2)) - 0.9 / 0.5) < 1e-6);
  const fused = work(vgg, [{ type: 'fused' }]);
  const parts = work(vgg, [{ type: 'content' }, { type: 'gram' }, { type: 'mrf' }]);
  t.true(Math.abs(fused - parts) < 0.05 * parts);
});

test('every loss has some', (t) => {
  const bare = work(wavelet, [{ type: 'content', layers: ['scale5'] }]);
  for (const type of [
    'content',
    'gram',
    'moments',
    'bures',
    'correlations',
    'mmd',
    'sliced-wasserstein',
    'histogram',
    'mrf',
    'fused',
    'strotss',
    'activation',
    'laplacian',
    'variation',
  ] as const) {
    t.true(
      work(wavelet, [
        { type: 'content', layers: ['scale5'] },
        { type, name: 'x' },
      ]) > bare,
      type,
    );
  }
});
