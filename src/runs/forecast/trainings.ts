/** How long a training will take, and how much memory: from finished trainings like it. */
import type { TrainingConfig, TrainingResult } from '../../experiment/training.ts';
import { median } from '../../median.ts';

/**
 * A function that predicts a training's wall time in seconds: the median over finished ones of the same kind (network with
 * its settings, encoder, losses, engine) of the seconds of a step per picture and pixel, and of the time around the steps;
 * undefined where there is none, as the work of a network's pass is not known beforehand. The budget's seconds are a limit
 * in any case.
 */
export function trainingForecasts(
  results: readonly TrainingResult[],
): (config: TrainingConfig) => number | undefined {
  const kinds = new Map<string, { readonly perUnit: number[]; readonly around: number[] }>();
  for (const { config, timing, cost } of results) {
    // One that shared the machine says little about one that runs alone.
    if (timing.shared || cost.steps === 0 || !(timing.steps > 0)) continue;
    const kind = kindOf(config);
    const known = kinds.get(kind) ?? { perUnit: [], around: [] };
    kinds.set(kind, known);
    known.perUnit.push(timing.steps / (cost.steps * pixelsOf(config)));
    known.around.push(Math.max(0, timing.total - timing.steps));
  }
  return (config) => {
    const known = kinds.get(kindOf(config));
    if (known === undefined) return undefined;
    const steps = median(known.perUnit) * trainingPixels(config);
    return Math.min(steps, config.budget.seconds ?? Number.POSITIVE_INFINITY) + median(known.around);
  };
}

/**
 * A function that estimates bytes: the peak of the finished trainings of the same kind, scaled by the pixels of a batch
 * beyond a fixed part; else 0.3 GB and 14 kB per pixel of a batch: 9 kB for VGG-19 with Gram losses, as trials have, and
 * 5 kB for the maps of a network such as Johnson's with their gradients.
 */
export function trainingMemory(results: readonly TrainingResult[]): (config: TrainingConfig) => number {
  const peaks = new Map<string, { readonly pixels: number; readonly bytes: number }>();
  for (const { config, timing } of results) {
    if (!(timing.peakMemory > 0)) continue;
    const kind = kindOf(config);
    const found = { pixels: pixelsOf(config), bytes: timing.peakMemory };
    if (found.bytes > (peaks.get(kind)?.bytes ?? 0)) peaks.set(kind, found);
  }
  return (config) => {
    const known = peaks.get(kindOf(config));
    if (known === undefined) return fixedPart + pixelsOf(config) * bytesPerPixel;
    return fixedPart + Math.max(0, known.bytes - fixedPart) * (pixelsOf(config) / known.pixels);
  };
}

const fixedPart = 0.3e9;
const bytesPerPixel = 14_000;

/** Pixels that a training goes through in all its steps: to these its time is taken to be proportional. */
export function trainingPixels(config: TrainingConfig): number {
  return config.budget.steps * pixelsOf(config);
}

/** Pixels of the pictures of one step. */
function pixelsOf({ batch, size }: TrainingConfig): number {
  return batch * size * size;
}

function kindOf({ network, encoder, losses, engine }: TrainingConfig): string {
  const types = losses.map(({ type }) => type).join('+');
  return JSON.stringify([network, encoder.name, types, engine.name, engine.provider]);
}
