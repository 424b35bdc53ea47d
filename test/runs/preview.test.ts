import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NeckarError } from '../../src/errors.ts';
import { timeForecasts } from '../../src/runs/forecast.ts';
import { previewRun } from '../../src/runs/preview.ts';
import type { Timing, TrialResult } from '../../src/runs/result.ts';
import { runExperiment } from '../../src/runs/run.ts';
import { fakeConfig } from './fake-trial.ts';
import { fakeModule, fakePlan, temporaryFolder } from './support.ts';

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

test('trials that shared the machine, or are of another kind, predict nothing', (t) => {
  t.is(timeForecasts([finished(100, 10, { shared: true })])(wanted([100], 10)).basis, 'operations');
  const adam = {
    ...wanted([100], 10),
    optimizer: { name: 'gradient-descent', learningRate: 1, momentum: 0 },
  } as const;
  t.is(timeForecasts([finished(100, 10)])(adam).basis, 'operations');
});

test('without any, time grows with the operations', (t) => {
  const forecast = timeForecasts([]);
  const at = (size: number, evaluations: number) => forecast(wanted([size], evaluations)).seconds;
  const start = at(256, 0.001);
  t.true(Math.abs((at(512, 100) - start) / (at(256, 100) - start) - 4) < 0.01);
  t.true(Math.abs((at(256, 200) - start) / (at(256, 100) - start) - 2) < 0.01);
});

test('a preview tells done from open, and names what an image invalidated; it writes nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const runs = join(folder, 'runs');
  const plan = await fakePlan(folder, [{}, { variant: 'throws' }]);
  const options = { runs, performModule: fakeModule, neighbours: join(folder, 'neighbours') };
  const before = await previewRun(plan, { runs });
  t.deepEqual(before.counts, { total: 2, done: 0, failed: 0, open: 2 });
  await runExperiment(plan, options);
  const after = await previewRun(plan, { runs });
  t.deepEqual(after.counts, { total: 2, done: 1, failed: 1, open: 1 });
  t.deepEqual(
    after.trials.map(({ state, open }) => [state, open]),
    [
      ['complete', false],
      ['failed', true],
    ],
  );
  t.deepEqual(after.invalidated, []);

  await writeFile(join(folder, 'content.png'), 'painted anew');
  const changed = await previewRun(plan, { runs });
  t.is(changed.counts.open, 2);
  t.like(changed.invalidated, {
    length: 1,
    0: { label: 'trial 1', id: before.trials[0]!.id, successor: changed.trials[0]!.id },
  });
  t.regex(changed.invalidated[0]!.reason, /content image changed/);
});

test('a trial that cannot fit is refused with the number', async (t) => {
  const folder = await temporaryFolder(t);
  const plan = await fakePlan(folder, [{}]);
  const [trial] = plan.trials;
  const sized = (tiling: 'off' | 'strips') => ({
    ...plan,
    trials: [{ ...trial!, config: { ...trial!.config, sizes: [4096], tiling } }],
  });
  const large = sized('off');
  const error = await t.throwsAsync(previewRun(large, { runs: folder, availableMemory: 8e9 }), {
    instanceOf: NeckarError,
  });
  t.regex(error.message, /"trial 1" needs about 1\d\d\.\d GB of memory, and this machine has 8\.0 GB/);
  // In strips 1 GB and 1.2 kB per pixel.
  await t.notThrowsAsync(previewRun(sized('strips'), { runs: folder, availableMemory: 22e9 }));
  await t.notThrowsAsync(previewRun(plan, { runs: folder, availableMemory: 8e9 }));
});
