/** Which trials are computed strip by strip, why, and what that costs them. */
import { encoderDefaults } from '../../encoders/registry.ts';
import { NeckarError } from '../../errors.ts';
import type { TrialConfig } from '../../experiment/trial.ts';
import { layersRead, prepareLosses } from '../../losses/registry.ts';
import { type Level, levelsOf } from '../../transfer/levels.ts';
import type { ChainEncoder } from '../../transfer/tiled/chain.ts';
import { furtherOperations } from '../../transfer/tiled/cost.ts';
import { planStrips, type StripOptions } from '../../transfer/tiled/problem.ts';
import { graphBytes, stripsFor } from '../../transfer/tiled/setting.ts';
import { type PictureShapes, styleFiles } from './shapes.ts';
import { chainOf, type Extent } from './work.ts';

/** Why a trial is computed strip by strip. */
export type StripsReason =
  | { readonly why: 'asked' }
  /** One graph of it would take so many bytes. */
  | { readonly why: 'memory'; readonly bytes: number };

/** A level's picture and its styles. */
export interface LevelExtents {
  readonly picture: Extent;
  readonly styles: readonly Extent[];
}

/** The extents of a trial's pictures at one of its levels. */
export function extentsAt(
  config: TrialConfig,
  { size, styleScale }: Level,
  shapes: PictureShapes,
): LevelExtents {
  const styleSize = Math.round(size * styleScale);
  return {
    picture: shapes(config.content, size),
    styles: styleFiles(config).map((file) => shapes(file, styleSize)),
  };
}

/** Why any level of a trial is computed in strips; undefined where none is, as of another method's pictures. */
export function stripsReason(
  config: TrialConfig,
  shapes: PictureShapes,
  memory?: number,
): StripsReason | undefined {
  if (config.method !== undefined || !readsLayers(config)) return undefined;
  const tiling = config.tiling ?? 'auto';
  const pixels = levelsOf(config).flatMap((level) => pixelsAt(extentsAt(config, level, shapes)));
  if (stripsFor(tiling, pixels, memory) === undefined) return undefined;
  return tiling === 'auto' ? { why: 'memory', bytes: graphBytes(pixels) } : { why: 'asked' };
}

/** Losses of pixels alone are one graph at any size. */
function readsLayers({ losses }: TrialConfig): boolean {
  return layersRead(losses).size > 0;
}

function pixelsAt({ picture, styles }: LevelExtents): number[] {
  return [picture, ...styles].map(([height, width]) => height * width);
}

/**
 * What cutting maps and putting them together costs beside the arithmetic: at 512² on VGG-19 strips took 1.23 of one
 * graph's time, their operations alone would have taken 1.13.
 */
const assemblyFactor = 1.09;

/** What a level in strips costs: operations of its encoder beyond those of one graph, and a factor on everything. */
export interface StripsCost {
  readonly further: number;
  readonly factor: number;
}

/** The cost of strips at a level, undefined where it is computed as one graph. */
export function stripsCost(
  config: TrialConfig,
  { picture, styles }: LevelExtents,
  memory?: number,
): StripsCost | undefined {
  if (!readsLayers(config)) return undefined;
  const strips = stripsFor(config.tiling ?? 'auto', pixelsAt({ picture, styles }), memory);
  if (strips === undefined) return undefined;
  return { further: furtherIn(config, { picture, styles }, strips), factor: assemblyFactor };
}

const planned = new Map<string, number>();

/** Operations beyond those of one graph; planned once for all trials of an objective. */
function furtherIn(
  { encoder: spec, losses }: TrialConfig,
  { picture, styles }: LevelExtents,
  strips: StripOptions,
): number {
  const key = JSON.stringify([spec, losses, picture, styles, strips]);
  const known = planned.get(key);
  if (known !== undefined) return known;
  const links = chainOf(spec);
  const encoder: ChainEncoder = { ...encoderDefaults(spec), ...(links && { links }) };
  let further = 0;
  try {
    const terms = prepareLosses(losses, { encoder, size: picture, styleSize: styles[0]! });
    further = furtherOperations(planStrips(encoder, terms, picture, strips).plan);
  } catch (error) {
    // What cannot be planned is said when it is run.
    if (!(error instanceof NeckarError)) throw error;
  }
  planned.set(key, further);
  return further;
}
