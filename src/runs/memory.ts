/** How much memory a trial will need, from what trials like it needed. */

import type { TrialResult } from '../experiment/result.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import { levelsOf } from '../transfer/levels.ts';
import { networkKind } from './forecast/networks.ts';
import { type PictureShapes, squares } from './forecast/shapes.ts';
import { extentsAt, stripsReason } from './forecast/strips.ts';

/**
 * A function that estimates bytes: the peak of the finished trials with the same encoder, engine and size, and what
 * their processes kept besides; of those with the same encoder and engine at another size, scaled by the pixels beyond
 * a fixed part; else 0.3 GB and 9 kB per pixel, which is what VGG-19 with Gram losses stays under (in strips 1 GB and
 * 1.2 kB, of a network 0.9 kB per pixel).
 *
 * @param shapes - how large pictures are; default: square
 */
export function memoryEstimates(
  results: readonly TrialResult[],
  shapes: PictureShapes = squares,
): (config: TrialConfig) => number {
  const peaks = new Map<string, Map<number, number>>();
  for (const { config, timing } of results) {
    if (!(timing.peakMemory > 0)) continue;
    const kind = kindOf(config, shapes);
    const sizes = peaks.get(kind) ?? new Map<number, number>();
    peaks.set(kind, sizes);
    const pixels = pixelsOf(config, shapes);
    sizes.set(pixels, Math.max(sizes.get(pixels) ?? 0, timing.peakMemory + (timing.memoryApart ?? 0)));
  }
  return (config) => {
    const pixels = pixelsOf(config, shapes);
    const known = peaks.get(kindOf(config, shapes));
    const same = known?.get(pixels);
    if (same !== undefined) return same;
    const guess =
      config.method?.kind === 'network'
        ? fixedPart + pixels * bytesPerPixelOfNetworks
        : stripsReason(config, shapes) === undefined
          ? fixedPart + pixels * bytesPerPixel
          : fixedPartInStrips + pixels * bytesPerPixelInStrips;
    const [nearest] = [...(known ?? [])].sort(([a], [b]) => Math.abs(a - pixels) - Math.abs(b - pixels));
    if (nearest === undefined) return guess;
    const [knownPixels, peak] = nearest;
    return fixedPart + Math.max(0, peak - fixedPart) * (pixels / knownPixels);
  };
}

const fixedPart = 0.3e9;
const bytesPerPixel = 9000;
/** The same of pictures computed strip by strip. */
const fixedPartInStrips = 1e9;
const bytesPerPixelInStrips = 1200;
/** What Johnson's network takes at 2048², of a full width. */
const bytesPerPixelOfNetworks = 900;

function kindOf(config: TrialConfig, shapes: PictureShapes): string {
  const network = networkKind(config);
  if (network !== undefined) return network;
  const losses = config.losses.map((loss) => loss.type).join('+');
  // Strips take less: their peaks say nothing of a whole picture's, nor the other way round.
  const strips = stripsReason(config, shapes) === undefined ? '' : ' in strips';
  return `${config.encoder.name} ${config.engine.name} ${losses}${strips}`;
}

/** Pixels of the largest level, picture or style. */
function pixelsOf(config: TrialConfig, shapes: PictureShapes): number {
  return Math.max(
    ...levelsOf(config).flatMap((level) => {
      const { picture, styles } = extentsAt(config, level, shapes);
      return [picture, ...styles].map(([height, width]) => height * width);
    }),
  );
}
