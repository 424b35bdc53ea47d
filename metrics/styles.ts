/** What a trial's picture is measured against: its style, or each of the styles that were blended. */
import type { TrialConfig } from '../src/experiment/trial.ts';
import { readImage } from '../src/images/decode.ts';
import type { RgbImage } from '../src/images/image.ts';
import type { MeasuringEncoder, Metric, MetricInput, RegionMap } from './metric.ts';
import { findRegions, readMaskedRegions, readRegions } from './regions.ts';
import { measureAll } from './registry.ts';
import type { Score } from './score.ts';

/** Region maps of a content and a style. */
export type RegionsOfPair = { readonly content: RegionMap; readonly style: RegionMap };

export interface MeasuredStyle {
  readonly image: RgbImage;
  /** Its part in the blend; those of all sum to 1. */
  readonly weight: number;
  readonly regions: RegionsOfPair | undefined;
}

type Pictures = Pick<TrialConfig, 'content' | 'style' | 'styles' | 'regions'>;

/**
 * The region maps of the content with each of a trial's styles: those that guide it (of masks, the region of the greatest
 * weight), else those that lie beside the pictures, else undefined.
 */
export async function regionsOfTrial(config: Pictures): Promise<(RegionsOfPair | undefined)[]> {
  const { content, regions } = config;
  return await Promise.all(
    blendOf(config).map(({ file }, i) => {
      if (regions === undefined) return findRegions(content, file);
      return 'masks' in regions
        ? readMaskedRegions(regions.masks.content, regions.masks.styles[i]!)
        : readRegions(regions.content, regions.styles[i]!);
    }),
  );
}

/**
 * A trial's styles, read at the size of their files.
 *
 * @param regions - of `regionsOfTrial`, where they have been read already
 */
export async function measuredStyles(
  config: Pictures,
  regions?: readonly (RegionsOfPair | undefined)[],
): Promise<MeasuredStyle[]> {
  const maps = regions ?? (await regionsOfTrial(config));
  return await Promise.all(
    blendOf(config).map(async ({ file, weight }, i) => ({
      image: await readImage(file),
      weight,
      regions: maps[i],
    })),
  );
}

function blendOf({ style, styles }: Pictures): readonly { readonly file: string; readonly weight: number }[] {
  return styles ?? [{ file: style, weight: 1 }];
}

/**
 * The scores of a picture: of one in several styles, the weighted means of its scores against each, as its losses are.
 * A metric that refuses one of them is refused.
 */
export async function measureInStyles(
  input: Omit<MetricInput, 'style' | 'regions'>,
  styles: readonly MeasuredStyle[],
  encoders: MeasuringEncoder | readonly MeasuringEncoder[],
  metrics: readonly Metric[],
): Promise<Record<string, Score>> {
  const each: Record<string, Score>[] = [];
  for (const { image, regions } of styles) {
    each.push(await measureAll({ ...input, style: image, ...(regions && { regions }) }, encoders, metrics));
  }
  const [first] = each as [Record<string, Score>];
  if (styles.length === 1) return first;
  return Object.fromEntries(
    Object.keys(first).map((id) => [
      id,
      weightedMean(
        each.map((scores) => scores[id]!),
        styles.map(({ weight }) => weight),
      ),
    ]),
  );
}

function weightedMean(scores: readonly Score[], weights: readonly number[]): Score {
  let value = 0;
  for (const [i, score] of scores.entries()) {
    if ('refused' in score) return score;
    value += weights[i]! * score.value;
  }
  return { ...(scores[0] as Extract<Score, { value: number }>), value };
}
