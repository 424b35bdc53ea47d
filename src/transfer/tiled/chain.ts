/** An encoder's chain of links at one size of picture, with what each would keep in memory. */
import type { Encoder, EncoderOutline } from '../../encoders/encoder.ts';
import type { Link, MapShape } from '../../encoders/links.ts';
import { NeckarError } from '../../errors.ts';

/** What planning needs of an encoder: its shapes and its chain, not its weights. */
export type ChainEncoder = EncoderOutline & Pick<Encoder, 'links'>;

/** A link and the map that comes into it. */
export interface Chained {
  readonly link: Link;
  readonly input: MapShape;
  /** Values in that map and in the wanted layers that are maps of their own. */
  readonly values: number;
}

/**
 * The chain as deep as the deepest of some layers.
 * @throws NeckarError when the encoder is no chain
 */
export function chainOf(encoder: ChainEncoder, layers: readonly string[], image: MapShape): Chained[] {
  if (encoder.links === undefined) {
    throw new NeckarError(
      `tiling: the encoder ${encoder.name} is no chain of layers that could be computed strip by strip; set tiling to "off", or choose a smaller size.`,
    );
  }
  const deepest = encoder.links.findLastIndex((link) =>
    link.layers.some(({ name }) => layers.includes(name)),
  );
  let input = image;
  return encoder.links.slice(0, deepest + 1).map((link) => {
    const own = link.layers
      .filter(({ name }) => layers.includes(name))
      .map(({ name }) => sizeOf(encoder.shapeOf(name, image[0], image[1])));
    // A layer that is the map itself is not kept twice.
    const values =
      own.length === 1 && own[0] === sizeOf(input) ? own[0] : own.reduce((a, b) => a + b, sizeOf(input));
    const chained = { link, input, values };
    if (link.next !== undefined) input = link.next.shapeAfter(input);
    return chained;
  });
}

/** Number of values. */
export function sizeOf([height, width, channels]: MapShape): number {
  return height * width * channels;
}
