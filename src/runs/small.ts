/** Whether a trial's pictures are large enough for its encoder, known from the headers of their files. */
import { longestOfStyle } from '../../metrics/metric.ts';
import type { EncoderOutline } from '../encoders/encoder.ts';
import { encoderDefaults } from '../encoders/registry.ts';
import { NeckarError } from '../errors.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import type { NetworkMethod } from '../external/method.ts';
import { layersRead, prepareLosses } from '../losses/registry.ts';
import { leastSizeOf } from '../networks/apply.ts';
import { networks } from '../networks/registry.ts';
import { levelsOf } from '../transfer/levels.ts';
import { type PictureShapes, pictureShapes, styleFiles } from './forecast/shapes.ts';
import type { Extent } from './forecast/work.ts';
import { refuseOtherSizes } from './map-sizes.ts';

/**
 * Why a trial cannot run for the sizes of its pictures, in sentences that name the file, its size at the level and the
 * remedy; undefined where it can. Every level and every style is looked at; of a network its least
 * size. Pictures made elsewhere are encoded by no one.
 */
export function tooSmall(config: TrialConfig, shapes: PictureShapes): string | undefined {
  if (config.method?.kind === 'network') return tooSmallForNetwork(config, config.method, shapes);
  if (config.method !== undefined) return undefined;
  const layers = [...layersRead(config.losses)];
  const encoder = outlineOf(config);
  if (encoder === undefined) return undefined;
  for (const { size, styleScale } of levelsOf(config)) {
    const pictures = [
      { whose: 'content', file: config.content, longest: size },
      ...styleFiles(config).map((file) => ({
        whose: 'style',
        file,
        longest: Math.max(1, Math.round(size * styleScale)),
      })),
    ];
    for (const { whose, file, longest } of pictures) {
      const [height, width] = shapes(file, longest);
      const layer = layers.find((one) => !fits(encoder, one, height, width));
      if (layer === undefined) continue;
      return (
        `The ${whose} "${file}" is too narrow: with a longest side of ${longest} it has ${width}×${height} pixels, too few for ` +
        `the layer ${layer} of the encoder ${encoder.name} (all its layers need ${encoder.minimumSize} a side). ` +
        `Crop it, choose a larger size, or shallower layers.`
      );
    }
    const [content, ...styles] = pictures;
    for (const style of styles) {
      const why = refusedByLoss(
        config,
        encoder,
        shapes(content!.file, size),
        shapes(style.file, style.longest),
      );
      if (why !== undefined) return `${why} (Content "${content!.file}", style "${style.file}".)`;
    }
  }
  return undefined;
}

function tooSmallForNetwork(
  config: TrialConfig,
  { network, seesStyles }: NetworkMethod,
  shapes: PictureShapes,
): string | undefined {
  const known = networks.find(network.name) !== undefined;
  const least = known ? leastSizeOf(network) : 1;
  const size = config.sizes.at(-1)!;
  const pictures = [
    { whose: 'content', file: config.content, longest: size },
    ...(seesStyles === true ? styleFiles(config) : []).map((file) => ({
      whose: 'style',
      file,
      longest: Math.max(1, Math.round(size * config.styleScale)),
    })),
  ];
  for (const { whose, file, longest } of pictures) {
    const [height, width] = shapes(file, longest);
    if (Math.min(height, width) >= least) continue;
    return (
      `The ${whose} "${file}" is too narrow: with a longest side of ${longest} it has ${width}×${height} pixels, too few for ` +
      `the network ${network.name}, which needs ${least} a side. Crop it, or choose a larger size.`
    );
  }
  return undefined;
}

/** What a loss says of maps that are smaller than its patches or shifts. */
function refusedByLoss(
  { losses }: TrialConfig,
  encoder: EncoderOutline,
  size: Extent,
  styleSize: Extent,
): string | undefined {
  const refusing = losses.filter(({ type }) => ['mrf', 'fused', 'correlations'].includes(type));
  try {
    prepareLosses(refusing, { encoder, size, styleSize });
    return undefined;
  } catch (error) {
    if (error instanceof NeckarError) return error.message;
    throw error;
  }
}

/**
 * Says before any work what `tooSmall` says of a single trial.
 * @throws NeckarError where its pictures are too small, or a map or mask has another size than its picture
 */
export async function refuseSizes(config: TrialConfig): Promise<void> {
  await refuseOtherSizes([config]);
  const why = tooSmall(config, await pictureShapes([config]));
  if (why !== undefined) throw new NeckarError(why);
}

/** Why a trial's held-out encoder will refuse to judge its picture, in a sentence; undefined where it will not. */
export function judgeRefusal(config: TrialConfig, shapes: PictureShapes): string | undefined {
  const { heldOut } = config;
  const judge = heldOut && outlineOf({ encoder: heldOut });
  if (judge === undefined) return undefined;
  const longest = config.sizes.at(-1)!;
  const [height, width] = shapes(config.content, longest);
  const pictures = [
    { whose: 'the picture made of', file: config.content, longest },
    ...styleFiles(config).map((file) => ({
      whose: 'the style',
      file,
      longest: longestOfStyle({ width, height }),
    })),
  ];
  for (const { whose, file, longest } of pictures) {
    const [rows, columns] = shapes(file, longest);
    const layer = judge.defaults.heldBack.find((one) => !fits(judge, one, rows, columns));
    if (layer === undefined) continue;
    return (
      `The held-out encoder ${judge.name} will not judge ${whose} "${file}": with ${columns}×${rows} pixels it is too small for the layer ${layer} ` +
      `(all its layers need ${judge.minimumSize} a side), and such trials have no score of it. Choose a larger size, or another judge.`
    );
  }
  return undefined;
}

/** Undefined where only a file says what the encoder is, and it cannot be read: that is said when it is run. */
function outlineOf({ encoder }: Pick<TrialConfig, 'encoder'>): EncoderOutline | undefined {
  try {
    return encoderDefaults(encoder);
  } catch (error) {
    if (error instanceof NeckarError) return undefined;
    throw error;
  }
}

function fits(encoder: EncoderOutline, layer: string, height: number, width: number): boolean {
  try {
    encoder.shapeOf(layer, height, width);
    return true;
  } catch (error) {
    if (error instanceof NeckarError) return false;
    throw error;
  }
}
