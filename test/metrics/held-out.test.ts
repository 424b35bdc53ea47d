import test from 'ava';
import { gramDistance } from '../../metrics/gram-distance.ts';
import { heldOutMetrics, openJudge } from '../../metrics/held-out.ts';
import { openMeasuringEncoder } from '../../metrics/measuring-encoder.ts';
import { isRefusal, styleAtResult } from '../../metrics/metric.ts';
import { momentDistance } from '../../metrics/moment-distance.ts';
import { resolveEncoder } from '../../src/encoders/registry.ts';
import { inputOf, noiseImage } from './pictures.ts';

const onnx = { name: 'onnx', provider: 'cpu', threads: 2 } as const;

for (const written of ['wavelet', { name: 'squeezenet1_1', weights: { random: 3 } }]) {
  const spec = resolveEncoder(written);
  test(`${spec.name} judges as its feature maps, compared one by one, do`, async (t) => {
    const judge = await openJudge(spec, onnx);
    const measuring = await openMeasuringEncoder(spec, onnx);
    try {
      const metrics = heldOutMetrics(judge);
      // Two sizes, one after the other and back: each has a program of its own.
      for (const [result, seed] of [
        [noiseImage(64, 50, 1), 5],
        [noiseImage(72, 64, 2), 6],
        [noiseImage(64, 50, 3), 5],
      ] as const) {
        const input = inputOf(result, { style: noiseImage(80, 90, seed) });
        const { layers, encode } = measuring.encoder;
        const [ours, styles] = [await encode(result, layers), await encode(styleAtResult(input), layers)];
        const mean = (distance: typeof gramDistance) =>
          layers.reduce((sum, layer) => sum + distance(ours[layer]!, styles[layer]!), 0) / layers.length;
        for (const [i, expected] of [mean(gramDistance), mean(momentDistance)].entries()) {
          const value = await metrics[i]!.measure(input);
          t.true(!isRefusal(value) && Math.abs(value - expected) < 1e-4 * expected, `${value}, ${expected}`);
        }
        t.is(await metrics[0]!.measure(inputOf(result)), 0);
      }
    } finally {
      await judge.dispose();
      await measuring.dispose();
    }
  });
}

test('who was optimised on the judge is not judged by it; who was not, is', async (t) => {
  const judge = await openJudge(resolveEncoder('wavelet'), onnx);
  const [gram] = heldOutMetrics(judge);
  t.regex(gram!.id, /^held-out-gram;encoder=wavelet@[0-9a-f]{12};layers=[\w+]+;style=lanczos3-to-result$/);
  const input = inputOf(noiseImage(64, 64, 1), { style: noiseImage(64, 64, 2) });
  const value = await gram!.measure({ ...input, optimized: { encoder: judge.hash, layers: ['scale1'] } });
  t.is(
    isRefusal(value) && value.refused,
    'The picture was optimised on "wavelet" itself: it is no held-out encoder here.',
  );
  t.is(typeof (await gram!.measure({ ...input, optimized: { encoder: 'x', layers: ['scale1'] } })), 'number');
  await judge.dispose();
});

test('random weights are part of the judge’s name', async (t) => {
  const judge = await openJudge(resolveEncoder({ name: 'vgg16', weights: { random: 0 } }), onnx);
  t.is(judge.name, 'vgg16-random-0');
  t.regex(heldOutMetrics(judge)[0]!.label, /vgg16-random-0, a held-out encoder/);
  await judge.dispose();
});
