import test from 'ava';
import { encoderDefaults, resolveEncoder } from '../../../src/encoders/registry.ts';
import type { Timing, TrialResult } from '../../../src/experiment/result.ts';
import type { TrialConfig } from '../../../src/experiment/trial.ts';
import { type LossInput, resolveLoss } from '../../../src/losses/registry.ts';
import { timeForecasts } from '../../../src/runs/forecast/forecast.ts';
import { stripsReason } from '../../../src/runs/forecast/strips.ts';
import { fakeConfig } from '../fake-trial.ts';

/** A finished trial that took 0.5 s around its evaluations and 1 µs per pixel in each of them. */
function finished(size: number, evaluations: number, timing: Partial<Timing> = {}): TrialResult {
  const evaluate = 1e-6 * size ** 2 * evaluations;
  const zero = { prepare: 0, compile: 0, warmup: 0, perEvaluation: 0, optimizer: 0, refresh: 0, output: 0 };
  return {
    config: { ...fakeConfig('c.png', {}), sizes: [size] },
    cost: { evaluations, steps: evaluations },
    timing: { ...zero, evaluate, total: evaluate + 0.5, shared: false, peakMemory: 1e9, ...timing },
  } as unknown as TrialResult;
}

const wanted = (sizes: number[], evaluations: number, seconds?: number) => ({
  ...fakeConfig('c.png', {}),
  sizes,
  budget: { evaluations, ...(seconds !== undefined && { seconds }) },
});

test('finished trials of the same kind predict by pixels and evaluations', (t) => {
  const forecast = timeForecasts([finished(100, 10), finished(200, 30), finished(100, 10)]);
  const { seconds, basis } = forecast(wanted([400], 50));
  t.is(basis, 'trials');
  t.true(Math.abs(seconds - (1e-6 * 400 ** 2 * 50 + 0.5)) < 1e-9);
});

test('levels share the evaluations; a limit in seconds holds', (t) => {
  const forecast = timeForecasts([finished(100, 10)]);
  const both = 1e-6 * (100 ** 2 * 25 + 200 ** 2 * 25) + 0.5;
  t.true(Math.abs(forecast(wanted([100, 200], 50)).seconds - both) < 1e-9);
  const split = { ...wanted([100, 200], 50), budget: { evaluations: 50, perLevel: [40, 10] } };
  t.true(Math.abs(forecast(split).seconds - (1e-6 * (100 ** 2 * 40 + 200 ** 2 * 10) + 0.5)) < 1e-9);
  t.is(forecast(wanted([1000], 1000, 7)).seconds, 7.5);
});

test('trials that shared the machine predict nothing', (t) => {
  t.is(timeForecasts([finished(100, 10, { shared: true })])(wanted([100], 10)).basis, 'operations');
});

const adam = { name: 'gradient-descent', learningRate: 1, momentum: 0 } as const;

test('those of another kind with the same encoder predict by the operations of each', (t) => {
  const forecast = timeForecasts([finished(100, 10)]);
  const other = { ...wanted([400], 50), optimizer: adam };
  const { seconds, basis } = forecast(other);
  t.is(basis, 'similar');
  // The same losses: operations are as pixels are, but for the rounding of octaves.
  const expected = 1e-6 * 400 ** 2 * 50;
  t.true(Math.abs(seconds - 0.5 - expected) < 0.05 * expected, `${seconds}`);
  const squeezenet = resolveEncoder({ name: 'squeezenet1_1', weights: { random: 1 } });
  t.is(forecast({ ...other, encoder: squeezenet }).basis, 'operations');
});

test('what an experiment has itself comes before what others have, and that before the processor', (t) => {
  const slow = (result: TrialResult): TrialResult => ({
    ...result,
    timing: { ...result.timing, evaluate: 10 * result.timing.evaluate },
  });
  const others = [slow(finished(100, 10))];
  const speed = { operations: 1e9, threads: 1 };
  const near = timeForecasts([finished(100, 10)], { others, speed })(wanted([100], 10));
  t.deepEqual([near.basis, Number(near.seconds.toFixed(6))], ['trials', 0.6]);
  const beside = timeForecasts([], { others, speed })(wanted([100], 10));
  t.is(beside.basis, 'trials');
  t.true(Math.abs(beside.seconds - 1) < 1e-9);
  t.is(timeForecasts([], { others, speed })({ ...wanted([100], 10), optimizer: adam }).basis, 'similar');
});

test('the speed of the processor is shared out by threads, and says nothing of graphics cards', (t) => {
  const config = (engine: TrialConfig['engine']) => ({ ...wanted([256], 100), engine });
  const at = (operations: number, engine: TrialConfig['engine'] = { name: 'onnx', threads: 8 }) =>
    timeForecasts([], { speed: { operations, threads: 8 } })(config(engine));
  const start = at(1e30).seconds;
  t.is(at(4e9).basis, 'speed');
  const evaluating = at(4e9).seconds - start;
  t.true(Math.abs((at(8e9).seconds - start) / evaluating - 1 / 2) < 1e-6);
  t.true(Math.abs((at(4e9, { name: 'auto', threads: 2 }).seconds - start) / evaluating - 4) < 1e-6);
  t.is(at(4e9, { name: 'onnx', provider: 'cuda' }).basis, 'operations');
  t.is(at(4e9, { name: 'tensorflow' }).basis, 'operations');
});

test('pictures count by their shapes', (t) => {
  const forecast = timeForecasts([finished(100, 10)], {
    shapes: (_, longest) => [longest / 2, longest],
  });
  t.true(Math.abs(forecast(wanted([400], 50)).seconds - ((1e-6 * 400 ** 2 * 50) / 2 + 0.5)) < 1e-9);
  // A finished trial's shape is its picture's.
  const wide = { ...finished(100, 10), images: { width: 100, height: 25 } } as unknown as TrialResult;
  const seconds = timeForecasts([wide])(wanted([100], 10)).seconds;
  t.true(Math.abs(seconds - (4 * 1e-6 * 100 ** 2 * 10 + 0.5)) < 1e-9);
});

function onVgg(tiling: TrialConfig['tiling'] | undefined, losses: LossInput[], size = 512): TrialConfig {
  const encoder = resolveEncoder({ name: 'vgg19', weights: { random: 1 } });
  const { tiling: _, ...config } = wanted([size], 100) as TrialConfig;
  return {
    ...config,
    ...(tiling !== undefined && { tiling }),
    encoder,
    losses: losses.map((loss) => resolveLoss(loss, encoderDefaults(encoder))),
  };
}

test('strips cost what they compute twice, and a little for cutting', (t) => {
  const forecast = timeForecasts([], { speed: { operations: 1e9, threads: 1 } });
  const seconds = (tiling: TrialConfig['tiling']) =>
    forecast(onVgg(tiling, [{ type: 'content' }, { type: 'gram' }])).seconds - 1;
  const ratio = seconds('strips') / seconds('off');
  // Measured at this size: 1.23.
  t.true(ratio > 1.15 && ratio < 1.3, `${ratio}`);
  t.true(seconds(64) > 1.05 * seconds('strips'), 'lower strips compute more of it twice');
});

test('strips of the same kind predict strips, one graph one graph', (t) => {
  const made = (tiling: TrialConfig['tiling'], seconds: number) => ({
    ...finished(512, 10, { evaluate: seconds, total: seconds }),
    config: onVgg(tiling, [{ type: 'gram' }]),
  });
  const forecast = timeForecasts([made('off', 100), made('strips', 200)]);
  t.is(Math.round(forecast(onVgg('off', [{ type: 'gram' }])).seconds), 1000);
  t.is(Math.round(forecast(onVgg('strips', [{ type: 'gram' }])).seconds), 2000);
});

test('strips are asked for, or needed by a picture or a style that one graph cannot hold', (t) => {
  const square = (_: string, longest: number) => [longest, longest] as const;
  const gram: LossInput[] = [{ type: 'gram' }];
  const memory = 16e9;
  t.deepEqual(stripsReason(onVgg('strips', gram), square, memory), { why: 'asked' });
  t.deepEqual(stripsReason(onVgg(128, gram), square, memory), { why: 'asked' });
  t.is(stripsReason(onVgg('off', gram, 4096), square, memory), undefined);
  t.is(stripsReason(onVgg(undefined, gram, 1024), square, memory), undefined);
  t.deepEqual(stripsReason(onVgg(undefined, gram, 2048), square, memory), {
    why: 'memory',
    bytes: 9000 * 2048 ** 2,
  });
  // A panorama of that length is a fifth of the pixels; a large style is as bad as a large picture.
  const wide = (_: string, longest: number) => [longest / 5, longest] as const;
  t.is(stripsReason(onVgg(undefined, gram, 2048), wide, memory), undefined);
  t.is(stripsReason({ ...onVgg(undefined, gram, 1024), styleScale: 2 }, square, memory)?.why, 'memory');
  t.is(stripsReason(onVgg('strips', [{ type: 'variation' }]), square, memory), undefined);
});

test('a trial whose layers are not to be had has a forecast nevertheless', (t) => {
  const tiny = onVgg('strips', [{ type: 'gram' }], 16);
  t.true(timeForecasts([])(tiny).seconds > 0);
});

test('without any, time grows with the operations', (t) => {
  const forecast = timeForecasts([]);
  const at = (size: number, evaluations: number) => forecast(wanted([size], evaluations)).seconds;
  const start = at(256, 0.001);
  t.true(Math.abs((at(512, 100) - start) / (at(256, 100) - start) - 4) < 0.01);
  t.true(Math.abs((at(256, 200) - start) / (at(256, 100) - start) - 2) < 0.01);
});
