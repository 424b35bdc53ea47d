/** Layers to begin with for a network nobody has written any down for. */
import type { EncoderOutline } from '../encoder.ts';

export interface CandidateLayer {
  readonly name: string;
  /** Whether its values are rectified. */
  readonly rectified: boolean;
  /** Its height for one and the same image: layers of a height form a level. */
  readonly height: number;
}

/** Levels that are used: as many as VGG has blocks. */
const mostLevels = 5;

/**
 * After what is usual for VGG: style at the first rectified layer of each level with equal weights, content at the last of
 * the last level but one, patches at the first of the two levels in the middle, histograms at the first of a shallow and
 * a deep level; the last of each level is held back where nothing else uses it. Without rectified layers, all count.
 */
export function customDefaults(layers: readonly CandidateLayer[]): EncoderOutline['defaults'] {
  const rectified = layers.filter((layer) => layer.rectified);
  const levels = new Map<number, string[]>();
  for (const { name, height } of rectified.length > 0 ? rectified : layers) {
    levels.set(height, [...(levels.get(height) ?? []), name]);
  }
  const used = [...levels.values()].slice(0, mostLevels);
  const firsts = used.map((names) => names[0]!);
  const late = used[Math.max(0, used.length - 2)]!;
  const middle = firsts.slice(Math.max(0, firsts.length - 3), Math.max(1, firsts.length - 1));
  const all = (names: readonly string[], weight = 1) =>
    Object.fromEntries(names.map((name) => [name, weight]));
  const content = all([late.at(-1)!]);
  const spoken = new Set([...firsts, ...Object.keys(content)]);
  return {
    content,
    style: all(firsts, 1 / firsts.length),
    patches: all(middle),
    histogram: all([...new Set([firsts[0]!, middle.at(-1)!])]),
    heldBack: used.map((names) => names.at(-1)!).filter((name) => !spoken.has(name)),
  };
}
