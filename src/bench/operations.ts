/** How much arithmetic an objective needs: what speed is measured against. */
import type { Encoder } from '../encoders/encoder.ts';

/** Channels in and out of every 3×3 convolution of VGG-16 and VGG-19, by block, from Simonyan & Zisserman 2015. */
const channels = [3, 64, 128, 256, 512, 512];

/**
 * Floating-point operations (a multiplication and an addition count as two) of one value and gradient of a VGG
 * objective: each 3×3 convolution once forwards and once backwards with respect to its input (2·9·C_in·C_out·h·w
 * each), and for each Gram layer FᵀF and its gradient F·D (2·N²·M each). Everything else (rectifiers, pooling,
 * differences) is left out, so that a rate computed from this understates what the machine does.
 *
 * @param encoder - `vgg19` or `vgg16`
 * @param gramLayers - layer names, of which the deepest is the deepest layer encoded
 */
export function vggObjectiveOperations(
  encoder: Encoder,
  gramLayers: readonly string[],
  height: number,
  width: number,
): number {
  const convolutions = encoder.layers.filter((layer) => /^conv\d_\d$/.test(layer));
  const deepest = Math.max(...gramLayers.map((layer) => convolutions.indexOf(layer)));
  let operations = 0;
  for (const layer of convolutions.slice(0, deepest + 1)) {
    const [, block, index] = /^conv(\d)_(\d)$/.exec(layer)!.map(Number) as [number, number, number];
    const [h, w, outputs] = encoder.shapeOf(layer, height, width);
    const inputs = index === 1 ? channels[block - 1]! : channels[block]!;
    operations += 2 * (2 * 9 * inputs * outputs * h * w);
  }
  for (const layer of gramLayers) {
    const [h, w, n] = encoder.shapeOf(layer, height, width);
    operations += 2 * (2 * n * n * h * w);
  }
  return operations;
}
