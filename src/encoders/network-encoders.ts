/** The published convolutional networks as encoders. */
import { z } from 'zod';
import { NeckarError } from '../errors.ts';
import { defineEncoder, type EncoderContext } from './define.ts';
import type { Encoder } from './encoder.ts';
import { contentHash, tensorsHash } from './hash.ts';
import { checkImage } from './layers.ts';
import { networkLinks } from './links.ts';
import { networkFeatures, networkShape } from './network.ts';
import { loadWeights, type WeightSource } from './network-weights.ts';
import { type NetworkName, type NetworkOptions, networkOutline, networkStages } from './networks.ts';
import { measureActivations, normalizedWeights } from './normalization.ts';
import { preprocess } from './preprocessing.ts';
import { pooling, weights } from './settings.ts';

/** What is written of a network besides its build. */
interface NetworkSettings extends NetworkOptions {
  readonly weights: WeightSource;
  readonly normalized?: boolean;
}

/** What all of them do, whatever they are made of. */
function methodsOf(name: NetworkName) {
  return {
    outline: (options: NetworkSettings) => networkOutline(name, options),
    chain: (options: NetworkSettings) =>
      networkLinks(networkStages(name, options), { get: () => undefined }, (image) => image),
    load: (settings: NetworkSettings, context?: EncoderContext) => loadNetwork(name, settings, context),
  };
}

async function loadNetwork(
  name: NetworkName,
  { weights: source, normalized = false, ...options }: NetworkSettings,
  context: EncoderContext | undefined,
): Promise<Encoder> {
  const stages = networkStages(name, options);
  const { weights: plain, preprocessing, hash: weightsHash } = await loadWeights(name, source);
  let weights = plain;
  let means: string | undefined;
  if (normalized) {
    if (context === undefined) {
      throw new NeckarError(
        'encoder.normalized: mean activations are measured on images, and none were given; leave it out here.',
      );
    }
    const measured = await measureActivations(stages, plain, preprocessing, context.images, context.engine);
    weights = normalizedWeights(stages, plain, measured);
    means = contentHash(context.images.map((image, i) => tensorsHash(new Map([[`image ${i}`, image]]))));
  }
  return {
    ...networkOutline(name, options),
    // The number is to be raised when the features change for a reason the other values do not show.
    hash: contentHash({
      architecture: 'network/2',
      stages,
      preprocessing,
      weights: weightsHash,
      normalizedOn: means,
    }),
    encode(image, wanted) {
      checkImage(name, image);
      const [, height, width] = image.shape;
      for (const layer of wanted) networkShape(name, stages, layer, height, width);
      return networkFeatures(stages, weights, preprocess(image, preprocessing), wanted);
    },
    links: networkLinks(stages, weights, (image) => preprocess(image, preprocessing)),
  };
}

/** Weights, where none are named, are the installed ones of the network's own name. */
const weightsOf = (name: NetworkName) => weights.prefault({ file: name });

const vgg = {
  description: 'VGG without its classifier (Simonyan & Zisserman, ICLR 2015).',
  family: 'vgg',
  fitted: ({ normalized }: { readonly normalized: boolean }) => normalized,
} as const;

const vggSettings = (name: 'vgg16' | 'vgg19') => ({
  pooling: pooling.default('average'),
  weights: weightsOf(name),
  /** Gatys' re-scaling: mean activation one per filter. */
  normalized: z.boolean().default(false),
});

export const vgg19 = defineEncoder({
  ...vgg,
  ...methodsOf('vgg19'),
  name: 'vgg19',
  settings: vggSettings('vgg19'),
});

export const vgg16 = defineEncoder({
  ...vgg,
  ...methodsOf('vgg16'),
  name: 'vgg16',
  settings: vggSettings('vgg16'),
});

const squeezenet = {
  description: 'SqueezeNet without its classifier (Iandola et al. 2016).',
  family: 'squeezenet',
} as const;

const squeezenetSettings = (name: 'squeezenet1_0' | 'squeezenet1_1') => ({
  weights: weightsOf(name),
  /** What the first convolution sees beyond the image; `none` is what the networks were trained with. */
  border: z.enum(['reflection', 'none']).default('reflection'),
});

export const squeezenet1_0 = defineEncoder({
  ...squeezenet,
  ...methodsOf('squeezenet1_0'),
  name: 'squeezenet1_0',
  settings: squeezenetSettings('squeezenet1_0'),
});

export const squeezenet1_1 = defineEncoder({
  ...squeezenet,
  ...methodsOf('squeezenet1_1'),
  name: 'squeezenet1_1',
  settings: squeezenetSettings('squeezenet1_1'),
});

export const alexnet = defineEncoder({
  ...methodsOf('alexnet'),
  name: 'alexnet',
  description: 'AlexNet with one tower, without its classifier (Krizhevsky 2014).',
  settings: { weights: weightsOf('alexnet') },
});
