/** The convolutional networks by name. */
import type { EncoderOutline } from './encoder.ts';
import { leastSize, networkShape, type Pooling, type Stage } from './network.ts';
import { squeezenetDefaults, squeezenetStages } from './squeezenet.ts';
import { vggDefaults, vggStages } from './vgg.ts';

export type NetworkName = 'vgg19' | 'vgg16' | 'squeezenet1_0' | 'squeezenet1_1';

export const networkNames: readonly NetworkName[] = ['vgg19', 'vgg16', 'squeezenet1_0', 'squeezenet1_1'];

/** The stages of a network; `pooling` matters to the VGG networks only (SqueezeNet pools by the maximum). */
export function networkStages(name: NetworkName, pooling: Pooling = 'max'): Stage[] {
  return name === 'vgg19' || name === 'vgg16' ? vggStages(name, pooling) : squeezenetStages(name);
}

const outlines = new Map<NetworkName, EncoderOutline>();

/** Layers, defaults and shapes of a network. */
export function networkOutline(name: NetworkName): EncoderOutline {
  let outline = outlines.get(name);
  if (outline === undefined) {
    const stages = networkStages(name);
    outline = {
      name,
      layers: stages.map((stage) => stage.name),
      minimumSize: leastSize(stages, stages.at(-1)!.name),
      defaults: name === 'vgg19' || name === 'vgg16' ? vggDefaults : squeezenetDefaults,
      shapeOf: (layer, height, width) => networkShape(name, stages, layer, height, width),
    };
    outlines.set(name, outline);
  }
  return outline;
}
