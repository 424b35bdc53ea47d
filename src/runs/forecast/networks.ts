/** How long a trial of a network will take: from finished trials of it. */

import type { TrialResult } from '../../experiment/result.ts';
import type { TrialConfig } from '../../experiment/trial.ts';
import { median } from '../../median.ts';
import { canonicalJson } from '../../platform/canonical-json.ts';
import type { PictureShapes } from './shapes.ts';

/** What is known of the passes of one network. */
interface Seen {
  /** Seconds of a pass over pixels, and seconds around the first pass. */
  readonly perPixel: number[];
  readonly around: number[];
}

/** Passes of one trial, the first and those that are timed. */
const passes = 4;

/**
 * A function that predicts the seconds of a network's trial, loading and all, from results of the same network on the
 * same engine; undefined where there are none. Trials that shared the machine say nothing.
 */
export function networkForecasts(
  results: readonly TrialResult[],
  shapes: PictureShapes,
): (config: TrialConfig) => number | undefined {
  const seen = new Map<string, Seen>();
  for (const { config, network, timing, images } of results) {
    const kind = networkKind(config);
    if (kind === undefined || network === undefined || timing.shared) continue;
    const one = seen.get(kind) ?? { perPixel: [], around: [] };
    seen.set(kind, one);
    one.perPixel.push(network.pass / (images.width * images.height));
    one.around.push(Math.max(0, timing.total - timing.warmup));
  }
  return (config) => {
    const known = seen.get(networkKind(config) ?? '');
    if (known === undefined) return undefined;
    const [height, width] = shapes(config.content, config.sizes.at(-1)!);
    return passes * median(known.perPixel) * height * width + median(known.around);
  };
}

/** Networks whose passes take as long for as many pixels; undefined for other trials. */
export function networkKind({ method, engine }: TrialConfig): string | undefined {
  if (method?.kind !== 'network') return undefined;
  return canonicalJson([method.network, engine.name, engine.provider, engine.threads]);
}
