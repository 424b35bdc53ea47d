/** How long a trial will take: from finished trials like it, else from the operations it needs. */

import { availableParallelism } from 'node:os';
import { encoderDefaults } from '../encoders/registry.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import { median } from '../median.ts';
import { levelsOf } from '../transfer/levels.ts';
import type { TrialResult } from './result.ts';

export interface Forecast {
  readonly seconds: number;
  /** `trials`: from finished ones with the same encoder, engine, losses and optimiser; `operations`: a rough guess. */
  readonly basis: 'trials' | 'operations';
}

/**
 * A function that predicts a trial's wall time. Finished trials of the same kind give seconds per evaluation, scaled
 * by pixels, and the time around the evaluations; without any, the arithmetic of encoder and Gram matrices is
 * divided by what an ordinary core reaches. Of another method's command the time of its finished trials is taken.
 */
export function timeForecasts(results: readonly TrialResult[]): (config: TrialConfig) => Forecast {
  const rates = new Map<string, { perPixel: number[]; around: number[] }>();
  for (const { config, timing, cost } of results) {
    // A trial that shared the machine says little about one that runs alone.
    if (timing.shared || cost.evaluations === 0) continue;
    const one = rates.get(kindOf(config)) ?? { perPixel: [], around: [] };
    rates.set(kindOf(config), one);
    const evaluating = timing.warmup + timing.evaluate + timing.refresh + timing.optimizer;
    one.perPixel.push(evaluating / cost.evaluations / pixelsOf(config));
    one.around.push(Math.max(0, timing.total - evaluating));
  }
  const commands = medians(results.filter(({ timing }) => timing.known === 'total' && !timing.shared));
  return (config) => {
    if (config.method !== undefined) {
      const seconds = config.method.kind === 'command' ? commands.get(config.method.command) : undefined;
      return {
        seconds: (seconds ?? 0) + startSeconds,
        basis: seconds === undefined ? 'operations' : 'trials',
      };
    }
    const known = rates.get(kindOf(config));
    const evaluations = config.budget.evaluations;
    const limit = config.budget.seconds ?? Number.POSITIVE_INFINITY;
    if (known !== undefined) {
      const evaluating = median(known.perPixel) * pixelsOf(config) * evaluations;
      return { seconds: Math.min(evaluating, limit) + median(known.around), basis: 'trials' };
    }
    const evaluating = (operationsPerEvaluation(config) * evaluations) / operationsPerSecond(config);
    return { seconds: Math.min(evaluating, limit) + startSeconds, basis: 'operations' };
  };
}

/** The median time of each command that ran. */
function medians(results: readonly TrialResult[]): Map<string, number> {
  const times = new Map<string, number[]>();
  for (const { config, timing } of results) {
    if (config.method?.kind !== 'command') continue;
    const { command } = config.method;
    times.set(command, [...(times.get(command) ?? []), timing.total]);
  }
  return new Map([...times].map(([command, seconds]) => [command, median(seconds)]));
}

/** Reading, tracing, measuring and writing, where nothing is known. */
const startSeconds = 3;

/** What one core of an ordinary machine reaches in float32 convolutions of these shapes. */
const operationsPerCoreSecond = 30e9;

function operationsPerSecond({ engine }: TrialConfig): number {
  return operationsPerCoreSecond * (engine.threads ?? availableParallelism());
}

/** Multiplications and additions of value and gradient (three times the forward pass), averaged over the levels. */
function operationsPerEvaluation(config: TrialConfig): number {
  const { layers, shapeOf } = encoderDefaults(config.encoder);
  const size = 256;
  let forward = 0;
  let before = 3;
  for (const layer of layers) {
    const [height, width, channels] = shapeOf(layer, size, size);
    // A 3×3 convolution from the layer before, and the layer's second moments.
    const convolution = /relu|pool/.test(layer) ? 0 : 2 * 9 * before * channels;
    forward += height * width * (convolution + 2 * channels ** 2);
    before = channels;
  }
  return 3 * forward * (pixelsOf(config) / size ** 2);
}

function kindOf(config: TrialConfig): string {
  const { encoder, engine, losses } = config;
  const types = losses.map((loss) => loss.type).join('+');
  const optimizers = [...new Set(levelsOf(config).map(({ optimizer }) => optimizer.name))].join('+');
  return [encoder.name, engine.name, engine.provider, types, optimizers].join(' ');
}

/** Pixels per evaluation, taken as square and averaged over the levels' shares of the budget. */
function pixelsOf(config: TrialConfig): number {
  const { evaluations: total } = config.budget;
  return levelsOf(config).reduce((sum, { size, evaluations }) => sum + size ** 2 * (evaluations / total), 0);
}
