/** How much memory a trial will need, from what trials like it needed. */
import type { TrialConfig } from '../experiment/trial.ts';
import { levelsOf } from '../transfer/levels.ts';
import type { TrialResult } from './result.ts';

/**
 * A function that estimates bytes: the peak of the finished trials with the same encoder, engine and size; of those with
 * the same encoder and engine at another size, scaled by the pixels beyond a fixed part; else 0.3 GB and 9 kB per
 * pixel, which is what VGG-19 with Gram losses stays under.
 */
export function memoryEstimates(results: readonly TrialResult[]): (config: TrialConfig) => number {
  const peaks = new Map<string, Map<number, number>>();
  for (const { config, timing } of results) {
    if (!(timing.peakMemory > 0)) continue;
    const sizes = peaks.get(kindOf(config)) ?? new Map<number, number>();
    peaks.set(kindOf(config), sizes);
    const pixels = pixelsOf(config);
    sizes.set(pixels, Math.max(sizes.get(pixels) ?? 0, timing.peakMemory));
  }
  return (config) => {
    const pixels = pixelsOf(config);
    const known = peaks.get(kindOf(config));
    const same = known?.get(pixels);
    if (same !== undefined) return same;
    const guess = fixedPart + pixels * bytesPerPixel;
    const [nearest] = [...(known ?? [])].sort(([a], [b]) => Math.abs(a - pixels) - Math.abs(b - pixels));
    if (nearest === undefined) return guess;
    const [knownPixels, peak] = nearest;
    return fixedPart + Math.max(0, peak - fixedPart) * (pixels / knownPixels);
  };
}

const fixedPart = 0.3e9;
const bytesPerPixel = 9000;

function kindOf(config: TrialConfig): string {
  return `${config.encoder.name} ${config.engine.name} ${config.losses.map((loss) => loss.type).join('+')}`;
}

/** Pixels of the largest level, picture or style, taken as square. */
function pixelsOf(config: TrialConfig): number {
  return Math.max(
    ...levelsOf(config).map(({ size, styleScale }) => size ** 2 * Math.max(1, styleScale ** 2)),
  );
}
