/** The convolutional networks by name. */
import { alexnetDefaults, alexnetStages } from './alexnet.ts';
import type { EncoderOutline } from './encoder.ts';
import { leastSize, networkShape, type Pooling, type Stage } from './network.ts';
import { type Border, squeezenetDefaults, squeezenetStages } from './squeezenet.ts';
import { vggDefaults, vggStages } from './vgg.ts';

export type NetworkName = 'vgg19' | 'vgg16' | 'squeezenet1_0' | 'squeezenet1_1' | 'alexnet';

export const networkNames: readonly NetworkName[] = [
  'vgg19',
  'vgg16',
  'squeezenet1_0',
  'squeezenet1_1',
  'alexnet',
];

/** What may be chosen of a network's build: the pooling of VGG (default max), the border of SqueezeNet (reflection). */
export interface NetworkOptions {
  readonly pooling?: Pooling;
  readonly border?: Border;
}

/** The stages of a network; its weights are the same for all options. */
export function networkStages(name: NetworkName, options: NetworkOptions = {}): Stage[] {
  if (name === 'alexnet') return alexnetStages();
  return name === 'vgg19' || name === 'vgg16'
    ? vggStages(name, options.pooling ?? 'max')
    : squeezenetStages(name, options.border ?? 'reflection');
}

function networkDefaults(name: NetworkName): EncoderOutline['defaults'] {
  if (name === 'alexnet') return alexnetDefaults;
  return name === 'vgg19' || name === 'vgg16' ? vggDefaults : squeezenetDefaults;
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
      defaults: networkDefaults(name),
      shapeOf: (layer, height, width) => networkShape(name, stages, layer, height, width),
    };
    outlines.set(key, outline);
  }
  return outline;
}
