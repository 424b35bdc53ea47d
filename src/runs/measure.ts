/** The measurements that every trial's picture gets, whoever made it. */
import type { MeasuringEncoder, Metric } from '../../metrics/metric.ts';
import { patchPlacement } from '../../metrics/patch-style.ts';
import type { findRegions } from '../../metrics/regions.ts';
import { essentialMetrics, measureAll } from '../../metrics/registry.ts';
import type { Encoder } from '../encoders/encoder.ts';
import type { Engine } from '../engines/engine.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import type { RgbImage } from '../images/image.ts';
import { prepareLosses } from '../losses/registry.ts';
import { featureProvider } from '../transfer/features.ts';
import type { Score } from './result.ts';

/** A finished picture, and what it is compared with. */
export interface Finished {
  readonly picture: RgbImage;
  readonly content: RgbImage;
  /** At the size of its file: metrics compare with it at one size, whatever size a trial saw it at. */
  readonly style: RgbImage;
  readonly regions: Awaited<ReturnType<typeof findRegions>>;
  /** The encoder's layers that the picture was optimised on. */
  readonly layers: readonly string[];
}

/**
 * The scores of a picture by spec id.
 * @param metrics - default: the few that every trial is measured by
 */
export async function measurePicture(
  { picture, content, style, regions, layers }: Finished,
  engine: Engine,
  encoder: Encoder,
  metrics?: readonly Metric[],
): Promise<Record<string, Score>> {
  const measuring = measuringEncoder(engine, encoder);
  return await measureAll(
    {
      result: picture,
      content,
      style,
      optimised: { encoder: encoder.hash, layers },
      ...(regions !== undefined && { regions }),
    },
    measuring,
    metrics ?? [...essentialMetrics([measuring]), ...(regions === undefined ? [] : [patchPlacement])],
  );
}

/** The encoder's layers that a trial's losses read: measuring on them would be circular. */
export function optimisedLayers(
  config: TrialConfig,
  encoder: Encoder,
  content: RgbImage,
  style: RgbImage,
): string[] {
  const terms = prepareLosses(config.losses, {
    encoder,
    size: [content.height, content.width],
    styleSize: [style.height, style.width],
  });
  return [...new Set(terms.flatMap((term) => term.layers))];
}

/** An encoder as metrics want it, on the engine that runs already. */
export function measuringEncoder(engine: Engine, encoder: Encoder): MeasuringEncoder {
  return {
    name: encoder.name,
    hash: encoder.hash,
    layers: encoder.defaults.heldOut,
    encode: featureProvider(engine, encoder),
  };
}
