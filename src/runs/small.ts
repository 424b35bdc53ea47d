/** Whether a trial's pictures are large enough for its encoder, known from the headers of their files. */
import type { EncoderOutline } from '../encoders/encoder.ts';
import { encoderDefaults } from '../encoders/registry.ts';
import { NeckarError } from '../errors.ts';
import type { TrialConfig } from '../experiment/trial.ts';
import { layersRead } from '../losses/registry.ts';
import { levelsOf } from '../transfer/levels.ts';
import { type PictureShapes, styleFiles } from './forecast/shapes.ts';

/**
 * Why a trial cannot run for the sizes of its pictures, in sentences that name the file, its size at the level and the
 * remedy; undefined where it can. Every level and every style is looked at. Pictures made elsewhere are encoded by no one.
 */
export function tooSmall(config: TrialConfig, shapes: PictureShapes): string | undefined {
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
  }
  return undefined;
}

/** Undefined where only a file says what the encoder is, and it cannot be read: that is said when it is run. */
function outlineOf({ encoder }: TrialConfig): EncoderOutline | undefined {
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
