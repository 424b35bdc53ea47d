/** The random numbers that a network wants beside a picture. */
import type { PageData } from '../data.ts';
import type { PassInputs, Pixels } from './messages.ts';

/** Shapes of the inputs for a content, which the network's file extends to a multiple. */
export function noiseFor(
  { noise, multiple }: Pick<PageData, 'noise' | 'multiple'>,
  { width, height }: Pick<Pixels, 'width' | 'height'>,
): NonNullable<PassInputs['noise']> {
  const side = (extent: number, divisor: number) => (Math.ceil(extent / multiple) * multiple) / divisor;
  return noise.map(({ input, channels, divisor }) => ({
    input,
    shape: [1, channels, side(height, divisor), side(width, divisor)],
  }));
}
