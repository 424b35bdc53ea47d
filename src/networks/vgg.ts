/**
 * The two halves that AdaIN and WCT share: VGG-19 up to the first convolution of a block, with mean activations
 * normalised to one (Gatys et al. 2016), and its mirror image that makes pictures of such maps.
 */
import type { Layer, ParameterOutline } from './layers.ts';
import { parametersOf } from './layers.ts';

/** Convolutions and channels of each block. */
const depths = [2, 2, 4, 4, 4];
const widths = [64, 128, 256, 512, 512];

/** Blocks, which are also the levels at which maps can be taken: `relu1_1` is 1, `relu5_1` is 5. */
export type Level = 1 | 2 | 3 | 4 | 5;

const channelsOf = (block: number, width: number) => Math.max(1, Math.round(widths[block - 1]! * width));

/**
 * From a picture to `relu<level>_1`. The first layer turns RGB in [0,1] into what the weights were trained on; every other
 * convolution sees the map surrounded by its reflection.
 *
 * @param width - factor on the channels of all layers
 */
export function encoderLayers(level: Level, width: number): Layer[] {
  const layers: Layer[] = [
    { kind: 'convolution', name: 'encoder.input', channels: 3, size: 1, surround: 'none' },
  ];
  for (let block = 1; block <= level; block++) {
    if (block > 1) layers.push({ kind: 'pool' });
    const depth = block === level ? 1 : depths[block - 1]!;
    for (let unit = 1; unit <= depth; unit++) {
      const name = `encoder.conv${block}_${unit}`;
      layers.push({ kind: 'convolution', name, channels: channelsOf(block, width), size: 3 });
      layers.push({ kind: 'relu' });
    }
  }
  return layers;
}

/**
 * From `relu<level>_1` back to a picture: the encoder's convolutions in reverse, each from what it makes to what it is
 * given, repeated pixels for the pooling.
 *
 * @param name - what its parameters begin with
 */
export function decoderLayers(level: Level, width: number, name = 'decoder'): Layer[] {
  const layers: Layer[] = [];
  for (let block: number = level; block >= 1; block--) {
    for (let unit = block === level ? 1 : depths[block - 1]!; unit >= 1; unit--) {
      const given = unit > 1 ? channelsOf(block, width) : block > 1 ? channelsOf(block - 1, width) : 3;
      layers.push({ kind: 'convolution', name: `${name}.conv${block}_${unit}`, channels: given, size: 3 });
      if (block > 1 || unit > 1) layers.push({ kind: 'relu' });
    }
    if (block > 1) layers.push({ kind: 'upsample', factor: 2, how: 'nearest' });
  }
  return layers;
}

/** Parameters of an encoder and of the decoders behind it. */
export function halvesParameters(
  level: Level,
  width: number,
  decoders: readonly { readonly level: Level; readonly name: string }[],
): ParameterOutline[] {
  return [
    ...parametersOf(encoderLayers(level, width)).parameters,
    ...decoders.flatMap(({ level: own, name }) => decoderParameters(own, width, name)),
  ];
}

export function decoderParameters(level: Level, width: number, name: string): readonly ParameterOutline[] {
  return parametersOf(decoderLayers(level, width, name), channelsOf(level, width)).parameters;
}

/**
 * What PyTorch programs that write such a chain as one `Sequential` call its convolutions: their place in it, where a
 * reflection, a convolution, a rectification, a pooling and an enlargement are a place each.
 */
export function sequentialNames(layers: readonly Layer[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  let place = 0;
  for (const layer of layers) {
    if (layer.kind === 'convolution') {
      if (layer.surround !== 'none') place++;
      names.set(layer.name, String(place));
    }
    place++;
  }
  return names;
}

/** From a parameter's name to that in a file of such places. */
export function renamed(places: ReadonlyMap<string, string>, part: string): (parameter: string) => string {
  return (parameter) => {
    const dot = parameter.lastIndexOf('.');
    return `${part}${places.get(parameter.slice(0, dot))}${parameter.slice(dot)}`;
  };
}
