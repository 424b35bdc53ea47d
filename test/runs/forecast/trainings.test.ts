import test from 'ava';
import type { TrainingConfig, TrainingResult } from '../../../src/experiment/training.ts';
import { trainingForecasts, trainingMemory, trainingPixels } from '../../../src/runs/forecast/trainings.ts';

const config = (options: Partial<TrainingConfig> & { steps?: number } = {}): TrainingConfig => {
  const { steps = 100, ...given } = options;
  return {
    network: { name: 'johnson', width: 0.5 },
    losses: [{ type: 'gram' }],
    encoder: { name: 'wavelet' },
    engine: { name: 'onnx' },
    size: 64,
    batch: 4,
    budget: { steps },
    ...given,
  } as unknown as TrainingConfig;
};

/** Half a second a step and 7 s around. */
const result = (of: TrainingConfig, options: { shared?: boolean; peak?: number } = {}): TrainingResult =>
  ({
    config: of,
    cost: { steps: of.budget.steps, pictures: 0 },
    timing: {
      total: 0.5 * of.budget.steps + 7,
      steps: 0.5 * of.budget.steps,
      shared: options.shared ?? false,
      peakMemory: options.peak ?? 0,
    },
  }) as unknown as TrainingResult;

test('a training takes as long for each step, picture and pixel as those of its kind', (t) => {
  const forecast = trainingForecasts([result(config())]);
  t.is(forecast(config()), 57);
  t.is(forecast(config({ steps: 300 })), 157);
  t.is(forecast(config({ batch: 8 })), 107);
  t.is(forecast(config({ size: 128 })), 207);
  t.is(forecast(config({ budget: { steps: 300, seconds: 60 } })), 67);
  t.is(trainingPixels(config({ steps: 3, batch: 2, size: 10 })), 600);
});

test('of another kind, or beside other work, nothing is known', (t) => {
  const forecast = trainingForecasts([result(config())]);
  t.is(forecast(config({ network: { name: 'johnson', width: 1 } })), undefined);
  t.is(forecast(config({ losses: [] })), undefined);
  t.is(trainingForecasts([result(config(), { shared: true })])(config()), undefined);
});

test('memory is the peak of its kind by the pixels of a batch, else a guess by them', (t) => {
  const memory = trainingMemory([result(config(), { peak: 1.3e9 })]);
  t.is(memory(config()), 1.3e9);
  t.is(memory(config({ batch: 8 })), 2.3e9);
  t.is(memory(config({ network: { name: 'other' }, size: 100, batch: 1 })), 0.3e9 + 14_000 * 10_000);
});
