/** The convolutional networks by name. */
import type { EncoderOutline } from './encoder.ts';
import { leastSize, networkShape, type Pooling, type Stage } from './network.ts';
import { type Border, squeezenetDefaults, squeezenetStages } from './squeezenet.ts';
import { vggDefaults, vggStages } from './vgg.ts';

export type NetworkName = 'vgg19' | 'vgg16' | 'squeezenet1_0' | 'squeezenet1_1';

export const networkNames: readonly NetworkName[] = ['vgg19', 'vgg16', 'squeezenet1_0', 'squeezenet1_1'];

/** What may be chosen of a network's build: the pooling of VGG (default max), the border of SqueezeNet (reflection). */
export interface NetworkOptions {
  readonly pooling?: Pooling;
  readonly border?: Border;
}

/** The stages of a network; its weights are the same for all options. */
export function networkStages(name: NetworkName, options: NetworkOptions = {}): Stage[] {
  return name === 'vgg19' || name === 'vgg16'
    ? vggStages(name, options.pooling ?? 'max')
    : squeezenetStages(name, options.border ?? 'reflection');
}

const outlines = new Map<string, EncoderOutline>();

/** Layers, defaults and shapes of a network. */
export function networkOutline(name: NetworkName, options: NetworkOptions = {}): EncoderOutline {
  const key = `${name} ${options.border}`;
  let outline = outlines.get(key);
  if (outline === undefined) {
    const stages = networkStages(name, options);
    outline = {
      name,
      layers: stages.map((stage) => stage.name),
      minimumSize: leastSize(stages, stages.at(-1)!.name),
      defaults: name === 'vgg19' || name === 'vgg16' ? vggDefaults : squeezenetDefaults,
      shapeOf: (layer, height, width) => networkShape(name, stages, layer, height, width),
    };
    outlines.set(key, outline);
  }
  return outline;
}
