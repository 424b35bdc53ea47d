/** Pictures that show nothing: of one colour, in which there is no structure to compare anything with. */
import type { RgbImage } from '../src/images/image.ts';
import { type Refusal, refuse } from './metric.ts';

/** What two neighbouring 8-bit levels differ by, and some rounding. */
const level = 1.01 / 255;

/** Whether the values of each channel of a picture lie within one 8-bit level of each other. */
export function isUniform({ data }: RgbImage): boolean {
  for (let channel = 0; channel < 3; channel++) {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let at = channel; at < data.length; at += 3) {
      const value = data[at]!;
      if (value < least) least = value;
      if (value > most) most = value;
      if (most - least > level) return false;
    }
  }
  return true;
}

/**
 * The answer of a metric that counts in units of what varies in a reference, for one of a single colour.
 *
 * @param what - what there is none of, such as `no texture to measure a distance in`
 */
export function refuseUniform(
  image: RgbImage,
  whose: 'content' | 'style' | 'picture',
  what: string,
): Refusal | undefined {
  return isUniform(image) ? refuse(`The ${whose} is of one colour: it has ${what}.`) : undefined;
}
