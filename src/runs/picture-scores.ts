/** The measurements that every trial's picture gets, whoever made it. */
import { heldOutLabels, heldOutMetrics, sharedJudge } from '../../metrics/held-out.ts';
import { ownColors } from '../../metrics/mean-color.ts';
import type { MeasuringEncoder, Metric } from '../../metrics/metric.ts';
import { chosenMetrics, perceptualMetrics } from '../../metrics/registry.ts';
import type { Score } from '../../metrics/score.ts';
import {
  type MeasuredStyle,
  measuredStyles,
  measureInStyles,
  type RegionsOfPair,
} from '../../metrics/styles.ts';
import type { Encoder } from '../encoders/encoder.ts';
import type { Engine } from '../engines/engine.ts';
import { messageOf, NeckarError } from '../errors.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import type { RgbImage } from '../images/image.ts';
import { prepareLosses } from '../losses/registry.ts';
import { featureProvider } from '../transfer/features.ts';

/** A finished picture, and what it is compared with. */
export interface Finished {
  readonly picture: RgbImage;
  readonly content: RgbImage;
  /** At the size of their files: metrics compare with them at one size, whatever size a trial saw them at. */
  readonly styles: readonly MeasuredStyle[];
  /** The encoder's layers that the picture was optimised on. */
  readonly layers: readonly string[];
  /** Why it is not to have the style's mean colour; absent: it is. */
  readonly ownColors?: string | undefined;
}

/** What is measured besides the few metrics that every picture is: what a trial's configuration says of it. */
export type Wanted = Pick<TrialConfig, 'engine' | 'heldOut' | 'metrics'>;

/**
 * The scores of a picture by spec id.
 * @param metrics - metrics, or what is wanted besides the few that every trial is measured by (default: nothing). A
 *   name that means none of this encoder's is refused under that name.
 */
export async function measurePicture(
  { picture, content, styles, layers, ownColors }: Finished,
  engine: Engine,
  encoder: Encoder,
  metrics: readonly Metric[] | Partial<Wanted> = {},
): Promise<Record<string, Score>> {
  const measuring = measuringEncoder(engine, encoder);
  const { chosen, refused } = await chosenOf(
    metrics,
    measuring,
    engine,
    styles.every(({ regions }) => regions !== undefined),
  );
  const scores = await measureInStyles(
    {
      result: picture,
      content,
      optimized: { encoder: encoder.hash, layers },
      ownColors,
    },
    styles,
    measuring,
    chosen,
  );
  return { ...scores, ...refused };
}

async function chosenOf(
  metrics: readonly Metric[] | Partial<Wanted>,
  measuring: MeasuringEncoder,
  engine: Engine,
  mapped: boolean,
): Promise<{ chosen: readonly Metric[]; refused: Record<string, Score> }> {
  if (isList(metrics)) return { chosen: metrics, refused: {} };
  const { metrics: besides = [] } = metrics;
  const judged = await judgeMetrics(metrics);
  const perceptual = await perceptualMetrics(besides, engine);
  const { metrics: chosen, unknown } = chosenMetrics(
    besides,
    [measuring],
    perceptual,
    judged.metrics,
    mapped,
  );
  const why = `no metric of the encoder ${measuring.name} is called so (its measuring layers are ${measuring.layers.join(', ')})`;
  return {
    chosen,
    refused: {
      ...Object.fromEntries(unknown.map((name) => [name, { refused: why, label: name }])),
      ...judged.refused,
    },
  };
}

/** What the held-out encoder says, or why it cannot: a trial is not lost for that. */
async function judgeMetrics({ heldOut, engine = { name: 'auto' } }: Partial<Wanted>): Promise<{
  metrics: Metric[];
  refused: Record<string, Score>;
}> {
  if (heldOut === undefined) return { metrics: [], refused: {} };
  try {
    return { metrics: heldOutMetrics(await sharedJudge(heldOut, engine)), refused: {} };
  } catch (error) {
    if (!(error instanceof NeckarError)) throw error;
    const refused = messageOf(error);
    return {
      metrics: [],
      refused: Object.fromEntries(
        Object.entries(heldOutLabels()).map(([name, label]) => [name, { refused, label }]),
      ),
    };
  }
}

function isList<Item>(value: readonly Item[] | object): value is readonly Item[] {
  return Array.isArray(value);
}

/** What is measured of a trial's picture. */
export async function finishedOf(
  config: TrialConfig,
  encoder: Encoder,
  made: {
    readonly picture: RgbImage;
    readonly content: RgbImage;
    readonly style: RgbImage;
    /** Of `regionsOfTrial`. */
    readonly regions: readonly (RegionsOfPair | undefined)[];
  },
): Promise<Finished> {
  const { picture, content, style, regions } = made;
  return {
    picture,
    content,
    styles: await measuredStyles(config, regions),
    layers: optimizedLayers(config, encoder, content, style),
    ownColors: ownColors(config),
  };
}

/** The encoder's layers that a trial's losses read: measuring on them would be circular. */
function optimizedLayers(
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
    layers: encoder.defaults.heldBack,
    encode: featureProvider(engine, encoder),
  };
}
