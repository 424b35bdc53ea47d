/** How much arithmetic an objective needs: what speed is measured against. */
import type { Encoder } from '../encoders/encoder.ts';
import type { Layer } from '../networks/layers.ts';

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
  let operations = 2 * vggForwardOperations(encoder, gramLayers, height, width);
  for (const layer of gramLayers) {
    const [h, w, n] = encoder.shapeOf(layer, height, width);
    operations += 2 * (2 * n * n * h * w);
  }
  return operations;
}

/** Those of encoding one picture alone, up to the deepest of some layers `conv<block>_<index>`. */
export function vggForwardOperations(
  encoder: Encoder,
  layers: readonly string[],
  height: number,
  width: number,
): number {
  const convolutions = encoder.layers.filter((layer) => /^conv\d_\d$/.test(layer));
  const deepest = Math.max(...layers.map((layer) => convolutions.indexOf(layer)));
  let operations = 0;
  for (const layer of convolutions.slice(0, deepest + 1)) {
    const [, block, index] = /^conv(\d)_(\d)$/.exec(layer)!.map(Number) as [number, number, number];
    const [h, w, outputs] = encoder.shapeOf(layer, height, width);
    const inputs = index === 1 ? channels[block - 1]! : channels[block]!;
    operations += 2 * 9 * inputs * outputs * h * w;
  }
  return operations;
}

/**
 * Operations of the convolutions of a network's layers for one picture, forwards. Everything else is left out, as above.
 *
 * @param size - side of the square picture that it is given
 * @returns those of all layers, and of the first convolution alone
 */
export function layerOperations(
  layers: readonly Layer[],
  size: number,
): { readonly all: number; readonly first: number } {
  let first = 0;
  let all = 0;
  const add = (operations: number) => {
    if (all === 0) first = operations;
    all += operations;
  };
  const walk = (chain: readonly Layer[], given: readonly [number, number]): [number, number] => {
    let [side, depth] = given;
    for (const layer of chain) {
      if (layer.kind === 'convolution') {
        const { size: filter, stride = 1, surround = 'reflect', channels: outputs, groups = 1 } = layer;
        const seen = surround === 'none' ? side : side + 2 * (filter >> 1);
        side = Math.floor((seen - filter) / stride) + 1;
        add((2 * filter ** 2 * depth * outputs * side ** 2) / groups);
        depth = outputs;
      } else if (layer.kind === 'transposed') {
        add(2 * layer.size ** 2 * depth * layer.channels * side ** 2);
        side = (side - 1) * layer.stride + layer.size - 2 * layer.cut + layer.extra;
        depth = layer.channels;
      } else if (layer.kind === 'pool') side = Math.ceil(side / 2);
      else if (layer.kind === 'upsample') side *= layer.factor;
      else if (layer.kind === 'pad') side += 2 * layer.by;
      else if (layer.kind === 'residual') side = walk(layer.layers, [side, depth])[0];
    }
    return [side, depth];
  };
  walk(layers, [size, 3]);
  return { all, first };
}
