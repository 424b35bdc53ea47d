/**
 * Styles of hardly any contrast. What `relative` conventions divide by is next to nothing there, so that a picture with
 * structure would be millions of units away from them and every other loss would be rounding beside that. Such a style
 * counts as having `flatEnergy` at every layer, about a tenth of what photographs have: that is far more than any loss
 * that keeps the content weighs against it, so that the style's colour is painted still.
 *
 * How much contrast there is, is seen in the pixels, not layer by layer: an octave in which a style of contrast has
 * nothing to show is part of its texture, and stays what it is.
 */
import type { EncoderOutline } from '../encoders/encoder.ts';
import type { TensorValue } from '../tensor.ts';
import type { Region } from './region.ts';
import { leastEnergyOf } from './statistics.ts';

/** Root mean square difference from the mean colour, in [0,1], from which on a style counts as it is: 12 levels of 255. */
const ordinaryContrast = 12 / 255;
/** And up to which it counts as flat; in between in proportion. Ink on white paper has some 40 levels. */
const flatContrast = 6 / 255;

/** Per position, the squares summed over channels. */
const flatEnergy = 0.03;

/** An encoder's outline beside what a flat style counts as having. */
export interface OutlineToward extends EncoderOutline {
  /** Of features per position, summed over channels, at every layer; absent: the style has contrast. */
  readonly flatEnergy?: number;
}

/**
 * The least energy per position that a style's map of so many channels counts as having, Σ over channels: the encoder's
 * own (`leastEnergyOf`), and that of a flat style.
 */
export function leastStyleEnergyOf(outline: OutlineToward, channels: number): number {
  return Math.max(leastEnergyOf(outline, channels), outline.flatEnergy ?? 0);
}

/**
 * The outline for squared norms of means. They are not squared again, as second moments are, and those of colours are
 * near 1 in a picture of middling lightness, so that a black style may count as having more.
 */
export function outlineOfMeans(outline: OutlineToward): OutlineToward {
  return outline.flatEnergy === undefined ? outline : { ...outline, flatEnergy: 10 * outline.flatEnergy };
}

/**
 * The outline of an encoder, for losses toward a style.
 *
 * @param style - [1,H,W,3] in [0,1]
 * @param region - the part of it that counts; default: all
 * @returns the outline itself for a style of contrast, and for encoders without a least energy, whose features are those
 *   of networks and not 0 where a picture is flat
 */
export function outlineToward(encoder: EncoderOutline, style: TensorValue, region?: Region): OutlineToward {
  if ((encoder.leastEnergy ?? 0) === 0) return encoder;
  const flatness = (ordinaryContrast - contrastOf(style, region)) / (ordinaryContrast - flatContrast);
  if (flatness <= 0) return encoder;
  return { ...encoder, flatEnergy: flatEnergy * Math.min(1, flatness) };
}

/** Root mean square difference of the values of all channels from their channel's mean. */
function contrastOf({ shape, data }: TensorValue, region?: Region): number {
  const [, height, width] = shape as readonly [number, number, number, number];
  const grid = region?.at(height, width);
  const count = grid?.positions.length ?? height * width;
  let square = 0;
  for (let channel = 0; channel < 3; channel++) {
    let total = 0;
    let mean = 0;
    let scatter = 0;
    for (let i = 0; i < count; i++) {
      const weight = grid?.weights[i] ?? 1;
      const off = data[3 * (grid?.positions[i] ?? i) + channel]! - mean;
      total += weight;
      mean += (weight / total) * off;
      scatter += weight * off * (off - (weight / total) * off);
    }
    square += total === 0 ? 0 : scatter / total / 3;
  }
  return Math.sqrt(square);
}
