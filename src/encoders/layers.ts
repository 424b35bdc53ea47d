/** What every encoder checks at its door. */
import { didYouMean, NeckarError } from '../errors.ts';
import type { tf } from '../tensor.ts';

/** @throws NeckarError when the encoder has no such layer, with the nearest name and all of them */
export function checkLayer(encoder: string, layer: string, layers: readonly string[]): void {
  if (layers.includes(layer)) return;
  throw new NeckarError(
    `The encoder ${encoder} has no layer "${layer}". ${didYouMean(layer, layers)}Its layers are ${layers.join(', ')}.`,
  );
}

/** @throws NeckarError when `image` is not [B,H,W,3] */
export function checkImage(encoder: string, image: tf.Tensor): void {
  const { shape } = image;
  if (shape.length === 4 && shape[0]! > 0 && shape[3] === 3) return;
  throw new NeckarError(
    `The encoder ${encoder} wants images of shape [batch, height, width, 3], got [${shape.join(', ')}].`,
  );
}

/** The error for an image too small to leave a layer any position. */
export function emptyLayer(
  encoder: string,
  layer: string,
  least: number,
  height: number,
  width: number,
): NeckarError {
  return new NeckarError(
    `An image of ${width}×${height} pixels is too small for layer ${layer} of the encoder ${encoder}: ` +
      `it needs at least ${least} pixels on each side. Use a larger image or a shallower layer.`,
  );
}
